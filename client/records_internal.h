/* SPDX-License-Identifier: Apache-2.0
 * What the files of the records share.
 */
#ifndef HEARTH_CLIENT_RECORDS_INTERNAL_H
#define HEARTH_CLIENT_RECORDS_INTERNAL_H

#include "client/records.h"
#include "proto/store/store.h"

enum records_table { TABLE_SEARCHES, TABLE_META, RECORDS_TABLES };

struct records {
    struct store *store;
    struct secret name, seal, digest; /* keys */
};

/* Opens one entry of TABLE_SEARCHES; the caller wipes `out`. ERR_CORRUPT, ERR_VERSION. */
MUST_CHECK bool records_unseal(const struct records *records, const uint8_t *name, size_t name_len,
                               const uint8_t *value, size_t len, struct record *out,
                               struct err *err);

/* ---- records_compare.c ---- */
struct comparison {
    const struct records *records;
    struct record *own; /* as it will be written */
    struct search_note *note;
    int64_t before_ms;            /* only searches that were first asked earlier count */
    struct record *other, *first; /* room; first: of the similar ones, the one asked first */
    bool similar;
    uint8_t first_name[HASH_BYTES];
    unsigned percent;
};
/* Compares `own` with all others inside the caller's transaction; fills in the note and own's
 * first_alike and alike. */
MUST_CHECK bool records_compare(struct comparison *c, struct store_txn *txn, struct err *err);

#endif
