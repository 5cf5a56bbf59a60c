/* SPDX-License-Identifier: Apache-2.0
 * Entries of the ledger: the hash that is stored behind one is put right first, so that the decoder
 * before it is reached; what it accepts is exactly the encoding of what it gives.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/base/mem.h"
#include "proto/figures/ledger_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void decode(const uint8_t *data, size_t len)
{
    struct ledger_entry entry;
    uint8_t previous[HASH_BYTES];
    struct err err = {0};
    struct buf again = {0};
    if (!ledger_entry_decode(data, len, &entry, previous, &err)) {
        REQUIRE(err.code == ERR_CORRUPT && err.text[0] != '\0');
        return;
    }
    ledger_entry_encode(&entry, previous, &again);
    REQUIRE(again.len == len && memcmp(again.data, data, len) == 0);
    buf_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    decode(data, len);
    if (len < HASH_BYTES) return 0;
    uint8_t *fixed = mem_copy(data, len);
    hash_once(fixed + len - HASH_BYTES, "hearth v1 figures ledger", data, len - HASH_BYTES);
    decode(fixed, len);
    free(fixed);
    return 0;
}
