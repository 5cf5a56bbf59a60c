/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as a CSV file of regions: refused with a reason, or regions within their limits.
 */
#include <string.h>

#include "client/hub/areas.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct areas_regions regions; /* large */
    struct err err = {0};
    if (!areas_regions_parse(data, len, &regions, &err)) {
        REQUIRE(err.code == ERR_INVALID && err.text[0] != '\0');
        return 0;
    }
    REQUIRE(regions.count <= GEOGRAPHY_REGIONS_MAX);
    for (size_t i = 0; i < regions.count; i++) {
        for (size_t j = 0; j < i; j++) {
            REQUIRE(strcmp(regions.regions[j].code, regions.regions[i].code) != 0);
        }
    }
    return 0;
}
