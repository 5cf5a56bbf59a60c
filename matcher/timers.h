/* SPDX-License-Identifier: Apache-2.0
 * One thread that runs functions at given times of the steady clock.
 */
#ifndef HEARTH_MATCHER_TIMERS_H
#define HEARTH_MATCHER_TIMERS_H

#include <stdint.h>

struct timers;

struct timers *timers_start(void);
/* Runs what is still waiting at once, joins the thread, frees. */
void timers_stop(struct timers *timers);
/* Runs run(ctx) once on the timer thread at or soon after `at_ms` (clock_steady_ms). There is no
 * cancelling: ctx is a counted reference that `run` lets go, and `run` looks whether anything is
 * due. It must not block. */
void timers_at(struct timers *timers, int64_t at_ms, void (*run)(void *ctx), void *ctx);

#endif
