/* SPDX-License-Identifier: Apache-2.0
 * The areas of a hub's tables (docs/figures.md "Areas"): drawn up from boundaries, kept in
 * HOME/areas as they go into every manifest.
 */
#ifndef HEARTH_CLIENT_HUB_AREAS_H
#define HEARTH_CLIENT_HUB_AREAS_H

#include "proto/figures/geography.h"

#define HOME_AREAS "areas"

/* Reads HOME/areas. ERR_NOT_FOUND where there are none yet (tells how they are made); ERR_CORRUPT
 * with field "areas". */
MUST_CHECK bool areas_read(const char *home, struct geography *out, struct err *err);
/* Writes HOME/areas atomically. */
MUST_CHECK bool areas_write(const char *home, const struct geography *geography, struct err *err);

#endif
