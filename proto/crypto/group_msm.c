/* SPDX-License-Identifier: Apache-2.0
 * Multi-scalar multiplication by the bucket method (Pippenger), with signed digits so that half the
 * buckets are enough: subtracting a point costs what adding one does.
 */
#include <stdlib.h>

#include "proto/base/mem.h"
#include "proto/crypto/group.h"

enum {
    COEFFICIENT_BITS = 8 * MSM_COEFFICIENT_BYTES,
    WIDTH_MAX = 12,
    /* Longer sums are taken in parts of this many terms: points and buckets stay near the cache and
     * the memory is bounded, while the buckets' share of the work is down to an eighth. */
    PART_MAX = 1 << 15
};

/* Digits per coefficient; one spare bit for the last carry. */
static unsigned digit_count(unsigned width)
{
    return COEFFICIENT_BITS / width + 1;
}

static size_t bucket_count(unsigned width)
{
    return (size_t)1 << (width - 1);
}

/* The width with the fewest additions: one a term and two a bucket, for each digit. */
static unsigned best_width(size_t count)
{
    unsigned best = 1;
    size_t best_cost = SIZE_MAX;
    for (unsigned width = 1; width <= WIDTH_MAX; width++) {
        size_t cost = digit_count(width) * (count + 2 * bucket_count(width));
        if (cost < best_cost) {
            best = width;
            best_cost = cost;
        }
    }
    return best;
}

/* `width` bits from bit `from` on, zeros beyond the end: with up to 12 bits they lie in three
 * bytes. */
static unsigned coefficient_bits(const uint8_t *coefficient, unsigned from, unsigned width)
{
    unsigned bits = 0;
    for (unsigned i = 0; i < 3 && from / 8 + i < MSM_COEFFICIENT_BYTES; i++)
        bits |= (unsigned)coefficient[from / 8 + i] << (8 * i);
    return bits >> from % 8 & ((1U << width) - 1);
}

/* Digits in -2^(width-1) .. 2^(width-1), least significant first, `stride` apart. */
static void recode(int16_t *digits, size_t stride, const uint8_t *coefficient, unsigned width)
{
    int carry = 0;
    for (unsigned i = 0; i < digit_count(width); i++) {
        int digit = (int)coefficient_bits(coefficient, i * width, width) + carry;
        carry = digit > (1 << (width - 1));
        if (carry) digit -= 1 << width;
        digits[i * stride] = (int16_t)digit;
    }
    REQUIRE(carry == 0);
}

/* out = sum of digits[i] * points[i]. Bucket b collects the points of digit b + 1; the running sum
 * from the highest bucket down counts each bucket as often as its digit says. */
static void sum_digit(struct point *out, struct point *buckets, unsigned width,
                      const struct point *points, const int16_t *digits, size_t count)
{
    for (size_t b = 0; b < bucket_count(width); b++) point_identity(&buckets[b]);
    for (size_t i = 0; i < count; i++) {
        if (digits[i] > 0)
            point_add(&buckets[digits[i] - 1], &buckets[digits[i] - 1], &points[i]);
        else if (digits[i] < 0)
            point_sub(&buckets[-digits[i] - 1], &buckets[-digits[i] - 1], &points[i]);
    }
    struct point running;
    point_identity(&running);
    point_identity(out);
    for (size_t b = bucket_count(width); b-- > 0;) {
        point_add(&running, &running, &buckets[b]);
        point_add(out, out, &running);
    }
}

static void sum_part(struct point *out, const struct point *points, const uint8_t *coefficients,
                     size_t count)
{
    unsigned width = best_width(count);
    int16_t *digits = mem_array(count * digit_count(width), sizeof *digits);
    struct point *buckets = mem_array(bucket_count(width), sizeof *buckets);
    for (size_t i = 0; i < count; i++)
        recode(&digits[i], count, coefficients + i * MSM_COEFFICIENT_BYTES, width);

    point_identity(out);
    for (unsigned d = digit_count(width); d-- > 0;) {
        struct point sum;
        for (unsigned i = 0; i < width; i++) point_add(out, out, out);
        sum_digit(&sum, buckets, width, points, digits + d * count, count);
        point_add(out, out, &sum);
    }
    free(buckets);
    free(digits);
}

void point_msm_var(struct point *out, const struct point *points, const uint8_t *coefficients,
                   size_t count)
{
    struct point total;
    point_identity(&total);
    for (size_t done = 0; done < count;) {
        size_t part = count - done < PART_MAX ? count - done : PART_MAX;
        struct point sum;
        sum_part(&sum, points + done, coefficients + done * MSM_COEFFICIENT_BYTES, part);
        point_add(&total, &total, &sum);
        done += part;
    }
    *out = total;
}
