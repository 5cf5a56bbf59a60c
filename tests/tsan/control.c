/* SPDX-License-Identifier: Apache-2.0
 * Can ThreadSanitizer see anything here? `control KIND` does on purpose what must be reported,
 * between two threads of ours and between a thread of ours and a callback of gRPC's, which is not
 * instrumented; and what must not be, because a lock or gRPC itself puts it in order.
 * tests/tsan/run looks at what came of it before it believes anything else.
 */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "proto/base/pool.h"
#include "proto/rpc/rpc.h"
#include "tests/unit/proto/rpc/recorder.h"
#include "tests/unit/support/temp_dir.h"
#include "tests/unit/support_keys/parties.h"

static const char path[] = "/t.T/Control";

/* What two threads touch. */
struct stage {
    struct recorder recorder; /* first: streams are recorded */
    pthread_mutex_t lock;
    pthread_barrier_t both_did;
    bool locked, in_callback;
    /* Apart: ThreadSanitizer remembers four accesses to eight bytes, and forgets one at random. */
    _Alignas(64) int touched;
};

static void touch(struct stage *stage)
{
    if (stage->locked) (void)pthread_mutex_lock(&stage->lock);
    stage->touched++;
    if (stage->locked) (void)pthread_mutex_unlock(&stage->lock);
}

/* ---- two threads ---- */

static void *run(void *ctx)
{
    touch(ctx);
    return NULL;
}

static void with_threads(struct stage *stage)
{
    pthread_t threads[2];
    for (int i = 0; i < 2; i++) REQUIRE(pthread_create(&threads[i], NULL, run, stage) == 0);
    for (int i = 0; i < 2; i++) REQUIRE(pthread_join(threads[i], NULL) == 0);
}

/* ---- a job of the pool and whoever gave it ---- */

static void job(void *ctx)
{
    struct stage *stage = ctx;
    touch(stage);
    (void)pthread_barrier_wait(&stage->both_did);
}

static void with_pool(struct stage *stage)
{
    struct pool *pool = pool_start(1);
    REQUIRE(pthread_barrier_init(&stage->both_did, NULL, 2) == 0);
    pool_run(pool, job, stage);
    touch(stage);
    (void)pthread_barrier_wait(&stage->both_did);
    pool_stop(pool);
    (void)pthread_barrier_destroy(&stage->both_did);
}

/* ---- a callback ---- */

static void on_message(struct rpc_stream *stream, const uint8_t *data, size_t len, void *ctx)
{
    struct stage *stage = ctx;
    if (stage->in_callback) touch(stage);
    record_message(stream, data, len, &stage->recorder);
    rpc_stream_finish(stream, RPC_OK, NULL);
}

static void on_closed(struct rpc_stream *stream, enum rpc_status status, const char *detail,
                      void *ctx)
{
    struct stage *stage = ctx;
    if (!stage->in_callback) touch(stage);
    record_closed(stream, status, detail, &stage->recorder);
}

static const struct rpc_events serving = {.message = on_message};
static const struct rpc_events calling = {.closed = on_closed};

/* What was written before the call may be read in its callbacks, without a lock of ours; what is
 * written after it may not. */
static void call(struct stage *stage, struct rpc_channel *channel)
{
    if (!stage->in_callback) touch(stage);
    struct rpc_stream *stream = rpc_channel_call(channel, path, 0, &calling, stage);
    REQUIRE(rpc_stream_send_bytes(stream, "now", 3));
    if (stage->in_callback) touch(stage);
    REQUIRE(recorder_wait(&stage->recorder, &stage->recorder.closed, 1));
    rpc_stream_unref(stream);
}

static void with_callback(struct stage *stage)
{
    char *dir = support_temp_dir(), target[64];
    struct parties *parties = parties_new(dir);
    struct party matcher = parties_add(parties, ROLE_MATCHER, "matcher");
    struct party la = parties_add(parties, ROLE_LA, "la-1");
    const struct rpc_method method = {path, &serving, stage};
    const struct rpc_server_config server_config = {
        .address = "127.0.0.1:0", .message_max = 100, .methods = &method, .method_count = 1};
    struct rpc_server *server = NULL;
    struct rpc_channel *channel = NULL;
    struct err err;
    int port = 0;
    rpc_start();
    parties_must(
        rpc_server_start(&server_config, matcher.identity, matcher.trust, &server, &port, &err),
        &err);
    (void)snprintf(target, sizeof target, "127.0.0.1:%d", port);
    const struct rpc_channel_config channel_config = {
        .target = target, .server_id = "matcher", .message_max = 100};
    parties_must(rpc_channel_open(&channel_config, la.identity, la.trust, &channel, &err), &err);
    call(stage, channel);
    rpc_channel_close(channel);
    rpc_server_stop(server);
    rpc_stop();
    party_close(&matcher);
    party_close(&la);
    parties_free(parties);
    support_temp_dir_remove(dir);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(struct stage *stage);
        bool locked, in_callback;
    } kinds[] = {
        {"race", with_threads, false, false},
        {"order", with_threads, true, false},
        {"pool-race", with_pool, false, false},
        {"pool-order", with_pool, true, false},
        {"callback-race", with_callback, false, true},
        {"callback-lock", with_callback, true, true},
        {"callback-order", with_callback, false, false},
    };
    REQUIRE(sodium_init() >= 0);
    for (size_t i = 0; argc == 2 && i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(argv[1], kinds[i].name) != 0) continue;
        struct stage stage = {.locked = kinds[i].locked, .in_callback = kinds[i].in_callback};
        recorder_init(&stage.recorder);
        REQUIRE(pthread_mutex_init(&stage.lock, NULL) == 0);
        kinds[i].run(&stage);
        REQUIRE(stage.touched == 2);
        recorder_destroy(&stage.recorder);
        (void)pthread_mutex_destroy(&stage.lock);
        return 0;
    }
    (void)fprintf(stderr, "usage: control KIND\n");
    return 2;
}
