/* SPDX-License-Identifier: Apache-2.0
 * An invented ONS Postcode Directory of the real one's size and shape, from a seed.
 */
#ifndef HEARTH_BENCH_POSTCODES_H
#define HEARTH_BENCH_POSTCODES_H

#include <stdint.h>

#include "proto/domain/gazetteer_record.h"

enum { POSTCODES_KEPT = 100000 };

/* Some of the postcodes written, spread over all, to look up and compare. */
struct postcodes {
    uint64_t rows, live, ended, without_reference, bytes;
    struct {
        struct postcode code;
        struct gazetteer_unit unit;
    } kept[POSTCODES_KEPT];
    size_t kept_count;
};

/* Writes about `rows` rows of 53 columns, 380 bytes each, in postcode order, into a new file. 37 in
 * a hundred have ended; one in a hundred has no grid reference. Aborts where it cannot be written.
 */
void postcodes_write(const char *path, uint64_t seed, uint64_t rows, struct postcodes *out);

#endif
