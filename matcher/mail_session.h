/* SPDX-License-Identifier: Apache-2.0
 * A party's stream to its mailbox (docs/mail.md "The stream"). The callbacks only queue; the mail's
 * thread does the rest, and alone touches what is not atomic below.
 *   mail_session.c  life, callbacks, what one stream may queue
 *   mail_steps.c    legal order, hello, fetch, ack, lookup
 *   mail_put.c      a message that comes
 *   mail_deliver.c  items that go
 *   mail_log.c      entries of the audit log
 */
#ifndef HEARTH_MATCHER_MAIL_SESSION_H
#define HEARTH_MATCHER_MAIL_SESSION_H

#include <stdatomic.h>

#include "matcher/mail_room.h"
#include "proto/mail.pb-c.h"
#include "proto/rpc/rpc.h"
#include "proto/rpc/work.h"

enum {
    MAIL_WINDOW = 8, /* items that a party has not acknowledged */
    MAIL_WINDOW_BYTES = 8 << 20,
    MAIL_QUEUE = 64, /* messages of one stream that wait to be worked on */
    MAIL_QUEUE_BYTES = 24 << 20,
    MAIL_REFUSALS = 256 /* refused messages after which a stream is ended */
};

enum mail_phase { MAIL_GREETING, MAIL_OPEN, MAIL_FETCHING, MAIL_PHASES };

struct mail_session {
    atomic_uint refs;
    struct matcher *matcher;
    struct rpc_stream *stream; /* one reference */
    struct mail_party party;   /* as the connection says */
    atomic_bool greeted, ended;
    struct work work;

    enum mail_phase phase;
    struct certificate certificate; /* once greeted */
    unsigned refusals;
    uint64_t sent;  /* number of the last item that was sent */
    uint64_t next;  /* and of the next one that waits, 0: none */
    uint64_t until; /* the last that waited when the fetch came */
    bool empty_due; /* a MailEmpty is due */
    struct {
        uint64_t number;
        size_t bytes;
    } window[MAIL_WINDOW];
    size_t window_count, window_bytes;
};

/* Callbacks of /Mail; ctx is the matcher. */
extern const struct rpc_events mail_events;

/* The last reference frees. */
struct mail_session *mail_session_ref(struct mail_session *session);
void mail_session_unref(struct mail_session *session);

/* Ends the stream; not a second time. err NULL: it is complete. `refused`: what the party sent was
 * at fault, which is logged and audited. From any thread. */
void mail_session_end(struct mail_session *session, const struct err *err, bool refused);

/* ---- on the mail's thread ---- */
/* One message of the party. */
void mail_session_step(struct mail_session *session, const uint8_t *data, size_t len);
/* The store has failed: logged, and the stream ends with UNAVAILABLE. */
void mail_session_fail(struct mail_session *session, const struct err *err);
/* Queues a message for the party, who is cut off where it takes nothing. */
void mail_session_send(struct mail_session *session, const Hearth__V1__ToParty *message);
/* What the party puts: an answer follows, or the end of the stream. */
void mail_session_put(struct mail_session *session, const Hearth__V1__MailPut *put);
/* Sends what fits into the window, and MailEmpty where it is due. */
void mail_session_deliver(struct mail_session *session);
/* Takes an item out of the window; false where it is not in it. */
bool mail_session_release(struct mail_session *session, uint64_t number);
/* Whether the party may have a stream: certificate not revoked or expired, agency in the directory.
 * ERR_DENIED, ERR_EXPIRED. */
MUST_CHECK bool mail_session_may_stay(struct mail_session *session, struct err *err);

/* ---- the audit log ---- */
void mail_log_accepted(struct matcher *matcher, const struct mail *mail, size_t bytes);
void mail_log_gone(struct matcher *matcher, const struct mailbox_gone *gone,
                   enum notice_state state);

#endif
