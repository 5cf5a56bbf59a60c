/* SPDX-License-Identifier: Apache-2.0
 * `figures status`.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keys/certificate.h"
#include "proto/base/clock.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"
#include "proto/figures/figures_command.h"

/* ---- status ---- */

struct status {
    const struct cli_common *common;
    const struct figures_program *program;
    struct contributor *contributor;
    enum figures_side side;
    struct contributor_hub *hubs;
    size_t hub_count;
    struct contributor_item *items; /* newest period first */
    size_t item_count;
    uint32_t period; /* of the budget: the newest that any hub has, or the last month */
    struct ledger_sum spent;
};

static bool read_status(struct figures_desk *desk, struct status *status, struct err *err)
{
    status->contributor = desk->contributor;
    status->side = contributor_side(desk->contributor);
    status->period = period_before(period_of(clock_wall_ms()), 1);
    if (!contributor_hubs(desk->contributor, &status->hubs, &status->hub_count, err) ||
        !contributor_items(desk->contributor, &status->items, &status->item_count, err)) {
        return false;
    }
    uint32_t newest = 0;
    for (size_t i = 0; i < status->hub_count; i++) {
        if (status->hubs[i].offered_period > newest) newest = status->hubs[i].offered_period;
    }
    if (newest > 0) status->period = newest;
    return contributor_spent(desk->contributor, status->period, &status->spent, err);
}

static const char *state_name(enum contributor_state state)
{
    static const char *const names[] = {[CONTRIBUTION_WAITS] = "waits",
                                        [CONTRIBUTION_TAKEN] = "taken",
                                        [CONTRIBUTION_REFUSED] = "refused",
                                        [CONTRIBUTION_HELD] = "held"};
    return names[state];
}

/* "none", "wait", "agreed" or "changed". */
static const char *terms_of(const struct contributor_hub *hub)
{
    if (!hub->joined) return "wait";
    return sodium_memcmp(hub->terms, hub->offered, HASH_BYTES) == 0 ? "agreed" : "changed";
}

static bool is_of(const struct contributor_item *item, const struct contributor_hub *hub)
{
    return strcmp(item->hub, hub->id) == 0;
}

/* The newest period that something was made in for the hub, or 0. */
static uint32_t last_period(const struct status *status, const struct contributor_hub *hub)
{
    for (size_t i = 0; i < status->item_count; i++) {
        if (is_of(&status->items[i], hub)) return status->items[i].period;
    }
    return 0;
}

/* {"receipt","release"}: each a Signed message in hex, or null. */
static json_t *signed_json(const struct signed_bytes *raw)
{
    struct buf packed = {0};
    if (raw->body.len == 0) return json_null();
    signed_bytes_pack(raw, &packed);
    char *hex = mem_array(2 * packed.len + 1, 1);
    json_t *text = json_string(text_hex(packed.data, packed.len, hex));
    free(hex);
    buf_free(&packed);
    return text;
}

static json_t *evidence_json(const struct status *status, const struct contributor_item *item)
{
    struct signed_bytes receipt, release;
    struct err err;
    if (!contributor_evidence(status->contributor, item->hash, &receipt, &release, &err)) {
        return json_null();
    }
    json_t *evidence =
        json_pack("{s:o,s:o}", "receipt", signed_json(&receipt), "release", signed_json(&release));
    signed_bytes_free(&receipt);
    signed_bytes_free(&release);
    return evidence;
}

static json_t *item_json(const struct contributor_item *item)
{
    char period[PERIOD_TEXT], hash[2 * HASH_BYTES + 1];
    return json_pack("{s:s,s:s,s:s,s:o,s:o,s:s,s:o,s:s,s:o,s:b,s:b}", "period",
                     period_text(item->period, period), "table", item->table->name, "contribution",
                     text_hex(item->hash, HASH_BYTES, hash), "epsilon", epsilon_json(item->epsilon),
                     "made", instant_json(item->made_at), "matcher", state_name(item->matcher),
                     "matcher_at", instant_json(item->matcher_at), "hub",
                     state_name(item->hub_side), "hub_at", instant_json(item->hub_at), "released",
                     (int)item->released, "left_out", (int)item->left_out);
}

/* What was made in the last period, and whatever was left out of an earlier one. */
static json_t *hub_json(const struct status *status, const struct contributor_hub *hub)
{
    json_t *off = json_array(), *last = json_array(), *left_out = json_array();
    char period[PERIOD_TEXT];
    uint32_t newest = last_period(status, hub);
    for (size_t i = 0; i < figures_table_count; i++) {
        if (hub->off[i] && figures_tables[i].side == status->side) {
            figures_list(off, json_string(figures_tables[i].name));
        }
    }
    for (size_t i = 0; i < status->item_count; i++) {
        const struct contributor_item *item = &status->items[i];
        if (!is_of(item, hub)) continue;
        if (item->period == newest) figures_list(last, item_json(item));
        if (!item->left_out) continue;
        json_t *object = item_json(item);
        REQUIRE(json_object_set_new(object, "evidence", evidence_json(status, item)) == 0);
        figures_list(left_out, object);
    }
    return json_pack("{s:s,s:b,s:s,s:s,s:o,s:o,s:o}", "hub", hub->id, "joined", (int)hub->joined,
                     "terms", terms_of(hub), "offered", period_text(hub->offered_period, period),
                     "off", off, "last", last, "left_out", left_out);
}

