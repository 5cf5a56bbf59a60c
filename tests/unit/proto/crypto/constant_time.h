/* SPDX-License-Identifier: Apache-2.0
 * No branch and no address depends on a secret. Secrets are marked undefined and the code runs
 * under valgrind, which reports whatever decides by them. What is tested is what the programs are
 * made of: the same archives, as the compiler left them. The program starts itself again under
 * valgrind and fails where there is none. Two asserts of libdecaf are suppressed
 * (constant_time.supp); everything else that may be decided by is declassified in the code itself
 * (proto/base/declassify.h).
 *
 * A test includes this first. The Makefile leaves these tests out where a sanitizer is built in.
 */
#ifndef HEARTH_TEST_CONSTANT_TIME_H
#define HEARTH_TEST_CONSTANT_TIME_H

#if !defined(__OPTIMIZE__) && !defined(__clang_analyzer__)
#error "without optimisation this tests other code than the programs are made of"
#endif

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>
#include <valgrind/memcheck.h>

#include "proto/base/declassify.h"
#include "tests/unit/proto/crypto/check_hex.h"

#define SUPPRESSIONS "tests/unit/proto/crypto/constant_time.supp"

static inline void secret(void *data, size_t len)
{
    (void)VALGRIND_MAKE_MEM_UNDEFINED(data, len);
}

static inline void publish(const void *data, size_t len)
{
    (void)VALGRIND_MAKE_MEM_DEFINED(data, len);
}

/* In the place of the one that does nothing. */
void declassify(const void *data, size_t len)
{
    publish(data, len);
}

/* libsodium compares the tag of what it decrypts, without a branch, and then decides by the
 * outcome: whether it opens is no secret. In the place of libsodium's own, which it calls by name.
 */
int crypto_verify_16(const unsigned char *a, const unsigned char *b)
{
    int outcome = sodium_memcmp(a, b, 16);
    publish(&outcome, sizeof outcome);
    return outcome;
}

/* libdecaf asserts that what it has decoded is on the curve or was refused, which always holds. In
 * the place of the function that it asks. */
uint64_t decaf_255_point_valid(const void *point);
uint64_t decaf_255_point_valid(const void *point)
{
    (void)point;
    return UINT64_MAX;
}

/* What was reported since the last call. */
static inline unsigned reports(void)
{
    static unsigned seen;
    unsigned all = (unsigned)VALGRIND_COUNT_ERRORS, fresh = all - seen;
    seen = all;
    return fresh;
}

/* ---- random bytes that are secret from the start ---- */

static inline const char *secret_random_name(void)
{
    return "secret";
}
static inline void secret_random_bytes(void *const out, const size_t len)
{
    uint8_t *bytes = out;
    static uint64_t drawn;
    for (size_t at = 0; at < len; at += crypto_generichash_BYTES_MAX) {
        uint8_t block[crypto_generichash_BYTES_MAX];
        drawn++;
        (void)crypto_generichash(block, sizeof block, (const uint8_t *)&drawn, sizeof drawn, NULL,
                                 0);
        memcpy(bytes + at, block, len - at < sizeof block ? len - at : sizeof block);
    }
    secret(out, len);
}
static inline uint32_t secret_random_word(void)
{
    uint32_t word = 0;
    secret_random_bytes(&word, sizeof word);
    return word;
}

/* From here on whatever the code under test draws is marked. (The numbers count up: a test.) */
static inline void secrets_are_drawn(void)
{
    static struct randombytes_implementation marked;
    marked.implementation_name = secret_random_name;
    marked.random = secret_random_word;
    marked.buf = secret_random_bytes;
    REQUIRE(randombytes_set_implementation(&marked) == 0);
}

static inline void secrets_are_drawn_no_more(void)
{
    REQUIRE(randombytes_set_implementation(&randombytes_sysrandom_implementation) == 0);
}

/* Runs the tests under valgrind; the exit status of the program. */
#define constant_time_run(argv, tests)                                                             \
    (constant_time_start(argv) ? cmocka_run_group_tests(tests, NULL, NULL) : 1)

/* True under valgrind. Otherwise starts the program again there; false where there is none. */
static inline bool constant_time_start(char **argv)
{
    REQUIRE(sodium_init() >= 0);
    if (RUNNING_ON_VALGRIND) return true;
    (void)execlp("valgrind", "valgrind", "--quiet", "--error-limit=no",
                 "--suppressions=" SUPPRESSIONS, argv[0], (char *)NULL);
    puts("valgrind could not be started: make deps installs it");
    return false;
}

#endif
