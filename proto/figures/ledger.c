/* SPDX-License-Identifier: Apache-2.0
 * Spending: the whole chain is walked each time, so that nothing is spent on a ledger that was
 * tampered with.
 */
#include "proto/figures/ledger.h"

#include <string.h>

#include "proto/figures/ledger_internal.h"

/* Months on both sides of a period that share twelve months with it, and itself. */
enum { AROUND = 2 * LEDGER_MONTHS - 1 };

static uint32_t months_of(uint32_t period)
{
    return period / 100 * 12 + period % 100 - 1;
}

/* ---- what was spent around a period ---- */
struct spent {
    const char *hub; /* NULL: over all */
    uint32_t first;  /* month of by_month[0]: eleven before the period */
    uint64_t by_month[FIGURES_SIDES][AROUND];
    /* The entry that is looked for, and whether it is there. */
    const struct ledger_entry *wanted;
    struct ledger_entry found_entry;
    bool found;
};

static struct spent spent_around(const char *hub, uint32_t period)
{
    REQUIRE(period_valid(period));
    return (struct spent){.hub = hub, .first = months_of(period) - (LEDGER_MONTHS - 1)};
}

static bool note(const struct ledger_entry *entry, void *ctx, struct err *err)
{
    struct spent *spent = ctx;
    const struct ledger_entry *wanted = spent->wanted;
    (void)err;
    if (wanted && entry->period == wanted->period && entry->table == wanted->table &&
        strcmp(entry->hub, wanted->hub) == 0) {
        spent->found_entry = *entry;
        spent->found = true;
    }
    uint32_t month = months_of(entry->period);
    if (month < spent->first || month >= spent->first + AROUND) return true;
    if (spent->hub && strcmp(spent->hub, entry->hub) != 0) return true;
    spent->by_month[entry->table->side][month - spent->first] += entry->epsilon;
    return true;
}

/* Twelve months from by_month[from] on. */
static uint64_t year_from(const struct spent *spent, enum figures_side side, size_t from)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < LEDGER_MONTHS; i++) sum += spent->by_month[side][from + i];
    return sum;
}

/* Of all years that hold the period, the one in which most was spent. */
static uint64_t worst_year(const struct spent *spent, enum figures_side side)
{
    uint64_t worst = 0;
    for (size_t from = 0; from < LEDGER_MONTHS; from++) {
        uint64_t sum = year_from(spent, side, from);
        if (sum > worst) worst = sum;
    }
    return worst;
}

/* ---- spending ---- */
MUST_CHECK static bool check_limit(uint64_t spent, uint64_t limit, const char *span,
                                   const struct ledger_entry *entry, struct err *err)
{
    uint64_t left = spent < limit ? limit - spent : 0;
    if (entry->epsilon <= left) return true;
    char period[PERIOD_TEXT];
    return err_set(err, ERR_BUDGET, "epsilon",
                   "%s of hub %s for %s wants %u millionths, and %llu of %llu are left in %s",
                   entry->table->name, entry->hub, period_text(entry->period, period),
                   entry->epsilon, (unsigned long long)left, (unsigned long long)limit, span);
}

MUST_CHECK static bool append(struct store_txn *txn, size_t table,
                              const uint8_t previous[HASH_BYTES], struct ledger_entry *entry,
                              struct err *err)
{
    uint8_t key[8];
    struct buf stored = {0};
    store_key_u64(key, entry->number);
    ledger_entry_encode(entry, previous, &stored);
    REQUIRE(stored.len <= LEDGER_ENTRY_MAX);
    bool ok = store_put(txn, table, key, sizeof key, stored.data, stored.len, err);
    buf_free(&stored);
    return ok;
}

bool ledger_spend_within(struct store_txn *txn, size_t table, bool per_hub,
                         const struct ledger_limits *limits, struct ledger_entry *entry,
                         struct err *err)
{
    struct spent spent = spent_around(per_hub ? entry->hub : NULL, entry->period);
    uint8_t head[HASH_BYTES];
    uint64_t count = 0;
    enum figures_side side = entry->table->side;
    REQUIRE(entry->epsilon >= 1 && entry->epsilon <= EPSILON_PERIOD && entry->at_ms > 0);
    spent.wanted = entry;
    if (!ledger_walk(txn, table, note, &spent, head, &count, err)) return false;
    if (spent.found) {
        char period[PERIOD_TEXT];
        return err_set(err, ERR_EXISTS, "table", "%s of hub %s for %s is entry %llu of the ledger",
                       entry->table->name, entry->hub, period_text(entry->period, period),
                       (unsigned long long)spent.found_entry.number);
    }
    if (count >= LEDGER_ENTRIES_MAX)
        return err_set(err, ERR_BUDGET, "ledger", "full: %d entries", LEDGER_ENTRIES_MAX);
    if (!check_limit(spent.by_month[side][LEDGER_MONTHS - 1], limits->period, "the period", entry,
                     err) ||
        !check_limit(worst_year(&spent, side), limits->year, "twelve periods", entry, err)) {
        return false;
    }
    entry->number = count + 1;
    return append(txn, table, head, entry, err);
}

bool ledger_spend(struct store_txn *txn, size_t table, bool per_hub, struct ledger_entry *entry,
                  struct err *err)
{
    static const struct ledger_limits limits = {EPSILON_PERIOD, EPSILON_YEAR};
    return ledger_spend_within(txn, table, per_hub, &limits, entry, err);
}

/* ---- looking up ---- */
bool ledger_find(struct store_txn *txn, size_t table, const char *hub, uint32_t period,
                 const struct figures_table *what, struct ledger_entry *out, bool *found,
                 struct err *err)
{
    struct spent spent = spent_around(NULL, period);
    struct ledger_entry wanted = {.period = period, .table = what};
    uint8_t head[HASH_BYTES];
    uint64_t count = 0;
    REQUIRE(strlen(hub) <= ID_MAX);
    memcpy(wanted.hub, hub, strlen(hub) + 1);
    spent.wanted = &wanted;
    if (!ledger_walk(txn, table, note, &spent, head, &count, err)) return false;
    *found = spent.found;
    if (spent.found) *out = spent.found_entry;
    return true;
}

bool ledger_spent(struct store_txn *txn, size_t table, const char *hub, uint32_t period,
                  struct ledger_sum *out, struct err *err)
{
    struct spent spent = spent_around(hub, period);
    uint8_t head[HASH_BYTES];
    uint64_t count = 0;
    if (!ledger_walk(txn, table, note, &spent, head, &count, err)) return false;
    for (size_t side = 0; side < FIGURES_SIDES; side++) {
        out->period[side] = spent.by_month[side][LEDGER_MONTHS - 1];
        out->year[side] = year_from(&spent, (enum figures_side)side, 0);
    }
    return true;
}
