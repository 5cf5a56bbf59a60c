/* SPDX-License-Identifier: Apache-2.0
 * identity.key: the armour and the readable part. Costs that Argon2id would take long for are only
 * inspected.
 */
#include <sodium.h>

#include "keys/armour.h"
#include "keys/key_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_text(const uint8_t *text, size_t len)
{
    struct key_file_header header;
    struct buf bytes = {0};
    struct err err;
    bool cheap = armour_read(ARMOUR_KEY, text, len, &bytes, &err) &&
                 key_file_inspect(bytes.data, bytes.len, &header, &err) &&
                 header.cost.operations == 1 && header.cost.memory <= KEY_COST_MEMORY_MIN * 2;
    buf_free(&bytes);
    if (!cheap) return;
    struct private_keys keys = {0};
    struct secret passphrase = secret_new(4);
    if (key_file_open(text, len, &passphrase, &keys, &err)) private_keys_free(&keys);
    secret_free(&passphrase);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf text = {0};
    REQUIRE(sodium_init() >= 0);
    try_text(data, size);
    if (size <= ARMOUR_FILE_MAX / 2) {
        armour_write(ARMOUR_KEY, data, size, &text);
        try_text(text.data, text.len);
    }
    buf_free(&text);
    return 0;
}
