/* SPDX-License-Identifier: Apache-2.0
 * The gazetteer: postcodes and place names on the National Grid, in an LMDB store that the user
 * makes from the files that ONS and Ordnance Survey publish (docs/domain.md "Gazetteer").
 */
#ifndef HEARTH_DOMAIN_GAZETTEER_H
#define HEARTH_DOMAIN_GAZETTEER_H

#include "proto/domain/grid.h"

#define HOME_GAZETTEER "gazetteer" /* in a home directory; may be a symbolic link */

struct gazetteer; /* thread-safe for look-ups */

/* Opens the store in directory `path`. ERR_NOT_FOUND: none there; ERR_CORRUPT; ERR_VERSION. */
MUST_CHECK bool gazetteer_open(const char *path, struct gazetteer **out, struct err *err);
/* HOME/gazetteer; *out is NULL where there is none, which is success. */
MUST_CHECK bool gazetteer_open_home(const char *home, struct gazetteer **out, struct err *err);
void gazetteer_close(struct gazetteer *gazetteer); /* NULL is fine */

#endif
