/* SPDX-License-Identifier: Apache-2.0
 * fill_store HOME MIB: fills the audit store of a matcher that does not run, up to its limit, with
 * counts of runs of days to come, which nothing reads.
 */
#include <stdio.h>
#include <stdlib.h>

#include "matcher/audit.h"

enum { CHUNKS = 4 };

/* As many entries of that size as fit, each in a transaction of its own. */
static void fill(struct store *store, uint64_t *day, size_t bytes)
{
    static uint8_t junk[1 << 20];
    struct err err;
    for (bool ok = true; ok; (*day)++) {
        struct store_txn *txn = NULL;
        uint8_t key[8 + 1] = {0};
        store_key_u64(key, *day);
        if (!store_begin(store, true, &txn, &err)) return;
        ok = store_put(txn, AUDIT_TABLE_RUNS, key, sizeof key, junk, bytes, &err);
        if (ok) {
            ok = store_commit(txn, &err);
        } else {
            store_abort(txn);
        }
    }
}

int main(int argc, char **argv)
{
    static const size_t sizes[CHUNKS] = {1 << 20, 1 << 16, 1 << 12, 64};
    struct store *store = NULL;
    struct err err = {0};
    uint64_t day = 1 << 20;
    if (argc != 3) return EXIT_FAILURE;
    if (!audit_store_open(argv[1], false, (size_t)atoi(argv[2]), &store, &err)) {
        (void)fprintf(stderr, "%s\n", err.text);
        return EXIT_FAILURE;
    }
    for (size_t i = 0; i < CHUNKS; i++) fill(store, &day, sizes[i]);
    store_close(store);
    return EXIT_SUCCESS;
}
