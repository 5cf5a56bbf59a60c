/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as a kept decision and as a kept outcome: refused with a reason, or exactly the
 * encoding of what they give, but for zeros behind it.
 */
#include <string.h>

#include "client/decision.h"
#include "client/outcome.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void compare(const struct buf *again, const uint8_t *data, size_t len)
{
    REQUIRE(again->len <= len && memcmp(again->data, data, again->len) == 0);
    for (size_t i = again->len; i < len; i++) REQUIRE(data[i] == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct decision decision;
    static struct outcome outcome;
    struct err err = {0};
    struct buf again = {0};
    if (decision_decode(data, len, &decision, &err)) {
        decision_encode(&decision, &again);
        compare(&again, data, len);
    } else {
        REQUIRE((err.code == ERR_CORRUPT || err.code == ERR_VERSION) && err.text[0] != '\0');
    }
    buf_free(&again);
    if (outcome_decode(data, len, &outcome, &err)) {
        outcome_encode(&outcome, &again);
        compare(&again, data, len);
    } else {
        REQUIRE((err.code == ERR_CORRUPT || err.code == ERR_VERSION) && err.text[0] != '\0');
    }
    buf_free(&again);
    return 0;
}
