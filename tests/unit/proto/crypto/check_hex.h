/* SPDX-License-Identifier: Apache-2.0
 * Comparing bytes with vectors that are written in hex.
 */
#ifndef HEARTH_TEST_CHECK_HEX_H
#define HEARTH_TEST_CHECK_HEX_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "proto/base/mem.h"
#include "proto/base/text.h"

/* data must be the bytes that `hex` spells, all of them. */
static inline void assert_hex(const void *data, size_t len, const char *hex)
{
    char *actual = mem_array(2 * len + 1, 1);
    assert_string_equal(text_hex(data, len, actual), hex);
    free(actual);
}

#endif
