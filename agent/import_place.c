/* SPDX-License-Identifier: Apache-2.0
 * Where a household is: a postcode, a grid reference, or latitude and longitude; exactly one. The
 * profile keeps the text, spelt so that each of the three is told from the others:
 * carer_location_column.
 */
#include <stdio.h>
#include <string.h>

#include "agent/carer_text.h"
#include "agent/import_internal.h"
#include "proto/base/text.h"
#include "proto/domain/place_parts.h"
#include "proto/domain/postcode.h"

static bool given(const struct import *import, enum column column)
{
    return (import->given >> column & 1) != 0;
}

static void problem(struct import *import, enum column column, const char *text)
{
    struct err err;
    (void)err_set(&err, ERR_INVALID, NULL, "%s", text);
    import_problem(import, column, import->cells[column].text, &err);
}

static void keep(struct import *import, struct grid_point at, const char *text)
{
    import->profile->cell = grid_cell_of(at);
    text_copy_cut(import->profile->location, sizeof import->profile->location, text);
}

/* ---- postcodes ---- */

static void judge_postcode(struct import *import)
{
    struct err err;
    struct place place;
    struct postcode postcode;
    char spelt[POSTCODE_TEXT];
    const char *text = import->cells[COLUMN_POSTCODE].text;
    bool good = postcode_parse(text, &postcode);
    if (good) (void)postcode_text(&postcode, spelt);
    if (!good) {
        problem(import, COLUMN_POSTCODE, "a postcode is wanted, such as LS6 3AA");
    } else if (!import->rules->gazetteer) {
        /* Reported once for the file. */
        if (import->postcodes++ == 0) import->first_postcode = import->line;
        import->bad = true;
    } else if (!place_postcode(&postcode, spelt, import->rules->gazetteer, &place, &err)) {
        /* Not place_locate: "SE15" and "SE23NW" are postcodes in this column, nothing else. */
        import_problem(import, COLUMN_POSTCODE, text, &err);
    } else {
        keep(import, place.at, spelt);
        if (place.note[0]) {
            import_note(import, COLUMN_POSTCODE, place.note);
        } else if (postcode_kind(&postcode) != POSTCODE_UNIT) {
            import_note(import, COLUMN_POSTCODE,
                        "not a whole postcode: the household counts as being in the middle of it");
        }
    }
}

/* ---- the others ---- */

static void judge_grid_ref(struct import *import)
{
    struct grid_point at;
    char spelt[PROFILE_LOCATION_MAX + 1];
    const char *text = import->cells[COLUMN_GRID_REF].text;
    if (!grid_parse(text, &at) || !grid_contains(at)) {
        problem(import, COLUMN_GRID_REF,
                "a National Grid reference is wanted: two letters and an even number of digits, "
                "such as SE 297 338, or a cell, such as SE23NW");
        return;
    }
    if (strlen(text) >= PROFILE_LOCATION_MAX) {
        problem(import, COLUMN_GRID_REF, "a grid reference without so many spaces is wanted");
        return;
    }
    /* "SE15" is a grid reference in this column, and a postcode district elsewhere. */
    (void)snprintf(spelt, sizeof spelt, "%s", text);
    if (carer_location_is_postcode(text)) {
        (void)snprintf(spelt, sizeof spelt, "%.2s %s", text, text + 2);
    }
    keep(import, at, spelt);
}

static void judge_lat_lon(struct import *import)
{
    const char *lat = import->cells[COLUMN_LAT].text;
    const char *lon = import->cells[COLUMN_LON].text;
    double north = 0;
    double east = 0;
    if (!given(import, COLUMN_LAT) || !given(import, COLUMN_LON)) {
        problem(import, given(import, COLUMN_LAT) ? COLUMN_LON : COLUMN_LAT,
                "lat and lon are wanted together");
        return;
    }
    bool good_lat = text_decimal(lat, &north);
    bool good_lon = text_decimal(lon, &east);
    if (!good_lat) problem(import, COLUMN_LAT, "decimal degrees are wanted, such as 53.8008");
    if (!good_lon) problem(import, COLUMN_LON, "decimal degrees are wanted, such as -1.5491");
    if (!good_lat || !good_lon) return;
    if (strlen(lat) + strlen(lon) + 1 > PROFILE_LOCATION_MAX) {
        problem(import, COLUMN_LAT, "fewer digits are wanted, such as 53.80081");
        return;
    }
    struct err err;
    struct grid_point at;
    if (!grid_from_lat_lon(north, east, &at, &err)) {
        import_problem(import, COLUMN_LAT, lat, &err);
        return;
    }
    char spelt[PROFILE_LOCATION_MAX + 1];
    (void)snprintf(spelt, sizeof spelt, "%s,%s", lat, lon);
    keep(import, at, spelt);
}

void import_judge_location(struct import *import)
{
    bool postcode = given(import, COLUMN_POSTCODE);
    bool grid = given(import, COLUMN_GRID_REF);
    bool degrees = given(import, COLUMN_LAT) || given(import, COLUMN_LON);
    const uint32_t columns =
        1U << COLUMN_POSTCODE | 1U << COLUMN_GRID_REF | 1U << COLUMN_LAT | 1U << COLUMN_LON;
    enum column at = postcode ? COLUMN_POSTCODE : COLUMN_GRID_REF;
    if (import->reported & columns) return;
    if (postcode + grid + degrees > 1) {
        problem(import, at,
                "exactly one of postcode, grid_ref, or lat and lon is wanted, not several");
    } else if (postcode) {
        judge_postcode(import);
    } else if (grid) {
        judge_grid_ref(import);
    } else if (degrees) {
        judge_lat_lon(import);
    } else {
        bool column = headings_have(&import->out->headings, COLUMN_POSTCODE);
        problem(import, column ? COLUMN_POSTCODE : COLUMN_GRID_REF,
                "a location is wanted: postcode, grid_ref, or lat and lon");
    }
}
