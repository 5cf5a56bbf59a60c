/* SPDX-License-Identifier: Apache-2.0 */
#include "client/records_runs.h"

#include <stdlib.h>
#include <string.h>

#include "client/records_internal.h"
#include "proto/base/mem.h"

void records_list_free(void *list, size_t count, size_t size)
{
    if (list) sodium_memzero(list, count * size);
    free(list);
}

/* ---- writing ---- */

static bool add_runs(struct records *records, struct store_txn *txn, const uint8_t *name,
                     const struct run *runs, size_t count, uint64_t *numbers, struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        struct buf plain = {0};
        run_encode(&runs[i], &plain);
        if (!several_append(records, txn, &several_runs, name, &plain, &numbers[i], err)) {
            return false;
        }
    }
    return true;
}

bool records_add_runs(struct records *records, const uint8_t name[HASH_BYTES],
                      const struct run *runs, size_t count, uint64_t *numbers, struct err *err)
{
    struct store_txn *txn = NULL;
    if (!store_begin(records->store, true, &txn, err)) return err_in(err, HOME_RECORDS);
    return records_finish(txn, add_runs(records, txn, name, runs, count, numbers, err), err);
}

static bool get_run(struct records *records, struct store_txn *txn, const uint8_t *name,
                    uint64_t number, struct run *out, struct err *err)
{
    struct buf plain = {0};
    bool found = false;
    bool ok = several_get(records, txn, &several_runs, name, number, &plain, &found, err);
    if (ok && !found) {
        ok = err_set(err, ERR_NOT_FOUND, NULL, "run %llu is no longer there",
                     (unsigned long long)number);
    }
    ok = ok && run_decode(plain.data, plain.len, out, err);
    buf_wipe(&plain);
    return ok;
}

static void set_ending(struct run *run, const struct run_ending *ending)
{
    struct signed_bytes *result = &run->parts.result;
    signed_bytes_free(result);
    run->head.ended_ms = ending->at_ms;
    run->head.end = ending->result ? RUN_RESULT : RUN_FAILED;
    run->head.error = ending->result ? ERR_NONE : ending->error;
    if (!ending->result) return;
    signed_bytes_copy(ending->result, result);
}

static bool end_run(struct records *records, struct store_txn *txn, const uint8_t *name,
                    uint64_t number, const struct run_ending *ending, struct err *err)
{
    struct run run = {0};
    struct buf plain = {0};
    if (!get_run(records, txn, name, number, &run, err)) return false;
    set_ending(&run, ending);
    run_encode(&run, &plain);
    run_free(&run);
    return several_replace(records, txn, &several_runs, name, number, &plain, err);
}

bool records_end_run(struct records *records, const uint8_t name[HASH_BYTES], uint64_t number,
                     const struct run_ending *ending, struct err *err)
{
    struct store_txn *txn = NULL;
    REQUIRE(ending->at_ms > 0 && (ending->result == NULL) == (ending->error != ERR_NONE));
    if (!store_begin(records->store, true, &txn, err)) return err_in(err, HOME_RECORDS);
    return records_finish(txn, end_run(records, txn, name, number, ending, err), err);
}

/* ---- reading ---- */

bool records_get_run(struct records *records, const uint8_t name[HASH_BYTES], uint64_t number,
                     struct run *out, struct err *err)
{
    struct store_txn *txn = NULL;
    if (!store_begin(records->store, false, &txn, err)) return err_in(err, HOME_RECORDS);
    bool ok = get_run(records, txn, name, number, out, err);
    store_abort(txn);
    return ok || err_in(err, HOME_RECORDS);
}

struct listing {
    struct run_ref *list;
    size_t count, room;
};

static bool list_one(const uint8_t *name, uint64_t number, const struct buf *plain, void *ctx,
                     struct err *err)
{
    struct listing *listing = ctx;
    struct run_ref ref = {.number = number};
    memcpy(ref.name, name, HASH_BYTES);
    if (!run_head_decode(plain->data, plain->len, &ref.head, err)) return false;
    if (listing->count == listing->room) {
        listing->room = listing->room ? 2 * listing->room : 16;
        listing->list = mem_resize(listing->list, listing->room, sizeof *listing->list);
    }
    listing->list[listing->count++] = ref;
    return true;
}

bool records_list_runs(struct records *records, const uint8_t *name, struct run_ref **out,
                       size_t *count, struct err *err)
{
    struct store_txn *txn = NULL;
    struct listing listing = {0};
    if (!store_begin(records->store, false, &txn, err)) return err_in(err, HOME_RECORDS);
    bool ok = several_each(records, txn, &several_runs, name, list_one, &listing, err);
    store_abort(txn);
    if (!ok) {
        records_list_free(listing.list, listing.count, sizeof *listing.list);
        return err_in(err, HOME_RECORDS);
    }
    *out = listing.list ? listing.list : mem_array(0, sizeof *listing.list);
    *count = listing.count;
    return true;
}
