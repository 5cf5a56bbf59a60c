/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "client/hub/gaps.h"
#include "client/hub/show.h"
#include "proto/base/csv_cell.h"

enum { LINES_MAX = 20 }; /* of one kind in the text */

const char *gap_verdict_name(enum gap_verdict verdict)
{
    switch (verdict) {
    case GAP_AT_LEAST: return "at_least";
    case GAP_ABOUT: return "about";
    default: return "uncertain";
    }
}

static const char *kind_name(enum gap_by by)
{
    return by == GAP_BY_NEED ? "need" : "age";
}

/* Lower bounds are never rounded up. */
static int per_cent_low(double share)
{
    return (int)floor(100 * share);
}

static int per_cent(double share)
{
    return (int)lround(100 * share);
}

const char *gap_words(const struct gap *gap, char out[GAP_WORDS])
{
    int len, low = per_cent_low(gap->share.low);
    switch (gap->verdict) {
    case GAP_ABOUT:
        (void)snprintf(out, GAP_WORDS, "about %.0f of %.0f (%d%%, %d%% to %d%%)", gap->unmet.middle,
                       gap->demand.middle, per_cent(gap->share.middle), low,
                       per_cent(gap->share.high));
        break;
    case GAP_AT_LEAST:
        /* Not of about so many: where few were sought, noise can put the middle below the rest. */
        len = snprintf(out, GAP_WORDS, "at least %.0f of at most %.0f", floor(gap->unmet.low),
                       fmax(ceil(gap->demand.high), floor(gap->unmet.low)));
        if (low > 0) (void)snprintf(out + len, GAP_WORDS - (size_t)len, " (%d%% or more)", low);
        break;
    default:
        (void)snprintf(out, GAP_WORDS, "too uncertain to say (%.0f or fewer)",
                       ceil(gap->unmet.high));
        break;
    }
    return out;
}

/* ---- text ---- */

static const char *capacity_words(const struct gap *gap, char out[SHOW_VALUE])
{
    return gap->has_capacity ? show_value(&gap->capacity, out) : "-";
}

static void put_line(const struct gap *gap, struct buf *out)
{
    char words[GAP_WORDS], capacity[SHOW_VALUE];
    buf_format(out, "%-26s  %-18s  %-44s  %9s\n", gap->name, gap->category, gap_words(gap, words),
               capacity_words(gap, capacity));
}

static void put_kind(const struct gaps *gaps, enum gap_by by, bool england, struct buf *out)
{
    size_t lines = 0, uncertain = 0, left = 0;
    for (size_t i = 0; i < gaps->count; i++) {
        const struct gap *gap = &gaps->gaps[i];
        if (gap->by != by || gap->england != england) continue;
        if (gap->verdict == GAP_UNCERTAIN && !england) {
            uncertain++;
        } else if (lines == LINES_MAX) {
            left++;
        } else {
            if (lines++ == 0) {
                buf_format(out, "%-26s  %-18s  %-44s  %9s\n", england ? "England" : "Area",
                           kind_name(by), "No foster home was found for", "Free");
            }
            put_line(gap, out);
        }
    }
    if (left > 0) buf_format(out, "... and %zu more; --csv and --json tell all.\n", left);
    if (uncertain > 0) {
        buf_format(out, "%zu of these areas and %s are too uncertain to say.\n", uncertain,
                   by == GAP_BY_NEED ? "needs" : "age bands");
    }
    if (lines > 0 || uncertain > 0) buf_u8(out, '\n');
}

void gaps_text(const struct gaps *gaps, struct buf *out)
{
    char from[PERIOD_WORDS], to[PERIOD_WORDS];
    buf_format(out, "Where searches fail most: %s to %s, %zu month%s\n\n",
               period_words(gaps->from, from), period_words(gaps->to, to), gaps->periods,
               gaps->periods == 1 ? "" : "s");
    for (enum gap_by by = GAP_BY_NEED; by < GAP_KINDS; by++) {
        put_kind(gaps, by, false, out);
        put_kind(gaps, by, true, out);
    }
    buf_text(out,
             "Numbers carry noise, which hides every single child. \"At least\" holds but for one "
             "case in twenty;\nthe order is by that number, so that noise alone puts nothing on "
             "top. \"About\": the share is known\nto 10 points. Too uncertain: there may be none. "
             "More months together are more certain.\nFree: households with a free place that "
             "offer it, last month; one household counts for several.\nA child is sought in one "
             "month and its outcome may fall into a later one.\n");
}

/* ---- for scripts ---- */

static void put_estimate(const struct estimate *e, double times, struct buf *out)
{
    buf_format(out, "%.0f,%.0f,%.0f,", floor(e->low * times), round(e->middle * times),
               ceil(e->high * times));
}

void gaps_csv(const struct gaps *gaps, struct buf *out)
{
    buf_text(out, "by,area,category,unmet_low,unmet,unmet_high,demand_low,demand,demand_high,"
                  "share_low,share,share_high,verdict,capacity\n");
    for (size_t i = 0; i < gaps->count; i++) {
        const struct gap *gap = &gaps->gaps[i];
        char capacity[SHOW_VALUE];
        buf_format(out, "%s,", kind_name(gap->by));
        csv_cell(out, gap->area);
        buf_format(out, ",%s,", gap->category);
        put_estimate(&gap->unmet, 1, out);
        put_estimate(&gap->demand, 1, out);
        put_estimate(&gap->share, 100, out);
        buf_format(out, "%s,%s\n", gap_verdict_name(gap->verdict),
                   gap->has_capacity ? show_value(&gap->capacity, capacity) : "");
    }
}

static json_t *estimate_json(const struct estimate *e, double steps)
{
    return json_pack("{s:f,s:f,s:f}", "low", floor(e->low * steps) / steps, "estimate",
                     round(e->middle * steps) / steps, "high", ceil(e->high * steps) / steps);
}

static json_t *gap_json(const struct gap *gap)
{
    char words[GAP_WORDS];
    json_t *object =
        json_pack("{s:s,s:s,s:s,s:s,s:s,s:o,s:o,s:o,s:s,s:s}", "by", kind_name(gap->by), "area",
                  gap->area, "name", gap->name, "category", gap->category, "label", gap->label,
                  "unmet", estimate_json(&gap->unmet, 1), "demand", estimate_json(&gap->demand, 1),
                  "share", estimate_json(&gap->share, 1000), "verdict",
                  gap_verdict_name(gap->verdict), "words", gap_words(gap, words));
    REQUIRE(object != NULL);
    if (!gap->has_capacity) return object;
    (void)json_object_set_new(object, "capacity",
                              gap->capacity.shown == RELEASE_SHOWN
                                  ? json_integer(gap->capacity.value)
                                  : json_string(SHOW_SUPPRESSED));
    return object;
}

json_t *gaps_json(const struct gaps *gaps)
{
    char from[PERIOD_TEXT], to[PERIOD_TEXT];
    json_t *list = json_array();
    for (size_t i = 0; i < gaps->count; i++) {
        (void)json_array_append_new(list, gap_json(&gaps->gaps[i]));
    }
    json_t *object =
        json_pack("{s:s,s:s,s:I,s:o}", "from", period_text(gaps->from, from), "to",
                  period_text(gaps->to, to), "periods", (json_int_t)gaps->periods, "gaps", list);
    REQUIRE(object != NULL);
    return object;
}
