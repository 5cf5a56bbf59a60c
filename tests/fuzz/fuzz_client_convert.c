/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as a Placements Standard document: refused with a reason, or a request that is valid.
 */
#include <stdlib.h>

#include "client/convert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void make_request(const struct conversion *said)
{
    struct convert_options options = {.search_ref = "F-1", .type = "U4", .needed_by = "later"};
    json_t *request = NULL;
    struct err err = {0};
    size_t children = said->siblings < 0 ? 1 : (size_t)said->siblings + 1;
    for (size_t i = 0; i < children && i < CHILDREN_MAX; i++) {
        REQUIRE(convert_child("7:U", &options, &err));
    }
    if (convert_request(said, &options, &request, &err)) {
        json_decref(request);
    } else {
        REQUIRE(said->siblings >= CHILDREN_MAX && err.code == ERR_INVALID);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct conversion said = {0};
    struct err err = {0};
    if (!convert_read(data, len, catalogue_get(CATALOGUE_VERSION), &said, &err)) {
        REQUIRE(err.code == ERR_INVALID && err.text[0] != '\0');
        return 0;
    }
    REQUIRE(json_array_size(said.left) <= CONVERT_LEFT_MAX);
    make_request(&said);
    conversion_free(&said);
    return 0;
}
