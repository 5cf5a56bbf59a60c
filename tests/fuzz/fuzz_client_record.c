/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as a record of a search: refused with a reason, or exactly the encoding of what they
 * give, but for zeros behind it; what is read can be compared.
 */
#include <string.h>

#include "client/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct record record;
    struct err err = {0};
    struct buf again = {0};
    if (!record_decode(data, len, &record, &err)) {
        REQUIRE((err.code == ERR_CORRUPT || err.code == ERR_VERSION) && err.text[0] != '\0');
        return 0;
    }
    record_encode(&record, &again);
    REQUIRE(again.len <= len && memcmp(again.data, data, again.len) == 0);
    for (size_t i = again.len; i < len; i++) REQUIRE(data[i] == 0);
    buf_free(&again);
    struct likeness likeness = likeness_of(&record.features, &record.features);
    REQUIRE(likeness.near && likeness.percent <= 100);
    return 0;
}
