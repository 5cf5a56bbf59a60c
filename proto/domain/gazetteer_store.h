/* SPDX-License-Identifier: Apache-2.0
 * How the gazetteer's store is laid out; for look-ups and for the import.
 */
#ifndef HEARTH_DOMAIN_GAZETTEER_STORE_H
#define HEARTH_DOMAIN_GAZETTEER_STORE_H

#include "proto/domain/gazetteer_record.h"
#include "proto/store/store.h"

/* units:   "LS6 3" -> its single postcodes (gazetteer_units_...)
 * areas:   "LS6 3" or "LS6" -> struct gazetteer_area
 * names:   gazetteer_name_key -> its places
 * imports: number, 8 bytes big-endian -> struct gazetteer_import_entry */
enum gazetteer_table { TABLE_UNITS, TABLE_AREAS, TABLE_NAMES, TABLE_IMPORTS, GAZETTEER_TABLES };

enum { GAZETTEER_MAX_MIB = 1024 };

struct gazetteer {
    struct store *store;
};

/* For an import: makes the store where there is none. */
MUST_CHECK bool gazetteer_store_open(const char *path, struct store **out, struct err *err);
/* For look-ups. */
MUST_CHECK bool gazetteer_store_read(const char *path, struct store **out, struct err *err);

#endif
