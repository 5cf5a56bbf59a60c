/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/rpc/rpc_internal.h"

#include <signal.h>

#if defined(__SANITIZE_THREAD__)
#define WITH_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define WITH_TSAN 1
#endif
#endif

#ifdef WITH_TSAN
void __tsan_acquire(void *address);
void __tsan_release(void *address);
#else
static void __tsan_acquire(void *address)
{
    (void)address;
}
static void __tsan_release(void *address)
{
    (void)address;
}
#endif

void *rpc_tag_start(struct rpc_tag *tag)
{
    __tsan_release(tag);
    return tag;
}

static void *run(void *arg)
{
    struct rpc_loop *loop = arg;
    for (;;) {
        grpc_event event =
            grpc_completion_queue_next(loop->queue, gpr_inf_future(GPR_CLOCK_MONOTONIC), NULL);
        if (event.type == GRPC_QUEUE_SHUTDOWN) return NULL;
        if (event.type != GRPC_OP_COMPLETE) continue;
        struct rpc_tag *tag = event.tag;
        __tsan_acquire(tag);
        tag->done(tag->owner, event.success != 0);
    }
}

void rpc_loop_start(struct rpc_loop *loop)
{
    sigset_t all, before;
    loop->queue = grpc_completion_queue_create_for_next(NULL);
    (void)sigfillset(&all);
    REQUIRE(pthread_sigmask(SIG_SETMASK, &all, &before) == 0);
    REQUIRE(pthread_create(&loop->thread, NULL, run, loop) == 0);
    REQUIRE(pthread_sigmask(SIG_SETMASK, &before, NULL) == 0);
}

void rpc_loop_stop(struct rpc_loop *loop)
{
    grpc_completion_queue_shutdown(loop->queue);
    REQUIRE(pthread_join(loop->thread, NULL) == 0);
    grpc_completion_queue_destroy(loop->queue);
}
