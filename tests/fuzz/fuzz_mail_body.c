/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as a sealed message: refused with a reason, or exactly the encoding of what they give.
 */
#include <string.h>

#include "proto/mail/mail.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct mail mail;
    const uint8_t *sealed = NULL;
    size_t sealed_len = 0;
    struct err err = {0};
    struct buf again = {0};
    if (!mail_decode(data, len, &mail, &sealed, &sealed_len, &err)) {
        REQUIRE(err.code == ERR_INVALID && err.text[0]);
        return 0;
    }
    mail_encode(&mail, sealed, sealed_len, &again);
    REQUIRE(again.len == len && memcmp(again.data, data, len) == 0);
    buf_free(&again);
    return 0;
}
