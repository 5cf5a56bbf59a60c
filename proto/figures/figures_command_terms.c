/* SPDX-License-Identifier: Apache-2.0
 * `figures terms`: a hub's manifest in plain words, and what is different from what was agreed to.
 */
#include <stdio.h>
#include <stdlib.h>

#include "proto/base/clock.h"
#include "proto/base/text.h"
#include "proto/figures/figures_command.h"

struct terms {
    struct cli_common common;
    const struct figures_program *program;
    const char *hub;
    enum figures_side side;
    bool joined, enrolled;
    struct agreement now;
    struct buf differences; /* from what was agreed to; a NUL follows */
    struct buf fresh;       /* who of the own side was not enrolled then; a NUL follows */
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct terms *terms = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &terms->common; return 0;
    case ARGP_KEY_ARG:
        if (terms->hub) argp_error(state, "\"%s\" is too much", arg);
        terms->hub = arg;
        return 0;
    case ARGP_KEY_END:
        if (!terms->hub) argp_error(state, "a hub is wanted");
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* Ids of the own side, but for those that `without` (may be NULL) has too. */
static void list_enrolled(const struct terms *terms, const struct manifest *without,
                          struct buf *out)
{
    const struct manifest *manifest = &terms->now.manifest;
    enum role role = terms->side == FIGURES_CAPACITY ? ROLE_AGENT : ROLE_LA;
    size_t start = out->len;
    for (size_t i = 0; i < manifest->enrolled_count; i++) {
        const struct manifest_party *party = &manifest->enrolled[i];
        if (party->role != role) continue;
        if (without && manifest_party(without, role, party->organisation)) continue;
        buf_format(out, "%s%s", out->len > start ? ", " : "", party->organisation);
    }
}

static bool compare(struct figures_desk *desk, struct terms *terms, struct err *err)
{
    struct agreement before = {0};
    terms->joined = contributor_joined(desk->contributor, terms->hub, &before, err);
    if (!terms->joined && err->code != ERR_NOT_FOUND) return false;
    if (!terms->joined) return true;
    contributor_differences(&before.manifest, &terms->now.manifest, &terms->differences);
    list_enrolled(terms, &before.manifest, &terms->fresh);
    agreement_free(&before);
    return true;
}

static bool read_terms(struct figures_desk *desk, struct terms *terms, struct err *err)
{
    const struct certificate *own = identity_certificate(desk->identity);
    terms->side = contributor_side(desk->contributor);
    if (!contributor_last(desk->contributor, terms->hub, &terms->now, err) ||
        !compare(desk, terms, err)) {
        return false;
    }
    buf_u8(&terms->differences, 0);
    buf_u8(&terms->fresh, 0);
    terms->enrolled = manifest_party(&terms->now.manifest, own->role, own->organisation) != NULL;
    return true;
}

/* ---- JSON ---- */

static json_t *side_json(const struct manifest_side *side)
{
    return json_pack("{s:I,s:I,s:I}", "enrolled", (json_int_t)side->enrolled, "quorum",
                     (json_int_t)side->quorum, "insiders", (json_int_t)side->insiders);
}

static json_t *tables_json(const struct terms *terms)
{
    json_t *tables = json_array();
    const struct manifest *manifest = &terms->now.manifest;
    for (size_t i = 0; i < manifest->term_count; i++) {
        const struct figures_table *table = manifest->terms[i].table;
        if (table->side != terms->side) continue;
        figures_list(tables,
                     json_pack("{s:s,s:s,s:o,s:I,s:I}", "table", table->name, "title", table->title,
                               "epsilon", epsilon_json(manifest->terms[i].noise.epsilon),
                               "cells_each", (json_int_t)table->cells_each, "clip",
                               (json_int_t)table->clip));
    }
    return tables;
}

static json_t *parties_json(const struct manifest *manifest)
{
    json_t *parties = json_array();
    for (size_t i = 0; i < manifest->enrolled_count; i++) {
        const struct manifest_party *party = &manifest->enrolled[i];
        const char *code = party->authority == AREA_NONE
                               ? NULL
                               : geography_area_code(manifest->geography, true, party->authority);
        figures_list(parties, json_pack("{s:s,s:s,s:s?}", "role", role_name(party->role),
                                        "organisation", party->organisation, "code", code));
    }
    return parties;
}

/* With the number of cells: an area of few shows whoever is alone there. */
static json_t *authorities_json(const struct geography *areas)
{
    json_t *list = json_array();
    size_t cells[GEOGRAPHY_AUTHORITIES_MAX] = {0};
    for (size_t i = 0; i < CELLS; i++) {
        if (areas->cells[i] != AREA_NONE) cells[areas->cells[i]]++;
    }
    for (size_t i = 0; i < areas->authority_count; i++) {
        const struct geography_authority *one = &areas->authorities[i];
        figures_list(list,
                     json_pack("{s:s,s:s,s:s,s:I}", "code", one->code, "name", one->name, "region",
                               areas->regions[one->region].code, "cells", (json_int_t)cells[i]));
    }
    return list;
}

static void print_json(const struct terms *terms)
{
    const struct manifest *manifest = &terms->now.manifest;
    const struct geography *areas = manifest->geography;
    uint8_t hash[HASH_BYTES];
    char hex[2 * HASH_BYTES + 1], period[PERIOD_TEXT];
    manifest_terms_hash(manifest, hash);
    cli_print_json(json_pack(
        "{s:s,s:s,s:s,s:s,s:s,s:o,s:o,s:b,s:b,s:s,s:s,s:o,s:o,s:o,s:{s:I,s:I},s:o,s:o}", "hub",
        manifest->hub, "name", terms->now.hub.name, "matcher", manifest->matcher, "address",
        manifest->address, "period", period_text(manifest->period, period), "opens",
        instant_json(manifest->opens_at), "closes", instant_json(manifest->closes_at), "enrolled",
        (int)terms->enrolled, "joined", (int)terms->joined, "terms",
        text_hex(hash, HASH_BYTES, hex), "differences", (const char *)terms->differences.data,
        "capacity", side_json(&manifest->sides[FIGURES_CAPACITY]), "demand",
        side_json(&manifest->sides[FIGURES_DEMAND]), "tables", tables_json(terms), "areas",
        "regions", (json_int_t)areas->region_count, "authorities",
        (json_int_t)areas->authority_count, "parties", parties_json(manifest), "authorities",
        authorities_json(areas)));
}

/* ---- in words ---- */

static void print_head(const struct terms *terms)
{
    const struct manifest *manifest = &terms->now.manifest;
    char period[PERIOD_TEXT], opens[CLOCK_TEXT], closes[CLOCK_TEXT];
    struct buf ids = {0};
    clock_format(manifest->opens_at, opens);
    clock_format(manifest->closes_at, closes);
    (void)printf("%s (%s), figures of %s, opened together with matcher %s.\n", manifest->hub,
                 terms->now.hub.name, period_text(manifest->period, period), manifest->matcher);
    (void)printf("Contributions go to %s and to the matcher from %s to %s.\n", manifest->address,
                 opens, closes);
    (void)printf("Enrolled: %zu agencies, %zu local authorities; you are %s.\n",
                 manifest->sides[FIGURES_CAPACITY].enrolled,
                 manifest->sides[FIGURES_DEMAND].enrolled,
                 terms->enrolled ? "among them" : "NOT among them, and cannot contribute");
    list_enrolled(terms, NULL, &ids);
    (void)printf("Enrolled on your side: %.*s.\n", (int)ids.len, (const char *)ids.data);
    if (terms->fresh.len > 1) {
        (void)printf("Of these were not enrolled when you agreed: %s.\n",
                     (const char *)terms->fresh.data);
    }
    buf_free(&ids);
    (void)printf("Areas: %zu regions, %zu authorities; --json tells which, and who else is "
                 "enrolled.\n\n",
                 manifest->geography->region_count, manifest->geography->authority_count);
}

static void print_tables(const struct terms *terms)
{
    const struct manifest *manifest = &terms->now.manifest;
    char text[EPSILON_TEXT];
    uint64_t sum = 0;
    (void)printf("%-18s %7s  %5s  %7s  %s\n", "Table", "epsilon", "cells", "at most", "What");
    for (size_t i = 0; i < manifest->term_count; i++) {
        const struct manifest_term *term = &manifest->terms[i];
        if (term->table->side != terms->side) continue;
        sum += term->noise.epsilon;
        (void)printf("%-18s %7s  %5u  %7u  %s\n", term->table->name,
                     epsilon_text(term->noise.epsilon, text), term->table->cells_each,
                     term->table->clip, term->table->title);
    }
    (void)printf("%-18s %7s\n", "together", epsilon_text(sum, text));
    (void)printf("cells: in how many cells of a table one %s counts at most; at most: by how much "
                 "in each.\n\n",
                 terms->side == FIGURES_CAPACITY ? "household" : "child");
}

static void print_meaning(const struct terms *terms)
{
    const struct manifest_side *side = &terms->now.manifest.sides[terms->side];
    const char *who = terms->side == FIGURES_CAPACITY ? "agencies" : "local authorities";
    (void)printf(
        "Nobody opens your tables. Hub and matcher together open sums over at least %u of the %zu "
        "%s (the quorum), once a period. Each contributor adds its share of noise: the noise of a "
        "sum is whole where up to %u of them (the insiders) add none. Hub and matcher can break "
        "this only together.\n",
        side->quorum, side->enrolled, who, side->insiders);
    (void)printf("Joining means that %s counts these tables every month, adds noise, encrypts and "
                 "sends them, until you leave, turn a table off, or the terms change. '%s figures "
                 "preview %s' shows the numbers first.\n",
                 terms->program->name, terms->program->name, terms->hub);
}

static void print_agreed(const struct terms *terms)
{
    uint8_t hash[HASH_BYTES];
    char hex[2 * HASH_BYTES + 1];
    const char *differences = (const char *)terms->differences.data;
    manifest_terms_hash(&terms->now.manifest, hash);
    (void)text_hex(hash, HASH_BYTES, hex);
    if (!terms->joined) {
        (void)printf("\nNot joined. To agree: '%s figures join %s --terms %.16s'.\n",
                     terms->program->name, terms->hub, hex);
    } else if (differences[0] == '\0') {
        (void)printf("\nJoined on these terms.\n");
    } else {
        (void)printf(
            "\nThese are not the terms that were agreed to: %s.\nNothing is sent until you "
            "agree: '%s figures join %s --terms %.16s'.\n",
            differences, terms->program->name, terms->hub, hex);
    }
}

static bool show(struct figures_desk *desk, void *ctx, int *code, struct err *err)
{
    (void)code;
    struct terms *terms = ctx;
    bool ok = read_terms(desk, terms, err);
    if (ok && terms->common.json) {
        print_json(terms);
    } else if (ok) {
        print_head(terms);
        print_tables(terms);
        print_meaning(terms);
        print_agreed(terms);
    }
    agreement_free(&terms->now);
    buf_free(&terms->differences);
    buf_free(&terms->fresh);
    return ok;
}

int figures_command_terms(int argc, char **argv, const struct figures_program *program)
{
    static const struct argp argp = {
        .parser = parse,
        .args_doc = "HUB",
        .doc =
            "Says in words what contributing to a hub means: tables, noise, who else, areas; and "
            "what is different from what was agreed to."};
    struct terms terms = {.program = program};
    if (cli_parse(&argp, argc, argv, &terms, &terms.common) != 0) return program->exit_wrong;
    return figures_run(&(struct figures_run){program, &terms.common, argv[0], show, &terms});
}
