/* SPDX-License-Identifier: Apache-2.0
 * Everything that a contributor does, in one go: list, make what is due, send what waits.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/base/clock.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"
#include "proto/figures/dial_internal.h"

struct round {
    const struct contribute_parts *parts;
    struct contribute_counts *counts;
};

static bool is_for_good(const struct err *err)
{
    return err->code == ERR_EXPIRED || err->code == ERR_DENIED || err->code == ERR_INVALID ||
           err->code == ERR_EXISTS;
}

/* ---- making ---- */

static bool prepare(const struct round *round, const char *hub, struct err *err)
{
    struct contributor *contributor = round->parts->contributor;
    struct agreement agreement;
    size_t made = 0, refused = 0;
    if (!contributor_last(contributor, hub, &agreement, err)) return false;
    bool ok = contributor_prepare(contributor, &agreement, clock_wall_ms(), &made, &refused, err);
    agreement_free(&agreement);
    round->counts->made += made;
    round->counts->refused_by_budget += refused;
    return ok;
}

/* What keeps one hub from getting any does not keep the others from it. */
static bool prepare_all(const struct round *round, struct err *err)
{
    struct contributor_hub *hubs = NULL;
    struct err why;
    size_t count = 0;
    if (!contributor_hubs(round->parts->contributor, &hubs, &count, err)) return false;
    for (size_t i = 0; i < count; i++) {
        if (!hubs[i].joined || prepare(round, hubs[i].id, &why)) continue;
        log_err(LOG_LEVEL_WARN, "figures_not_made", &why);
    }
    free(hubs);
    return true;
}

/* ---- sending ---- */

/* Who is sent to: the matcher, or a hub. */
struct side {
    const struct round *round;
    struct dial *dial;
    enum role role;
    const char *hub; /* NULL: the matcher, for all hubs */
};

static bool waits(const struct side *side, const struct contributor_item *item)
{
    if (!side->hub) return item->matcher == CONTRIBUTION_WAITS;
    return item->hub_side == CONTRIBUTION_WAITS && strcmp(item->hub, side->hub) == 0;
}

static bool note_refused(const struct side *side, const struct contributor_item *item,
                         const struct err *why, struct err *err)
{
    log_warn("figures_refused", "by=%s hub=%s period=%u table=%s code=%s field=%s reason=\"%s\"",
             role_name(side->role), item->hub, item->period, item->table->name,
             err_code_name(why->code), why->field, why->text);
    struct contribute_counts *counts = side->round->counts;
    bool late = why->code == ERR_EXPIRED && strcmp(why->field, "closes_at") == 0;
    /* Too early or too late by the other's clock, and not by ours: a clock is wrong. */
    bool clocks = why->code == ERR_EXPIRED && clock_wall_ms() <= item->closes_at;
    counts->late += late;
    counts->late_by_clock += late && clocks;
    if (!is_for_good(why) || clocks) return true;
    return contributor_refused(side->round->parts->contributor, item->hash, side->role, err);
}

static bool note_taken(const struct side *side, const struct signed_bytes *receipt, struct err *err)
{
    struct contribute_counts *counts = side->round->counts;
    if (!contributor_receipt(side->round->parts->contributor, receipt, dial_peer(side->dial),
                             err)) {
        return false;
    }
    *(side->hub ? &counts->taken_by_hub : &counts->taken_by_matcher) += 1;
    return true;
}

static bool send_one(const struct side *side, const struct contributor_item *item, struct err *err)
{
    struct signed_bytes contribution, receipt;
    struct err why;
    if (!contributor_get(side->round->parts->contributor, item->hash, &contribution, err)) {
        return err->code == ERR_DENIED || err->code == ERR_NOT_FOUND; /* not to be sent any more */
    }
    bool taken = dial_put(side->dial, &contribution, &receipt, &why);
    signed_bytes_free(&contribution);
    if (!taken && why.code == ERR_UNAVAILABLE) {
        *err = why;
        return false;
    }
    if (!taken) return note_refused(side, item, &why, err);
    bool ok = note_taken(side, &receipt, err);
    signed_bytes_free(&receipt);
    return ok;
}

