/* SPDX-License-Identifier: Apache-2.0
 * The thread that keeps replies and receipts: nothing else of `serve` waits for the disk with them.
 * Replies that come while it writes are committed together.
 */
#ifndef HEARTH_AGENT_KEEPER_H
#define HEARTH_AGENT_KEEPER_H

#include "agent/replies.h"

enum { KEEPER_RECEIPTS_MAX = 4096 }; /* that may wait */

struct keeper;
/* replies outlives the keeper. */
struct keeper *keeper_start(struct replies *replies);
/* Keeps what waits, joins, frees; NULL is fine. */
void keeper_stop(struct keeper *keeper);
/* Waits until nothing waits to be kept. */
void keeper_flush(struct keeper *keeper);

/* Has beat(ctx) run once by the keeper's thread, between two things that it does; it must not
 * block. One at a time. */
void keeper_ask(struct keeper *keeper, void (*beat)(void *ctx), void *ctx);

/* Called on the keeper's thread once the reply is durable (NULL), or with the reason why it is not:
 * ERR_EXISTS where that query was answered before, else what replies_keep_all says. */
typedef void (*keeper_done_fn)(const struct err *why, void *ctx);
/* Takes the reply (kept is emptied). Never blocks. */
void keeper_reply(struct keeper *keeper, struct kept_reply *kept, keeper_done_fn done, void *ctx);
/* Copies a receipt that was verified. It is kept where its query was answered here; what is odd is
 * logged. Never blocks; past KEEPER_RECEIPTS_MAX it is dropped, and that is logged. */
void keeper_receipt(struct keeper *keeper, const struct signed_bytes *receipt);

#endif
