/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/domain/grid.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SQUARE_METRES = 100000, QUADRANT_METRES = 50000, CELLS_ACROSS = 10 };

/* The 25 letters of the grid's naming; I is left out. */
static const char LETTERS[] = "ABCDEFGHJKLMNOPQRSTUVWXYZ";

bool grid_contains(struct grid_point point)
{
    return point.east >= 0 && point.east < GRID_EAST_MAX && point.north >= 0 &&
           point.north < GRID_NORTH_MAX;
}

uint16_t grid_cell_of(struct grid_point point)
{
    REQUIRE(grid_contains(point));
    return (uint16_t)(point.north / CELL_METRES * CELL_COLUMNS + point.east / CELL_METRES);
}

struct grid_point grid_cell_centre(uint16_t cell)
{
    REQUIRE(cell < CELLS);
    struct grid_point centre = {cell % CELL_COLUMNS * CELL_METRES + CELL_METRES / 2,
                                cell / CELL_COLUMNS * CELL_METRES + CELL_METRES / 2};
    return centre;
}

uint16_t grid_quadrant_of_cell(uint16_t cell)
{
    REQUIRE(cell < CELLS);
    int row = cell / CELL_COLUMNS / CELLS_ACROSS, column = cell % CELL_COLUMNS / CELLS_ACROSS;
    return (uint16_t)(row * QUADRANT_COLUMNS + column);
}

uint16_t grid_quadrant_cell(uint16_t quadrant, unsigned index)
{
    REQUIRE(quadrant < QUADRANTS && index < QUADRANT_CELLS);
    unsigned row = quadrant / QUADRANT_COLUMNS * (unsigned)CELLS_ACROSS + index / CELLS_ACROSS;
    unsigned column = quadrant % QUADRANT_COLUMNS * (unsigned)CELLS_ACROSS + index % CELLS_ACROSS;
    return (uint16_t)(row * CELL_COLUMNS + column);
}

unsigned grid_index_in_quadrant(uint16_t cell)
{
    REQUIRE(cell < CELLS);
    unsigned row = cell / CELL_COLUMNS % CELLS_ACROSS, column = cell % CELL_COLUMNS % CELLS_ACROSS;
    return row * CELLS_ACROSS + column;
}

/* ---- names ---- */

static const char *quarter_name(bool northern, bool eastern)
{
    return northern ? (eastern ? "NE" : "NW") : (eastern ? "SE" : "SW");
}

/* Two letters: which 500 km square, then which 100 km square in it. Letters run west to east, then
 * north to south; the false origin is the south-west corner of square S. */
static void square_letters(int column, int row, char out[3])
{
    int first = (3 - row / 5) * 5 + column / 5 + 2;
    int second = (4 - row % 5) * 5 + column % 5;
    out[0] = LETTERS[first];
    out[1] = LETTERS[second];
    out[2] = '\0';
}

void grid_cell_name(uint16_t cell, char out[GRID_NAME])
{
    REQUIRE(cell < CELLS);
    int column = cell % CELL_COLUMNS, row = cell / CELL_COLUMNS;
    char square[3];
    square_letters(column / 20, row / 20, square);
    (void)snprintf(out, GRID_NAME, "%s%c%c%s", square, '0' + column % 20 / 2, '0' + row % 20 / 2,
                   quarter_name(row % 2 == 1, column % 2 == 1));
}

void grid_quadrant_name(uint16_t quadrant, char out[GRID_NAME])
{
    REQUIRE(quadrant < QUADRANTS);
    int column = quadrant % QUADRANT_COLUMNS, row = quadrant / QUADRANT_COLUMNS;
    char square[3];
    square_letters(column / 2, row / 2, square);
    (void)snprintf(out, GRID_NAME, "%s.%s", square, quarter_name(row % 2 == 1, column % 2 == 1));
}

const char *grid_reference(struct grid_point point, char out[GRID_REFERENCE])
{
    REQUIRE(grid_contains(point));
    char square[3];
    square_letters(point.east / SQUARE_METRES, point.north / SQUARE_METRES, square);
    (void)snprintf(out, GRID_REFERENCE, "%s %05d %05d", square, point.east % SQUARE_METRES,
                   point.north % SQUARE_METRES);
    return out;
}

/* ---- reading ---- */

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

