/* SPDX-License-Identifier: Apache-2.0 */
#include "matcher/runs.h"

#include "matcher/audit.h"
#include "matcher/daily.h"
#include "proto/base/clock.h"

/* One name of fixed length for an LA's search. */
static void name_of(const char *la, const uint8_t tag[HASH_BYTES], uint8_t out[HASH_BYTES])
{
    struct hash hash;
    hash_start(&hash, "hearth search run", HASH_BYTES, NULL);
    hash_text(&hash, la);
    hash_bytes(&hash, tag, HASH_BYTES);
    hash_end(&hash, out);
}

static bool count_before(const struct daily *daily, int32_t today, uint32_t *sum, struct err *err)
{
    *sum = 0;
    for (int32_t day = today - RUNS_WINDOW_DAYS + 1; day < today; day++) {
        uint32_t count = 0;
        if (!daily_read(daily, day, &count, err)) return false;
        *sum += count;
    }
    return true;
}

bool runs_add(struct store_txn *txn, const char *la, const uint8_t tag[HASH_BYTES], int64_t now_ms,
              uint32_t *run, struct err *err)
{
    uint8_t name[HASH_BYTES];
    int32_t today = clock_london_day(now_ms);
    uint32_t before = 0, now = 0;
    name_of(la, tag, name);
    const struct daily daily = {txn, AUDIT_TABLE_RUNS, name, sizeof name};
    if (!count_before(&daily, today, &before, err) || !daily_read(&daily, today, &now, err) ||
        !daily_write(&daily, today, now + 1, err) ||
        !daily_forget(txn, AUDIT_TABLE_RUNS, today - RUNS_WINDOW_DAYS + 1, err)) {
        return false;
    }
    *run = before + now + 1;
    return true;
}
