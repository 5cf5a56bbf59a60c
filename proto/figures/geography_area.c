/* SPDX-License-Identifier: Apache-2.0
 * The areas as rows of a table, and what a person calls them.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "proto/domain/shown.h"
#include "proto/domain/words.h"
#include "proto/figures/geography.h"

enum { NEAR = 2, INSIDE_CHARS = 3, NAMED_MAX = 5 };

size_t geography_areas(const struct geography *geography, bool by_authority)
{
    return by_authority ? geography->authority_count : geography->region_count;
}

const char *geography_area_code(const struct geography *geography, bool by_authority, size_t area)
{
    REQUIRE(area < geography_areas(geography, by_authority));
    return by_authority ? geography->authorities[area].code : geography->regions[area].code;
}

const char *geography_area_name(const struct geography *geography, bool by_authority, size_t area)
{
    REQUIRE(area < geography_areas(geography, by_authority));
    return by_authority ? geography->authorities[area].name : geography->regions[area].name;
}

uint16_t geography_area_of_authority(const struct geography *geography, bool by_authority,
                                     uint16_t authority)
{
    if (authority == AREA_NONE) return AREA_NONE;
    REQUIRE(authority < geography->authority_count);
    return by_authority ? authority : geography->authorities[authority].region;
}

uint16_t geography_area_of_cell(const struct geography *geography, bool by_authority, uint16_t cell)
{
    REQUIRE(cell < CELLS);
    return geography_area_of_authority(geography, by_authority, geography->cells[cell]);
}

uint16_t geography_authority_find(const struct geography *geography, const char *code)
{
    for (uint16_t i = 0; i < geography->authority_count; i++) {
        if (strcmp(geography->authorities[i].code, code) == 0) return i;
    }
    return AREA_NONE;
}

/* ---- what a person means ---- */
static bool same(const char *name, const char *text)
{
    char folded[WORDS_MAX];
    if (strcasecmp(name, text) == 0) return true;
    return words_fold(text, folded) > 0 && words_are(name, folded);
}

static bool is_area(const struct geography *geography, bool by_authority, size_t area,
                    const char *text)
{
    return same(geography_area_code(geography, by_authority, area), text) ||
           same(geography_area_name(geography, by_authority, area), text);
}

static bool is_near(const char *name, const char *text)
{
    char name_folded[WORDS_MAX], text_folded[WORDS_MAX];
    if (words_fold(name, name_folded) == 0) return false;
    size_t len = words_fold(text, text_folded);
    return (len >= INSIDE_CHARS && strstr(name_folded, text_folded)) ||
           (len > NEAR && words_distance(name_folded, text_folded) <= NEAR);
}

/* Appends the names that are near, quoted. */
static void name_near(const struct geography *geography, bool by_authority, const char *text,
                      struct buf *out, size_t *named)
{
    for (size_t i = 0; i < geography_areas(geography, by_authority); i++) {
        const char *name = geography_area_name(geography, by_authority, i);
        if (*named == NAMED_MAX || !is_near(name, text)) continue;
        buf_format(out, "%s\"%s\"", *named > 0 ? ", " : "", name);
        (*named)++;
    }
}

static bool not_found(const struct geography *geography, bool by_authority, const char *text,
                      struct err *err)
{
    char seen[SHOWN_MAX];
    struct buf near = {0};
    size_t named = 0;
    (void)shown(text, seen);
    for (size_t i = 0; !by_authority && i < geography->authority_count; i++) {
        if (!is_area(geography, true, i, text)) continue;
        const char *region = geography->regions[geography->authorities[i].region].name;
        return err_set(err, ERR_NOT_FOUND, "area",
                       "\"%s\" is an authority, and these figures are by region: it lies in \"%s\"",
                       seen, region);
    }
    name_near(geography, false, text, &near, &named);
    if (by_authority) name_near(geography, true, text, &near, &named);
    buf_u8(&near, 0);
    (void)err_set(err, ERR_NOT_FOUND, "area",
                  "no area is called \"%s\"; must be the code or the name of %s%s%s", seen,
                  by_authority ? "an authority or a region" : "a region",
                  named > 0 ? ", perhaps " : "", (const char *)near.data);
    buf_free(&near);
    return false;
}

bool geography_match(const struct geography *geography, bool by_authority, const char *text,
                     bool *marks, struct err *err)
{
    bool found = false;
    for (size_t i = 0; i < geography_areas(geography, by_authority); i++) {
        if (!is_area(geography, by_authority, i, text)) continue;
        marks[i] = found = true;
    }
    for (size_t i = 0; by_authority && i < geography->authority_count; i++) {
        if (!is_area(geography, false, geography->authorities[i].region, text)) continue;
        marks[i] = found = true;
    }
    return found || not_found(geography, by_authority, text, err);
}
