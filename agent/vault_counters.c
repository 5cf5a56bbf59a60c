/* SPDX-License-Identifier: Apache-2.0
 * The counts of queries.
 */
#include <stdlib.h>
#include <string.h>

#include "agent/vault_internal.h"
#include "proto/base/mem.h"

struct counter_list {
    struct vault_counter *items;
    size_t count;
};

static bool read_counter(const uint8_t *key, size_t key_len, const uint8_t *value, size_t value_len,
                         void *ctx, struct err *err)
{
    struct counter_list *list = ctx;
    struct vault_counter counter = {0};
    struct reader reader = reader_of(value, value_len);
    counter.day = (int32_t)reader_u32(&reader);
    counter.count = reader_u32(&reader);
    if (!reader_done(&reader) || key_len == 0 || key_len > ID_MAX) {
        return err_set(err, ERR_CORRUPT, HOME_VAULT, "a query counter has the wrong length");
    }
    memcpy(counter.la, key, key_len);
    list->items = mem_resize(list->items, list->count + 1, sizeof *list->items);
    list->items[list->count++] = counter;
    return true;
}

bool vault_counters_read(struct vault *vault, struct vault_counter **out, size_t *count,
                         struct err *err)
{
    struct store_txn *txn = NULL;
    struct counter_list list = {0};
    if (!vault_begin(vault, false, &txn, err)) return false;
    bool ok = store_each(txn, TABLE_COUNTERS, NULL, 0, read_counter, &list, err);
    vault_abort(vault, txn);
    if (ok) {
        *out = list.items;
        *count = list.count;
    } else {
        free(list.items);
    }
    return ok;
}

bool vault_counters_write(struct vault *vault, const struct vault_counter *counters, size_t count,
                          struct err *err)
{
    struct store_txn *txn = NULL;
    if (!vault_begin(vault, true, &txn, err)) return false;
    bool ok = true;
    for (size_t i = 0; ok && i < count; i++) {
        struct buf value = {0};
        buf_u32(&value, (uint32_t)counters[i].day);
        buf_u32(&value, counters[i].count);
        ok = store_put(txn, TABLE_COUNTERS, counters[i].la, strlen(counters[i].la), value.data,
                       value.len, err);
        buf_free(&value);
    }
    if (ok) return vault_commit(vault, txn, err);
    vault_abort(vault, txn);
    return false;
}
