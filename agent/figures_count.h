/* SPDX-License-Identifier: Apache-2.0
 * What an agency counts for a hub (docs/figures.md "Tables"): its vault, as it stands today.
 */
#ifndef HEARTH_AGENT_FIGURES_COUNT_H
#define HEARTH_AGENT_FIGURES_COUNT_H

#include "agent/vault.h"
#include "proto/figures/tally.h"

struct figures_vault {
    struct vault *vault;
    int fresh_days; /* a status older than this counts as unknown */
};
/* For contributor_parts.count; ctx is a struct figures_vault. Goes through the vault once. Errors
 * as vault_each. */
MUST_CHECK bool figures_count_vault(struct tally *tally, const struct manifest *manifest,
                                    int64_t now_ms, struct stream *stream, void *ctx,
                                    struct err *err);

#endif
