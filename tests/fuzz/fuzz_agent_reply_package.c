/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as the package of a reply: refused with a reason, or read to what its package gives
 * again.
 */
#include <string.h>

#include "agent/reply_package.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct kept_reply kept = {0}, again = {0};
    struct certificate agent = {0}, agent_again = {0};
    struct err err = {0};
    REQUIRE(sodium_init() >= 0);
    if (!reply_package_parse(data, len, &kept, &agent, &err)) {
        REQUIRE((err.code == ERR_INVALID || err.code == ERR_VERSION) && err.text[0] != '\0');
        return 0;
    }
    json_t *package = reply_package_json(&kept, &agent);
    char *text = json_dumps(package, JSON_COMPACT);
    REQUIRE(text && reply_package_parse((uint8_t *)text, strlen(text), &again, &agent_again, &err));
    REQUIRE(again.slot_sets.len == kept.slot_sets.len && again.carers == kept.carers &&
            secret_equal(&again.seed, &kept.seed));
    free(text);
    json_decref(package);
    kept_reply_free(&kept);
    kept_reply_free(&again);
    certificate_free(&agent);
    certificate_free(&agent_again);
    return 0;
}
