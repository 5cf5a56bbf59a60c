/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as a stored profile: corrupt, or one that is written again as the same bytes.
 */
#include <string.h>

#include "proto/base/buf.h"
#include "proto/domain/profile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct profile profile;
    struct err err = {0};
    if (!profile_decode(data, len, &profile, &err)) {
        REQUIRE((err.code == ERR_CORRUPT || err.code == ERR_VERSION) && err.text[0] != '\0');
        return 0;
    }
    struct slot_set set;
    profile_slots(&profile, catalogue_get(CATALOGUE_VERSION), 20000, STATUS_FRESH_DAYS, &set);
    REQUIRE(set.count > 0);
    struct buf again = {0};
    profile_encode(&profile, &again);
    REQUIRE(again.len == len && memcmp(again.data, data, len) == 0);
    buf_free(&again);
    return 0;
}
