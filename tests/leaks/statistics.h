/* SPDX-License-Identifier: Apache-2.0
 * Whether two sets of measured times differ: Welch's t over what is left when the slowest, which
 * the machine's other work made slow, are cut off both at one common value.
 */
#ifndef HEARTH_TESTS_LEAKS_STATISTICS_H
#define HEARTH_TESTS_LEAKS_STATISTICS_H

#include <stddef.h>
#include <stdint.h>

/* Beyond it two sets count as different; by chance that happens once in 100,000 times. */
#define T_DIFFERENT 4.5

/* In nanoseconds; `count` each. Both are sorted. The percentile above which both are cut is the
 * one of `keep` percent of all together. */
struct comparison {
    double mean[2], t;
};
struct comparison compare_times(int64_t *first, int64_t *second, size_t count, unsigned keep);

#endif
