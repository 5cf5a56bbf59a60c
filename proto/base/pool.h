/* SPDX-License-Identifier: Apache-2.0
 * A pool of worker threads for arithmetic that must not block an event loop.
 */
#ifndef HEARTH_BASE_POOL_H
#define HEARTH_BASE_POOL_H

#include <stddef.h>

#include "proto/base/err.h"

struct pool;

/* Starts `threads` workers (0 = one a processor that this process may use). Aborts on failure. */
struct pool *pool_start(unsigned threads);
/* Waits for all queued work, joins the workers, frees. */
void pool_stop(struct pool *pool);
unsigned pool_threads(const struct pool *pool);
/* Jobs that wait for a worker: those of pool_run, and those of pool_run_later. */
void pool_waiting(struct pool *pool, size_t *now, size_t *later);
/* Runs job(ctx) on a worker; jobs start in order of submission. Never waits for one. Aborts where
 * pool_stop was called before. */
void pool_run(struct pool *pool, void (*job)(void *ctx), void *ctx);
/* The same for work that can wait: it starts when no job of pool_run does. */
void pool_run_later(struct pool *pool, void (*job)(void *ctx), void *ctx);
/* Runs job(i, ctx) for 0 <= i < count over the workers and the calling thread; returns when all are
 * done. May be called from a job. pool NULL: on the calling thread alone. */
void pool_each(struct pool *pool, size_t count, void (*job)(size_t index, void *ctx), void *ctx);

/* Work on the items first <= i < end. Stops at the first item that is wrong, with `err` set. */
typedef bool (*pool_span_fn)(size_t first, size_t end, void *ctx, struct err *err);
/* pool_each over `count` items in spans of `span` (> 0). Where some are wrong, the error is that of
 * the lowest item, whoever came to it first; items after it may have been worked on. */
MUST_CHECK bool pool_each_span(struct pool *pool, size_t count, size_t span, pool_span_fn run,
                               void *ctx, struct err *err);

#endif
