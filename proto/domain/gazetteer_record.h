/* SPDX-License-Identifier: Apache-2.0
 * What the gazetteer keeps: the entries of its store, each with one bounded decoder. Integers are
 * big-endian; a decoder that fails gives ERR_CORRUPT.
 */
#ifndef HEARTH_DOMAIN_GAZETTEER_RECORD_H
#define HEARTH_DOMAIN_GAZETTEER_RECORD_H

#include "proto/base/buf.h"
#include "proto/domain/grid.h"
#include "proto/domain/postcode.h"

/* Says that `what` in the gazetteer is damaged (ERR_CORRUPT); returns false. */
bool gazetteer_corrupt(struct err *err, const char *what);

/* ---- the single postcodes of a sector: 8 bytes each, ascending by their last two letters ---- */

/* A month as a number: 1 is January 1900; 0 stands for none. */
enum { GAZETTEER_MONTHS_MAX = 4095, GAZETTEER_FIRST_YEAR = 1900 };

struct gazetteer_unit {
    struct grid_point at;
    uint16_t ended; /* month in which Royal Mail ended it; 0: in use */
};

/* An entry as a number. From the top bit: 1 zero, 10 letters, 20 easting, 21 northing, 12 month of
 * its end. */
uint64_t gazetteer_unit_pack(uint32_t letters, const struct gazetteer_unit *unit);
uint32_t gazetteer_unit_letters(uint64_t packed);
/* The month of "199605" or "1996-05"; false where it is neither, or before 1900 or past 2241. */
MUST_CHECK bool gazetteer_month_parse(const char *text, uint16_t *out);
enum { GAZETTEER_MONTH_TEXT = 8 };
/* "1996-05"; returns out. */
const char *gazetteer_month_text(uint16_t month, char out[GAZETTEER_MONTH_TEXT]);

/* Entry `index` of `record`, checked. */
MUST_CHECK bool gazetteer_units_at(const uint8_t *record, size_t len, size_t index,
                                   uint32_t *letters, struct gazetteer_unit *out, struct err *err);
/* Binary search; a record whose length is wrong, or a found entry that cannot be, is ERR_CORRUPT.
 */
MUST_CHECK bool gazetteer_units_find(const uint8_t *record, size_t len, uint32_t letters,
                                     struct gazetteer_unit *out, bool *found, struct err *err);
/* The number of entries of a record in which all is well, order included. */
MUST_CHECK bool gazetteer_units_check(const uint8_t *record, size_t len, size_t *count,
                                      struct err *err);

/* ---- a sector or a district ---- */

/* Where its point is from: the mean of its postcodes in use; a file; the mean of ended ones; of a
 * district, the mean of those of its sectors that a file has. */
enum gazetteer_point { POINT_LIVE = 1, POINT_GIVEN, POINT_ENDED, POINT_SECTORS };

struct gazetteer_area {
    struct grid_point at;
    enum gazetteer_point point;
    uint32_t live, ended; /* single postcodes that the gazetteer holds in it */
    bool given;           /* a file of sectors or districts has it */
    struct grid_point given_at;
};

/* Appends the record to `out`, and back. */
void gazetteer_area_encode(const struct gazetteer_area *area, struct buf *out);
MUST_CHECK bool gazetteer_area_decode(const uint8_t *record, size_t len, struct gazetteer_area *out,
                                      struct err *err);

/* ---- the places of one name ---- */

enum { GAZETTEER_NAME_MAX = 120, GAZETTEER_REGION_MAX = 80, GAZETTEER_PLACES_MAX = 4096 };

enum gazetteer_place_kind {
    PLACE_CITY,
    PLACE_TOWN,
    PLACE_SUBURB,
    PLACE_VILLAGE,
    PLACE_HAMLET,
    PLACE_SETTLEMENT,
    PLACE_KINDS
};

struct gazetteer_place {
    uint64_t id; /* from the publisher's: equal for the same place in every edition */
    enum gazetteer_place_kind kind;
    struct grid_point at;
    char name[GAZETTEER_NAME_MAX + 1];
    char district[GAZETTEER_REGION_MAX + 1]; /* district or borough; may be empty, like these: */
    char county[GAZETTEER_REGION_MAX + 1];   /* county or unitary authority */
    char region[GAZETTEER_REGION_MAX + 1];
    char outward[POSTCODE_OUTWARD]; /* postcode district */
};

/* "city", "town", "suburb", "village", "hamlet", "settlement". */
const char *gazetteer_place_kind_name(enum gazetteer_place_kind kind);
/* Appends one place to a record. */
void gazetteer_place_encode(const struct gazetteer_place *place, struct buf *out);
/* 1 to GAZETTEER_PLACES_MAX places. The caller frees *out. */
MUST_CHECK bool gazetteer_places_decode(const uint8_t *record, size_t len,
                                        struct gazetteer_place **out, size_t *count,
                                        struct err *err);

/* The key of a name: lower case without accents, apostrophes and full stops; other punctuation is a
 * space, "&" is "and". "St. Anne's-on-the-Sea" gives "st annes on the sea". Cut after
 * GAZETTEER_KEY_MAX bytes. "" where nothing is left. */
enum { GAZETTEER_KEY_MAX = 120 };
const char *gazetteer_name_key(const char *name, char out[GAZETTEER_KEY_MAX + 1]);

/* ---- what was imported ---- */

enum gazetteer_file_kind {
    FILE_UNKNOWN,
    FILE_ONSPD,      /* ONS Postcode Directory (also the Postcode Lookup, NSPL) */
    FILE_CODE_POINT, /* OS Code-Point Open */
    FILE_AREAS,      /* sectors or districts: code,easting,northing */
    FILE_OPEN_NAMES, /* OS Open Names */
    FILE_KINDS
};

enum { GAZETTEER_FILE_NAME_MAX = 120 };

struct gazetteer_import_entry {
    int64_t at_ms; /* wall clock */
    enum gazetteer_file_kind kind;
    char name[GAZETTEER_FILE_NAME_MAX + 1]; /* last part of the path that was given */
    uint64_t rows, taken;                   /* rows read; rows that are in the gazetteer */
};

/* "ONS Postcode Directory", ... for people, and "onspd", ... for scripts. */
const char *gazetteer_file_kind_label(enum gazetteer_file_kind kind);
const char *gazetteer_file_kind_name(enum gazetteer_file_kind kind);
void gazetteer_import_encode(const struct gazetteer_import_entry *entry, struct buf *out);
MUST_CHECK bool gazetteer_import_decode(const uint8_t *record, size_t len,
                                        struct gazetteer_import_entry *out, struct err *err);

#endif
