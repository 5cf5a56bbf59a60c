/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/costs.h"

#include <stdio.h>
#include <stdlib.h>

#include "proto/base/clock.h"
#include "proto/base/mem.h"
#include "proto/crypto/group.h"

static const char *const NAMES[PRIMITIVES] = {
    "decode",  "encode", "multiplication", "multiplication by a table", "multiplication of B",
    "addition"};
/* So many a measurement that each takes about a millisecond and a half. */
static const unsigned REPEATS[PRIMITIVES] = {300, 300, 40, 100, 100, 10000};

struct costs {
    struct point point;
    struct point_table *table;
    struct scalar scalar;
    double *samples[PRIMITIVES];
    size_t count;
};

struct costs *costs_new(void)
{
    struct costs *costs = mem_new(struct costs);
    scalar_random(&costs->scalar);
    point_mul_base(&costs->point, &costs->scalar);
    costs->table = point_table_new(&costs->point);
    return costs;
}

void costs_free(struct costs *costs)
{
    for (int i = 0; i < PRIMITIVES; i++) free(costs->samples[i]);
    point_table_free(costs->table);
    free(costs);
}

static void run_primitive(struct costs *costs, enum primitive which, uint8_t bytes[POINT_BYTES])
{
    struct point *point = &costs->point;
    switch (which) {
    case DECODE: REQUIRE(point_decode(point, bytes)); break;
    case ENCODE: point_encode(bytes, point); break;
    case MUL: point_mul(point, point, &costs->scalar); break;
    case MUL_TABLE: point_mul_table(point, costs->table, &costs->scalar); break;
    case MUL_BASE: point_mul_base(point, &costs->scalar); break;
    case ADD: point_add(point, point, point); break;
    case PRIMITIVES: break;
    }
}

static struct counts measure(struct costs *costs)
{
    struct counts cost;
    uint8_t bytes[POINT_BYTES];
    point_encode(bytes, &costs->point);
    for (int i = 0; i < PRIMITIVES; i++) {
        int64_t start = clock_cpu_us();
        for (unsigned n = 0; n < REPEATS[i]; n++) run_primitive(costs, (enum primitive)i, bytes);
        cost.of[i] = (double)(clock_cpu_us() - start) / REPEATS[i];
        costs->samples[i] =
            mem_resize(costs->samples[i], costs->count + 1, sizeof *costs->samples[i]);
        costs->samples[i][costs->count] = cost.of[i];
    }
    costs->count++;
    return cost;
}

static double price(const struct counts *counts, const struct counts *before,
                    const struct counts *after)
{
    double sum = 0;
    for (int i = 0; i < PRIMITIVES; i++) sum += counts->of[i] * (before->of[i] + after->of[i]) / 2;
    return sum;
}

static void push(double **samples, size_t count, double value)
{
    *samples = mem_resize(*samples, count + 1, sizeof **samples);
    (*samples)[count] = value;
}

void costs_sample(struct costs *costs, struct line *line, size_t items, void (*work)(void *ctx),
                  void *ctx)
{
    struct counts before = measure(costs);
    int64_t start = clock_cpu_us();
    work(ctx);
    double used = (double)(clock_cpu_us() - start);
    struct counts after = measure(costs);
    double extra = price(&line->once, &before, &after);
    double reference = price(&line->item, &before, &after);
    double each = (used - extra) / (double)items;
    push(&line->measured, line->samples, used / (double)items);
    push(&line->reference, line->samples, reference + extra / (double)items);
    push(&line->ratio, line->samples, reference > 0 ? each / reference : 0);
    line->samples++;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *samples, size_t count)
{
    REQUIRE(count > 0);
    qsort(samples, count, sizeof *samples, ascending);
    return (samples[(count - 1) / 2] + samples[count / 2]) / 2;
}

void costs_print(const struct costs *costs)
{
    puts("primitive operations, medians of all rounds");
    for (int i = 0; i < PRIMITIVES; i++)
        printf("  %-28s %8.2f us\n", NAMES[i], median(costs->samples[i], costs->count));
}

void costs_measure(struct costs *costs)
{
    (void)measure(costs);
}

void costs_print_json(const struct costs *costs)
{
    static const char *const keys[PRIMITIVES] = {"decode",    "encode",   "mul",
                                                 "mul_table", "mul_base", "add"};
    for (int i = 0; i < PRIMITIVES; i++) {
        printf("%s\"%s\":%.3f", i ? "," : "{", keys[i], median(costs->samples[i], costs->count));
    }
    puts("}");
}

void line_print_head(void)
{
    printf("%-44s %10s %10s %7s %7s\n", "", "us an item", "primitives", "ratio", "bar");
}

bool line_print(struct line *line)
{
    bool judged = line->bar > 0;
    double ratio = median(line->ratio, line->samples);
    bool passed = !judged || ratio <= line->bar;
    printf("%-44s %10.1f", line->name, median(line->measured, line->samples));
    if (judged) {
        printf(" %10.1f %7.2f %7.2f  %s", median(line->reference, line->samples), ratio, line->bar,
               passed ? "ok" : "FAIL");
    }
    putchar('\n');
    free(line->measured);
    free(line->reference);
    free(line->ratio);
    return passed;
}
