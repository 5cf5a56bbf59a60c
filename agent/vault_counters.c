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
    for (size_t i = 0; i < VAULT_COUNTER_DAYS && (i == 0 || reader.pos < reader.len); i++) {
        counter.days[i].day = (int32_t)reader_u32(&reader);
        counter.days[i].count = reader_u32(&reader);
    }
    if (!reader_done(&reader) || key_len == 0 || key_len > ID_MAX) {
        return err_set(err, ERR_CORRUPT, HOME_VAULT, "a query counter has the wrong length");
    }
    memcpy(counter.la, key, key_len);
    list->items = mem_resize(list->items, list->count + 1, sizeof *list->items);
    list->items[list->count++] = counter;
    return true;
}

struct vault_day *vault_counter_day(struct vault_counter *counter, int32_t day)
{
    struct vault_day *oldest = &counter->days[0];
    for (size_t i = 0; i < VAULT_COUNTER_DAYS; i++) {
        struct vault_day *at = &counter->days[i];
        if (at->count > 0 && at->day == day) return at;
        bool unused = at->count == 0;
        if (oldest->count > 0 && (unused || at->day < oldest->day)) oldest = at;
    }
    return oldest;
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

/* At least one, which is how a count was stored before there were several. */
static void write_days(const struct vault_counter *counter, struct buf *out)
{
    for (size_t i = 0; i < VAULT_COUNTER_DAYS; i++) {
        if (i > 0 && counter->days[i].count == 0) continue;
        buf_u32(out, (uint32_t)counter->days[i].day);
        buf_u32(out, counter->days[i].count);
    }
}

bool vault_counters_write(struct vault *vault, const struct vault_counter *counters, size_t count,
                          struct err *err)
{
    struct store_txn *txn = NULL;
    if (!vault_begin(vault, true, &txn, err)) return false;
    bool ok = true;
    for (size_t i = 0; ok && i < count; i++) {
        struct buf value = {0};
        write_days(&counters[i], &value);
        ok = store_put(txn, TABLE_COUNTERS, counters[i].la, strlen(counters[i].la), value.data,
                       value.len, err);
        buf_free(&value);
    }
    if (ok) return vault_commit(vault, txn, err);
    vault_abort(vault, txn);
    return false;
}
