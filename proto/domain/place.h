/* SPDX-License-Identifier: Apache-2.0
 * Any place that a person may write (docs/domain.md "Places"): a postcode or a place name of the
 * gazetteer, a grid reference, latitude and longitude.
 */
#ifndef HEARTH_DOMAIN_PLACE_H
#define HEARTH_DOMAIN_PLACE_H

#include "proto/domain/grid.h"

struct gazetteer;

enum { PLACE_NOTE_MAX = 120, PLACE_TEXT_MAX = 160 };

struct place {
    struct grid_point at;
    /* "" where `at` is just what was written; else what a person should know of it: "LS6 3AA ended
     * in 2019-05", "the middle of sector LS6 3: the gazetteer holds no single postcodes there". */
    char note[PLACE_NOTE_MAX + 1];
};

/* The one way from a text to a point of the National Grid, for requests and carer files alike. A
 * tab or a no-break space counts as a space. A text that could be both a postcode and a grid
 * reference is ERR_INVALID, with both spellings. gazetteer may be NULL: postcodes and place names
 * are ERR_INVALID then, with what to import. Other ERR_INVALID: not a place, outside the grid, not
 * in the gazetteer (with what is near), a place name that several places have (with what tells them
 * apart), longer than PLACE_TEXT_MAX bytes. ERR_CORRUPT: the gazetteer. */
MUST_CHECK bool place_locate(const char *text, struct gazetteer *gazetteer, struct place *out,
                             struct err *err);

#endif
