/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as an entry of the correspondence: refused with a reason, or exactly the encoding of
 * what they give.
 */
#include <string.h>

#include "proto/mail/entry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct entry entry;
    struct err err = {0};
    struct buf again = {0};
    if (!entry_decode(data, len, &entry, &err)) {
        REQUIRE((err.code == ERR_CORRUPT || err.code == ERR_VERSION) && err.text[0]);
        return 0;
    }
    entry_encode(&entry, &again);
    REQUIRE(again.len == len && memcmp(again.data, data, len) == 0);
    buf_free(&again);
    return 0;
}
