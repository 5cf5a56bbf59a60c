/* SPDX-License-Identifier: Apache-2.0 */
#include "matcher/daily.h"

#include <string.h>

#include "proto/base/buf.h"

enum { STALE_MAX = 64, DAY_BYTES = 8 };

/* Days count up from 1970, so that all keys of past days stand before today's. */
static size_t make_key(const struct daily *daily, int32_t day, uint8_t key[STORE_KEY_MAX])
{
    REQUIRE(daily->len > 0 && daily->len <= DAILY_NAME_MAX && day >= 0);
    store_key_u64(key, (uint64_t)day);
    memcpy(key + DAY_BYTES, daily->name, daily->len);
    return DAY_BYTES + daily->len;
}

static bool read_count(const uint8_t *value, size_t len, uint32_t *count, struct err *err)
{
    struct reader reader = reader_of(value, len);
    *count = reader_u32(&reader);
    return reader_done(&reader) || err_set(err, ERR_CORRUPT, NULL, "a count of a day is malformed");
}

bool daily_read(const struct daily *daily, int32_t day, uint32_t *count, struct err *err)
{
    uint8_t key[STORE_KEY_MAX];
    size_t key_len = make_key(daily, day, key);
    const uint8_t *value = NULL;
    size_t len = 0;
    bool found = false;
    if (!store_get(daily->txn, daily->table, key, key_len, &value, &len, &found, err)) return false;
    *count = 0;
    return !found || read_count(value, len, count, err);
}

bool daily_write(const struct daily *daily, int32_t day, uint32_t count, struct err *err)
{
    uint8_t key[STORE_KEY_MAX];
    size_t key_len = make_key(daily, day, key);
    struct buf value = {0};
    buf_u32(&value, count);
    bool ok = store_put(daily->txn, daily->table, key, key_len, value.data, value.len, err);
    buf_free(&value);
    return ok;
}

struct stale {
    uint64_t first;
    uint8_t keys[STALE_MAX][STORE_KEY_MAX];
    size_t lens[STALE_MAX];
    size_t count;
};

static bool collect(const uint8_t *key, size_t key_len, const uint8_t *value, size_t len, void *ctx,
                    struct err *err)
{
    (void)value;
    (void)len;
    struct stale *stale = ctx;
    err->code = ERR_NONE;
    if (stale->count == STALE_MAX || key_len > STORE_KEY_MAX) return false;
    if (key_len >= DAY_BYTES && store_key_read_u64(key) >= stale->first) return false;
    memcpy(stale->keys[stale->count], key, key_len);
    stale->lens[stale->count++] = key_len;
    return true;
}

bool daily_any_before(struct store_txn *txn, size_t table, int32_t first, bool *any,
                      struct err *err)
{
    struct stale stale = {.first = first > 0 ? (uint64_t)first : 0, .count = STALE_MAX - 1};
    bool ok = store_each(txn, table, NULL, 0, collect, &stale, err);
    *any = ok && stale.count == STALE_MAX;
    return ok;
}

bool daily_forget(struct store_txn *txn, size_t table, int32_t first, struct err *err)
{
    struct stale stale = {.first = first > 0 ? (uint64_t)first : 0};
    bool ok = store_each(txn, table, NULL, 0, collect, &stale, err);
    for (size_t i = 0; ok && i < stale.count; i++) {
        ok = store_delete(txn, table, stale.keys[i], stale.lens[i], NULL, err);
    }
    return ok;
}

struct walk {
    uint64_t day;
    void (*each)(uint32_t count, void *ctx);
    void *ctx;
};

static bool visit(const uint8_t *key, size_t key_len, const uint8_t *value, size_t len, void *ctx,
                  struct err *err)
{
    const struct walk *walk = ctx;
    uint32_t count = 0;
    err->code = ERR_NONE;
    if (key_len < DAY_BYTES || store_key_read_u64(key) != walk->day) return false;
    if (!read_count(value, len, &count, err)) return false;
    walk->each(count, walk->ctx);
    return true;
}

bool daily_each(struct store_txn *txn, size_t table, int32_t day,
                void (*each)(uint32_t count, void *ctx), void *ctx, struct err *err)
{
    struct walk walk = {(uint64_t)day, each, ctx};
    uint8_t from[DAY_BYTES];
    store_key_u64(from, walk.day);
    return store_each(txn, table, from, sizeof from, visit, &walk, err);
}
