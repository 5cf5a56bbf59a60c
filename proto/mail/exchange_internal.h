/* SPDX-License-Identifier: Apache-2.0
 * Inside of an exchange, for the files exchange*.c and a fuzzer alone.
 */
#ifndef HEARTH_MAIL_EXCHANGE_INTERNAL_H
#define HEARTH_MAIL_EXCHANGE_INTERNAL_H

#include <stdatomic.h>

#include "keys/signed.h"
#include "proto/mail.pb-c.h"
#include "proto/mail/exchange.h"
#include "proto/rpc/talk.h"

struct exchange {
    struct exchange_parts parts;
    struct talk *talk;
    struct certificate matcher;
    bool fetching, empty; /* empty: all that waited when the fetch came is here */
    uint64_t last_put;    /* number of the entry that was put last on this stream */
    bool all_put;         /* nothing was queued behind it when this was looked at */
    size_t unanswered;    /* puts */
    atomic_bool stopping;
};

/* NULL where the bytes are no ToParty of at most REPLY_MAX bytes with all parts that its kind
 * needs. hearth__v1__to_party__free_unpacked frees. */
Hearth__V1__ToParty *exchange_unpack(const uint8_t *data, size_t len);
void exchange_ack(struct exchange *exchange, uint64_t item, bool unreadable);

/* ---- exchange_take.c ---- */
/* Acts on a message that may come at any time after the welcome: an answer to a put, an item, the
 * word that nothing more waits. What could not be stored here is not acknowledged: an error. */
MUST_CHECK bool exchange_take(struct exchange *exchange, const Hearth__V1__ToParty *message,
                              struct exchange_counts *counts, struct err *err);
/* The answer to a lookup, checked. */
MUST_CHECK bool exchange_read_party(struct exchange *exchange, const Hearth__V1__MailParty *party,
                                    enum role role, const char *organisation,
                                    struct certificate *out, struct err *err);

#endif
