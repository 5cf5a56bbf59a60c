/* SPDX-License-Identifier: Apache-2.0
 * HOME/replies: what this agency answered, so that an auditor can recompute it (docs/audit.md "A
 * reply opened"), and the heads of the matcher's log that came with receipts. Every entry is sealed
 * under a key that the key file gives and found by a keyed hash. Thread-safe; several programs may
 * use one home at a time.
 */
#ifndef HEARTH_AGENT_REPLIES_H
#define HEARTH_AGENT_REPLIES_H

#include "keys/identity.h"
#include "proto/store/store.h"

#define HOME_REPLIES "replies"
#define REPLIES_PURPOSE "replies" /* for identity_derive */
extern const struct store_schema replies_schema;
enum { SLOT_SETS_BYTES_MAX = 64 << 20 }; /* of one reply */

struct replies;
/* Opens HOME/replies, or makes it. key: HASH_KEY_BYTES. replies_close: NULL is fine. */
MUST_CHECK bool replies_open(const char *home, const struct secret *key, struct replies **out,
                             struct err *err);
void replies_close(struct replies *replies);
/* The time between backup and restore, where the home was put back: replies of then are not known.
 * Zeros where it was not. */
MUST_CHECK bool replies_gap(struct replies *replies, struct store_gap *out, struct err *err);

/* One reply as it is kept. kept_reply_free wipes and frees. */
struct kept_reply {
    uint8_t query_hash[HASH_BYTES];
    char la[ID_MAX + 1];
    int64_t at_ms;        /* when the carers began to be read */
    uint32_t catalogue;   /* by whose slots the carers were read */
    struct secret seed;   /* SEED_BYTES */
    struct buf slot_sets; /* slot_set_frame of each carer, in order; shared by replies that
                             had the same */
    size_t carers;
    struct signed_bytes signed_reply; /* ReplyBody */
};
void kept_reply_free(struct kept_reply *kept);
/* Durable when it returns. ERR_EXISTS: a reply to that query is kept, and stays. */
MUST_CHECK bool replies_keep(struct replies *replies, const struct kept_reply *kept,
                             struct err *err);
/* Several at once, for the price of one wait for the disk: all are durable when it returns true, or
 * none is kept. */
struct keeping {
    const struct kept_reply *kept;
    bool there; /* set: a reply to that query is kept already, and stays */
};
MUST_CHECK bool replies_keep_all(struct replies *replies, struct keeping *list, size_t count,
                                 struct err *err);
/* ERR_EXPIRED says when recomputing ended (replies_end_recomputing); ERR_NOT_FOUND, where that is
 * so, that the reply is older than what is kept. prefix: the start of a query hash in hex, at least
 * 4 digits; ERR_INVALID where several begin so. */
MUST_CHECK bool replies_get(struct replies *replies, const char *prefix, struct kept_reply *out,
                            struct err *err);
/* Whether this query was answered here, and when; for a referral that names it. */
MUST_CHECK bool replies_knows(struct replies *replies, const uint8_t query_hash[HASH_BYTES],
                              bool *known, int64_t *at_ms, struct err *err);

/* A household is erased: forgets seeds and slot sets of all replies, keeps that they were given
 * (the signed bodies), and remembers when and that this was why. Of a reply that is kept later, but
 * whose carers were read before that, they are not kept either. The file is rewritten by
 * replies_rewrite. */
MUST_CHECK bool replies_end_recomputing(struct replies *replies, int64_t now_ms, struct err *err);
/* Removes replies and receipts older than that. */
MUST_CHECK bool replies_purge(struct replies *replies, int64_t before_ms, size_t *removed,
                              struct err *err);
/* How full the file is. */
MUST_CHECK bool replies_usage(struct replies *replies, struct store_usage *out, struct err *err);
/* store_rewrite, where it is wanted. *done false: another program has it open; try again later. */
MUST_CHECK bool replies_rewrite(struct replies *replies, bool *done, struct err *err);

/* ---- receipts: signed heads of the matcher's log ---- */
/* One a query; durable when it returns. The caller has verified the signature. ERR_EXISTS where
 * another one is kept for the same query. */
MUST_CHECK bool replies_keep_receipt(struct replies *replies, const struct signed_bytes *receipt,
                                     int64_t at_ms, struct err *err);
/* Calls `each` for every receipt that is kept, oldest first; it returns false with err set to stop.
 */
typedef bool (*replies_receipt_fn)(const struct receipt *receipt, int64_t at_ms, void *ctx,
                                   struct err *err);
MUST_CHECK bool replies_each_receipt(struct replies *replies, replies_receipt_fn each, void *ctx,
                                     struct err *err);

#endif
