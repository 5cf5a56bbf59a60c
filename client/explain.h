/* SPDX-License-Identifier: Apache-2.0
 * How much wider the choice would be without each must and with longer distances: one signed group
 * of GROUP_QUERIES blinded queries, asked together (docs/protocol.md "Explanations").
 */
#ifndef HEARTH_CLIENT_EXPLAIN_H
#define HEARTH_CLIENT_EXPLAIN_H

#include "client/search.h"
#include "client/variants.h"

struct explained {
    struct variant variant;
    enum choice choice; /* CHOICE_UNTOLD: too wide to ask, or no answer */
    uint32_t answered;  /* agencies */
};
struct explanation {
    enum choice base; /* of the search's own result */
    uint32_t base_answered;
    struct explained list[GROUP_QUERIES]; /* in the order of the request */
    size_t count;
    struct result results[GROUP_QUERIES]; /* all that came, each with a head of the log */
    size_t result_count;
    int64_t elapsed_ms;
};

/* Told from any thread, one at a time, when one of `all` questions has been answered. */
typedef void (*explain_progress_fn)(size_t answered, size_t all, void *ctx);

/* Right after search_ask, in its session, of the same request (variants_check) with its result. A
 * question that fails is left untold; it is an error where all fail, as search_ask has them. All
 * keys and seeds are wiped before it returns. progress may be NULL. */
MUST_CHECK bool explain_run(struct search_session *session, const struct request *request,
                            const struct result *result, explain_progress_fn progress,
                            void *progress_ctx, struct explanation *out, struct err *err);

#endif
