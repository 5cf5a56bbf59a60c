/* SPDX-License-Identifier: Apache-2.0
 * One search: an LA's stream, the agents that are asked, and what is opened of their replies. What
 * others in the matcher may do with it.
 */
#ifndef HEARTH_MATCHER_SEARCH_H
#define HEARTH_MATCHER_SEARCH_H

#include "matcher/fleet.h"
#include "proto/match.pb-c.h"
#include "proto/rpc/rpc.h"

struct matcher;
struct search;

/* Callbacks of /Search; ctx is the matcher. */
extern const struct rpc_events search_events;

struct search *search_ref(struct search *search);
void search_unref(struct search *search); /* wipes with the last reference */

/* An agent's answer; the message is taken over. Answers to unknown or closed searches are dropped.
 */
void search_take_reply(struct agent *agent, Hearth__V1__FromAgent *message);
void search_take_decline(struct agent *agent, const Hearth__V1__AgentDecline *decline);
/* The agent is gone: no search waits for it any more. */
void search_agent_left(struct agent *agent);
/* Ends searches: those that wait for hello or query, or all of them. */
void search_end_all(struct matcher *matcher, bool only_waiting, const struct err *err);
/* Ends the searches of LAs whose certificate was revoked. */
void search_end_revoked(struct matcher *matcher);

#endif
