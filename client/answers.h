/* SPDX-License-Identifier: Apache-2.0
 * What an LA does with agencies' replies (docs/protocol.md "Opening", step 2): checks each one,
 * sends shares for it once, and proves them all together at the end. It is not an oracle.
 */
#ifndef HEARTH_CLIENT_ANSWERS_H
#define HEARTH_CLIENT_ANSWERS_H

#include "client/compose.h"
#include "proto/base/pool.h"
#include "proto/match.pb-c.h"
#include "proto/rpc/rpc.h"

struct answers;

/* Uses all that is passed, without a copy, until answers_free. epoch: the id that replies must
 * name. */
struct answers *answers_new(const struct la *la, const struct composed *composed, uint64_t epoch,
                            struct pool *pool, struct rpc_stream *stream);
/* Waits for work on the pool, then frees and wipes. */
void answers_free(struct answers *answers);
/* Takes a message that holds a SearchReply (ownership moves): on the pool, checks it and sends its
 * shares. A reply that fails a check is logged and refused: the matcher is told that no shares will
 * come, so that it does not wait. Of an agent's replies all but the first are ignored. */
void answers_take(struct answers *answers, Hearth__V1__ToLa *message);
/* How many replies have had their shares sent. */
uint32_t answers_shared(struct answers *answers);
/* Waits for the pool, then appends the signed SharesProof message over the named agents.
 * ERR_UNAVAILABLE where the matcher names a reply that was never shared. Once. */
MUST_CHECK bool answers_prove(struct answers *answers, char *const *agents, size_t count,
                              struct buf *out, struct err *err);

#endif
