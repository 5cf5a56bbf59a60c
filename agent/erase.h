/* SPDX-License-Identifier: Apache-2.0
 * Erasing households: their records, what kept replies hold of them, and the files' old pages.
 */
#ifndef HEARTH_AGENT_ERASE_H
#define HEARTH_AGENT_ERASE_H

#include "agent/vault.h"

/* What erasing needs of the kept replies (agent/replies.h). */
struct erase_replies {
    /* Forgets seeds and slot sets of all replies so far. Opens and closes what it needs. */
    bool (*end_recomputing)(void *ctx, int64_t now_ms, struct err *err);
    /* Rewrites the file where that is wanted; *done false: another process has it open. Opens and
     * closes what it needs. */
    bool (*rewrite)(void *ctx, bool *done, struct err *err);
    void *ctx;
};

/* Removes all the named households from the vault, or none: ERR_NOT_FOUND names the one that is not
 * held, ERR_INVALID one that is named twice. Before that, and once more after it, it ends the
 * recomputing of older replies, so that whatever happens in between no household is gone from the
 * vault but not from there; replies may be NULL. Where it fails after all were found to be held
 * recomputing may have ended. The files are still to be rewritten: erase_rewrite. */
MUST_CHECK bool erase_households(struct vault *vault, const char *const *refs, size_t count,
                                 const struct erase_replies *replies, struct err *err);

/* Has the vault of `home` and the replies rewritten, by this process or by `serve`, whichever gets
 * to it; this process has neither open. *done false: within `patience_ms` nobody could. */
MUST_CHECK bool erase_rewrite(const char *home, const struct erase_replies *replies,
                              int64_t patience_ms, bool *done, struct err *err);

#endif
