/* SPDX-License-Identifier: Apache-2.0
 * An agent's stream: hello, then answers to queries as they are sent.
 */
#ifndef HEARTH_MATCHER_AGENT_SESSION_H
#define HEARTH_MATCHER_AGENT_SESSION_H

#include "matcher/fleet.h"
#include "proto/base/err.h"

/* Callbacks of /Attach; ctx is the matcher. */
extern const struct rpc_events agent_events;

/* What the agent sent was refused: logged, audited, counted; after too much of it the agent is let
 * go. hash: of the query, or NULL. May be called with a search locked. */
void agent_nonsense(struct agent *agent, const uint8_t *hash, const struct err *err);
/* Lets go of attached agents that may not stay: revoked, expired, no longer in the directory. No
 * search may be locked. */
void agent_check_all(struct matcher *matcher);
/* Ends every attachment. */
void agent_end_all(struct matcher *matcher, const struct err *err);

#endif
