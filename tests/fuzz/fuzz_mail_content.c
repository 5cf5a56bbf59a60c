/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as what a sealed message says: refused with a reason, or exactly the encoding of what
 * they give.
 */
#include <string.h>

#include <sodium.h>

#include "proto/mail/content.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
int LLVMFuzzerInitialize(int *argc, char ***argv);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return sodium_init() < 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct content content = {0};
    struct err err = {0};
    struct buf again = {0};
    if (!content_decode(data, len, &content, &err)) {
        REQUIRE((err.code == ERR_INVALID || err.code == ERR_VERSION) && err.text[0]);
        return 0;
    }
    content_encode(&content, &again);
    REQUIRE(again.len == len && memcmp(again.data, data, len) == 0);
    buf_free(&again);
    content_wipe(&content);
    return 0;
}
