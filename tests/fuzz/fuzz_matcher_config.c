/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as a matcher's config.json: refused with a reason, or settings within their limits.
 */
#include <string.h>

#include "keys/identity.h"
#include "matcher/config.h"
#include "proto/base/text.h"
#include "tests/fuzz/home.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct config config;
    struct err err = {0};
    free(fuzz_home_file(HOME_CONFIG, data, len));
    if (!config_read(fuzz_home(), &config, &err)) {
        REQUIRE(err.code == ERR_INVALID && err.text[0] != '\0');
        return 0;
    }
    REQUIRE(text_is_address(config.listen, 0));
    for (size_t i = 0; i < config_key_count; i++) {
        const struct config_key *key = &config_keys[i];
        uint32_t value = 0;
        memcpy(&value, (const uint8_t *)&config + key->offset, sizeof value);
        REQUIRE(value >= key->min && value <= key->max);
    }
    return 0;
}
