/* SPDX-License-Identifier: Apache-2.0
 * The sampler's table, in exact integers (tests/vectors/make_noise.py says the same another way):
 *
 *   P       = ceil(2^64 exp(-epsilon / (10^6 sensitivity))): p = P/2^64 is never below what was
 *             asked for, so there is never less noise
 *   w[0]    = 2^256
 *   w[k+1]  = floor(w[k] * P * (k * shares + 1) / (2^64 * (k+1) * shares)), down to the first zero
 *   c[k]    = floor(2^128 * (w[0] + ... + w[k]) / sum of all w)
 *
 * and the entries are c[0], c[1], ... as long as they are below 2^128 - 1. w[k] / w[0] is
 * p^k Gamma(k+r) / (Gamma(r) k!), the negative binomial but for its factor (1-p)^r. Each rounding
 * of a weight loses less than one unit, of which later weights lose less still: with at most 2^17
 * weights all of them together lose less than 2^34 * 2^-256 of the sum. So a draw differs from the
 * negative binomial with p by the rounding of the entries alone, by less than
 * (entries + 2) * 2^-128 in statistical distance.
 */
#include <openssl/bn.h>
#include <stdlib.h>

#include "proto/base/mem.h"
#include "proto/figures/noise_internal.h"

enum {
    FRACTION_BITS = 256, /* of the exponential */
    WEIGHT_BITS = 256,
    ENTRY_BITS = 128,
    P_BITS = 64,
    SENSITIVITY_MAX = 255,
    EPSILON_MAX = 10 * EPSILON_ONE,
    /* Where a weight is left after so many, p^STEPS_MAX is above 2^-256, so that the weight at
     * NOISE_ENTRIES_MAX is above 2^-64 * 2^-15 / 4096 of the first, and the table too long. */
    STEPS_MAX = 4 * NOISE_ENTRIES_MAX
};

/* ---- what of BN is needed; it fails for want of memory alone ---- */
static BIGNUM *number_new(BN_ULONG value)
{
    BIGNUM *number = BN_new();
    REQUIRE(number != NULL && BN_set_word(number, value) == 1);
    return number;
}

static BIGNUM *power_of_two(int bits)
{
    BIGNUM *number = number_new(0);
    REQUIRE(BN_set_bit(number, bits) == 1);
    return number;
}

static void add(BIGNUM *to, const BIGNUM *more)
{
    REQUIRE(BN_add(to, to, more) == 1);
}

static void multiply(BIGNUM *number, BN_ULONG factor)
{
    REQUIRE(BN_mul_word(number, factor) == 1);
}

static void divide(BIGNUM *number, BN_ULONG divisor)
{
    REQUIRE(BN_div_word(number, divisor) != (BN_ULONG)-1);
}

static void shift_down(BIGNUM *number, int bits)
{
    REQUIRE(BN_rshift(number, number, bits) == 1);
}

/* ---- the exponential ---- */

/* 2^FRACTION_BITS * exp(x), x = epsilon / (10^6 sensitivity), by the sum of x^k / k!, each term
 * rounded down from the one before. The result is too low, by less than 2^24: a unit lost in one
 * term is worth less than exp(x) < 2^15 units in all later ones, and within 2^9 terms they are
 * zero. */
static BIGNUM *exponential_below(const struct noise_spec *spec)
{
    BIGNUM *sum = number_new(0), *term = power_of_two(FRACTION_BITS);
    for (BN_ULONG k = 1; !BN_is_zero(term); k++) {
        REQUIRE(k < 1 << 9);
        add(sum, term);
        multiply(term, spec->epsilon);
        divide(term, (BN_ULONG)EPSILON_ONE * spec->sensitivity);
        divide(term, k);
    }
    BN_free(term);
    return sum;
}

/* floor(2^64 / (number / 2^FRACTION_BITS)). */
static BIGNUM *reciprocal(const BIGNUM *number, BN_CTX *ctx)
{
    BIGNUM *out = number_new(0), *one = power_of_two(P_BITS + FRACTION_BITS);
    REQUIRE(BN_div(out, NULL, one, number, ctx) == 1);
    BN_free(one);
    return out;
}

/* P. exp(x) is irrational, so both ends of where it lies give the same P, but for a chance of one
 * in 2^150. */
static BIGNUM *probability(const struct noise_spec *spec, BN_CTX *ctx)
{
    BIGNUM *below = exponential_below(spec), *error = power_of_two(24);
    BIGNUM *high = reciprocal(below, ctx);
    add(below, error);
    BIGNUM *low = reciprocal(below, ctx);
    REQUIRE(BN_cmp(high, low) == 0);
    REQUIRE(BN_add_word(high, 1) == 1);
    BN_free(below);
    BN_free(error);
    BN_free(low);
    return high;
}

/* ---- weights and entries ---- */
struct work {
    const struct noise_spec *spec;
    BN_CTX *ctx;
    BIGNUM *p, *weight, *total;
};

