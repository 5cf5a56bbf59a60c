/* SPDX-License-Identifier: Apache-2.0
 * How long an LA keeps its records and its correspondence (docs/domain.md "What an LA keeps").
 */
#ifndef HEARTH_CLIENT_RETENTION_H
#define HEARTH_CLIENT_RETENTION_H

#include "client/party.h"

struct retention {
    struct purged records;
    size_t messages; /* entries of the correspondence */
    bool erased;     /* the files were rewritten, so that nothing removed is left in them */
};

/* Removes threads whose last entry, and then searches whose last step, is before `before_ms`. A
 * search of which a thread stays is kept too. dry_run: counts only. */
MUST_CHECK bool retention_purge(struct records *records, struct correspondence *correspondence,
                                int64_t before_ms, bool dry_run, struct retention *out,
                                struct err *err);

/* The same with la->keep_days, at the first call of a London day; the records are open already. */
MUST_CHECK bool retention_daily(const struct cli_common *common, const struct la *la,
                                struct records *records, struct err *err);

#endif
