/* SPDX-License-Identifier: Apache-2.0
 * Places as people write them: WGS84 degrees, grid references, and clear words for the rest.
 */
#include "proto/domain/grid.h"

#include <stdio.h>
#include <string.h>

#include "proto/base/text.h"
#include "proto/domain/shown.h"

static const char HOW[] = "a grid reference (SE 297 338) or latitude,longitude (53.8,-1.55)";

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The outward half of a postcode (LS6, BD3, EC1A, W1): returns its length, 0 where it is not one.
 */
static size_t outward_length(const char *p)
{
    size_t n = 0;
    while (n < 2 && is_letter(p[n])) n++;
    if (n == 0 || !is_digit(p[n])) return 0;
    n++;
    if (is_digit(p[n]) || is_letter(p[n])) n++;
    return n;
}

/* "", "3", "3AA": nothing, a sector or the whole inward half. */
static bool is_inward(const char *p)
{
    if (*p == '\0') return true;
    if (!is_digit(p[0])) return false;
    return p[1] == '\0' || (is_letter(p[1]) && is_letter(p[2]) && p[3] == '\0');
}

/* Whether it is shaped like a postcode: unit, sector or district. */
static bool looks_like_postcode(const char *text)
{
    size_t outward = outward_length(text);
    if (outward == 0) return false;
    const char *rest = text + outward;
    while (*rest == ' ') rest++;
    if (is_inward(rest)) return true;
    /* Without a space the outward half may have taken the first digit of the inward one: LS63AA. */
    return outward > 2 && is_digit(text[outward - 1]) && is_inward(text + outward - 1);
}

/* "SE23": a 10 km square written without a space is also the form of a postcode district. */
static bool is_ambiguous(const char *text)
{
    return strlen(text) == 4 && is_letter(text[0]) && is_letter(text[1]) && is_digit(text[2]) &&
           is_digit(text[3]);
}

static bool locate_lat_lon(char *text, const char *value, struct grid_point *out, struct err *err)
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

bool grid_locate(const char *at, struct grid_point *out, struct err *err)
{
    char copy[64], value[SHOWN_MAX];
    (void)shown(at, value);
    if (strlen(at) >= sizeof copy) {
        return err_set(err, ERR_INVALID, NULL, "'%s' is too long for a place: give %s", value, HOW);
    }
    (void)snprintf(copy, sizeof copy, "%s", at);
    char *text = text_trim(copy);
    if (strchr(text, ',')) return locate_lat_lon(text, value, out, err);
    if (is_ambiguous(text)) {
        return err_set(err, ERR_INVALID, NULL,
                       "'%s' may be a postcode district or a 10 km square: give more digits of the "
                       "grid reference, or '%.2s %s' for the corner of the square",
                       value, text, text + 2);
    }
    if (grid_parse(text, out)) return true;
    if (looks_like_postcode(text)) {
        return err_set(err, ERR_INVALID, NULL,
                       "'%s' looks like a postcode, which this version cannot look up (it has no "
                       "gazetteer yet): give %s",
                       value, HOW);
    }
    return err_set(err, ERR_INVALID, NULL, "'%s' is not a place of the National Grid: give %s",
                   value, HOW);
}
