/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as a release that a hub keeps: refused with a reason, or exactly the encoding of what
 * they give.
 */
#include <string.h>

#include "proto/figures/release.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct release release;
    struct err err = {0};
    struct buf again = {0};
    if (!release_decode(data, len, &release, &err)) {
        REQUIRE((err.code == ERR_CORRUPT || err.code == ERR_VERSION) && err.text[0]);
        return 0;
    }
    release_encode(&release, &again);
    REQUIRE(again.len == len && memcmp(again.data, data, len) == 0);
    buf_free(&again);
    release_free(&release);
    return 0;
}
