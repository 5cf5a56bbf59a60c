/* SPDX-License-Identifier: Apache-2.0
 * What was read from files for one import, in memory until all of it is known to be good: 16 bytes
 * a postcode.
 */
#ifndef HEARTH_DOMAIN_GAZETTEER_BATCH_H
#define HEARTH_DOMAIN_GAZETTEER_BATCH_H

#include "proto/domain/gazetteer_record.h"

enum { BATCH_UNITS_MAX = 10000000, BATCH_AREAS_MAX = 100000, BATCH_PLACES_MAX = 200000 };

/* order: the sector's number (28 bits), the two letters (10), then the place in the batch (26):
 * sorted by it the last of several entries for one postcode comes last. */
struct batch_unit {
    uint64_t order, packed;
};
struct batch_area {
    char key[POSTCODE_TEXT]; /* sector or district */
    uint32_t number;         /* place in the batch */
    struct grid_point at;
};
struct batch_place {
    char key[GAZETTEER_KEY_MAX + 1];
    uint32_t number;
    struct gazetteer_place place;
};

/* Zero-initialise. */
struct gazetteer_batch {
    struct batch_unit *units;
    struct batch_area *areas;
    struct batch_place *places;
    size_t unit_count, unit_cap, area_count, area_cap, place_count, place_cap;
};

/* Each takes one entry; false where there is no room for more. */
MUST_CHECK bool batch_add_unit(struct gazetteer_batch *batch, const struct postcode *unit,
                               const struct gazetteer_unit *at);
MUST_CHECK bool batch_add_area(struct gazetteer_batch *batch, const struct postcode *area,
                               struct grid_point at);
/* A place whose name gives an empty key is left out, which is success. */
MUST_CHECK bool batch_add_place(struct gazetteer_batch *batch, const struct gazetteer_place *place);
uint32_t batch_unit_sector(const struct batch_unit *unit);
/* Puts everything in order and keeps of entries for the same postcode or area the last; of places
 * with the same name and id too. */
void batch_settle(struct gazetteer_batch *batch);
void batch_free(struct gazetteer_batch *batch);

#endif
