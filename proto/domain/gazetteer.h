/* SPDX-License-Identifier: Apache-2.0
 * The gazetteer: postcodes and place names on the National Grid, in an LMDB store that the user
 * makes from the files that ONS and Ordnance Survey publish (docs/domain.md "Gazetteer").
 */
#ifndef HEARTH_DOMAIN_GAZETTEER_H
#define HEARTH_DOMAIN_GAZETTEER_H

#include "proto/domain/gazetteer_record.h"
#include "proto/domain/grid.h"
#include "proto/domain/postcode.h"

#define HOME_GAZETTEER "gazetteer" /* in a home directory; may be a symbolic link */
extern const struct store_schema gazetteer_schema;

struct gazetteer; /* thread-safe for look-ups; each sees the last whole import */

/* Opens the store in directory `path` for reading. A process has it open once at a time and imports
 * nothing into it meanwhile; other processes may do either. ERR_NOT_FOUND: none there, or nothing
 * was ever imported into it; ERR_CORRUPT; ERR_VERSION. */
MUST_CHECK bool gazetteer_open(const char *path, struct gazetteer **out, struct err *err);
/* HOME/gazetteer; *out is NULL where there is none, which is success. */
MUST_CHECK bool gazetteer_open_home(const char *home, struct gazetteer **out, struct err *err);
void gazetteer_close(struct gazetteer *gazetteer); /* NULL is fine */

/* ---- look-ups: *found tells whether it is there; false only on a failing or damaged store ---- */

/* A single postcode. One read of the store and a binary search. */
MUST_CHECK bool gazetteer_unit(struct gazetteer *gazetteer, const struct postcode *unit,
                               struct gazetteer_unit *out, bool *found, struct err *err);
/* A sector or a district. */
MUST_CHECK bool gazetteer_area(struct gazetteer *gazetteer, const struct postcode *area,
                               struct gazetteer_area *out, bool *found, struct err *err);
/* All places of a name, which is compared without case, accents and punctuation:
 * cities first, hamlets last. The caller frees *out; *count may be 0. */
MUST_CHECK bool gazetteer_places(struct gazetteer *gazetteer, const char *name,
                                 struct gazetteer_place **out, size_t *count, struct err *err);

enum { GAZETTEER_NEAR = 4 };
struct gazetteer_near {
    struct postcode items[GAZETTEER_NEAR];
    size_t count;
};
/* Up to GAZETTEER_NEAR live postcodes of the unit's sector, sectors of the sector's district, or
 * districts of the district's area: the nearest ones in their order. */
MUST_CHECK bool gazetteer_near(struct gazetteer *gazetteer, const struct postcode *postcode,
                               struct gazetteer_near *out, struct err *err);

/* ---- what it holds ---- */
struct gazetteer_counts {
    uint64_t live, ended; /* single postcodes */
    uint64_t sectors, districts;
    uint64_t names; /* different place names */
};
MUST_CHECK bool gazetteer_count(struct gazetteer *gazetteer, struct gazetteer_counts *out,
                                struct err *err);
/* Every import since the last one with `replace`, oldest first. The caller frees *out. */
MUST_CHECK bool gazetteer_imports(struct gazetteer *gazetteer, struct gazetteer_import_entry **out,
                                  size_t *count, struct err *err);

#endif
