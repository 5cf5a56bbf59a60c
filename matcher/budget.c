/* SPDX-License-Identifier: Apache-2.0 */
#include "matcher/budget.h"

#include <string.h>

#include "matcher/audit.h"
#include "matcher/daily.h"
#include "proto/base/clock.h"

static const int64_t MS_PER_HOUR = 3600000;

static struct daily count_of(struct store_txn *txn, const char *la)
{
    return (struct daily){txn, AUDIT_TABLE_BUDGET, la, strlen(la)};
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
    int64_t at_ms = budget_renewal(now_ms);
    clock_format(at_ms, renewal);
    return err_set(err, ERR_BUDGET, "budget",
                   "the %u searches of this day are used up; the budget renews at %s", limit,
                   renewal) ||
           err_retry(err, at_ms - now_ms);
}

bool budget_take(struct store_txn *txn, const char *la, uint32_t limit, int64_t now_ms,
                 struct err *err)
{
    const struct daily daily = count_of(txn, la);
    int32_t today = clock_london_day(now_ms);
    uint32_t count = 0;
    if (limit == 0) return true;
    if (!daily_read(&daily, today, &count, err)) return false;
    if (count >= limit) return used_up(limit, now_ms, err);
    return daily_write(&daily, today, count + 1, err) &&
           daily_forget(txn, AUDIT_TABLE_BUDGET, today - DAILY_PAST_DAYS, err);
}

bool budget_used(struct store *store, const char *la, int64_t now_ms, uint32_t *used,
                 struct err *err)
{
    struct store_txn *txn = NULL;
    if (!store_begin(store, false, &txn, err)) return false;
    const struct daily daily = count_of(txn, la);
    bool ok = daily_read(&daily, clock_london_day(now_ms), used, err);
    store_abort(txn);
    return ok;
}

struct totalling {
    uint32_t limit;
    struct budget_totals totals;
};

static void add_count(uint32_t count, void *ctx)
{
    struct totalling *totalling = ctx;
    totalling->totals.used += count;
    totalling->totals.las++;
    if (totalling->limit > 0 && count >= totalling->limit) totalling->totals.at_limit++;
}

bool budget_total(struct store *store, uint32_t limit, int64_t now_ms, struct budget_totals *out,
                  struct err *err)
{
    struct store_txn *txn = NULL;
    struct totalling totalling = {.limit = limit};
    if (!store_begin(store, false, &txn, err)) return false;
    bool ok =
        daily_each(txn, AUDIT_TABLE_BUDGET, clock_london_day(now_ms), add_count, &totalling, err);
    store_abort(txn);
    if (ok) *out = totalling.totals;
    return ok;
}
