/* SPDX-License-Identifier: Apache-2.0
 * How the process keeps memory that it has freed. A search's blocks are taken by one thread and
 * freed by another, so glibc's arena for every thread would each keep the most that it ever held.
 */
#ifndef HEARTH_MATCHER_MEMORY_H
#define HEARTH_MATCHER_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

/* Before threads are started. */
void memory_settle(void);

struct memory_rest {
    int64_t idle_since_ms; /* 0 = busy */
    bool given_back;
};
/* To be called every second: some time after the last search, what is free goes back to the system.
 * now_ms: of the steady clock. */
void memory_tick(struct memory_rest *rest, bool idle, int64_t now_ms);

#endif
