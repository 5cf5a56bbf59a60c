/* SPDX-License-Identifier: Apache-2.0 */
#include "client/hub/draft.h"

#include <stdio.h>
#include <string.h>

#include "proto/base/clock.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"
#include "proto/domain/shown.h"

enum { MINUTE_MS = 60000, DAY_MS = 86400000 };

/* ---- options ---- */

static const struct figures_table *find_table(const char *name, const char *field, struct err *err)
{
    char seen[SHOWN_MAX];
    const struct figures_table *table = figures_table_find(name);
    if (!table) {
        (void)err_set(err, ERR_INVALID, field,
                      "\"%s\" is none of the tables (capacity_status, demand_age, ...; "
                      "docs/figures.md lists them)",
                      shown(name, seen));
    }
    return table;
}

struct marking {
    struct draft_options *options;
    struct err *err;
};

static bool mark_table(char *name, void *ctx)
{
    struct marking *marking = ctx;
    const struct figures_table *table = find_table(name, "tables", marking->err);
    if (!table) return false;
    marking->options->tables[figures_table_index(table)] = true;
    marking->options->some_tables = true;
    return true;
}

bool draft_tables(char *names, struct draft_options *options, struct err *err)
{
    struct marking marking = {options, err};
    return text_split(names, ',', mark_table, &marking);
}

bool draft_epsilon(const char *text, struct draft_options *options, struct err *err)
{
    const char *equals = strchr(text, '=');
    char name[FIGURES_NAME_MAX + 1], seen[SHOWN_MAX];
    double epsilon = 0;
    if (!equals || (size_t)(equals - text) >= sizeof name) {
        return err_set(err, ERR_INVALID, "epsilon", "\"%s\": TABLE=NUMBER is wanted",
                       shown(text, seen));
    }
    (void)snprintf(name, sizeof name, "%.*s", (int)(equals - text), text);
    const struct figures_table *table = find_table(name, "epsilon", err);
    if (!table) return false;
    double highest = (double)table->epsilon / EPSILON_ONE;
    if (!text_decimal(equals + 1, &epsilon) || epsilon * EPSILON_ONE < 1 ||
        epsilon > highest + 1e-9) {
        return err_set(err, ERR_INVALID, "epsilon",
                       "\"%s\" for %s: a number above 0 and not above %g is wanted",
                       shown(equals + 1, seen), name, highest);
    }
    options->epsilon[figures_table_index(table)] = (uint32_t)(epsilon * EPSILON_ONE + 0.5);
    return true;
}

/* ---- times ---- */

/* To the minute before, so that a contributor whose clock is a little behind does not come too
 * early. */
static bool set_times(const struct draft_options *options, int64_t now_ms, struct manifest *out,
                      struct err *err)
{
    char text[PERIOD_TEXT];
    int days = options->days > 0 ? options->days : DRAFT_WINDOW_DAYS;
    REQUIRE(days <= MANIFEST_WINDOW_DAYS_MAX);
    out->period = options->period ? options->period : period_before(period_of(now_ms), 1);
    int64_t over = period_start_ms(period_next(out->period));
    if (now_ms < over) {
        return err_set(err, ERR_INVALID, "period", "%s is not over yet in London",
                       period_text(out->period, text));
    }
    out->opens_at = now_ms - now_ms % MINUTE_MS;
    if (out->opens_at < over) out->opens_at = over;
    out->closes_at = out->opens_at + (int64_t)days * DAY_MS;
    return true;
}

/* ---- sides ---- */

static enum role role_of_side(size_t side)
{
    return side == FIGURES_CAPACITY ? ROLE_AGENT : ROLE_LA;
}

static bool wants_table(const struct draft_options *options, size_t table)
{
    return !options->some_tables || options->tables[table];
}

static bool wants_side(const struct draft_options *options, size_t side)
{
    for (size_t i = 0; i < figures_table_count; i++) {
        if (figures_tables[i].side == side && wants_table(options, i)) return true;
    }
    return false;
}

static bool set_side(const struct draft_options *options, size_t side, size_t enrolled,
                     struct manifest_side *out, struct err *err)
{
    uint32_t quorum = manifest_quorum(enrolled), insiders = options->insiders[side];
    if (insiders == 0) insiders = quorum / 10 > 0 ? quorum / 10 : 1;
    if (insiders > quorum - 2) {
        return err_set(err, ERR_INVALID, "insiders",
                       "%u for %s: 1 to %u can be withstood with a quorum of %u", insiders,
                       figures_side_name((enum figures_side)side), quorum - 2, quorum);
    }
    *out = (struct manifest_side){.quorum = quorum, .insiders = insiders, .enrolled = enrolled};
    return true;
}

static bool set_sides(const struct draft_parts *parts, const struct draft_options *options,
                      struct manifest *out, struct err *err)
{
    bool in[FIGURES_SIDES];
    size_t counts[FIGURES_SIDES];
    for (size_t side = 0; side < FIGURES_SIDES; side++) {
        counts[side] = enrolled_count(parts->enrolled, role_of_side(side));
        in[side] = counts[side] >= QUORUM_MIN && wants_side(options, side);
        if (in[side] && !set_side(options, side, counts[side], &out->sides[side], err)) {
            return false;
        }
    }
    if (!in[FIGURES_CAPACITY] && !in[FIGURES_DEMAND]) {
        return err_set(err, ERR_INVALID, "enrolled",
                       "%zu agencies and %zu LAs are enrolled: at least %d of a side are wanted "
                       "for its tables",
                       counts[FIGURES_CAPACITY], counts[FIGURES_DEMAND], QUORUM_MIN);
    }
    enum role both = in[0] && in[1] ? ROLE_NONE : role_of_side(in[0] ? 0 : 1);
    out->enrolled = enrolled_parties(parts->enrolled, both, parts->geography, &out->enrolled_count);
    return true;
}

static void set_terms(const struct draft_options *options, struct manifest *out)
{
    for (size_t i = 0; i < figures_table_count; i++) {
        const struct figures_table *table = &figures_tables[i];
        const struct manifest_side *side = &out->sides[table->side];
        if (side->quorum == 0 || !wants_table(options, i)) continue;
        out->terms[out->term_count++] = (struct manifest_term){
            .table = table,
            .noise = {.shares = side->quorum - side->insiders,
                      .epsilon = options->epsilon[i] ? options->epsilon[i] : table->epsilon,
                      .sensitivity = table->cells_each * table->clip}};
    }
}

bool draft_make(const struct draft_parts *parts, const struct draft_options *options,
                struct manifest *out, struct err *err)
{
    *out = (struct manifest){0};
    (void)snprintf(out->hub, sizeof out->hub, "%s", parts->hub);
    (void)snprintf(out->matcher, sizeof out->matcher, "%s", parts->matcher);
    (void)snprintf(out->address, sizeof out->address, "%s", parts->address);
    if (!set_times(options, parts->now_ms, out, err) ||
        !enrolled_check(parts->enrolled, parts->geography, err) ||
        !set_sides(parts, options, out, err)) {
        return false; /* nothing is allocated before set_sides is done */
    }
    set_terms(options, out);
    out->geography = mem_new(struct geography);
    *out->geography = *parts->geography;
    return true;
}
