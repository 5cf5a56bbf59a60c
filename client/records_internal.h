/* SPDX-License-Identifier: Apache-2.0
 * What the files of the records share.
 */
#ifndef HEARTH_CLIENT_RECORDS_INTERNAL_H
#define HEARTH_CLIENT_RECORDS_INTERNAL_H

#include "client/records.h"
#include "proto/store/store.h"

enum records_table {
    TABLE_SEARCHES,
    TABLE_META,
    TABLE_RUNS,
    TABLE_DECISIONS,
    TABLE_OUTCOMES,
    RECORDS_TABLES
};

struct records {
    struct store *store;
    struct secret name, seal, digest; /* keys */
};

/* The name under which a search is kept: a keyed hash of its reference. */
void records_name(const struct records *records, const char *search_ref, uint8_t out[HASH_BYTES]);
/* Ends a transaction whose steps went `ok`; errors get the field "records". */
MUST_CHECK bool records_finish(struct store_txn *txn, bool ok, struct err *err);
/* One search's record by its name; the caller wipes `out`. */
MUST_CHECK bool records_get(const struct records *records, struct store_txn *txn,
                            const uint8_t name[HASH_BYTES], struct record *out, bool *found,
                            struct err *err);

/* Opens one entry of TABLE_SEARCHES; the caller wipes `out`. ERR_CORRUPT, ERR_VERSION. */
MUST_CHECK bool records_unseal(const struct records *records, const uint8_t *name, size_t name_len,
                               const uint8_t *value, size_t len, struct record *out,
                               struct err *err);

/* ---- records_several.c: what a search has several of ---- */
/* Its key: the search's name, then a number from 1. */
enum { SEVERAL_KEY_BYTES = HASH_BYTES + 8 };
struct several_kind {
    enum records_table table;
    const char *tag;
    size_t plain_max, pad;
};
extern const struct several_kind several_runs, several_decisions, several_outcomes;

/* Puts a plaintext under the next number of that search, and gives the number; pads and wipes
 * `plain`. */
MUST_CHECK bool several_append(const struct records *records, struct store_txn *txn,
                               const struct several_kind *kind, const uint8_t name[HASH_BYTES],
                               struct buf *plain, uint64_t *number, struct err *err);
/* The same under a number that is there. */
MUST_CHECK bool several_replace(const struct records *records, struct store_txn *txn,
                                const struct several_kind *kind, const uint8_t name[HASH_BYTES],
                                uint64_t number, struct buf *plain, struct err *err);
/* The caller wipes `plain`. */
MUST_CHECK bool several_get(const struct records *records, struct store_txn *txn,
                            const struct several_kind *kind, const uint8_t name[HASH_BYTES],
                            uint64_t number, struct buf *plain, bool *found, struct err *err);
/* Calls `each` for all of one search (name), or of all searches (NULL), in the order of keys; it
 * returns false with err set to stop, with ERR_NONE for "enough". */
typedef bool (*several_each_fn)(const uint8_t name[HASH_BYTES], uint64_t number,
                                const struct buf *plain, void *ctx, struct err *err);
MUST_CHECK bool several_each(const struct records *records, struct store_txn *txn,
                             const struct several_kind *kind, const uint8_t *name,
                             several_each_fn each, void *ctx, struct err *err);
/* Removes all of one search; *removed is added to. */
MUST_CHECK bool several_remove(struct store_txn *txn, const struct several_kind *kind,
                               const uint8_t name[HASH_BYTES], size_t *removed, struct err *err);

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
