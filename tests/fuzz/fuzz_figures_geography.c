/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as areas: refused with a reason, or exactly the encoding of what they give, in which
 * every cell has its rows.
 */
#include <string.h>

#include "proto/figures/geography.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check_rows(const struct geography *areas)
{
    for (size_t i = 0; i < CELLS; i++) {
        uint16_t authority = geography_area_of_cell(areas, true, (uint16_t)i);
        uint16_t region = geography_area_of_cell(areas, false, (uint16_t)i);
        REQUIRE((authority == AREA_NONE) == (region == AREA_NONE));
        REQUIRE(authority == AREA_NONE || authority < geography_areas(areas, true));
        REQUIRE(region == AREA_NONE || region < geography_areas(areas, false));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct geography areas;
    struct err err = {0};
    struct buf again = {0};
    if (!geography_decode(data, len, &areas, &err)) {
        REQUIRE((err.code == ERR_INVALID || err.code == ERR_VERSION) && err.text[0] != '\0');
        return 0;
    }
    geography_encode(&areas, &again);
    REQUIRE(again.len == len && memcmp(again.data, data, len) == 0);
    buf_free(&again);
    check_rows(&areas);
    return 0;
}
