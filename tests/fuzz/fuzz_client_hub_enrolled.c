/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as enrolled.csv: refused with a reason, or parties in order, which are written and read
 * again the same.
 */
#include <string.h>

#include "client/hub/enrolled.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct enrolled enrolled = {0}, again = {0};
    struct buf text = {0}, twice = {0};
    struct err err = {0};
    if (!enrolled_parse(data, len, &enrolled, &err)) {
        REQUIRE(err.code == ERR_INVALID || err.code == ERR_BUDGET);
        REQUIRE(err.text[0] != '\0' && enrolled.count == 0);
        return 0;
    }
    for (size_t i = 0; i < enrolled.count; i++) {
        const struct enrolled_party *party = &enrolled.parties[i];
        REQUIRE(enrolled_find(&enrolled, party->role, party->id) == party);
    }
    enrolled_csv(&enrolled, &text);
    REQUIRE(enrolled_parse(text.data, text.len, &again, &err));
    enrolled_csv(&again, &twice);
    REQUIRE(twice.len == text.len && memcmp(twice.data, text.data, text.len) == 0);
    enrolled_free(&enrolled);
    enrolled_free(&again);
    buf_free(&text);
    buf_free(&twice);
    return 0;
}
