/* SPDX-License-Identifier: Apache-2.0
 * One search: from a checked request to the matcher's signed result (docs/protocol.md "A query",
 * "Opening").
 */
#ifndef HEARTH_CLIENT_SEARCH_H
#define HEARTH_CLIENT_SEARCH_H

#include "client/la.h"
#include "proto/domain/request.h"

/* Told from the searching thread while agents answer; may be NULL. */
typedef void (*search_progress_fn)(uint32_t asked, uint32_t shared, void *ctx);

struct search_outcome {
    struct result result;
    int64_t elapsed_ms; /* from the first message to the result */
};

/* Runs the whole search over one stream and verifies everything that comes back. The query's key
 * and seed are wiped before it returns. Errors: ERR_UNAVAILABLE (matcher unreachable, stopped, too
 * slow, or its answer does not verify), ERR_UNAUTHENTICATED / ERR_DENIED / ERR_EXPIRED / ERR_BUDGET
 * (refused), ERR_VERSION, ERR_INVALID (request: no acceptable cell, too large an area). */
MUST_CHECK bool search_run(const struct la *la, const struct request *request,
                           search_progress_fn progress, void *progress_ctx,
                           struct search_outcome *out, struct err *err);

#endif
