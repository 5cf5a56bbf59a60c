/* SPDX-License-Identifier: Apache-2.0 */
#include "matcher/memory.h"

#include <malloc.h>

#include "proto/base/err.h"
#include "proto/base/sanitized.h"

enum {
    ARENAS = 4,
    /* Larger blocks, those of large replies, go back when they are freed; glibc would raise this by
     * itself with the first of them, up to 32 MiB. */
    MAPPED_FROM = 1 << 20,
    GIVE_BACK_MS = 60000
};

void memory_settle(void)
{
    bool set = mallopt(M_ARENA_MAX, ARENAS) == 1 && mallopt(M_MMAP_THRESHOLD, MAPPED_FROM) == 1;
    REQUIRE(set || SANITIZED); /* AddressSanitizer's allocator has no such settings */
}

void memory_tick(struct memory_use *use, bool searching, int64_t now_ms)
{
    if (searching) use->used = true;
    if (!use->used || now_ms < use->given_back_ms + GIVE_BACK_MS) return;
    use->given_back_ms = now_ms;
    use->used = searching;
    (void)malloc_trim(0);
}
