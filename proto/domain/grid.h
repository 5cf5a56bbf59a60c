/* SPDX-License-Identifier: Apache-2.0
 * The Ordnance Survey National Grid: 100 km squares, 50 km quadrants of them ("SE.NW"), 5 km cells
 * ("SE23NW"). Metres east and north of the false origin; 0..700 km by 0..1300 km. OS "A guide to
 * coordinate systems in Great Britain".
 */
#ifndef HEARTH_DOMAIN_GRID_H
#define HEARTH_DOMAIN_GRID_H

#include <stddef.h>
#include <stdint.h>

#include "proto/base/err.h"

enum {
    GRID_EAST_MAX = 700000,
    GRID_NORTH_MAX = 1300000,
    CELL_METRES = 5000,
    CELL_COLUMNS = 140,
    CELL_ROWS = 260,
    CELLS = CELL_COLUMNS * CELL_ROWS, /* cell = row * CELL_COLUMNS + column, from the south-west */
    QUADRANT_COLUMNS = 14,
    QUADRANT_ROWS = 26,
    QUADRANTS = QUADRANT_COLUMNS * QUADRANT_ROWS, /* numbered like cells */
    QUADRANT_CELLS = 100,
    GRID_NAME = 8 /* bytes for any name, NUL included */
};

struct grid_point {
    int32_t east, north; /* metres */
};

bool grid_contains(struct grid_point point);
uint16_t grid_cell_of(struct grid_point point);    /* inside the grid */
struct grid_point grid_cell_centre(uint16_t cell); /* south-west corner + 2500 m each way */
uint16_t grid_quadrant_of_cell(uint16_t cell);
/* Cell `index` (0..99: row-major from the south-west) of a quadrant, and back. */
uint16_t grid_quadrant_cell(uint16_t quadrant, unsigned index);
unsigned grid_index_in_quadrant(uint16_t cell);
void grid_cell_name(uint16_t cell, char out[GRID_NAME]);         /* "SE23NW" */
void grid_quadrant_name(uint16_t quadrant, char out[GRID_NAME]); /* "SE.NW" */
/* "SE" -> its four quadrants, ascending. */
MUST_CHECK bool grid_square_quadrants(const char *square, uint16_t out[4]);
/* "SE.NW", as grid_quadrant_name writes it, back to its number. False where it is not one. */
MUST_CHECK bool grid_parse_quadrant(const char *name, uint16_t *out);
/* A grid reference: two letters and 2, 4, 6, 8 or 10 digits, any case, or a cell's name (SE23NW).
 * Spaces may stand around it and between its parts: SE 297 338, SE 23 NW. Gives its south-west
 * corner. False where it is not one; "SE2 3NW" is not: so spaced it is a postcode. */
MUST_CHECK bool grid_parse(const char *text, struct grid_point *out);
/* WGS84 degrees to the grid by PROJ (EPSG:4326 to EPSG:27700), rounded to whole metres. By the
 * transformation "OSGB36 to WGS 84 (6)" (EPSG:1314, within about 5 m), the same on every machine
 * whatever grids are installed there, so that a query can be recomputed. ERR_INVALID outside the
 * grid or out of range. Thread-safe. */
MUST_CHECK bool grid_from_lat_lon(double lat, double lon, struct grid_point *out, struct err *err);
/* The way back; degrees. Thread-safe. */
void grid_to_lat_lon(struct grid_point point, double *lat, double *lon);
enum { GRID_REFERENCE = 16 };
/* "SE 29700 33800": the square of one metre; returns out. */
const char *grid_reference(struct grid_point point, char out[GRID_REFERENCE]);
/* Puts cell or quadrant numbers in ascending order. */
void grid_sort(uint16_t *numbers, size_t count);
/* floor(sqrt(v)), exactly. */
uint64_t grid_isqrt(uint64_t v);

#endif
