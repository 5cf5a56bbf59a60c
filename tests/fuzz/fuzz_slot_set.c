/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as frames of slot sets: refused with a reason, or exactly the frames of what they give.
 */
#include <string.h>

#include "proto/domain/profile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const struct catalogue *catalogue = catalogue_get(CATALOGUE_VERSION);
    struct reader reader = reader_of(data, len);
    struct slot_set set;
    struct err err = {0};
    while (reader.pos < reader.len) {
        size_t start = reader.pos;
        struct buf again = {0};
        if (!slot_set_unframe(&reader, catalogue, &set, &err)) {
            REQUIRE(err.code == ERR_INVALID && err.text[0] != '\0');
            return 0;
        }
        REQUIRE(set.cell < CELLS && set.count <= catalogue->slots);
        slot_set_frame(&set, &again);
        REQUIRE(again.len == reader.pos - start &&
                memcmp(again.data, data + start, again.len) == 0);
        buf_free(&again);
    }
    return 0;
}
