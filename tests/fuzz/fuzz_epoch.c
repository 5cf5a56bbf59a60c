/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as an epoch record: refused with a reason, or one with a key that can be used.
 */
#include "proto/crypto/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct epoch_record record;
    struct err err = {0};
    if (epoch_decode(data, len, &record, &err)) {
        REQUIRE(!point_is_identity(&record.key) && record.not_before < record.not_after);
    } else {
        REQUIRE(err.code == ERR_INVALID || err.code == ERR_UNAUTHENTICATED);
        REQUIRE(err.text[0] != '\0');
    }
    return 0;
}
