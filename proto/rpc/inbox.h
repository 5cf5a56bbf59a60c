/* SPDX-License-Identifier: Apache-2.0
 * Turns the callbacks of one stream into a queue that an ordinary thread waits on.
 */
#ifndef HEARTH_RPC_INBOX_H
#define HEARTH_RPC_INBOX_H

#include "proto/base/buf.h"
#include "proto/rpc/rpc.h"

enum { INBOX_MAX = 8192 }; /* messages waiting; past it the stream is cancelled */

struct inbox;

struct inbox *inbox_new(void);
/* Only after the stream's closed callback has run (the channel is closed, or INBOX_CLOSED was
 * read). */
void inbox_free(struct inbox *inbox);
/* For rpc_channel_call(…, inbox_events(), inbox). */
const struct rpc_events *inbox_events(void);

enum inbox_event { INBOX_MESSAGE, INBOX_CLOSED, INBOX_TIMEOUT };
/* Waits up to timeout_ms. INBOX_MESSAGE: the bytes are moved into *message (caller frees).
 * INBOX_CLOSED: status and detail (at most ERR_TEXT_MAX bytes) say why; stays closed. */
enum inbox_event inbox_wait(struct inbox *inbox, int64_t timeout_ms, struct buf *message,
                            enum rpc_status *status, char detail[ERR_TEXT_MAX]);
/* After INBOX_CLOSED: rpc_stream_retry_ms of the stream, and that status as an error that says so
 * (returns false). */
int64_t inbox_retry_ms(struct inbox *inbox);
bool inbox_err(struct inbox *inbox, enum rpc_status status, const char *detail, struct err *err);

#endif
