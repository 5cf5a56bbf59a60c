/* SPDX-License-Identifier: Apache-2.0
 * The areas of the tables: regions, authorities, and which authority a 5 km cell counts for
 * (docs/figures.md "Areas"). A hub draws it up from boundaries; it travels in the manifest, so that
 * all count alike.
 */
#ifndef HEARTH_FIGURES_GEOGRAPHY_H
#define HEARTH_FIGURES_GEOGRAPHY_H

#include "proto/base/buf.h"
#include "proto/crypto/hash.h"
#include "proto/domain/grid.h"

enum {
    GEOGRAPHY_REGIONS_MAX = 16,
    GEOGRAPHY_AUTHORITIES_MAX = 256,
    GEOGRAPHY_NAME_MAX = 80,
    GEOGRAPHY_CODE = 10, /* bytes of a code with its NUL: E10000016 */
    GEOGRAPHY_BYTES_MAX = 64 * 1024,
    AREA_NONE = 0xffff
};

struct geography_region {
    char code[GEOGRAPHY_CODE];
    char name[GEOGRAPHY_NAME_MAX + 1];
};
struct geography_authority {
    char code[GEOGRAPHY_CODE];
    char name[GEOGRAPHY_NAME_MAX + 1];
    uint16_t region;
};
struct geography {
    struct geography_region regions[GEOGRAPHY_REGIONS_MAX];
    size_t region_count;
    struct geography_authority authorities[GEOGRAPHY_AUTHORITIES_MAX];
    size_t authority_count;
    uint16_t cells[CELLS]; /* place of the authority, or AREA_NONE */
};

/* The bounded decoder of Geography: codes ascending, names printable, runs ascending and joined as
 * far as possible, so that one geography has one encoding. ERR_INVALID names the field. */
MUST_CHECK bool geography_decode(const uint8_t *data, size_t len, struct geography *out,
                                 struct err *err);
void geography_encode(const struct geography *geography, struct buf *out);
/* H("hearth v1 geography", encoding). */
void geography_hash(const uint8_t *data, size_t len, uint8_t out[HASH_BYTES]);

/* Rows of a table: authorities or regions. */
size_t geography_areas(const struct geography *geography, bool by_authority);
/* Code and name of a row. */
const char *geography_area_code(const struct geography *geography, bool by_authority, size_t area);
const char *geography_area_name(const struct geography *geography, bool by_authority, size_t area);
/* The row that a cell of the grid counts for, AREA_NONE where it lies in no area. */
uint16_t geography_area_of_cell(const struct geography *geography, bool by_authority,
                                uint16_t cell);
/* The row of an authority. */
uint16_t geography_area_of_authority(const struct geography *geography, bool by_authority,
                                     uint16_t authority);
/* The place of an authority by its code, AREA_NONE where there is none. */
uint16_t geography_authority_find(const struct geography *geography, const char *code);

#endif
