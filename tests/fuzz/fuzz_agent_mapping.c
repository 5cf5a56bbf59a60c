/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as a mapping file: refused with a reason, or taken, and then each heading is found.
 */
#include <string.h>

#include "agent/mapping.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct mapping mapping = {0};
    struct err err = {0};
    if (!mapping_parse(data, len, catalogue_get(CATALOGUE_VERSION), &mapping, &err)) {
        REQUIRE(err.code == ERR_INVALID && err.text[0] != '\0');
        REQUIRE(mapping.heading_count == 0 && mapping.value_count == 0);
        return 0;
    }
    for (size_t i = 0; i < mapping.heading_count; i++) {
        REQUIRE(mapping_heading(&mapping, mapping.headings[i].text) == &mapping.headings[i]);
    }
    for (size_t i = 0; i < mapping.value_count; i++) {
        const struct mapped_value *value = &mapping.values[i];
        const char *to = mapping_value(&mapping, value->column, value->text);
        REQUIRE(to && strcmp(to, value->to) == 0);
    }
    mapping_free(&mapping);
    return 0;
}
