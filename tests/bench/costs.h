/* SPDX-License-Identifier: Apache-2.0
 * Costs measured against the primitive operations of the group. Work and primitives are measured in
 * turn, in CPU time, and what counts is the median of the ratios of neighbours: a machine that is
 * busy or changes its speed meanwhile slows both alike.
 */
#ifndef HEARTH_BENCH_COSTS_H
#define HEARTH_BENCH_COSTS_H

#include <stdbool.h>
#include <stddef.h>

enum primitive { DECODE, ENCODE, MUL, MUL_TABLE, MUL_BASE, ADD, PRIMITIVES };

/* How many of each primitive; as a cost: microseconds of each. */
struct counts {
    double of[PRIMITIVES];
};

/* The primitives as measured so far. */
struct costs;
struct costs *costs_new(void);
void costs_free(struct costs *costs);

/* One line of the table. */
struct line {
    const char *name;
    struct counts item;       /* what an item is compared with; all zero: the line has no bar */
    struct counts once;       /* allowed on top of it for one run of the work, at its plain cost */
    double bar;               /* highest ratio that passes */
    double *measured, *ratio; /* samples */
    double *reference;
    size_t samples;
};

/* Measures primitives, one run of work(ctx) that handles `items` items, and primitives again; adds
 * a sample to the line. */
void costs_sample(struct costs *costs, struct line *line, size_t items, void (*work)(void *ctx),
                  void *ctx);
/* Prints the medians of the primitives. */
void costs_print(const struct costs *costs);
/* Measures every primitive once more, and nothing else. */
void costs_measure(struct costs *costs);
/* The medians as one JSON object of microseconds. */
void costs_print_json(const struct costs *costs);
/* Prints the heads of the columns. */
void line_print_head(void);
/* Prints the medians of the line and frees its samples; false where it is over its bar. */
bool line_print(struct line *line);

#endif
