/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as the closing proof of an LA: refused with a reason, or exactly the bytes that their
 * fields encode to.
 */
#include <string.h>

#include "proto/crypto/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct shares_proof shares_proof;
    struct err err = {0};
    if (!shares_proof_decode(data, len, &shares_proof, &err)) {
        REQUIRE(err.code == ERR_INVALID && err.text[0] != '\0');
        return 0;
    }
    struct buf again = {0};
    shares_proof_encode(&shares_proof, &again);
    REQUIRE(again.len == len && memcmp(again.data, data, len) == 0);
    buf_free(&again);
    shares_proof_free(&shares_proof);
    return 0;
}
