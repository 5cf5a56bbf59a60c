/* SPDX-License-Identifier: Apache-2.0
 * Sends messages a fixed time after they were ready, in the order in which they came.
 */
#ifndef HEARTH_TESTS_LOAD_LATE_H
#define HEARTH_TESTS_LOAD_LATE_H

#include "proto/base/buf.h"
#include "proto/rpc/rpc.h"

struct late;

struct late *late_start(int64_t delay_ms);
/* Copies the bytes. Thread-safe. */
void late_send(struct late *late, struct rpc_stream *stream, const struct buf *bytes);
/* Forgets what waits. */
void late_stop(struct late *late);

#endif
