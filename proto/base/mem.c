/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/base/mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/err.h"

/* What the widest type of the project asks for: points and scalars (proto/crypto/group.h). */
enum { MEM_ALIGNMENT = 32 };

void *mem_array(size_t count, size_t size)
{
    REQUIRE(size == 0 || count <= (SIZE_MAX - MEM_ALIGNMENT) / size);
    size_t bytes = count * size;
    size_t rounded = (bytes ? bytes : 1) + MEM_ALIGNMENT - 1;
    rounded -= rounded % MEM_ALIGNMENT;
    void *block = aligned_alloc(MEM_ALIGNMENT, rounded);
    REQUIRE(block != NULL);
    memset(block, 0, rounded);
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
