/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as a kept reply or a kept receipt, as they stand behind the seal: refused with a
 * reason, or exactly the encoding of what they give.
 */
#include <string.h>

#include "agent/replies_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void expect_same(const struct buf *again, const uint8_t *data, size_t len)
{
    REQUIRE(again->len == len && memcmp(again->data, data, len) == 0);
}

static void try_reply(const uint8_t *data, size_t len)
{
    struct reply_record record = {0};
    struct err err = {0};
    struct buf again = {0};
    if (!reply_record_decode(data, len, &record, &err)) {
        REQUIRE((err.code == ERR_CORRUPT || err.code == ERR_VERSION) && err.text[0] != '\0');
        return;
    }
    reply_record_encode(&record, &again);
    expect_same(&again, data, len);
    buf_free(&again);
    reply_record_wipe(&record);
}

static void try_receipt(const uint8_t *data, size_t len)
{
    struct signed_bytes receipt = {0};
    int64_t at_ms = 0;
    struct err err = {0};
    struct buf again = {0};
    if (!receipt_record_decode(data, len, &receipt, &at_ms, &err)) {
        REQUIRE(err.code == ERR_CORRUPT && err.text[0] != '\0');
        return;
    }
    receipt_record_encode(&receipt, at_ms, &again);
    expect_same(&again, data, len);
    buf_free(&again);
    signed_bytes_free(&receipt);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    try_reply(data, len);
    try_receipt(data, len);
    return 0;
}
