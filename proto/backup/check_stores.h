/* SPDX-License-Identifier: Apache-2.0
 * A look at the stores of a home, without opening them.
 */
#ifndef HEARTH_BACKUP_CHECK_STORES_H
#define HEARTH_BACKUP_CHECK_STORES_H

#include "proto/backup/backup.h"
#include "proto/base/checks.h"

/* Adds for each store of the plan that is there its format and who wrote it: a fault where it is
 * damaged or newer than this program, a note where the next start upgrades it. Nothing is changed.
 */
void check_stores(const struct backup_plan *plan, const char *home, struct checks *checks);
/* A warning where a store has taken nine tenths of its limit, a fault where it is past it. Nothing
 * where there is no such store. */
void check_store_size(const char *home, const char *name, const char *key, uint64_t max_mib,
                      struct checks *checks);

#endif
