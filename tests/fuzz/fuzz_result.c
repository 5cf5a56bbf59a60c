/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as a signed result: refused with a reason, or exactly the bytes that their fields
 * encode to.
 */
#include <string.h>

#include "proto/crypto/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct result result;
    struct err err = {0};
    if (!result_decode(data, len, &result, &err)) {
        REQUIRE(err.code == ERR_INVALID && err.text[0] != '\0');
        return 0;
    }
    struct buf again = {0};
    result_encode(&result, &again);
    REQUIRE(again.len == len && memcmp(again.data, data, len) == 0);
    buf_free(&again);
    return 0;
}
