/* SPDX-License-Identifier: Apache-2.0
 * `figures send`: everything that a contributor does, now.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/figures/dial.h"
#include "proto/figures/figures_command.h"

struct sending {
    const struct cli_common *common;
    const struct figures_program *program;
    struct contribute_counts counts;
    struct contributor_hub *hubs;
    size_t hub_count;
};

static bool is_changed(const struct contributor_hub *hub)
{
    return hub->joined && sodium_memcmp(hub->terms, hub->offered, HASH_BYTES) != 0;
}

static void print_json(const struct sending *sending)
{
    const struct contribute_counts *counts = &sending->counts;
    json_t *to_join = json_array(), *changed = json_array();
    for (size_t i = 0; i < sending->hub_count; i++) {
        const struct contributor_hub *hub = &sending->hubs[i];
        if (!hub->joined) figures_list(to_join, json_string(hub->id));
        if (is_changed(hub)) figures_list(changed, json_string(hub->id));
    }
    cli_print_json(json_pack(
        "{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:o,s:o}", "manifests", (json_int_t)counts->manifests,
        "made", (json_int_t)counts->made, "refused_by_budget",
        (json_int_t)counts->refused_by_budget, "taken_by_matcher",
        (json_int_t)counts->taken_by_matcher, "taken_by_hub", (json_int_t)counts->taken_by_hub,
        "late", (json_int_t)counts->late, "late_by_clock", (json_int_t)counts->late_by_clock,
        "waiting", (json_int_t)counts->waiting, "left_out", (json_int_t)counts->left_out, "to_join",
        to_join, "changed", changed));
}

static void print_words(const struct sending *sending)
{
    const struct contribute_counts *counts = &sending->counts;
    (void)printf(
        "Manifests looked at: %zu; tables made: %zu; taken by the matcher: %zu, by hubs: %zu",
        counts->manifests, counts->made, counts->taken_by_matcher, counts->taken_by_hub);
    if (counts->waiting > 0) (void)printf("; %zu copies wait", counts->waiting);
    if (counts->late > 0) (void)printf("; %zu copies came too late", counts->late);
    (void)printf(".\n");
    if (counts->late_by_clock > 0) {
        (void)printf("It is not too late by this machine's clock: check that it is right.\n");
    }
    if (counts->refused_by_budget > 0) {
        (void)printf("%zu tables were not made: the budget has no room for them.\n",
                     counts->refused_by_budget);
    }
    if (counts->left_out > 0) {
        (void)printf("%zu contributions were LEFT OUT of sums; '%s figures status' names them.\n",
                     counts->left_out, sending->program->name);
    }
    for (size_t i = 0; i < sending->hub_count; i++) {
        const struct contributor_hub *hub = &sending->hubs[i];
        bool changed = is_changed(hub);
        if (hub->joined && !changed) continue;
        (void)printf("%s %s: '%s figures terms %s'.\n", hub->id,
                     changed ? "has other terms than those that were agreed to"
                             : "waits to be joined",
                     sending->program->name, hub->id);
    }
}

static bool contribute_now(struct figures_desk *desk, struct contribute_counts *counts,
                           struct err *err)
{
    const struct contribute_parts parts = {.contributor = desk->contributor,
                                           .identity = desk->identity,
                                           .trust = desk->trust,
                                           .matcher_target = desk->matcher_target,
                                           .matcher_id = desk->matcher_id,
                                           .stop_fd = -1};
    rpc_start();
    bool ok = contribute(&parts, counts, err);
    rpc_stop();
    return ok;
}

static bool send_all(struct figures_desk *desk, void *ctx, int *code, struct err *err)
{
    struct sending *sending = ctx;
    if (!contribute_now(desk, &sending->counts, err)) {
        if (err->code == ERR_UNAVAILABLE) *code = sending->program->exit_undelivered;
        return false;
    }
    if (!contributor_hubs(desk->contributor, &sending->hubs, &sending->hub_count, err)) {
        return false;
    }
    if (sending->common->json) {
        print_json(sending);
    } else {
        print_words(sending);
    }
    if (sending->counts.waiting > 0) *code = sending->program->exit_undelivered;
    free(sending->hubs);
    return true;
}

int figures_command_send(int argc, char **argv, const struct figures_program *program)
{
    static const char doc[] =
        "Looks at the matcher for hubs' manifests, makes the contributions that are due to those "
        "that were joined, and sends what waits.";
    struct cli_common common = {0};
    struct sending sending = {.common = &common, .program = program};
    int code = cli_parse_common(doc, argc, argv, &common);
    if (code != 0) return code;
    return figures_run(&(struct figures_run){program, &common, argv[0], send_all, &sending});
}
