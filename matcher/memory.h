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

struct memory_use {
    bool used; /* there have been searches since what was free was given back */
    int64_t given_back_ms;
};
/* To be called every second: once a minute in which there were searches, what is free goes back to
 * the system. now_ms: of the steady clock. */
void memory_tick(struct memory_use *use, bool searching, int64_t now_ms);

#endif
