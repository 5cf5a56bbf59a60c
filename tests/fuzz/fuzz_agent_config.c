/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as an agent's config.json: refused with a reason, or settings within their limits.
 */
#include "agent/config.h"
#include "keys/identity.h"
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
    REQUIRE(text_is_address(config.matcher, 1) && text_is_id(config.matcher_id));
    REQUIRE(config.budget <= BUDGET_MAX && config.fresh_days <= FRESH_DAYS_MAX && config.catalogue);
    REQUIRE(config.keep_days >= KEEP_DAYS_MIN && config.keep_days <= KEEP_DAYS_MAX);
    for (size_t i = 0; i < config.allow_count; i++) REQUIRE(text_is_id(config.allow[i]));
    config_free(&config);
    return 0;
}
