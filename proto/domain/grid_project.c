/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/domain/grid_project.h"

#include <math.h>
#include <proj.h>
#include <stdlib.h>

#include "proto/base/mem.h"

/* EPSG:4326 (degrees, longitude first here) to EPSG:27700 by EPSG:1314. Spelt out, rather than
 * looked up by the two codes, because PROJ would choose by the grids and the database that a
 * machine has. */
static const char PIPELINE[] =
    "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad +step +proj=push +v_3 "
    "+step +proj=cart +ellps=WGS84 +step +inv +proj=helmert +x=446.448 +y=-125.157 +z=542.06 "
    "+rx=0.15 +ry=0.247 +rz=0.842 +s=-20.489 +convention=position_vector "
    "+step +inv +proj=cart +ellps=airy +step +proj=pop +v_3 "
    "+step +proj=tmerc +lat_0=49 +lon_0=-2 +k=0.9996012717 +x_0=400000 +y_0=-100000 +ellps=airy";

struct grid_projector {
    PJ_CONTEXT *context;
    PJ *transformation;
};

struct grid_projector *grid_projector_new(void)
{
    struct grid_projector *projector = mem_new(struct grid_projector);
    projector->context = proj_context_create();
    REQUIRE(projector->context != NULL);
    proj_context_set_enable_network(projector->context, 0);
    proj_log_level(projector->context, PJ_LOG_NONE);
    projector->transformation = proj_create(projector->context, PIPELINE);
    REQUIRE(projector->transformation != NULL);
    return projector;
}

void grid_projector_free(struct grid_projector *projector)
{
    if (!projector) return;
    proj_destroy(projector->transformation);
    proj_context_destroy(projector->context);
    free(projector);
}

bool grid_project(struct grid_projector *projector, double lat, double lon,
                  struct grid_exact *exact, struct grid_point *rounded)
{
    /* An error of the last point must not stay with the next one. */
    (void)proj_errno_reset(projector->transformation);
    PJ_COORD at = proj_trans(projector->transformation, PJ_FWD, proj_coord(lon, lat, 0, HUGE_VAL));
    if (!isfinite(at.xy.x) || !isfinite(at.xy.y)) return false;
    if (fabs(at.xy.x) > 1e8 || fabs(at.xy.y) > 1e8) return false;
    struct grid_point point = {(int32_t)lround(at.xy.x), (int32_t)lround(at.xy.y)};
    if (!grid_contains(point)) return false;
    *exact = (struct grid_exact){at.xy.x, at.xy.y};
    *rounded = point;
    return true;
}

bool grid_from_lat_lon(double lat, double lon, struct grid_point *out, struct err *err)
{
    if (!(lat >= -90 && lat <= 90)) {
        return err_set(err, ERR_INVALID, NULL, "latitude %g is not from -90 to 90 degrees", lat);
    }
    if (!(lon >= -180 && lon <= 180)) {
        return err_set(err, ERR_INVALID, NULL, "longitude %g is not from -180 to 180 degrees", lon);
    }
    /* One for each call (about 0.1 ms) makes it safe from any thread. */
    struct grid_projector *projector = grid_projector_new();
    struct grid_exact exact;
    bool inside = grid_project(projector, lat, lon, &exact, out);
    grid_projector_free(projector);
    return inside || err_set(err, ERR_INVALID, NULL,
                             "%g,%g lies outside the National Grid: latitude comes first, then "
                             "longitude (53.8,-1.55)",
                             lat, lon);
}

void grid_to_lat_lon(struct grid_point point, double *lat, double *lon)
{
    REQUIRE(grid_contains(point));
    struct grid_projector *projector = grid_projector_new();
    PJ_COORD at = proj_trans(projector->transformation, PJ_INV,
                             proj_coord(point.east, point.north, 0, HUGE_VAL));
    grid_projector_free(projector);
    REQUIRE(isfinite(at.lp.phi) && isfinite(at.lp.lam));
    *lat = at.lp.phi;
    *lon = at.lp.lam;
}
