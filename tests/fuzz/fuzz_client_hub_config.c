/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as a hub's config.json: refused with a reason, or addresses and an id.
 */
#include "client/hub/home.h"
#include "keys/identity.h"
#include "proto/base/text.h"
#include "tests/fuzz/home.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct hub_config config;
    struct err err = {0};
    free(fuzz_home_file(HOME_CONFIG, data, len));
    if (!hub_config_read(fuzz_home(), &config, &err)) {
        REQUIRE(err.code == ERR_INVALID && err.text[0] != '\0');
        return 0;
    }
    REQUIRE(text_is_address(config.matcher, 1) && text_is_address(config.listen, 0));
    REQUIRE(text_is_address(config.address, 1) && text_is_id(config.matcher_id));
    return 0;
}
