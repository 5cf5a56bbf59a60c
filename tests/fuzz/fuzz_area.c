/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as the GeoJSON of an area: refused with a reason, or cells of the grid.
 */
#include <stdlib.h>

#include "proto/base/mem.h"
#include "proto/domain/area.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct area *area = mem_new(struct area);
    struct err err = {0};
    if (area_parse(data, len, area, &err)) {
        REQUIRE(area_count(area) <= CELLS);
    } else {
        REQUIRE(err.code == ERR_INVALID && err.text[0] != '\0' && area_count(area) == 0);
    }
    free(area);
    return 0;
}
