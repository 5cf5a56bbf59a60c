/* SPDX-License-Identifier: Apache-2.0
 * What an LA keeps of one search, and the stored form with its bounded decoder.
 *
 *   record   = u8 form, texts: search reference, first of its likes; u64 first, u64 last (ms since
 *              1970), u32 runs, u32 amendments, u32 alike, 32 bytes query hash, 32 bytes request
 *              digest, features
 *   features = u8 children, u16 each, u16 placement type, u16 criteria, u16 each, u16 cells, u16
 *              each
 * Integers are big-endian, texts carry a 32-bit length. What is added to a record later raises
 * `form`; a program refuses a form that it does not know rather than drop what it cannot read.
 */
#ifndef HEARTH_CLIENT_RECORD_H
#define HEARTH_CLIENT_RECORD_H

#include "client/likeness.h"

enum {
    RECORD_FORM = 1,
    RECORD_PAD = 4096, /* plaintexts are padded to a multiple of this */
    RECORD_PLAIN_MAX = 2 * RECORD_PAD
};

struct record {
    char search_ref[REF_MAX + 1];
    char first_alike[REF_MAX + 1]; /* the search that it is one of the likes of; else itself */
    int64_t first_ms, last_ms;     /* when it was asked */
    uint32_t runs;                 /* that ended with a result */
    uint32_t amendments;           /* runs whose request differed from the run before */
    uint32_t alike;                /* how often it was nearly the same as another search */
    uint8_t query_hash[HASH_BYTES], digest[HASH_BYTES]; /* of the last run; zeros before it */
    struct features features;                           /* of the request asked last */
};
void record_wipe(struct record *record);

/* Appends the stored form, without padding. */
void record_encode(const struct record *record, struct buf *out);
/* ERR_CORRUPT; ERR_VERSION for a form that a later program wrote. Exactly the encoding of what it
 * gives, and zeros behind it. */
MUST_CHECK bool record_decode(const uint8_t *data, size_t len, struct record *out, struct err *err);

#endif
