/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as a kept run of a search: refused with a reason, or exactly the encoding of what they
 * give, but for zeros behind it; the head alone is the same.
 */
#include <sodium.h>
#include <string.h>

#include "client/run.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct run run = {0};
    struct run_head head = {0};
    struct err err = {0};
    struct buf again = {0};
    REQUIRE(sodium_init() >= 0);
    bool has_head = run_head_decode(data, len, &head, &err);
    if (!run_decode(data, len, &run, &err)) {
        REQUIRE((err.code == ERR_CORRUPT || err.code == ERR_VERSION) && err.text[0] != '\0');
        return 0;
    }
    REQUIRE(has_head && memcmp(head.query_hash, run.head.query_hash, HASH_BYTES) == 0);
    run_encode(&run, &again);
    REQUIRE(again.len <= len && memcmp(again.data, data, again.len) == 0);
    for (size_t i = again.len; i < len; i++) REQUIRE(data[i] == 0);
    buf_wipe(&again);
    run_free(&run);
    return 0;
}
