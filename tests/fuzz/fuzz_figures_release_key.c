/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as a release key: refused with a reason, or one with a key that can be used.
 */
#include "proto/figures/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct release_key key;
    struct err err = {0};
    if (release_key_decode(data, len, &key, &err)) {
        REQUIRE(!point_is_identity(&key.key) && key.matcher[0] != '\0');
    } else {
        REQUIRE(err.code == ERR_INVALID || err.code == ERR_UNAUTHENTICATED);
        REQUIRE(err.text[0] != '\0');
    }
    return 0;
}
