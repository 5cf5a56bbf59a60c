/* SPDX-License-Identifier: Apache-2.0
 * The revocation list, as text and as the bytes inside.
 */
#include <sodium.h>

#include "keys/armour.h"
#include "keys/revocations.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_bytes(const uint8_t *data, size_t size)
{
    struct revocations list = {0};
    struct err err;
    if (!revocations_decode(data, size, NULL, &list, &err)) return;
    for (size_t i = 0; i < list.count; i++) REQUIRE(revocations_contain(&list, list.serials[i]));
    REQUIRE(!revocations_contain(&list, 0));
    revocations_free(&list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf bytes = {0};
    struct err err;
    REQUIRE(sodium_init() >= 0);
    try_bytes(data, size);
    if (armour_read(ARMOUR_REVOCATIONS, data, size, &bytes, &err)) {
        try_bytes(bytes.data, bytes.len);
    }
    buf_free(&bytes);
    return 0;
}
