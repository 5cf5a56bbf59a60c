/* SPDX-License-Identifier: Apache-2.0
 * The groups of queries that were paid for and have not expired (docs/protocol.md "Explanations"),
 * at the matcher and at each agent. In memory only. Thread-safe.
 *
 * It keeps no list of members that were used: a member's hash stands in its group, and the replay
 * memory takes each hash once until it expires.
 */
#ifndef HEARTH_CRYPTO_QUERY_GROUPS_H
#define HEARTH_CRYPTO_QUERY_GROUPS_H

#include "proto/crypto/message.h"

enum { QUERY_GROUPS_PER_LA = 64 }; /* at the same time, within their four minutes at most */

struct query_groups;
struct query_groups *query_groups_new(void);
void query_groups_free(struct query_groups *groups); /* NULL is fine */

/* Takes the price of one search; an error leaves everything as it was. Runs with the memory locked:
 * it must not call query_groups_* itself. */
typedef bool (*query_groups_pay_fn)(void *ctx, struct err *err);

/* Admits a member of `group`, which was checked (query_group_check) and whose body has this hash.
 * The first member pays for all; while nobody could pay, each one tries again, so that a refused
 * member never gives the others a free ride. ERR_EXISTS: the LA used this group id for another
 * group. ERR_BUDGET: it has QUERY_GROUPS_PER_LA that have not expired. Else what pay says. */
MUST_CHECK bool query_groups_admit(struct query_groups *groups, const struct query_group *group,
                                   const uint8_t hash[HASH_BYTES], int64_t now_ms,
                                   query_groups_pay_fn pay, void *pay_ctx, struct err *err);
size_t query_groups_count(struct query_groups *groups);

#endif
