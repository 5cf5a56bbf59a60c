/* SPDX-License-Identifier: Apache-2.0
 * Baby steps and giant steps. The table holds jB for all -half <= j <= half; giant steps of
 * 2 half + 1 go outward from 0 to both sides, so that a small sum takes one look. A step costs an
 * encoding and little else; libdecaf has no cheaper form in which equal points look equal.
 */
#include <math.h>
#include <stdlib.h>

#include "proto/base/mem.h"
#include "proto/figures/contribution.h"

enum {
    HALF_MIN = 64,
    HALF_MAX = 1 << 20,
    /* Where every value is as far out as can be, steps cost 4 * AHEAD^2 times what the table does:
     * a table is always made, such sums only where somebody means harm. */
    AHEAD = 4,
    POINTS_A_TASK = 1024
};

/* Open addressing by one part of the encoding, told apart by another. */
struct place {
    uint32_t tag;
    uint32_t number; /* j + half + 1; 0 where empty */
};

struct sum_finder {
    uint64_t range;
    int64_t half, stride, steps; /* steps: giant ones to either side */
    struct point step;           /* stride * B */
    struct place *places;
    size_t mask; /* a power of two less 1, at least twice the points */
};

/* Eight bytes of the encoding that are as good as random: the lowest bit of all is always 0. */
static uint64_t fingerprint(const struct point *point)
{
    uint8_t encoding[POINT_BYTES];
    uint64_t bits = 0;
    point_encode(encoding, point);
    for (size_t i = 1; i <= 8; i++) bits = bits << 8 | encoding[i];
    return bits;
}

static void multiple(struct point *out, int64_t v)
{
    struct scalar scalar;
    scalar_from_int(&scalar, v);
    point_mul_base(out, &scalar);
}

struct table_work {
    int64_t half;
    uint64_t *fingerprints; /* of -half .. half */
};

static bool fingerprint_span(size_t first, size_t end, void *ctx, struct err *err)
{
    const struct table_work *work = ctx;
    struct point point, base;
    (void)err;
    point_base(&base);
    multiple(&point, (int64_t)first - work->half);
    for (size_t i = first; i < end; i++) {
        work->fingerprints[i] = fingerprint(&point);
        point_add(&point, &point, &base);
    }
    return true;
}

static void fill(struct sum_finder *finder, struct pool *pool)
{
    size_t count = (size_t)finder->stride;
    struct table_work work = {finder->half, mem_array(count, sizeof *work.fingerprints)};
    struct err err;
    REQUIRE(pool_each_span(pool, count, POINTS_A_TASK, fingerprint_span, &work, &err));
    for (size_t i = 0; i < count; i++) {
        size_t at = (size_t)work.fingerprints[i] & finder->mask;
        while (finder->places[at].number) at = (at + 1) & finder->mask;
        finder->places[at] =
            (struct place){(uint32_t)(work.fingerprints[i] >> 32), (uint32_t)(i + 1)};
    }
    free(work.fingerprints);
}

/* Table and steps cost the same where half = sqrt(expected * range) / 2. */
static int64_t half_for(uint64_t range, size_t expected)
{
    double best = sqrt((double)expected * (double)range) / 2 / AHEAD;
    int64_t half = best < HALF_MAX ? (int64_t)best : HALF_MAX;
    if (half < HALF_MIN) half = HALF_MIN;
    return half < (int64_t)range ? half : (int64_t)range;
}

struct sum_finder *sum_finder_new(uint64_t range, size_t expected, struct pool *pool)
{
    REQUIRE(range >= 1 && range <= UINT64_C(1) << 31);
    struct sum_finder *finder = mem_new(struct sum_finder);
    finder->range = range;
    finder->half = half_for(range, expected);
    finder->stride = 2 * finder->half + 1;
    finder->steps = ((int64_t)range - finder->half + finder->stride - 1) / finder->stride;
    multiple(&finder->step, finder->stride);
    size_t places = 2;
    while (places < 2 * (size_t)finder->stride) places *= 2;
    finder->mask = places - 1;
    finder->places = mem_array(places, sizeof *finder->places);
    fill(finder, pool);
    return finder;
}

void sum_finder_free(struct sum_finder *finder)
{
    if (!finder) return;
    free(finder->places);
    free(finder);
}

size_t sum_finder_points(const struct sum_finder *finder)
{
    return (size_t)finder->stride;
}

/* Is target = vB for a v that the table has about `centre`? step: target less centre * B. */
MUST_CHECK static bool look(const struct sum_finder *finder, const struct point *target,
                            const struct point *step, int64_t centre, int64_t *out)
{
    uint64_t bits = fingerprint(step);
    for (size_t at = (size_t)bits & finder->mask; finder->places[at].number;
         at = (at + 1) & finder->mask) {
        if (finder->places[at].tag != (uint32_t)(bits >> 32)) continue;
        int64_t v = centre + (int64_t)finder->places[at].number - 1 - finder->half;
        struct point check;
        if ((uint64_t)llabs(v) > finder->range) continue;
        multiple(&check, v);
        if (!point_equal(&check, target)) continue;
        *out = v;
        return true;
    }
    return false;
}

bool sum_find_var(const struct sum_finder *finder, const struct point *point, int64_t *out)
{
    struct point above = *point, below = *point;
    if (look(finder, point, point, 0, out)) return true;
    for (int64_t i = 1; i <= finder->steps; i++) {
        point_sub(&above, &above, &finder->step);
        point_add(&below, &below, &finder->step);
        if (look(finder, point, &above, i * finder->stride, out)) return true;
        if (look(finder, point, &below, -i * finder->stride, out)) return true;
    }
    return false;
}
