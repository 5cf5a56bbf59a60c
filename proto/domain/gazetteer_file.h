/* SPDX-License-Identifier: Apache-2.0
 * One published file, fed piece by piece: recognised by its first row, then read row by row into a
 * batch (docs/domain.md "Gazetteer"). ONS Postcode Directory User Guide; OS "Code-Point Open" and
 * "OS Open Names" technical specifications.
 */
#ifndef HEARTH_DOMAIN_GAZETTEER_FILE_H
#define HEARTH_DOMAIN_GAZETTEER_FILE_H

#include "proto/domain/gazetteer_batch.h"

enum { GAZETTEER_PROBLEMS = 5, GAZETTEER_PROBLEM_MAX = 160 };

struct gazetteer_problem {
    uint32_t line;
    char text[GAZETTEER_PROBLEM_MAX];
};

/* What became of the rows: they add up. */
struct gazetteer_tally {
    uint64_t rows; /* without a heading */
    uint64_t taken;
    uint64_t no_reference; /* left out: the publisher gives no grid reference */
    uint64_t other_grid;   /* left out: Northern Ireland and the Channel Islands have other grids */
    uint64_t outside;      /* left out: outside the National Grid */
    uint64_t other_type;   /* left out: not a populated place */
    uint64_t malformed;
    size_t problem_count; /* the first malformed rows */
    struct gazetteer_problem problems[GAZETTEER_PROBLEMS];
};

struct gazetteer_file;

/* Adds what it reads to `batch`, which outlives it. */
struct gazetteer_file *gazetteer_file_new(struct gazetteer_batch *batch);
void gazetteer_file_free(struct gazetteer_file *file);
/* ERR_INVALID: not a file of a known kind (gazetteer_file_kind says FILE_UNKNOWN then), one of a
 * known kind without a column that is needed, not CSV, or too much of it (ERR_BUDGET). */
MUST_CHECK bool gazetteer_file_feed(struct gazetteer_file *file, const void *data, size_t len,
                                    struct err *err);
/* No more bytes. ERR_INVALID also where more than one row in ten is malformed: it is then something
 * else than it seems. A file without rows is success: it has no kind, or its tally no rows. */
MUST_CHECK bool gazetteer_file_end(struct gazetteer_file *file, struct err *err);
enum gazetteer_file_kind gazetteer_file_kind(const struct gazetteer_file *file);
const struct gazetteer_tally *gazetteer_file_tally(const struct gazetteer_file *file);

#endif
