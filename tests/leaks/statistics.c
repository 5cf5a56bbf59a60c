/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/leaks/statistics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/mem.h"

static int ascending(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

struct moments {
    double mean, variance;
    size_t count;
};

static struct moments moments_below(const int64_t *sorted, size_t count, int64_t cut)
{
    struct moments m = {0};
    double squares = 0;
    while (m.count < count && sorted[m.count] <= cut) m.mean += (double)sorted[m.count++];
    m.mean /= (double)m.count;
    for (size_t i = 0; i < m.count; i++) {
        squares += ((double)sorted[i] - m.mean) * ((double)sorted[i] - m.mean);
    }
    m.variance = squares / (double)(m.count - 1);
    return m;
}

struct comparison compare_times(int64_t *first, int64_t *second, size_t count, unsigned keep)
{
    int64_t *all = mem_array(2 * count, sizeof *all);
    memcpy(all, first, count * sizeof *all);
    memcpy(all + count, second, count * sizeof *all);
    qsort(all, 2 * count, sizeof *all, ascending);
    int64_t cut = all[2 * count * keep / 100 - 1];
    free(all);
    qsort(first, count, sizeof *first, ascending);
    qsort(second, count, sizeof *second, ascending);
    struct moments a = moments_below(first, count, cut), b = moments_below(second, count, cut);
    double error = sqrt(a.variance / (double)a.count + b.variance / (double)b.count);
    return (struct comparison){{a.mean, b.mean}, error > 0 ? (a.mean - b.mean) / error : 0};
}
