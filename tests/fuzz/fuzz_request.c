/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as a request: refused with a reason, or planned without breaking a bound.
 */
#include <stdlib.h>

#include "proto/base/mem.h"
#include "proto/domain/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void plan_it(const struct request *request, const struct catalogue *catalogue)
{
    static const uint8_t key[HASH_KEY_BYTES] = {1};
    struct plan *plan = mem_new(struct plan);
    struct err err = {0};
    if (plan_make(request, catalogue, plan, &err)) {
        uint16_t footprint[FOOTPRINT_MAX];
        size_t count = plan_footprint(plan, request->search_ref, key, footprint);
        struct blind_layout layout = catalogue_layout(catalogue, count);
        int16_t *values = plan_values(plan, footprint, count);
        for (size_t i = 0; i + 2 < blind_layout_count(&layout); i++) {
            REQUIRE(values[i] >= 0 && values[i] <= SCORE_MAX);
        }
        free(values);
    } else {
        REQUIRE(err.code == ERR_INVALID && err.text[0] != '\0');
    }
    free(plan);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const struct catalogue *catalogue = catalogue_get(CATALOGUE_VERSION);
    struct request *request = mem_new(struct request);
    struct err err = {0};
    if (request_parse(data, len, &(struct request_rules){.catalogue = catalogue}, request, &err)) {
        plan_it(request, catalogue);
    } else {
        REQUIRE(err.code == ERR_INVALID && err.text[0] != '\0');
    }
    free(request);
    return 0;
}
