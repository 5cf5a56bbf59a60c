/* SPDX-License-Identifier: Apache-2.0 */
#include "matcher/memory.h"

#include <malloc.h>

#include "proto/base/err.h"
#include "proto/base/sanitized.h"

enum {
    ARENAS = 4,
    /* Larger blocks, those of large replies, go back when they are freed; glibc would raise this by
       itself with the first of them, up to 32 MiB. */
    MAPPED_FROM = 1 << 20,
    IDLE_MS = 10000
};

void memory_settle(void)
{
    bool set = mallopt(M_ARENA_MAX, ARENAS) == 1 && mallopt(M_MMAP_THRESHOLD, MAPPED_FROM) == 1;
    REQUIRE(set || SANITIZED); /* AddressSanitizer's allocator has no such settings */
}

void memory_tick(struct memory_rest *rest, bool idle, int64_t now_ms)
{
    if (!idle) {
        *rest = (struct memory_rest){0};
    } else if (rest->idle_since_ms == 0) {
        rest->idle_since_ms = now_ms;
    } else if (!rest->given_back && now_ms >= rest->idle_since_ms + IDLE_MS) {
        rest->given_back = true;
        (void)malloc_trim(0);
    }
}
