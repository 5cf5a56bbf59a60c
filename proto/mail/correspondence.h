/* SPDX-License-Identifier: Apache-2.0
 * HOME/correspondence: what an LA or an agency has sent and received, and what waits to be sent.
 * Every entry is sealed under a key that the key file gives; the disk shows how many there are, how
 * large about, and when they change. Several programs may use one home at a time. docs/mail.md
 * "What a party keeps".
 */
#ifndef HEARTH_MAIL_CORRESPONDENCE_H
#define HEARTH_MAIL_CORRESPONDENCE_H

#include "proto/base/secret.h"
#include "proto/mail/content.h"
#include "proto/mail/mail.h"
#include "proto/store/store.h"

#define HOME_CORRESPONDENCE "correspondence"
#define CORRESPONDENCE_PURPOSE "correspondence" /* for identity_derive */
extern const struct store_schema correspondence_schema;

enum mail_state {
    MAIL_QUEUED = 1, /* written down here; the matcher has not confirmed it yet */
    MAIL_ACCEPTED,   /* the matcher has it */
    MAIL_TAKEN,      /* the receiver has it */
    MAIL_EXPIRED,    /* nobody took it in time */
    MAIL_REFUSED, /* the matcher would not take it, or the receiver could not open it; see `why` */
    MAIL_RECEIVED /* an incoming one */
};
const char *mail_state_name(enum mail_state state); /* "queued" */

/* One message as it is listed. Confidential: names parties and times. */
struct entry {
    uint64_t number; /* of this home, from 1, ascending in the order of writing */
    bool incoming;
    struct mail mail;
    char peer_name[NAME_MAX_BYTES + 1]; /* of the other party, from its certificate */
    enum content_kind kind;
    enum answer_kind answer;
    enum referral_stage stage; /* of a referral, else 0 */
    char reason[REASON_MAX + 1];
    uint8_t query_hash[HASH_BYTES];
    size_t attachments;
    enum mail_state state;
    int64_t state_ms; /* when it came about; of MAIL_RECEIVED: when it was stored here */
    bool read;        /* an incoming one that was shown */
    char why[200];    /* of MAIL_REFUSED */
};
/* The other party's id and role. */
const char *entry_peer(const struct entry *entry);
enum role entry_peer_role(const struct entry *entry);

struct correspondence;
/* Opens HOME/correspondence, or makes it. key: HASH_KEY_BYTES. ERR_CORRUPT (field "correspondence")
 * where it was made with another key, or is damaged. correspondence_close: NULL is fine. */
MUST_CHECK bool correspondence_open(const char *home, const struct secret *key,
                                    struct correspondence **out, struct err *err);
void correspondence_close(struct correspondence *correspondence);
/* Changes with every committed write of any process. */
uint64_t correspondence_version(struct correspondence *correspondence);

/* ---- outgoing ---- */
/* Writes a message down to be sent: durable when it returns. entry: mail and peer_name are given;
 * kind, answer, stage, reason, query_hash and attachments are filled in from the content, number
 * and state are set. */
MUST_CHECK bool correspondence_put(struct correspondence *correspondence, struct entry *entry,
                                   const struct content *content,
                                   const struct signed_bytes *signed_mail, struct err *err);
/* Seals `content` to the receiver's certificate, which the caller has checked, signs it as `sender`
 * and writes it down (correspondence_put). Of `entry`, mail.mail_id, mail.thread_id and mail.closes
 * are given, the rest zero: it is filled in, mail.sent_at with the time. ERR_INVALID: too long. */
MUST_CHECK bool correspondence_write(struct correspondence *correspondence,
                                     const struct identity *sender,
                                     const struct certificate *receiver,
                                     const struct content *content, struct entry *entry,
                                     struct err *err);
/* The first entry with a number above `after` that is MAIL_QUEUED, and its signed bytes
 * (signed_bytes_free). *found false: none. */
MUST_CHECK bool correspondence_next(struct correspondence *correspondence, uint64_t after,
                                    struct entry *entry, struct signed_bytes *signed_mail,
                                    bool *found, struct err *err);
