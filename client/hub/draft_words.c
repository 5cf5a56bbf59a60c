/* SPDX-License-Identifier: Apache-2.0
 * A manifest in words.
 */
#include "client/hub/draft.h"
#include "proto/base/clock.h"
#include "proto/base/text.h"

static const char *side_people(size_t side)
{
    return side == FIGURES_CAPACITY ? "agencies" : "LAs";
}

static void print_side(FILE *out, const struct manifest *manifest, enum figures_side side)
{
    const struct manifest_side *one = &manifest->sides[side];
    if (one->quorum == 0) {
        (void)fprintf(out, "%s: left out\n", figures_side_name(side));
        return;
    }
    (void)fprintf(out,
                  "%s: %zu %s are enrolled; nothing is released with fewer than %u of them; %u may "
                  "work against the others\n",
                  figures_side_name(side), one->enrolled, side_people(side), one->quorum,
                  one->insiders);
    for (size_t i = 0; i < manifest->term_count; i++) {
        const struct manifest_term *term = &manifest->terms[i];
        if (term->table->side != side) continue;
        (void)fprintf(out, "  %-18s epsilon %-5g deviation of the noise in a cell %.1f\n",
                      term->table->name, (double)term->noise.epsilon / EPSILON_ONE,
                      noise_deviation(&term->noise, one->enrolled));
    }
}

void draft_print(FILE *out, const struct manifest *manifest)
{
    char period[PERIOD_TEXT], opens[CLOCK_TEXT], closes[CLOCK_TEXT];
    clock_format(manifest->opens_at, opens);
    clock_format(manifest->closes_at, closes);
    (void)fprintf(out, "Period %s, contributions from %s to %s, taken at %s\n",
                  period_text(manifest->period, period), opens, closes, manifest->address);
    (void)fprintf(out, "Areas: %zu authorities in %zu regions\n",
                  manifest->geography->authority_count, manifest->geography->region_count);
    for (size_t side = 0; side < FIGURES_SIDES; side++)
        print_side(out, manifest, (enum figures_side)side);
}

static json_t *side_json(const struct manifest_side *side)
{
    return json_pack("{s:I,s:I,s:I}", "enrolled", (json_int_t)side->enrolled, "quorum",
                     (json_int_t)side->quorum, "insiders", (json_int_t)side->insiders);
}

static json_t *terms_json(const struct manifest *manifest)
{
    json_t *terms = json_array();
    for (size_t i = 0; i < manifest->term_count; i++) {
        const struct manifest_term *term = &manifest->terms[i];
        size_t enrolled = manifest->sides[term->table->side].enrolled;
        (void)json_array_append_new(
            terms, json_pack("{s:s,s:s,s:f,s:f}", "table", term->table->name, "side",
                             figures_side_name(term->table->side), "epsilon",
                             (double)term->noise.epsilon / EPSILON_ONE, "deviation",
                             noise_deviation(&term->noise, enrolled)));
    }
    return terms;
}

void draft_json(json_t *object, const struct manifest *manifest)
{
    char period[PERIOD_TEXT], opens[CLOCK_TEXT], closes[CLOCK_TEXT];
    clock_format(manifest->opens_at, opens);
    clock_format(manifest->closes_at, closes);
    json_t *members = json_pack(
        "{s:s,s:s,s:s,s:s,s:I,s:o}", "period", period_text(manifest->period, period), "opens_at",
        opens, "closes_at", closes, "address", manifest->address, "authorities",
        (json_int_t)manifest->geography->authority_count, "tables", terms_json(manifest));
    for (size_t side = 0; side < FIGURES_SIDES; side++) {
        if (manifest->sides[side].quorum == 0) continue;
        (void)json_object_set_new(members, figures_side_name((enum figures_side)side),
                                  side_json(&manifest->sides[side]));
    }
    REQUIRE(members != NULL && json_object_update(object, members) == 0);
    json_decref(members);
}
