/* SPDX-License-Identifier: Apache-2.0
 * Random bytes are the same in every run, so that what breaks a target breaks it again.
 */
#include <stdatomic.h>
#include <string.h>

#include <sodium.h>

#include "tests/fuzz/played/played.h"

static const char *name(void)
{
    return "played";
}

/* SplitMix64 of a counter. */
static uint64_t next(void)
{
    static _Atomic uint64_t count;
    uint64_t z = 0x9e3779b97f4a7c15U * (atomic_fetch_add(&count, 1) + 1);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

static uint32_t random_word(void)
{
    return (uint32_t)next();
}

static void fill(void *const out, const size_t len)
{
    for (size_t at = 0; at < len; at += sizeof(uint64_t)) {
        uint64_t word = next();
        size_t left = len - at;
        memcpy((uint8_t *)out + at, &word, left < sizeof word ? left : sizeof word);
    }
}

/* Before sodium_init, which would ask the kernel. */
__attribute__((constructor)) static void choose(void)
{
    static randombytes_implementation played = {
        .implementation_name = name, .random = random_word, .buf = fill};
    REQUIRE(randombytes_set_implementation(&played) == 0);
}
