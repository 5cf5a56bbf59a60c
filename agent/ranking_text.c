/* SPDX-License-Identifier: Apache-2.0
 * Ranked carers for people and for scripts.
 */
#include <string.h>

#include "agent/referral_text.h"

const char *need_words(const struct need *need, const struct catalogue *catalogue)
{
    switch (need->kind) {
    case NEED_SLOT: return catalogue_slot(catalogue, need->slot)->label;
    case NEED_AVAILABLE: return "open to placements in time";
    case NEED_PLACE: return "an acceptable place";
    }
    return "";
}

const char *need_code(const struct need *need, const struct catalogue *catalogue)
{
    switch (need->kind) {
    case NEED_SLOT: return catalogue_slot(catalogue, need->slot)->code;
    case NEED_AVAILABLE: return "available";
    case NEED_PLACE: return "place";
    }
    return "";
}

/* ---- in words ---- */

static void print_missed(const struct ranking *ranking, const struct ranked *ranked,
                         const struct catalogue *catalogue, FILE *out)
{
    for (size_t i = 0; i < ranking->need_count; i++) {
        if (ranked_meets(ranked, i)) continue;
        (void)fprintf(out, "  misses one must: %s (%s)", need_words(&ranking->needs[i], catalogue),
                      need_code(&ranking->needs[i], catalogue));
    }
}

static void print_preferences(const struct ranking *ranking, const struct ranked *ranked,
                              const struct catalogue *catalogue, FILE *out)
{
    for (int met = 1; met >= 0; met--) {
        bool any = false;
        for (size_t i = 0; i < ranking->preference_count; i++) {
            if (ranked_likes(ranked, i) != (met == 1)) continue;
            (void)fprintf(out, "%s%s",
                          any   ? ", "
                          : met ? "\n           meets "
                                : "\n           not   ",
                          catalogue_slot(catalogue, ranking->preferences[i])->label);
            any = true;
        }
    }
    (void)fprintf(out, "\n");
}

void ranking_print(const struct ranking *ranking, const struct referral *referral, FILE *out)
{
    const struct catalogue *catalogue = catalogue_get(referral->catalogue);
    bool partly = referral->stage == STAGE_PROFILE && referral->has_location;
    (void)fprintf(out, "Own carers: %zu meet%s every must%s\n", ranking->eligible,
                  ranking->eligible == 1 ? "s" : "",
                  partly ? ", as far as the place is told; scores are without the place" : "");
    for (size_t i = 0; i < ranking->count; i++) {
        const struct ranked *one = ranking->items[i];
        if (one->score == SCORE_NONE) {
            (void)fprintf(out, "      -    %s%s%s", one->ref, one->name[0] ? "  " : "", one->name);
            print_missed(ranking, one, catalogue, out);
        } else {
            (void)fprintf(out, "  %5d    %s%s%s  %s", one->score, one->ref,
                          one->name[0] ? "  " : "", one->name, band_name(score_band(one->score)));
            if (partly) {
                (void)fprintf(out, " (up to %d more with the place)",
                              referral_place_points(referral));
            }
        }
        print_preferences(ranking, one, catalogue, out);
    }
}

/* ---- JSON ---- */

static json_t *musts_json(const struct ranking *ranking, const struct ranked *ranked,
                          const struct catalogue *catalogue)
{
    json_t *out = json_object();
    for (size_t i = 0; i < ranking->need_count; i++) {
        REQUIRE(json_object_set_new(out, need_code(&ranking->needs[i], catalogue),
                                    json_boolean(ranked_meets(ranked, i))) == 0);
    }
    return out;
}

static json_t *preferences_json(const struct ranking *ranking, const struct ranked *ranked,
                                const struct catalogue *catalogue)
{
    json_t *out = json_object();
    for (size_t i = 0; i < ranking->preference_count; i++) {
        REQUIRE(json_object_set_new(out, catalogue_slot(catalogue, ranking->preferences[i])->code,
                                    json_boolean(ranked_likes(ranked, i))) == 0);
    }
    return out;
}

json_t *ranking_json(const struct ranking *ranking, const struct referral *referral)
{
    const struct catalogue *catalogue = catalogue_get(referral->catalogue);
    json_t *eligible = json_array(), *near_misses = json_array();
    for (size_t i = 0; i < ranking->count; i++) {
        const struct ranked *one = ranking->items[i];
        bool misses = one->score == SCORE_NONE;
        json_t *item = json_pack("{s:s,s:s,s:o,s:o}", "ref", one->ref, "name", one->name, "must",
                                 musts_json(ranking, one, catalogue), "prefer",
                                 preferences_json(ranking, one, catalogue));
        REQUIRE(item != NULL);
        if (!misses) {
            REQUIRE(json_object_set_new(item, "score", json_integer(one->score)) == 0);
            REQUIRE(json_object_set_new(item, "band",
                                        json_string(band_name(score_band(one->score)))) == 0);
        }
        REQUIRE(json_array_append_new(misses ? near_misses : eligible, item) == 0);
    }
    bool partly = referral->stage == STAGE_PROFILE && referral->has_location;
    json_t *out = json_pack("{s:o,s:o,s:i}", "eligible", eligible, "near_misses", near_misses,
                            "place_points", partly ? referral_place_points(referral) : 0);
    REQUIRE(out != NULL);
    return out;
}
