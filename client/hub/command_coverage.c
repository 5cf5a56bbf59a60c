/* SPDX-License-Identifier: Apache-2.0
 * `hearth hub coverage`.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/hub/commands.h"
#include "client/hub/period_option.h"
#include "client/report.h"
#include "proto/base/csv_cell.h"
#include "proto/base/mem.h"

/* Of one period: what `coverage` shows. */
struct covered {
    uint32_t period;
    struct agreement agreement;
    struct collection_coverage *parties;
    size_t count;
    struct collection_table *tables; /* one a term of the manifest */
};

static const char *coverage_name(enum coverage coverage)
{
    static const char *const names[] = {"missing", "late", "part", "whole"};
    return names[coverage];
}

static void covered_free(struct covered *covered)
{
    free(covered->parties);
    free(covered->tables);
    agreement_free(&covered->agreement);
}

/* The period that is wanted, or the newest that the matcher has agreed to. */
static bool find_period(struct hub *hub, uint32_t period, struct collection_period *out,
                        struct err *err)
{
    const char *own = identity_certificate(hub->identity)->organisation;
    struct collection_period *periods = NULL;
    size_t count = 0;
    bool found = false;
    char text[PERIOD_TEXT];
    if (!collection_periods(hub->collection, &periods, &count, err)) return false;
    for (size_t i = 0; i < count; i++) {
        if (!periods[i].agreed || strcmp(periods[i].hub, own) != 0) continue;
        if (period > 0 && periods[i].period != period) continue;
        *out = periods[i];
        found = true;
    }
    free(periods);
    if (found) return true;
    if (period == 0) {
        return err_set(err, ERR_NOT_FOUND, "period",
                       "no period was opened yet; 'hearth hub open' does that");
    }
    return err_set(err, ERR_NOT_FOUND, "period", "%s was not opened here",
                   period_text(period, text));
}

static bool read_tables(struct hub *hub, struct covered *covered, struct err *err)
{
    const struct manifest *manifest = &covered->agreement.manifest;
    covered->tables = mem_array(manifest->term_count, sizeof *covered->tables);
    for (size_t i = 0; i < manifest->term_count; i++) {
        if (!collection_table(hub->collection, manifest->hash, manifest->terms[i].table,
                              &covered->tables[i], err)) {
            return false;
        }
    }
    return true;
}

static bool read_covered(struct hub *hub, uint32_t period, struct covered *out, struct err *err)
{
    struct collection_period found = {0};
    *out = (struct covered){0};
    if (!find_period(hub, period, &found, err)) return false;
    out->period = found.period;
    if (!collection_agreement(hub->collection, found.manifest_hash, &out->agreement, err)) {
        return false;
    }
    if (collection_coverage(hub->collection, found.manifest_hash, &out->parties, &out->count,
                            err) &&
        read_tables(hub, out, err)) {
        return true;
    }
    covered_free(out);
    return false;
}

static enum role role_of(enum figures_side side)
{
    return side == FIGURES_CAPACITY ? ROLE_AGENT : ROLE_LA;
}

static size_t count_of(const struct covered *covered, enum role role, enum coverage coverage)
{
    size_t count = 0;
    for (size_t i = 0; i < covered->count; i++) {
        const struct collection_coverage *one = &covered->parties[i];
        count += one->party.role == role && one->coverage == coverage;
    }
    return count;
}

/* ---- words ---- */

static void print_names(const struct covered *covered, enum role role, enum coverage coverage)
{
    if (count_of(covered, role, coverage) == 0) return;
    (void)printf("  %s:", coverage_name(coverage));
    for (size_t i = 0; i < covered->count; i++) {
        const struct collection_coverage *one = &covered->parties[i];
        if (one->party.role != role || one->coverage != coverage) continue;
        (void)printf(" %s", one->party.organisation);
    }
    (void)printf("\n");
}

static void print_side(const struct covered *covered, enum figures_side side)
{
    const struct manifest_side *terms = &covered->agreement.manifest.sides[side];
    enum role role = role_of(side);
    if (terms->quorum == 0) return;
    (void)printf("%s: %zu enrolled, quorum %u: %zu whole, %zu in part, %zu late, %zu missing\n",
                 figures_side_name(side), terms->enrolled, terms->quorum,
                 count_of(covered, role, COVERAGE_WHOLE), count_of(covered, role, COVERAGE_PART),
                 count_of(covered, role, COVERAGE_LATE), count_of(covered, role, COVERAGE_MISSING));
    print_names(covered, role, COVERAGE_PART);
    print_names(covered, role, COVERAGE_LATE);
    print_names(covered, role, COVERAGE_MISSING);
}

