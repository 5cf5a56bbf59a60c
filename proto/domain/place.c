/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/domain/place.h"

#include <stdio.h>
#include <string.h>

#include "proto/base/text.h"
#include "proto/domain/place_parts.h"
#include "proto/domain/shown.h"

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* ---- latitude,longitude ---- */

/* "53.8,-1.55" and what was meant to be it; "Headingley, Leeds" is a name. */
static bool looks_like_degrees(const char *text)
{
    return strchr(text, ',') && !is_letter(text[0]) && (unsigned char)text[0] < 0x80;
}

static bool locate_degrees(char *text, const char *value, struct grid_point *out, struct err *err)
{
    char *comma = strchr(text, ',');
    *comma = '\0';
    double lat = 0, lon = 0;
    if (!text_decimal(text_trim(text), &lat) || !text_decimal(text_trim(comma + 1), &lon)) {
        return err_set(err, ERR_INVALID, NULL,
                       "'%s' is not latitude,longitude: two decimal numbers with a comma between "
                       "(53.8,-1.55)",
                       value);
    }
    return grid_from_lat_lon(lat, lon, out, err);
}

/* ---- what may be a postcode as well as a grid reference ---- */

/* SE15: a district, or a 10 km square written without its space. */
static bool locate_district_or_square(const struct postcode *code, const char *value,
                                      struct gazetteer *gazetteer, struct place *out,
                                      struct err *err)
{
    struct gazetteer_area area;
    bool found = false;
    if (gazetteer && !gazetteer_area(gazetteer, code, &area, &found, err)) return false;
    if (found) return place_postcode(code, value, gazetteer, out, err);
    return err_set(
        err, ERR_INVALID, NULL,
        "'%s' may be a postcode district (%s) or a 10 km square: write '%.2s %s' for the "
        "corner of the square, or give more digits of the grid reference",
        value, gazetteer ? "which the gazetteer does not have" : "which needs a gazetteer", value,
        code->outward + 2);
}

/* SE23NW: a cell, or postcode SE2 3NW written without its space. */
static bool locate_unit_or_cell(const struct postcode *code, struct grid_point cell,
                                struct gazetteer *gazetteer, struct place *out, struct err *err)
{
    struct gazetteer_unit unit;
    char text[POSTCODE_TEXT];
    bool found = false;
    if (gazetteer && !gazetteer_unit(gazetteer, code, &unit, &found, err)) return false;
    if (!found) {
        *out = (struct place){.at = cell};
        return true;
    }
    (void)postcode_text(code, text);
    return err_set(err, ERR_INVALID, NULL,
                   "'%s%c%s' may be postcode %s or a 5 km cell: write '%s' for the postcode, '%.2s "
                   "%s%c %s' for the cell",
                   code->outward, code->sector, code->letters, text, text, code->outward,
                   code->outward + 2, code->sector, code->letters);
}

static bool locate_text(char *text, const char *value, struct gazetteer *gazetteer,
                        struct place *out, struct err *err)
{
    struct grid_point at;
    struct postcode code;
    bool reference = grid_parse(text, &at), postcode = postcode_parse(text, &code);
    if (reference && postcode && postcode_kind(&code) == POSTCODE_DISTRICT) {
        return locate_district_or_square(&code, value, gazetteer, out, err);
    }
    if (reference && postcode) return locate_unit_or_cell(&code, at, gazetteer, out, err);
    if (reference) {
        *out = (struct place){.at = at};
        return true;
    }
    if (postcode) return place_postcode(&code, value, gazetteer, out, err);
    return place_name(text, value, gazetteer, out, err);
}

/* What spreadsheets and web pages put in place of a space: a tab, U+00A0. In place; it only
 * shrinks. */
static void plain_spaces(char *text)
{
    char *to = text;
    for (const char *from = text; *from; from++) {
        bool wide = from[0] == '\xc2' && from[1] == '\xa0';
        *to++ = *from == '\t' || wide ? ' ' : *from;
        from += wide;
    }
    *to = '\0';
}

bool place_locate(const char *text, struct gazetteer *gazetteer, struct place *out, struct err *err)
{
    char copy[PLACE_TEXT_MAX + 1], value[SHOWN_MAX];
    if (strlen(text) > PLACE_TEXT_MAX) {
        return err_set(err, ERR_INVALID, NULL, "'%s' is too long for a place: give %s",
                       shown(text, value), PLACE_HOW);
    }
    (void)snprintf(copy, sizeof copy, "%s", text);
    plain_spaces(copy);
    char *trimmed = text_trim(copy);
    (void)shown(trimmed, value);
    if (!looks_like_degrees(trimmed)) return locate_text(trimmed, value, gazetteer, out, err);
    struct grid_point at;
    if (!locate_degrees(trimmed, value, &at, err)) return false;
    *out = (struct place){.at = at};
    return true;
}
