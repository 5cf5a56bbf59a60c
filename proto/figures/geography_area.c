/* SPDX-License-Identifier: Apache-2.0
 * The areas as rows of a table.
 */
#include <string.h>

#include "proto/figures/geography.h"

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