static void print_status_json(const struct status *status)
{
    json_t *hubs = json_array();
    char period[PERIOD_TEXT];
    enum figures_side side = status->side;
    for (size_t i = 0; i < status->hub_count; i++) {
        figures_list(hubs, hub_json(status, &status->hubs[i]));
    }
    cli_print_json(json_pack("{s:s,s:o,s:{s:s,s:o,s:o,s:o,s:o}}", "side", figures_side_name(side),
                             "hubs", hubs, "budget", "period", period_text(status->period, period),
                             "spent", epsilon_json(status->spent.period[side]), "limit",
                             epsilon_json(EPSILON_PERIOD), "spent_year",
                             epsilon_json(status->spent.year[side]), "limit_year",
                             epsilon_json(EPSILON_YEAR)));
}

/* ---- in words ---- */

static void print_off(const struct status *status, const struct contributor_hub *hub)
{
    bool any = false;
    for (size_t i = 0; i < figures_table_count; i++) {
        if (!hub->off[i] || figures_tables[i].side != status->side) continue;
        (void)printf("%s%s", any ? ", " : "  turned off: ", figures_tables[i].name);
        any = true;
    }
    if (any) (void)printf("\n");
}

struct delivered {
    size_t made, matcher, hub, waiting, refused, held, released;
};

static void count_side(struct delivered *d, enum contributor_state state, size_t *taken)
{
    if (state == CONTRIBUTION_TAKEN) (*taken)++;
    if (state == CONTRIBUTION_WAITS) d->waiting++;
    if (state == CONTRIBUTION_REFUSED) d->refused++;
    if (state == CONTRIBUTION_HELD) d->held++;
}

static void print_last(const struct status *status, const struct contributor_hub *hub)
{
    struct delivered d = {0};
    char period[PERIOD_TEXT];
    uint32_t newest = last_period(status, hub);
    if (newest == 0) return;
    for (size_t i = 0; i < status->item_count; i++) {
        const struct contributor_item *item = &status->items[i];
        if (!is_of(item, hub) || item->period != newest) continue;
        d.made++;
        d.released += item->released;
        count_side(&d, item->matcher, &d.matcher);
        count_side(&d, item->hub_side, &d.hub);
    }
    (void)printf("  %s: %zu tables made; the matcher has taken %zu, the hub %zu",
                 period_text(newest, period), d.made, d.matcher, d.hub);
    if (d.waiting > 0) (void)printf("; %zu copies wait", d.waiting);
    if (d.refused > 0) (void)printf("; %zu copies refused", d.refused);
    if (d.held > 0) (void)printf("; %zu copies held back", d.held);
    if (d.released > 0) (void)printf("; %zu are in the released sums", d.released);
    (void)printf(".\n");
}

static void print_left_out(const struct status *status, const struct contributor_hub *hub)
{
    for (size_t i = 0; i < status->item_count; i++) {
        const struct contributor_item *item = &status->items[i];
        char period[PERIOD_TEXT];
        if (!is_of(item, hub) || !item->left_out) continue;
        (void)printf("  LEFT OUT of the sum: %s of %s, though the matcher has confirmed it. Tell "
                     "the hub and the Authority; --json has what shows it.\n",
                     item->table->name, period_text(item->period, period));
    }
}

static void print_hub(const struct status *status, const struct contributor_hub *hub)
{
    char period[PERIOD_TEXT];
    const char *terms = terms_of(hub);
    (void)printf("%s: ", hub->id);
    if (!hub->joined) {
        (void)printf("not joined, nothing is sent; '%s figures terms %s' shows its terms for %s.\n",
                     status->program->name, hub->id, period_text(hub->offered_period, period));
    } else if (strcmp(terms, "changed") == 0) {
        (void)printf("joined, but its terms have changed, and nothing is sent until you agree: '%s "
                     "figures terms %s'.\n",
                     status->program->name, hub->id);
    } else {
        (void)printf("joined.\n");
    }
    print_off(status, hub);
    print_last(status, hub);
    print_left_out(status, hub);
}

static void print_status(const struct status *status)
{
    char spent[EPSILON_TEXT], year[EPSILON_TEXT], period[PERIOD_TEXT];
    enum figures_side side = status->side;
    if (status->hub_count == 0) {
        (void)printf("No hub's manifest was seen yet; '%s figures send' looks for them.\n",
                     status->program->name);
    }
    for (size_t i = 0; i < status->hub_count; i++) print_hub(status, &status->hubs[i]);
    (void)printf("Budget: %s of 1.00 spent for %s, %s of 12.00 for the twelve months to it.\n",
                 epsilon_text(status->spent.period[side], spent),
                 period_text(status->period, period), epsilon_text(status->spent.year[side], year));
}

static bool show_status(struct figures_desk *desk, void *ctx, int *code, struct err *err)
{
    (void)code;
    struct status *status = ctx;
    bool ok = read_status(desk, status, err);
    if (ok && status->common->json) {
        print_status_json(status);
    } else if (ok) {
        print_status(status);
    }
    free(status->hubs);
    free(status->items);
    return ok;
}

int figures_command_status(int argc, char **argv, const struct figures_program *program)
{
    static const char doc[] =
        "Says which hubs there are, whether they were joined, what was sent to them and taken, and "
        "how much of the budget is spent.";
    struct cli_common common = {0};
    struct status status = {.common = &common, .program = program};
    int code = cli_parse_common(doc, argc, argv, &common);
    if (code != 0) return code;
    return figures_run(&(struct figures_run){program, &common, argv[0], show_status, &status});
}
