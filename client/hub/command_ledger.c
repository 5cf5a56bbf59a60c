/* SPDX-License-Identifier: Apache-2.0
 * `hearth hub ledger`.
 */
#include <stdio.h>
#include <stdlib.h>

#include "client/hub/commands.h"
#include "client/hub/home.h"
#include "client/report.h"
#include "proto/base/clock.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"

struct ledger {
    struct ledger_entry *entries;
    size_t count;
    uint8_t head[HASH_BYTES];
    struct ledger_sum spent;
};

static bool keep(const struct ledger_entry *entry, void *ctx, struct err *err)
{
    struct ledger *ledger = ctx;
    (void)err;
    ledger->entries = mem_resize(ledger->entries, ledger->count + 1, sizeof *ledger->entries);
    ledger->entries[ledger->count++] = *entry;
    return true;
}

/* Of the twelve periods up to the one before this month. */
static double left(const struct ledger *ledger, enum figures_side side)
{
    uint64_t used = ledger->spent.year[side];
    return used < EPSILON_YEAR ? (double)(EPSILON_YEAR - used) / EPSILON_ONE : 0;
}

static json_t *entry_json(const struct ledger_entry *entry)
{
    char at[CLOCK_TEXT], period[PERIOD_TEXT], hash[2 * HASH_BYTES + 1], what[2 * HASH_BYTES + 1];
    clock_format(entry->at_ms, at);
    return json_pack("{s:I,s:s,s:s,s:s,s:f,s:s,s:s}", "number", (json_int_t)entry->number, "at", at,
                     "period", period_text(entry->period, period), "table", entry->table->name,
                     "epsilon", (double)entry->epsilon / EPSILON_ONE, "set",
                     text_hex(entry->what, HASH_BYTES, what), "hash",
                     text_hex(entry->hash, HASH_BYTES, hash));
}

static void print_json(const struct ledger *ledger, uint32_t last)
{
    char head[2 * HASH_BYTES + 1], text[PERIOD_TEXT];
    json_t *list = json_array();
    for (size_t i = 0; i < ledger->count; i++) {
        (void)json_array_append_new(list, entry_json(&ledger->entries[i]));
    }
    cli_print_json(json_pack("{s:I,s:s,s:s,s:{s:f,s:f},s:o}", "length", (json_int_t)ledger->count,
                             "head", text_hex(ledger->head, HASH_BYTES, head), "year_to",
                             period_text(last, text), "left", figures_side_name(FIGURES_CAPACITY),
                             left(ledger, FIGURES_CAPACITY), figures_side_name(FIGURES_DEMAND),
                             left(ledger, FIGURES_DEMAND), "entries", list));
}

static void print_words(const struct ledger *ledger, uint32_t last)
{
    char at[CLOCK_TEXT], text[PERIOD_TEXT], hex[2 * HASH_BYTES + 1];
    for (size_t i = 0; i < ledger->count; i++) {
        const struct ledger_entry *entry = &ledger->entries[i];
        clock_format(entry->at_ms, at);
        (void)printf("%6llu  %s  %s  %-18s  epsilon %g\n", (unsigned long long)entry->number, at,
                     period_text(entry->period, text), entry->table->name,
                     (double)entry->epsilon / EPSILON_ONE);
    }
    (void)printf("%zu entries, head %s\n", ledger->count, text_hex(ledger->head, HASH_BYTES, hex));
    (void)printf("Left of epsilon %d in the twelve periods to %s: capacity %g, demand %g\n",
                 EPSILON_YEAR / EPSILON_ONE, period_text(last, text),
                 left(ledger, FIGURES_CAPACITY), left(ledger, FIGURES_DEMAND));
}

static bool run(const struct cli_common *common, struct hub *hub, struct err *err)
{
    struct ledger ledger = {0};
    uint64_t count = 0;
    uint32_t last = period_before(period_of(clock_wall_ms()), 1);
    bool ok = collection_ledger(hub->collection, keep, &ledger, ledger.head, &count, err) &&
              collection_spent(hub->collection, last, &ledger.spent, err);
    if (ok && common->json) {
        print_json(&ledger, last);
    } else if (ok) {
        print_words(&ledger, last);
    }
    free(ledger.entries);
    return ok;
}

int command_hub_ledger(int argc, char **argv)
{
    static const char doc[] =
        "Lists what was released, checks the chain, and says what is left of the year's epsilon.";
    struct cli_common common = {0};
    struct hub hub = {0};
    struct err err = {0};
    int code = cli_parse_common(doc, argc, argv, &common);
    if (code != 0) return code;
    bool ok = hub_open(&common, &hub, &err) && run(&common, &hub, &err);
    hub_close(&hub);
    return ok ? EXIT_FOUND : hub_fail("ledger", &common, &err);
}
