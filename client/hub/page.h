/* SPDX-License-Identifier: Apache-2.0
 * Everything that a hub has released on one page: HTML without scripts or anything from outside,
 * for a screen, a phone, paper and a screen reader.
 */
#ifndef HEARTH_CLIENT_HUB_PAGE_H
#define HEARTH_CLIENT_HUB_PAGE_H

#include "client/hub/shelf.h"

enum { PAGE_MONTHS = 12 }; /* of trend and gaps, unless others are wanted */

/* Appends the page of the wanted periods (filled in): gaps and trend over all of them, the rest of
 * the last one. Areas are regions or England; without, charts that are of one place are of England.
 * ERR_NOT_FOUND (field "area"). */
MUST_CHECK bool page_make(const struct shelf *shelf, const struct wanted *wanted, struct buf *out,
                          struct err *err);

#endif
