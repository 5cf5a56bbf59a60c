/* SPDX-License-Identifier: Apache-2.0
 * Epoch keys (docs/protocol.md "Keys"): drawn at the start and every epoch_hours, in guarded memory
 * only. The one before is kept until EPOCH_KEEP_MS after its end, then wiped, and its tie seed is
 * published in the audit log.
 */
#ifndef HEARTH_MATCHER_EPOCH_H
#define HEARTH_MATCHER_EPOCH_H

#include "keys/identity.h"
#include "matcher/audit.h"
#include "proto/base/secret.h"
#include "proto/crypto/message.h"

enum {
    EPOCH_KEEP_MS = 600000,
    /* No search lasts longer, explanations included (search_query.c): queries of the old epoch are
       refused that long before its key is wiped. */
    EPOCH_MARGIN_MS = 480000
};

/* One epoch, reference counted; m and the tie seed are wiped with the last reference. */
struct epoch_key {
    struct epoch_record record;
    struct signed_bytes body; /* the EpochBody and its signature, as it travels */
    struct secret m;          /* a struct scalar */
    struct secret tie_seed;   /* TIE_SEED_BYTES */
};
const struct scalar *epoch_scalar(const struct epoch_key *epoch);
struct epoch_key *epoch_ref(struct epoch_key *epoch);
void epoch_unref(struct epoch_key *epoch); /* NULL is fine */

struct epochs;
/* Draws the first key. audit gets an entry for each key and each tie seed; identity and audit must
 * outlive the result. */
struct epochs *epochs_start(const struct identity *identity, struct audit *audit,
                            uint32_t epoch_hours, int64_t now_ms);
/* Wipes all keys and publishes the tie seeds. */
void epochs_stop(struct epochs *epochs);
/* To be called every second: rolls over and wipes what is due. True where a new epoch began. */
bool epochs_tick(struct epochs *epochs, int64_t now_ms);
/* A reference to the epoch in force. */
struct epoch_key *epochs_current(struct epochs *epochs);
/* A reference to the epoch with that id, if queries may still name it at now_ms; else ERR_EXPIRED.
 */
MUST_CHECK bool epochs_find(struct epochs *epochs, uint64_t epoch, int64_t now_ms,
                            struct epoch_key **out, struct err *err);

/* H("hearth v1 tie seed", seed): published with the epoch, so that the seed is fixed beforehand. */
void epoch_tie_commitment(uint8_t out[HASH_BYTES], const uint8_t *tie_seed);

#endif
