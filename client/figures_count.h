/* SPDX-License-Identifier: Apache-2.0
 * What an LA counts for a hub (docs/figures.md "Tables"): the searches in its records that were
 * first asked in the period, and the outcomes that were written down in it.
 */
#ifndef HEARTH_CLIENT_FIGURES_COUNT_H
#define HEARTH_CLIENT_FIGURES_COUNT_H

#include "client/records_kept.h"
#include "proto/figures/tally.h"

struct figures_records {
    struct records *records;
    const char *organisation; /* the LA's id */
};
/* For contributor_parts.count; ctx is a struct figures_records. A search of which no run is kept
 * does not count. Errors as records_list. */
MUST_CHECK bool figures_count_records(struct tally *tally, const struct manifest *manifest,
                                      int64_t now_ms, struct stream *stream, void *ctx,
                                      struct err *err);

#endif