/* What became of an outgoing message. A state never goes back (queued, accepted, then one of the
 * others); the signed bytes are let go once it is accepted or refused. Unknown ids are no error:
 * *known (may be NULL) tells. why: NULL or the reason of a refusal. */
MUST_CHECK bool correspondence_progress(struct correspondence *correspondence,
                                        const uint8_t mail_id[MAIL_ID_BYTES], enum mail_state state,
                                        int64_t at_ms, const char *why, bool *known,
                                        struct err *err);

/* ---- incoming ---- */
/* Stores a message, unless one of that id was stored before, or may have been: then *fresh is false
 * and nothing changes. Durable when it returns. entry: mail is given, the rest is filled in.
 * sender: the certificate that it came with, checked; it is kept for answers
 * (correspondence_party). content: decoded, or NULL where this program cannot read it (kind 0
 * then); raw: its bytes. */
MUST_CHECK bool correspondence_receive(struct correspondence *correspondence, struct entry *entry,
                                       const struct certificate *sender,
                                       const struct content *content, const struct buf *raw,
                                       bool *fresh, struct err *err);
/* The certificate with which the last message of a party came. certificate_free frees. It may have
 * been replaced or revoked since: the caller checks it (trust_check). */
MUST_CHECK bool correspondence_party(struct correspondence *correspondence, enum role role,
                                     const char *organisation, struct certificate *out, bool *found,
                                     struct err *err);
MUST_CHECK bool correspondence_mark_read(struct correspondence *correspondence, uint64_t number,
                                         struct err *err);

/* ---- reading ---- */
/* Every entry in the order of numbers, from one snapshot; `each` returns false with err set to
 * stop, with err->code ERR_NONE for "enough". */
typedef bool (*correspondence_each_fn)(const struct entry *entry, void *ctx, struct err *err);
MUST_CHECK bool correspondence_each(struct correspondence *correspondence,
                                    correspondence_each_fn each, void *ctx, struct err *err);
/* All entries at once, ascending; free with entries_free (wipes). */
MUST_CHECK bool correspondence_list(struct correspondence *correspondence, struct entry **out,
                                    size_t *count, struct err *err);
void entries_free(struct entry *entries, size_t count);
/* The content as it was encoded; the caller wipes. ERR_NOT_FOUND. */
MUST_CHECK bool correspondence_content(struct correspondence *correspondence, uint64_t number,
                                       struct buf *out, struct err *err);
/* The same decoded; content_wipe. What this program cannot decode is no error, so that it does not
 * hide the messages beside it: kind is 0, and nothing else is there. */
MUST_CHECK bool correspondence_read_content(struct correspondence *correspondence, uint64_t number,
                                            struct content *out, struct err *err);

/* ---- retention ---- */
/* When an entry last changed by this home's clock: what came says itself when it was sent. */
int64_t entry_last_ms(const struct entry *entry);
/* Removes every thread whose last entry (entry_last_ms) is before `before_ms` and of which nothing
 * waits to be sent. *removed: entries. The file still holds their sealed bytes until
 * correspondence_rewrite. What was received stays known by a keyed hash of its id for
 * CORRESPONDENCE_REMEMBER_DAYS after, longer than a message can be on its way; from then on nothing
 * is fresh that was written before: no copy is shown again, however late it comes. */
enum { CORRESPONDENCE_REMEMBER_DAYS = 190 };
MUST_CHECK bool correspondence_purge(struct correspondence *correspondence, int64_t before_ms,
                                     size_t *removed, struct err *err);
/* How full the file is. Not while another thread rewrites it. */
MUST_CHECK bool correspondence_usage(struct correspondence *correspondence, struct store_usage *out,
                                     struct err *err);
/* Erases what was removed from the file. *done false: some other program has it open; try again
 * later. No other thread may use the correspondence meanwhile. */
MUST_CHECK bool correspondence_rewrite(struct correspondence *correspondence, bool *done,
                                       struct err *err);

#endif
