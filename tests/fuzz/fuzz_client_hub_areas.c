/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as the GeoJSON of authorities' boundaries: refused with a reason, or areas that can be
 * encoded and read again.
 */
#include "client/hub/areas.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct areas_regions regions; /* large */
    static struct areas_drawn drawn;
    static struct geography again;
    const struct areas_fields fields = {"code", "name", "region"};
    struct err err = {0};
    struct buf bytes = {0};
    if (regions.count == 0) areas_england(&regions);
    if (!areas_draw(data, len, &fields, &regions, &drawn, &err)) {
        REQUIRE(err.code == ERR_INVALID && err.text[0] != '\0');
        return 0;
    }
    geography_encode(&drawn.geography, &bytes);
    REQUIRE(geography_decode(bytes.data, bytes.len, &again, &err));
    buf_free(&bytes);
    return 0;
}
