/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/base/mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/err.h"

void *mem_array(size_t count, size_t size)
{
    void *block = calloc(count ? count : 1, size ? size : 1);
    REQUIRE(block != NULL);
    return block;
}

void *mem_resize(void *array, size_t count, size_t size)
{
    REQUIRE(size > 0 && count <= SIZE_MAX / size);
    void *block = realloc(array, count ? count * size : 1);
    REQUIRE(block != NULL);
    return block;
}

void *mem_copy(const void *data, size_t len)
{
    void *block = mem_array(len, 1);
    if (len > 0) memcpy(block, data, len);
    return block;
}

char *mem_string(const char *text)
{
    return mem_copy(text, strlen(text) + 1);
}

char *mem_format(const char *fmt, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, fmt);
    int len = vasprintf(&text, fmt, args);
    va_end(args);
    REQUIRE(len >= 0);
    return text;
}
