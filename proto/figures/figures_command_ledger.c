/* SPDX-License-Identifier: Apache-2.0
 * `figures ledger`.
 */
#include <stdio.h>

#include "proto/base/clock.h"
#include "proto/base/text.h"
#include "proto/figures/figures_command.h"

struct ledger_view {
    const struct cli_common *common;
    json_t *entries;
};

static bool show_entry(const struct ledger_entry *entry, void *ctx, struct err *err)
{
    (void)err;
    struct ledger_view *view = ctx;
    char at[CLOCK_TEXT], period[PERIOD_TEXT], what[2 * HASH_BYTES + 1], epsilon[EPSILON_TEXT];
    clock_format(entry->at_ms, at);
    (void)period_text(entry->period, period);
    (void)text_hex(entry->what, HASH_BYTES, what);
    if (view->entries) {
        figures_list(view->entries,
                     json_pack("{s:I,s:s,s:s,s:s,s:s,s:o,s:s}", "number", (json_int_t)entry->number,
                               "at", at, "hub", entry->hub, "period", period, "table",
                               entry->table->name, "epsilon", epsilon_json(entry->epsilon),
                               "contribution", what));
    } else {
        (void)printf("%llu  %s  %s  %s  %-18s %s  %.16s\n", (unsigned long long)entry->number, at,
                     entry->hub, period, entry->table->name, epsilon_text(entry->epsilon, epsilon),
                     what);
    }
    return true;
}

static bool show_ledger(struct figures_desk *desk, void *ctx, int *code, struct err *err)
{
    (void)code;
    struct ledger_view *view = ctx;
    uint8_t head[HASH_BYTES];
    uint64_t count = 0;
    char hex[2 * HASH_BYTES + 1];
    if (view->common->json) view->entries = json_array();
    if (!contributor_ledger(desk->contributor, show_entry, view, head, &count, err)) {
        json_decref(view->entries);
        return false;
    }
    (void)text_hex(head, HASH_BYTES, hex);
    if (view->entries) {
        cli_print_json(json_pack("{s:o,s:I,s:s}", "entries", view->entries, "count",
                                 (json_int_t)count, "head", hex));
    } else {
        (void)printf("%llu entries in order; head %s\n", (unsigned long long)count, hex);
    }
    return true;
}

int figures_command_ledger(int argc, char **argv, const struct figures_program *program)
{
    static const char doc[] = "Checks the ledger of what was contributed, and lists its entries.";
    struct cli_common common = {0};
    struct ledger_view view = {.common = &common};
    int code = cli_parse_common(doc, argc, argv, &common);
    if (code != 0) return code;
    return figures_run(&(struct figures_run){program, &common, argv[0], show_ledger, &view});
}
