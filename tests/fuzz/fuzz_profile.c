/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as a stored profile: corrupt, or one that is written again as the same bytes, or, where
 * an older catalogue wrote it, as bytes that say the same.
 */
#include <string.h>

#include "proto/base/buf.h"
#include "proto/domain/profile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void encode_again(const uint8_t *data, size_t len, struct buf *out)
{
    struct profile profile;
    struct err err = {0};
    REQUIRE(profile_decode(data, len, &profile, &err));
    profile_encode(&profile, out);
}

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
    struct buf once = {0}, twice = {0};
    profile_encode(&profile, &once);
    encode_again(once.data, once.len, &twice);
    REQUIRE(twice.len == once.len && memcmp(twice.data, once.data, once.len) == 0);
    struct reader reader = reader_of(data, len);
    (void)reader_u8(&reader); /* the form */
    if (reader_u32(&reader) == CATALOGUE_VERSION) {
        REQUIRE(once.len == len && memcmp(once.data, data, len) == 0);
    }
    buf_free(&once);
    buf_free(&twice);
    return 0;
}
