/* SPDX-License-Identifier: Apache-2.0
 * The agency's own rules: which LAs may ask, how many queries a day (Europe/London), and that a
 * query is answered once. The counts are kept in the vault so that a restart does not reset them;
 * what was answered is remembered in memory until the query has expired. Thread-safe.
 */
#ifndef HEARTH_AGENT_POLICY_H
#define HEARTH_AGENT_POLICY_H

#include "agent/config.h"
#include "agent/decline.h"
#include "agent/vault.h"

enum { REPLAY_ENTRIES_MAX = 65536, REPLAY_BYTES_MAX = 64 << 20 };

struct policy;
/* Reads the counters of the vault. config is copied. */
MUST_CHECK bool policy_open(const struct config *config, struct vault *vault, struct policy **out,
                            struct err *err);
void policy_close(struct policy *policy);

/* What names a query here: LA id and query id; the hash tells a repetition from another query under
 * the same id. */
struct query_name {
    const char *la;
    const uint8_t *query_id; /* QUERY_ID_BYTES */
    const uint8_t *hash;     /* HASH_BYTES */
};
enum recall {
    RECALL_NEW,
    RECALL_PENDING,  /* the same query is being answered right now */
    RECALL_ANSWERED, /* the same query: its stored reply is in *stored (caller frees), *items its
                        size */
    RECALL_OTHER     /* another query under the same name */
};
enum recall policy_recall(struct policy *policy, const struct query_name *name, int64_t now_ms,
                          struct buf *stored, uint32_t *items);

/* The group that a query is a member of. */
struct membership {
    const struct query_group *group;
    const uint8_t *hash; /* HASH_BYTES, of the group's body */
};
/* Allow list, budget, and room to remember the reply, in one step: DECLINE_NONE counts the query
 * against the LA's day and remembers it as pending until expires_ms; what else it gives changes
 * nothing. membership: NULL for a query that is no member of a group; of a group only the first
 * member is counted. DECLINE_REPLAY where the name, or the group's id for another group, is known
 * already. */
enum decline policy_admit(struct policy *policy, const struct query_name *name,
                          const struct membership *membership, int64_t now_ms, int64_t expires_ms);
/* Keeps a copy of the reply for RECALL_ANSWERED. Past REPLAY_BYTES_MAX the name only is remembered.
 */
void policy_answered(struct policy *policy, const struct query_name *name, const void *reply,
                     size_t len, uint32_t items);
/* Forgets a pending query that could not be answered, so that it may be asked again. */
void policy_failed(struct policy *policy, const struct query_name *name);

/* All LAs together, on the London day of now_ms: queries, LAs that asked, LAs without any left. */
struct policy_totals {
    uint64_t used;
    uint32_t las, at_limit;
};
void policy_total(struct policy *policy, int64_t now_ms, struct policy_totals *out);

/* Writes the counters that changed since the last call; may wait for an import that is being
 * written. */
MUST_CHECK bool policy_flush(struct policy *policy, struct err *err);

#endif
