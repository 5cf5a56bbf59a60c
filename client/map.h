/* SPDX-License-Identifier: Apache-2.0
 * A picture of a request's location, for the officer who writes it: a self-contained SVG.
 */
#ifndef HEARTH_CLIENT_MAP_H
#define HEARTH_CLIENT_MAP_H

#include "proto/domain/request.h"

struct map_subject {
    const struct request *request;
    const struct plan *plan;
    /* The quadrants that a search shows, decoys included, ascending; NULL where the LA's key is not
     * at hand: the map says then that there are decoys, but not which. */
    const uint16_t *footprint;
    size_t footprint_count;
};

/* Writes the map to a file of mode 0600, in place of what is there. It shows in the clear where the
 * child belongs. The request has a location. ERR_IO, with field "map". */
MUST_CHECK bool map_write(const char *path, const struct map_subject *subject, struct err *err);

/* The SVG itself; the request has a location. The caller wipes `out`. */
void map_draw(const struct map_subject *subject, struct buf *out);

#endif
