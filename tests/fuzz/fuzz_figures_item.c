/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as what a contributor keeps of a hub and of a contribution: refused with a reason, or
 * exactly the encoding of what they give.
 */
#include <string.h>

#include "proto/figures/contributor_form.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void compare(struct buf *again, const uint8_t *data, size_t len)
{
    REQUIRE(again->len == len && memcmp(again->data, data, len) == 0);
    buf_free(again);
}

static void refused(const struct err *err)
{
    REQUIRE((err->code == ERR_CORRUPT || err->code == ERR_VERSION) && err->text[0] != '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct kept_hub hub;
    struct kept_item item;
    struct err err = {0};
    struct buf again = {0};
    if (kept_hub_decode(data, len, &hub, &err)) {
        kept_hub_encode(&hub, &again);
        compare(&again, data, len);
    } else {
        refused(&err);
    }
    if (kept_item_decode(data, len, &item, &err)) {
        kept_item_encode(&item, &again);
        compare(&again, data, len);
    } else {
        refused(&err);
    }
    return 0;
}
