/* SPDX-License-Identifier: Apache-2.0
 * Months of releases from invented counts and noise, for the tests of what a hub shows.
 */
#ifndef TESTS_SHELF_SAMPLE_H
#define TESTS_SHELF_SAMPLE_H

#include <math.h>

#include "client/hub/shelf.h"
#include "tests/unit/proto/figures/release_sample.h"

/* The true count of a cell, before noise. */
typedef double (*sample_count_fn)(const struct figures_table *table, size_t area, size_t category,
                                  size_t point, uint32_t period);

static inline void sample_add(struct shelf *shelf, struct sample *sample, uint32_t period,
                              sample_count_fn count, struct stream *stream)
{
    const struct figures_table *table = sample->term.table;
    size_t areas = geography_areas(sample->agreement->manifest.geography, table->by_authority);
    int64_t *sums = mem_array(figures_cells(table, areas), sizeof *sums);
    double scale = noise_deviation(&sample->term.noise, 9);
    sample->agreement->manifest.period = period;
    for (size_t i = 0; i < areas; i++) {
        for (size_t j = 0; j < table->category_count; j++) {
            for (size_t p = 0; p < figures_points(table); p++) {
                double noisy = count(table, i, j, p, period) + scale * sample_normal(stream);
                sums[figures_cell(table, i, j, p)] = llround(noisy);
            }
        }
    }
    struct release release = sample_release(sample, sums);
    shelf_add(shelf, &release);
    release_free(&release);
    free(sums);
}

/* A release of given values, for each area those of its categories. */
static inline void sample_put(struct shelf *shelf, const char *table, uint32_t period,
                              size_t regions, const int64_t *sums)
{
    struct sample sample = sample_of(table, regions, 2 * regions);
    sample.agreement->manifest.period = period;
    struct release release = sample_release(&sample, sums);
    shelf_add(shelf, &release);
    release_free(&release);
    sample_free(&sample);
}

/* All tables of some months. */
static inline struct shelf sample_shelf(uint32_t from, uint32_t to, size_t regions,
                                        sample_count_fn count, uint8_t seed)
{
    struct shelf shelf = {0};
    struct stream stream = sample_stream(seed);
    for (uint32_t period = from; period <= to; period = period_next(period)) {
        for (size_t t = 0; t < figures_table_count; t++) {
            struct sample sample = sample_of(figures_tables[t].name, regions, 2 * regions);
            sample_add(&shelf, &sample, period, count, &stream);
            sample_free(&sample);
        }
    }
    return shelf;
}

/* What a reader of an output cannot tell must not change it: swaps the reasons why values are not
 * shown. */
static inline void sample_swap_reasons(struct shelf *shelf)
{
    for (size_t i = 0; i < shelf->count; i++) {
        struct release *release = &shelf->releases[i];
        for (size_t k = 0; k < release->row_count * release->column_count; k++) {
            enum release_shown *shown = &release->cells[k].count.shown;
            if (*shown == RELEASE_SMALL) {
                *shown = RELEASE_COMPLEMENTARY;
            } else if (*shown == RELEASE_COMPLEMENTARY) {
                *shown = RELEASE_SMALL;
            }
        }
    }
}

/* Ends a buffer so that it can be read as a text. */
static inline const char *sample_text(struct buf *buf)
{
    buf_u8(buf, 0);
    return (const char *)buf->data;
}

#endif
