/* SPDX-License-Identifier: Apache-2.0 */
#include "matcher/budget.h"

#include <string.h>

#include "matcher/audit.h"
#include "proto/base/buf.h"
#include "proto/base/clock.h"

enum { STALE_MAX = 64 };
static const int64_t MS_PER_HOUR = 3600000;

/* Days count up from 1970, so that all keys of past days stand before today's. */
static void make_key(struct buf *key, const char *la, int64_t now_ms)
{
    uint8_t day[8];
    store_key_u64(day, (uint64_t)clock_london_day(now_ms));
    buf_append(key, day, sizeof day);
    buf_text(key, la);
}

static bool read_count(struct store_txn *txn, const struct buf *key, uint32_t *count,
                       struct err *err)
{
    const uint8_t *value = NULL;
    size_t len = 0;
    bool found = false;
    if (!store_get(txn, AUDIT_TABLE_BUDGET, key->data, key->len, &value, &len, &found, err)) {
        return false;
    }
    struct reader reader = reader_of(value, found ? len : 0);
    *count = found ? reader_u32(&reader) : 0;
    if (!reader_done(&reader)) return err_set(err, ERR_CORRUPT, "budget", "malformed count");
    return true;
}

struct stale {
    uint64_t today;
    uint8_t keys[STALE_MAX][STORE_KEY_MAX];
    size_t lens[STALE_MAX];
    size_t count;
};

static bool collect_stale(const uint8_t *key, size_t key_len, const uint8_t *value, size_t len,
                          void *ctx, struct err *err)
{
    (void)value;
    (void)len;
    struct stale *stale = ctx;
    err->code = ERR_NONE;
    if (stale->count == STALE_MAX || key_len > STORE_KEY_MAX) return false;
    if (key_len >= 8 && store_key_read_u64(key) >= stale->today) return false;
    memcpy(stale->keys[stale->count], key, key_len);
    stale->lens[stale->count++] = key_len;
    return true;
}

/* Forgets the counts of past days, a bounded number at a time. */
static bool forget_past(struct store_txn *txn, int64_t now_ms, struct err *err)
{
    struct stale stale = {.today = (uint64_t)clock_london_day(now_ms)};
    bool ok = store_each(txn, AUDIT_TABLE_BUDGET, NULL, 0, collect_stale, &stale, err);
    for (size_t i = 0; ok && i < stale.count; i++) {
        ok = store_delete(txn, AUDIT_TABLE_BUDGET, stale.keys[i], stale.lens[i], NULL, err);
    }
    return ok;
}

int64_t budget_renewal(int64_t now_ms)
{
    int32_t today = clock_london_day(now_ms);
    int64_t midnight = ((int64_t)today + 1) * 24 * MS_PER_HOUR; /* as if London kept UTC */
    return clock_london_day(midnight - MS_PER_HOUR) > today ? midnight - MS_PER_HOUR : midnight;
}

static bool used_up(uint32_t limit, int64_t now_ms, struct err *err)
{
    char renewal[CLOCK_TEXT];
    clock_format(budget_renewal(now_ms), renewal);
    return err_set(err, ERR_BUDGET, "budget",
                   "the %u searches of this day are used up; the budget renews at %s", limit,
                   renewal);
}

static bool take(struct store_txn *txn, const struct buf *key, uint32_t limit, int64_t now_ms,
                 struct err *err)
{
    uint32_t count = 0;
    if (!read_count(txn, key, &count, err)) return false;
    if (count >= limit) return used_up(limit, now_ms, err);
    struct buf value = {0};
    buf_u32(&value, count + 1);
    bool ok = store_put(txn, AUDIT_TABLE_BUDGET, key->data, key->len, value.data, value.len, err);
    buf_free(&value);
    return ok && forget_past(txn, now_ms, err);
}

bool budget_take(struct store *store, const char *la, uint32_t limit, int64_t now_ms,
                 struct err *err)
{
    if (limit == 0) return true;
    struct store_txn *txn = NULL;
    if (!store_begin(store, true, &txn, err)) return false;
    struct buf key = {0};
    make_key(&key, la, now_ms);
    bool ok = take(txn, &key, limit, now_ms, err);
    buf_free(&key);
    if (!ok) {
        store_abort(txn);
        return false;
    }
    return store_commit(txn, err);
}

bool budget_used(struct store *store, const char *la, int64_t now_ms, uint32_t *used,
                 struct err *err)
{
    struct store_txn *txn = NULL;
    if (!store_begin(store, false, &txn, err)) return false;
    struct buf key = {0};
    make_key(&key, la, now_ms);
    bool ok = read_count(txn, &key, used, err);
    buf_free(&key);
    store_abort(txn);
    return ok;
}
