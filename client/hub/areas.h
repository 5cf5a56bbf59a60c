/* SPDX-License-Identifier: Apache-2.0
 * The areas of a hub's tables (docs/figures.md "Areas"): drawn up from boundaries, kept in
 * HOME/areas as they go into every manifest.
 */
#ifndef HEARTH_CLIENT_HUB_AREAS_H
#define HEARTH_CLIENT_HUB_AREAS_H

#include "proto/figures/geography.h"

#define HOME_AREAS "areas"

enum { AREAS_FILE_MAX = 64 << 20 }; /* bytes of boundaries */

/* Reads HOME/areas. ERR_NOT_FOUND where there are none yet (tells how they are made); ERR_CORRUPT
 * with field "areas". */
MUST_CHECK bool areas_read(const char *home, struct geography *out, struct err *err);
/* Writes HOME/areas atomically. */
MUST_CHECK bool areas_write(const char *home, const struct geography *geography, struct err *err);

/* ---- drawing them up ---- */
struct areas_regions {
    struct geography_region regions[GEOGRAPHY_REGIONS_MAX];
    size_t count;
};
/* The nine regions of England. */
void areas_england(struct areas_regions *out);
/* Regions from CSV with the columns code and name. ERR_INVALID names the line. */
MUST_CHECK bool areas_regions_parse(const void *csv, size_t len, struct areas_regions *out,
                                    struct err *err);

struct areas_fields { /* names of the properties of a feature */
    const char *code, *name, *region;
};
struct areas_drawn {
    struct geography geography;
    size_t cells[GEOGRAPHY_AUTHORITIES_MAX];  /* how many an authority has */
    bool by_point[GEOGRAPHY_AUTHORITIES_MAX]; /* it has one although no cell's centre is in it */
    size_t shared;                            /* cells whose centre more than one claims */
};
/* From a GeoJSON FeatureCollection, one feature an authority. A cell counts for the authority in
 * which its centre lies (proto/domain/area.h), for the one with the lowest code where there are
 * several. An authority without any gets the cell in which the centroid of its largest polygon
 * lies, where that has no owner or one that keeps another. ERR_INVALID with the path of what is
 * wrong. */
MUST_CHECK bool areas_draw(const void *json, size_t len, const struct areas_fields *fields,
                           const struct areas_regions *regions, struct areas_drawn *out,
                           struct err *err);
/* Counts the cells of each authority; all else is left as it is. */
void areas_count(struct areas_drawn *drawn);

#endif