static void work_start(struct work *work, const struct noise_spec *spec)
{
    work->spec = spec;
    work->ctx = BN_CTX_new();
    REQUIRE(work->ctx != NULL);
    work->p = probability(spec, work->ctx);
    work->weight = number_new(0);
    work->total = number_new(0);
}

static void work_end(struct work *work)
{
    BN_free(work->p);
    BN_free(work->weight);
    BN_free(work->total);
    BN_CTX_free(work->ctx);
}

static void first_weight(struct work *work)
{
    BN_zero(work->weight);
    REQUIRE(BN_set_bit(work->weight, WEIGHT_BITS) == 1);
}

/* From w[k] to w[k+1]. Dividing in steps rounds as dividing once does. */
static void next_weight(struct work *work, uint32_t k)
{
    REQUIRE(BN_mul(work->weight, work->weight, work->p, work->ctx) == 1);
    multiply(work->weight, (BN_ULONG)k * work->spec->shares + 1);
    shift_down(work->weight, P_BITS);
    divide(work->weight, (BN_ULONG)(k + 1) * work->spec->shares);
}

/* False where the weights do not end in time. */
MUST_CHECK static bool add_weights(struct work *work)
{
    first_weight(work);
    for (uint32_t k = 0; !BN_is_zero(work->weight); k++) {
        if (k == STEPS_MAX) return false;
        add(work->total, work->weight);
        next_weight(work, k);
    }
    return true;
}

/* floor(2^128 * sum / total); false where it is 2^128 - 1 or more. */
MUST_CHECK static bool entry_of(struct work *work, const BIGNUM *sum, struct noise_entry *out)
{
    uint8_t bytes[ENTRY_BITS / 8 + 1];
    BIGNUM *quotient = number_new(0);
    REQUIRE(BN_lshift(quotient, sum, ENTRY_BITS) == 1);
    REQUIRE(BN_div(quotient, NULL, quotient, work->total, work->ctx) == 1);
    REQUIRE(BN_bn2binpad(quotient, bytes, sizeof bytes) == sizeof bytes);
    BN_free(quotient);
    *out = (struct noise_entry){0};
    for (size_t i = 0; i < 8; i++) {
        out->high = out->high << 8 | bytes[1 + i];
        out->low = out->low << 8 | bytes[9 + i];
    }
    return bytes[0] == 0 && !(out->high == UINT64_MAX && out->low == UINT64_MAX);
}

/* False where there would be more than NOISE_ENTRIES_MAX. */
MUST_CHECK static bool make_entries(struct work *work, struct noise_table *table)
{
    if (!add_weights(work)) return false;
    BIGNUM *sum = number_new(0);
    struct noise_entry entry;
    bool fits = true;
    first_weight(work);
    for (uint32_t k = 0; fits; k++) {
        add(sum, work->weight);
        if (!entry_of(work, sum, &entry)) break;
        fits = k < NOISE_ENTRIES_MAX;
        if (fits) table->entries[table->count++] = entry;
        next_weight(work, k);
    }
    BN_free(sum);
    return fits;
}

MUST_CHECK static bool check_spec(const struct noise_spec *spec, struct err *err)
{
    if (spec->shares < 2 || spec->shares > NOISE_SHARES_MAX) {
        return err_set(err, ERR_INVALID, "shares", "%u; must be 2 to %d", spec->shares,
                       NOISE_SHARES_MAX);
    }
    if (spec->epsilon < 1 || spec->epsilon > EPSILON_MAX) {
        return err_set(err, ERR_INVALID, "epsilon", "%u millionths; must be 1 to %d", spec->epsilon,
                       EPSILON_MAX);
    }
    if (spec->sensitivity < 1 || spec->sensitivity > SENSITIVITY_MAX) {
        return err_set(err, ERR_INVALID, "sensitivity", "%u; must be 1 to %d", spec->sensitivity,
                       SENSITIVITY_MAX);
    }
    return true;
}

bool noise_table_build(const struct noise_spec *spec, struct noise_table **out, struct err *err)
{
    if (!check_spec(spec, err)) return false;
    struct noise_table *table = mem_new(struct noise_table);
    struct work work;
    table->spec = *spec;
    table->entries = mem_array(NOISE_ENTRIES_MAX, sizeof *table->entries);
    work_start(&work, spec);
    bool ok = make_entries(&work, table);
    work_end(&work);
    if (!ok) {
        noise_table_free(table);
        return err_set(err, ERR_INVALID, "epsilon",
                       "%u millionths for a sensitivity of %u; the noise would not fit the sampler",
                       spec->epsilon, spec->sensitivity);
    }
    table->entries = mem_resize(table->entries, table->count, sizeof *table->entries);
    *out = table;
    return true;
}

void noise_table_free(struct noise_table *table)
{
    if (!table) return;
    free(table->entries);
    free(table);
}