static void print_words(const struct covered *covered)
{
    char period[PERIOD_TEXT];
    const struct manifest *manifest = &covered->agreement.manifest;
    (void)printf("Period %s\n", period_text(covered->period, period));
    for (int side = 0; side < FIGURES_SIDES; side++) print_side(covered, (enum figures_side)side);
    for (size_t i = 0; i < manifest->term_count; i++) {
        const struct collection_table *table = &covered->tables[i];
        if (table->state != COLLECTION_GIVEN_UP) continue;
        (void)printf("%s was given up: %s\n", manifest->terms[i].table->name, table->why.text);
    }
}

/* ---- CSV and JSON ---- */

static void print_csv(const struct covered *covered)
{
    struct buf out = {0};
    char period[PERIOD_TEXT];
    buf_text(&out, "period,role,id,coverage,tables\n");
    for (size_t i = 0; i < covered->count; i++) {
        const struct collection_coverage *one = &covered->parties[i];
        buf_format(&out, "%s,%s,", period_text(covered->period, period),
                   role_name(one->party.role));
        csv_cell(&out, one->party.organisation);
        buf_format(&out, ",%s,%zu\n", coverage_name(one->coverage), one->tables);
    }
    (void)fwrite(out.data, 1, out.len, stdout);
    buf_free(&out);
}

static json_t *side_json(const struct covered *covered, enum figures_side side)
{
    const struct manifest_side *terms = &covered->agreement.manifest.sides[side];
    enum role role = role_of(side);
    json_t *object = json_pack("{s:I,s:I}", "enrolled", (json_int_t)terms->enrolled, "quorum",
                               (json_int_t)terms->quorum);
    for (int i = COVERAGE_MISSING; i <= COVERAGE_WHOLE; i++) {
        enum coverage coverage = (enum coverage)i;
        size_t count = count_of(covered, role, coverage);
        (void)json_object_set_new(object, coverage_name(coverage), json_integer((json_int_t)count));
    }
    return object;
}

static json_t *parties_json(const struct covered *covered)
{
    json_t *list = json_array();
    for (size_t i = 0; i < covered->count; i++) {
        const struct collection_coverage *one = &covered->parties[i];
        (void)json_array_append_new(
            list, json_pack("{s:s,s:s,s:s,s:I}", "role", role_name(one->party.role), "id",
                            one->party.organisation, "coverage", coverage_name(one->coverage),
                            "tables", (json_int_t)one->tables));
    }
    return list;
}

static json_t *tables_json(const struct covered *covered)
{
    static const char *const states[] = {"taking", "released", "given_up"};
    const struct manifest *manifest = &covered->agreement.manifest;
    json_t *list = json_array();
    for (size_t i = 0; i < manifest->term_count; i++) {
        const struct collection_table *table = &covered->tables[i];
        json_t *one =
            json_pack("{s:s,s:s,s:I}", "table", manifest->terms[i].table->name, "state",
                      states[table->state], "contributions", (json_int_t)table->contributions);
        if (table->state == COLLECTION_GIVEN_UP) {
            (void)json_object_set_new(one, "why", json_string(table->why.text));
        }
        (void)json_array_append_new(list, one);
    }
    return list;
}

static void print_json(const struct covered *covered)
{
    char period[PERIOD_TEXT];
    json_t *object = json_pack("{s:s,s:o,s:o}", "period", period_text(covered->period, period),
                               "parties", parties_json(covered), "tables", tables_json(covered));
    for (int i = 0; i < FIGURES_SIDES; i++) {
        enum figures_side side = (enum figures_side)i;
        if (covered->agreement.manifest.sides[side].quorum == 0) continue;
        (void)json_object_set_new(object, figures_side_name(side), side_json(covered, side));
    }
    cli_print_json(object);
}

static bool run(const struct period_options *options, struct hub *hub, struct err *err)
{
    struct covered covered;
    if (!read_covered(hub, options->period, &covered, err)) return false;
    if (options->common.json) {
        print_json(&covered);
    } else if (options->csv) {
        print_csv(&covered);
    } else {
        print_words(&covered);
    }
    covered_free(&covered);
    return true;
}

int command_hub_coverage(int argc, char **argv)
{
    struct period_options options = {0};
    struct hub hub = {0};
    struct err err = {0};
    static const char doc[] =
        "Says which of the enrolled have contributed to a period (default: the newest): whole, in "
        "part, late, or not at all.";
    int code = period_options_parse(doc, true, argc, argv, &options);
    if (code != 0) return code;
    bool ok = hub_open(&options.common, &hub, &err) && run(&options, &hub, &err);
    hub_close(&hub);
    return ok ? EXIT_FOUND : hub_fail("coverage", &options.common, &err);
}
