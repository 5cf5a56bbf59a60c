/* SPDX-License-Identifier: Apache-2.0
 * Messages of one stream that wait for a thread to work on them, in order: callbacks only queue.
 */
#ifndef HEARTH_RPC_WORK_H
#define HEARTH_RPC_WORK_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/pool.h"

/* What one stream has waiting, until it was worked on. Zeros at first. */
struct work {
    atomic_size_t messages, bytes;
};
struct work_kind {
    /* On the thread: one message; data NULL: the peer will send no more. */
    void (*step)(void *owner, const uint8_t *data, size_t len);
    /* After it, when nothing here touches the owner any more: lets go of the reference. */
    void (*done)(void *owner);
};

bool work_has_room(struct work *work, size_t len, size_t messages_max, size_t bytes_max);
/* Copies the message. `work` is the owner's, of whom the caller gives a reference; `kind` is a
 * constant; thread: a pool of one worker. */
void work_add(struct work *work, struct pool *thread, const struct work_kind *kind, void *owner,
              const uint8_t *data, size_t len);

#endif
