/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/base/json_wipe.h"

#include <malloc.h>
#include <stdlib.h>

#include <jansson.h>
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
