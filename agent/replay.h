/* SPDX-License-Identifier: Apache-2.0
 * Queries that were admitted and have not expired, with the replies that were made. Not
 * thread-safe: policy.c locks around it.
 */
#ifndef HEARTH_AGENT_REPLAY_H
#define HEARTH_AGENT_REPLAY_H

#include "agent/policy.h"

struct replay;
/* At most that many names, and that many bytes of replies. replay_free frees; NULL is fine. */
struct replay *replay_new(size_t entries_max, size_t bytes_max);
void replay_free(struct replay *replay);

/* As policy_recall. */
enum recall replay_find(struct replay *replay, const struct query_name *name, int64_t now_ms,
                        struct buf *stored, uint32_t *items);
/* False where it is full. The name must be new. */
MUST_CHECK bool replay_claim(struct replay *replay, const struct query_name *name, int64_t now_ms,
                             int64_t expires_ms);
/* As policy_answered and policy_failed. */
void replay_store(struct replay *replay, const struct query_name *name, const void *reply,
                  size_t len, uint32_t items);
void replay_forget(struct replay *replay, const struct query_name *name);
/* Entries held, for tests. */
size_t replay_count(const struct replay *replay);

#endif
