/* SPDX-License-Identifier: Apache-2.0
 * Sends replies at times that do not depend on their content (docs/protocol.md "Evaluation by the
 * agent").
 *
 * A reply to a query that came in at time r leaves at r + T + k * D, where T depends on the size
 * class alone, D is fixed, and k is the smallest whole number for which the reply is ready. With k
 * = 0, which is what an agent that keeps up uses always, the time says nothing; on an overloaded
 * machine it shows the load in steps of D, and the work is the same whatever the query says.
 */
#ifndef HEARTH_AGENT_SENDER_H
#define HEARTH_AGENT_SENDER_H

#include "proto/crypto/message.h"
#include "proto/rpc/rpc.h"

/* T in microseconds: 50 ms and 0.25 ms an item, about twice what the arithmetic takes on one core,
 * so that reading the vault and the scheduler fit in as well. D: the steps after T. */
enum { SEND_BASE_US = 50000, SEND_ITEM_US = 250, SEND_STEP_US = 25000 };

/* Steady time at which a reply of `items` leaves, ready at ready_us to a query that came at
 * receipt_us. is_member: of a group, whose queries come together and are worked through side by
 * side: T has GROUP_QUERIES times as long for each item. */
int64_t sender_due_us(uint32_t items, bool is_member, int64_t receipt_us, int64_t ready_us);

struct sender;
struct sender *sender_start(void);
/* Drops what still waits, joins the thread, frees. */
void sender_stop(struct sender *sender);
/* Has beat(ctx) run once by the sender's thread, between two replies; it must not block. One at a
 * time. */
void sender_ask(struct sender *sender, void (*beat)(void *ctx), void *ctx);
/* Sends `bytes` on the stream at due_us. Takes the bytes and a reference of its own. */
void sender_at(struct sender *sender, int64_t due_us, struct rpc_stream *stream, struct buf *bytes);

#endif