static bool send_waiting(const struct side *side, struct err *err)
{
    struct contributor_item *items = NULL;
    size_t count = 0;
    if (!contributor_items(side->round->parts->contributor, &items, &count, err)) return false;
    bool ok = true;
    for (size_t i = 0; ok && i < count; i++) {
        if (waits(side, &items[i])) ok = send_one(side, &items[i], err);
    }
    free(items);
    return ok;
}

/* ---- the matcher ---- */

static bool open_side(const struct round *round, enum role role, const char *target, const char *id,
                      struct dial **out, struct err *err)
{
    const struct dial_parts parts = {.identity = round->parts->identity,
                                     .trust = round->parts->trust,
                                     .target = target,
                                     .role = role,
                                     .id = id};
    return dial_open_until(&parts, round->parts->stop_fd, out, err);
}

static bool at_matcher(const struct round *round, struct err *err)
{
    const struct contribute_parts *parts = round->parts;
    struct contribute_counts *counts = round->counts;
    struct side side = {.round = round, .role = ROLE_MATCHER};
    if (!open_side(round, ROLE_MATCHER, parts->matcher_target, parts->matcher_id, &side.dial,
                   err)) {
        return false;
    }
    bool ok =
        dial_list(side.dial, parts->contributor, &counts->manifests, &counts->left_out, err) &&
        prepare_all(round, err) && send_waiting(&side, err);
    dial_close(side.dial);
    return ok;
}

/* ---- hubs ---- */

static bool at_hub(const struct round *round, const char *hub, struct err *err)
{
    struct side side = {.round = round, .role = ROLE_HUB, .hub = hub};
    struct agreement agreement;
    if (!contributor_last(round->parts->contributor, hub, &agreement, err)) return false;
    bool ok = open_side(round, ROLE_HUB, agreement.manifest.address, hub, &side.dial, err);
    agreement_free(&agreement);
    if (!ok) return false;
    ok = send_waiting(&side, err);
    dial_close(side.dial);
    return ok;
}

static bool is_first_of_hub(const struct contributor_item *items, size_t i)
{
    for (size_t j = 0; j < i; j++) {
        if (items[j].hub_side == CONTRIBUTION_WAITS && strcmp(items[j].hub, items[i].hub) == 0) {
            return false;
        }
    }
    return items[i].hub_side == CONTRIBUTION_WAITS;
}

static bool at_hubs(const struct round *round, struct err *err)
{
    struct contributor_item *items = NULL;
    size_t count = 0;
    struct err why;
    if (!contributor_items(round->parts->contributor, &items, &count, err)) return false;
    bool stopped = dial_asked_to_stop(round->parts->stop_fd);
    for (size_t i = 0; i < count && !stopped; i++) {
        if (is_first_of_hub(items, i) && !at_hub(round, items[i].hub, &why)) {
            log_warn("figures_hub", "hub=%s code=%s reason=\"%s\"", items[i].hub,
                     err_code_name(why.code), why.text);
        }
        stopped = dial_asked_to_stop(round->parts->stop_fd);
    }
    free(items);
    return !stopped || err_set(err, ERR_UNAVAILABLE, "", "stopping");
}

/* ---- all of it ---- */

static bool count_waiting(const struct round *round, struct err *err)
{
    struct contributor_item *items = NULL;
    size_t count = 0;
    if (!contributor_items(round->parts->contributor, &items, &count, err)) return false;
    for (size_t i = 0; i < count; i++) {
        round->counts->waiting += items[i].matcher == CONTRIBUTION_WAITS;
        round->counts->waiting += items[i].hub_side == CONTRIBUTION_WAITS;
    }
    free(items);
    /* Kept for a clock that is set right, but nothing that trying again alone would deliver. */
    round->counts->waiting -= round->counts->late_by_clock;
    return true;
}

bool contribute(const struct contribute_parts *parts, struct contribute_counts *counts,
                struct err *err)
{
    const struct round round = {parts, counts};
    struct err other, ignored;
    *counts = (struct contribute_counts){0};
    bool reached = at_matcher(&round, err);
    bool ok = at_hubs(&round, &other);
    ok = contributor_upkeep(parts->contributor, clock_wall_ms(), ok ? &other : &ignored) && ok;
    ok = count_waiting(&round, ok ? &other : &ignored) && ok;
    if (reached && !ok) *err = other;
    return reached && ok;
}
