/* SPDX-License-Identifier: Apache-2.0
 * The mailboxes in HOME/mail (docs/mail.md "The mailbox"): sealed messages until they are taken,
 * what became of them, and when each thread was answered. Knows nothing of streams. Each call is
 * one transaction, durable when it returns. Several threads may call, but for mailbox_rewrite;
 * writers wait for one another.
 */
#ifndef HEARTH_MATCHER_MAILBOX_H
#define HEARTH_MATCHER_MAILBOX_H

#include "proto/mail/mail.h"
#include "proto/store/store.h"

#define HOME_MAIL "mail"
extern const struct store_schema mailbox_schema;

enum {
    MAILBOX_COUNTED_DAYS = 180, /* how far back a thread says something about answering */
    MAILBOX_BATCH = 64          /* entries that one call of expire or forget looks after */
};

struct mail_party {
    enum role role; /* ROLE_LA or ROLE_AGENT */
    char id[ID_MAX + 1];
};
bool mail_party_is(const struct mail_party *a, const struct mail_party *b);
struct mail_party mail_sender(const struct mail *mail);
struct mail_party mail_receiver(const struct mail *mail);

/* The keys of the configuration. */
struct mailbox_limits {
    uint32_t items;   /* waiting in one mailbox */
    uint32_t mib;     /* waiting in one mailbox; three quarters of each from one sender */
    uint32_t per_day; /* accepted from one sender on a London day */
    uint32_t days;    /* how long a message waits */
    uint32_t max_mib; /* of everything */
};

struct mailbox;
/* Opens HOME/mail, or makes it. ERR_CORRUPT and ERR_VERSION with the field "mail". */
MUST_CHECK bool mailbox_open(const char *home, const struct mailbox_limits *limits,
                             struct mailbox **out, struct err *err);
void mailbox_close(struct mailbox *mailbox); /* NULL is fine */

/* ---- parties ---- */
/* Keeps the certificate under which a party was last seen, checked by the caller. Writes nothing
 * where it is known. */
MUST_CHECK bool mailbox_note_party(struct mailbox *mailbox, const struct certificate *certificate,
                                   struct err *err);
/* certificate_free where *found. */
MUST_CHECK bool mailbox_party(struct mailbox *mailbox, const struct mail_party *party,
                              struct certificate *out, bool *found, struct err *err);

/* ---- a message comes ---- */
/* mail was decoded from body, signature (SIGNATURE_BYTES) and sender checked by the caller; all are
 * only read. */
struct mailbox_put {
    const struct mail *mail;
    const uint8_t *body;
    size_t len;
    const uint8_t *signature;
    const struct certificate *sender;
    const struct err *barred; /* why it may not go to its receiver, or NULL; not of a message that
                                 is known */
    int64_t now_ms;
};
struct mailbox_answer {
    bool refused;        /* it will never be taken; `reason` says why, and nothing was written */
    bool known;          /* it was accepted before, and nothing was written */
    int64_t accepted_at; /* of an accepted one */
    struct err reason;
};
/* False: the store failed, and the message may be sent again. */
MUST_CHECK bool mailbox_put(struct mailbox *mailbox, const struct mailbox_put *put,
                            struct mailbox_answer *out, struct err *err);

/* ---- a message goes ---- */
enum item_kind { ITEM_MAIL = 1, ITEM_NOTICE };
/* As MailState of proto/mail.proto. */
enum notice_state { NOTICE_TAKEN = 1, NOTICE_EXPIRED, NOTICE_UNREADABLE };
struct mailbox_item {
    uint64_t number;
    size_t bytes; /* as counted in the mailbox */
    enum item_kind kind;
    uint8_t mail_id[MAIL_ID_BYTES];
    int64_t at_ms;                    /* accepted, taken or expired at */
    enum notice_state state;          /* of a notice */
    struct signed_bytes mail, sender; /* of a message: its body, its sender's certificate */
};
void mailbox_item_free(struct mailbox_item *item);
/* The first item with a number above `after`; *found false: there is none. One of more than
 * `max_bytes` is told without its message: *withheld. */
MUST_CHECK bool mailbox_next(struct mailbox *mailbox, const struct mail_party *party,
                             uint64_t after, size_t max_bytes, struct mailbox_item *out,
                             bool *found, bool *withheld, struct err *err);
/* The number of the newest item that was ever in the mailbox; 0: none. */
MUST_CHECK bool mailbox_newest(struct mailbox *mailbox, const struct mail_party *party,
                               uint64_t *number, struct err *err);

/* A message that was taken or has expired. */
struct mailbox_gone {
    uint8_t mail_id[MAIL_ID_BYTES], thread_id[MAIL_ID_BYTES];
    struct mail_party from, to;
};
/* The receiver has it, or (NOTICE_UNREADABLE) can make nothing of it: removes the item and, of a
 * message, queues a notice for its sender. *existed: it was there; *was_mail: it was a message, and
 * *gone is filled. */
struct mailbox_ack {
    struct mail_party party; /* whose mailbox */
    uint64_t number;
    enum notice_state state;
    int64_t now_ms;
};
MUST_CHECK bool mailbox_ack(struct mailbox *mailbox, const struct mailbox_ack *ack, bool *existed,
                            bool *was_mail, struct mailbox_gone *gone, struct err *err);
/* Removes the messages that have waited too long, the oldest first, MAILBOX_BATCH at most, with a
 * notice each. */
MUST_CHECK bool mailbox_expire(struct mailbox *mailbox, int64_t now_ms,
                               struct mailbox_gone gone[MAILBOX_BATCH], size_t *count,
                               struct err *err);
/* Forgets ids, threads and counts that are of no more use, MAILBOX_BATCH of each at most. */
MUST_CHECK bool mailbox_forget(struct mailbox *mailbox, int64_t now_ms, struct err *err);

/* Erases the messages that have gone from the file too, where there are any
 * (store_rewrite_where_wanted). Of other threads only mailbox_threads may be called meanwhile; it
 * waits. */
MUST_CHECK bool mailbox_rewrite(struct mailbox *mailbox, bool *done, struct err *err);

/* What waits in all mailboxes together. */
struct mailbox_load {
    uint64_t mails, bytes; /* as they are counted against the limits: notices too */
    int64_t oldest_at;     /* when the oldest of the messages came; 0: there is none */
    struct store_usage store;
};
MUST_CHECK bool mailbox_load(struct mailbox *mailbox, struct mailbox_load *out, struct err *err);
/* The messages alone. */
MUST_CHECK bool mailbox_waiting(struct mailbox *mailbox, uint64_t *count, struct err *err);

/* ---- threads ---- */
/* Times in ms since 1970, 0 where it has not come to that. */
struct mail_thread {
    uint8_t thread_id[MAIL_ID_BYTES];
    char la[ID_MAX + 1], agency[ID_MAX + 1];
    int64_t opened_at;   /* the referral was accepted */
    int64_t taken_at;    /* and the agency took it */
    int64_t answered_at; /* the agency's first message was accepted */
    int64_t closed_at;   /* the LA withdrew */
    int64_t last_at;     /* anything was accepted */
};
/* All that are remembered. `each` returns false with err set to stop. */
typedef bool (*mail_thread_fn)(const struct mail_thread *thread, void *ctx, struct err *err);
MUST_CHECK bool mailbox_threads(struct mailbox *mailbox, mail_thread_fn each, void *ctx,
                                struct err *err);

#endif