/* South-west corner of a 100 km square inside the grid. */
static bool square_corner(const char *letters, struct grid_point *out)
{
    char a = upper(letters[0]), b = a ? upper(letters[1]) : '\0';
    const char *first = a ? strchr(LETTERS, a) : NULL;
    const char *second = b ? strchr(LETTERS, b) : NULL;
    if (!first || !second) return false;
    int f = (int)(first - LETTERS), s = (int)(second - LETTERS);
    struct grid_point corner = {(f % 5 - 2) * 5 + s % 5, (3 - f / 5) * 5 + 4 - s / 5};
    corner.east *= SQUARE_METRES;
    corner.north *= SQUARE_METRES;
    if (!grid_contains(corner)) return false;
    *out = corner;
    return true;
}

bool grid_square_quadrants(const char *square, uint16_t out[4])
{
    struct grid_point corner;
    if (strlen(square) != 2 || !square_corner(square, &corner)) return false;
    uint16_t first = grid_quadrant_of_cell(grid_cell_of(corner));
    out[0] = first;
    out[1] = (uint16_t)(first + 1);
    out[2] = (uint16_t)(first + QUADRANT_COLUMNS);
    out[3] = (uint16_t)(first + QUADRANT_COLUMNS + 1);
    return true;
}

/* "NW", "ne", ...: adds `step` metres for the northern and the eastern half. */
static bool add_quarter(const char *text, int32_t step, struct grid_point *point)
{
    char northing = upper(text[0]), easting = upper(text[1]);
    if ((northing != 'N' && northing != 'S') || (easting != 'E' && easting != 'W')) return false;
    if (northing == 'N') point->north += step;
    if (easting == 'E') point->east += step;
    return true;
}

bool grid_parse_quadrant(const char *name, uint16_t *out)
{
    struct grid_point point;
    if (strlen(name) != 5 || name[2] != '.' || !square_corner(name, &point)) return false;
    if (!add_quarter(name + 3, QUADRANT_METRES, &point)) return false;
    *out = grid_quadrant_of_cell(grid_cell_of(point));
    return true;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static const char *skip_spaces(const char *p)
{
    while (*p == ' ') p++;
    return p;
}

/* Digits with at most one gap into digits[10]; *gap is how many stood before it (all, where there
 * is no gap). Returns what follows, or NULL where there are too many digits or gaps. */
static const char *take_digits(const char *p, char digits[10], size_t *count, size_t *gap)
{
    size_t n = 0, before = 0;
    bool gapped = false;
    for (;;) {
        while (is_digit(*p)) {
            if (n == 10) return NULL;
            digits[n++] = *p++;
        }
        const char *next = skip_spaces(p);
        if (next == p || !is_digit(*next)) break;
        if (gapped) return NULL;
        gapped = true;
        before = n;
        p = next;
    }
    *count = n;
    *gap = gapped ? before : n;
    return skip_spaces(p);
}

/* The first half of the digits is easting, the second northing, both in units that fit their
 * number. */
static void add_digits(const char *digits, size_t count, struct grid_point *point)
{
    int32_t unit = SQUARE_METRES, east = 0, north = 0;
    for (size_t i = 0; i < count / 2; i++) {
        unit /= 10;
        east += (digits[i] - '0') * unit;
        north += (digits[count / 2 + i] - '0') * unit;
    }
    point->east += east;
    point->north += north;
}

bool grid_parse(const char *text, struct grid_point *out)
{
    struct grid_point point;
    const char *p = skip_spaces(text);
    if (!square_corner(p, &point)) return false;
    char digits[10];
    size_t count = 0, gap = 0;
    p = take_digits(skip_spaces(p + 2), digits, &count, &gap);
    if (!p || count == 0 || count % 2 != 0) return false;
    bool whole = gap == count;
    if (!whole && (count == 2 || gap != count / 2)) return false;
    add_digits(digits, count, &point);
    if (*p != '\0') {
        if (count != 2 || !whole || !add_quarter(p, CELL_METRES, &point)) return false;
        p = skip_spaces(p + 2);
    }
    if (*p != '\0') return false;
    *out = point;
    return true;
}

static int by_number(const void *a, const void *b)
{
    return (int)*(const uint16_t *)a - (int)*(const uint16_t *)b;
}

void grid_sort(uint16_t *numbers, size_t count)
{
    qsort(numbers, count, sizeof *numbers, by_number);
}

uint64_t grid_isqrt(uint64_t v)
{
    /* The double is within one or two of the root; the loops settle it exactly. */
    uint64_t root = (uint64_t)sqrt((double)v);
    if (root > UINT32_MAX) root = UINT32_MAX;
    while (root * root > v) root--;
    while (root < UINT32_MAX && (root + 1) * (root + 1) <= v) root++;
    return root;
}
