/* SPDX-License-Identifier: Apache-2.0
 * No branch and no address depends on a secret. Secrets are marked undefined and the code runs
 * under valgrind, which reports whatever decides by them. The program starts itself again under
 * valgrind; where there is none, or under sanitizers, it says so and tests nothing. The few reports
 * that are none stand in constant_time.supp, with the reason for each.
 *
 * A test includes this first and stands within #ifndef NOT_HERE.
 */
#ifndef HEARTH_TEST_CONSTANT_TIME_H
#define HEARTH_TEST_CONSTANT_TIME_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define NOT_HERE "sanitizers and valgrind exclude each other"
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define NOT_HERE "sanitizers and valgrind exclude each other"
#endif
#endif
#if !defined(NOT_HERE) && !__has_include(<valgrind/memcheck.h>)
#define NOT_HERE "valgrind's headers were not there when this was built"
#endif

#ifdef NOT_HERE
/* The whole program, then. */
int main(void)
{
    puts("skipped: " NOT_HERE);
    return 0;
}
#else

#include <sodium.h>
#include <valgrind/memcheck.h>

#include "tests/unit/proto/crypto/check_hex.h"

static inline void secret(void *data, size_t len)
{
    (void)VALGRIND_MAKE_MEM_UNDEFINED(data, len);
}

static inline void publish(void *data, size_t len)
{
    (void)VALGRIND_MAKE_MEM_DEFINED(data, len);
}

/* What was reported since the last call. */
static inline unsigned reports(void)
{
    static unsigned seen;
    unsigned all = (unsigned)VALGRIND_COUNT_ERRORS, fresh = all - seen;
    seen = all;
    return fresh;
}

/* True under valgrind. Otherwise starts the program again there; false where there is none. */
static inline bool constant_time_start(char **argv)
{
    REQUIRE(sodium_init() >= 0);
    if (RUNNING_ON_VALGRIND) return true;
    (void)execlp("valgrind", "valgrind", "--quiet",
                 "--suppressions=tests/unit/proto/crypto/constant_time.supp", argv[0],
                 (char *)NULL);
    puts("skipped: valgrind is not installed");
    return false;
}

#endif
#endif
