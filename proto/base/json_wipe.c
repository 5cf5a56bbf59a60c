/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/base/json_wipe.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

static void wipe_and_free(void *block)
{
    if (!block) return;
    sodium_memzero(block, malloc_usable_size(block));
    free(block);
}

void json_wipe_setup(void)
{
    json_set_alloc_funcs(malloc, wipe_and_free);
}

void json_append(const json_t *object, size_t flags, struct buf *out)
{
    char *text = json_dumps(object, flags);
    REQUIRE(text != NULL);
    buf_text(out, text);
    sodium_memzero(text, strlen(text));
    free(text);
}
