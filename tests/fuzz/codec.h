/* SPDX-License-Identifier: Apache-2.0
 * Fuzzes a codec: any bytes are refused with a reason, or are exactly what their fields encode to.
 */
#ifndef TESTS_FUZZ_CODEC_H
#define TESTS_FUZZ_CODEC_H

#include <string.h>

#include "proto/crypto/message.h"

/* What libFuzzer calls for every input. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* name_decode and name_encode are the codec; release frees what was decoded. */
#define FUZZ_CODEC(name, release)                                                                  \
    int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)                                    \
    {                                                                                              \
        static struct name value; /* some are large */                                             \
        struct err err = {0};                                                                      \
        if (!name##_decode(data, len, &value, &err)) {                                             \
            REQUIRE(err.code == ERR_INVALID && err.text[0] != '\0');                               \
            return 0;                                                                              \
        }                                                                                          \
        struct buf again = {0};                                                                    \
        name##_encode(&value, &again);                                                             \
        REQUIRE(again.len == len && memcmp(again.data, data, len) == 0);                           \
        buf_free(&again);                                                                          \
        release(&value);                                                                           \
        return 0;                                                                                  \
    }

static inline void nothing_to_free(void *value)
{
    (void)value;
}

#endif
