/* SPDX-License-Identifier: Apache-2.0
 * Inside proto/domain: many points from WGS84 to the National Grid (grid_from_lat_lon is for one).
 */
#ifndef HEARTH_DOMAIN_GRID_PROJECT_H
#define HEARTH_DOMAIN_GRID_PROJECT_H

#include "proto/domain/grid.h"

struct grid_projector; /* for one thread at a time */

struct grid_exact {
    double east, north; /* metres, before they are rounded */
};

struct grid_projector *grid_projector_new(void);
void grid_projector_free(struct grid_projector *projector); /* NULL is fine */

/* Degrees (lat in [-90, 90], lon in [-180, 180]) by the transformation of grid_from_lat_lon. False
 * where they lie outside the grid: *exact and *rounded (to whole metres) are untouched then. */
MUST_CHECK bool grid_project(struct grid_projector *projector, double lat, double lon,
                             struct grid_exact *exact, struct grid_point *rounded);

#endif
