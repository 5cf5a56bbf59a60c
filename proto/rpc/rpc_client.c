/* SPDX-License-Identifier: Apache-2.0
 * The client: one connection to one server, one loop. A call on a channel without a connection
 * starts one; where none comes about the call ends with UNAVAILABLE, after 20 s at the latest.
 */
#include "proto/rpc/rpc_internal.h"

#include <stdlib.h>

#include "proto/base/mem.h"

/* How long closing a channel waits for an attempt to connect that is under way. */
enum { SETTLE_MS = 1000 };

struct rpc_channel {
    grpc_channel *channel;
    struct rpc_tag settled;
    struct rpc_registry registry;
    struct rpc_loop loop;
    enum role server_role;
    char *server_id;
    size_t queue_max;
};

static gpr_timespec in_ms(int64_t ms)
{
    return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_millis(ms, GPR_TIMESPAN));
}

/* "dns:///" keeps the target from being read as another kind of name (unix:, xds:). */
static char *target_uri(const char *target)
{
    return mem_format("dns:///%s", target);
}

static enum role channel_role(const struct rpc_channel_config *config)
{
    return config->server_role == ROLE_NONE ? ROLE_MATCHER : config->server_role;
}

static void set_arguments(struct rpc_args *args, const struct rpc_channel_config *config)
{
    rpc_args_common(args, config->message_max);
    rpc_args_text(args, GRPC_SSL_TARGET_NAME_OVERRIDE_ARG, config->server_id);
    rpc_args_integer(args, GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    rpc_args_integer(args, GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    rpc_args_integer(args, GRPC_ARG_ENABLE_RETRIES, 0);
    rpc_args_integer(args, GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
    rpc_args_integer(args, GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 250);
    rpc_args_integer(args, GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 5000);
    /* Also how long one attempt to connect may take, TLS included: not shorter than 20 s. */
    rpc_args_integer(args, GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 20000);
}

static void settled(void *owner, bool ok)
{
    struct rpc_channel *channel = owner;
    (void)ok; /* false: still connecting when the time was up */
    rpc_registry_leave(&channel->registry);
}

/* gRPC 1.51 forgets a connection, with its socket, where the channel is destroyed between the end
 * of the TLS handshake and the server's first frame; then it never comes to an end itself. */
static void wait_until_settled(struct rpc_channel *channel)
{
    if (grpc_channel_check_connectivity_state(channel->channel, 0) == GRPC_CHANNEL_CONNECTING) {
        rpc_registry_enter(&channel->registry);
        grpc_channel_watch_connectivity_state(channel->channel, GRPC_CHANNEL_CONNECTING,
                                              in_ms(SETTLE_MS), channel->loop.queue,
                                              rpc_tag_start(&channel->settled));
    }
    rpc_registry_wait(&channel->registry);
}

bool rpc_channel_open(const struct rpc_channel_config *config, const struct identity *identity,
                      const struct trust *trust, struct rpc_channel **out, struct err *err)
{
    struct rpc_args args;
    set_arguments(&args, config);
    char *uri = target_uri(config->target);
    grpc_channel_credentials *credentials = rpc_tls_channel_credentials(identity, trust);
    grpc_channel *made = credentials ? grpc_channel_create(uri, credentials, &args.args) : NULL;
    if (credentials) grpc_channel_credentials_release(credentials);
    free(uri);
    if (!made) {
        return err_set(err, ERR_INVALID, role_name(channel_role(config)),
                       "no connection can be made to \"%s\"", config->target);
    }
    struct rpc_channel *channel = mem_new(struct rpc_channel);
    channel->channel = made;
    channel->server_role = channel_role(config);
    channel->server_id = mem_string(config->server_id);
    channel->queue_max = config->queue_max;
    channel->settled = (struct rpc_tag){.done = settled, .owner = channel};
    rpc_registry_init(&channel->registry);
    rpc_loop_start(&channel->loop);
    *out = channel;
    return true;
}

struct rpc_stream *rpc_channel_call(struct rpc_channel *channel, const char *path,
                                    int64_t timeout_ms, const struct rpc_events *events, void *ctx)
{
    gpr_timespec deadline = gpr_inf_future(GPR_CLOCK_MONOTONIC);
    if (timeout_ms > 0) deadline = in_ms(timeout_ms);
    grpc_slice method = grpc_slice_from_copied_string(path);
    grpc_call *call = grpc_channel_create_call(channel->channel, NULL, GRPC_PROPAGATE_DEFAULTS,
                                               channel->loop.queue, method, NULL, deadline, NULL);
    grpc_slice_unref(method);
    struct rpc_stream *stream = rpc_stream_new(&channel->registry, channel->queue_max, events, ctx);
    rpc_stream_ref(stream);
    rpc_stream_start_client(stream, call, channel->server_role, channel->server_id);
    return stream;
}

void rpc_channel_close(struct rpc_channel *channel)
{
    if (!channel) return;
    rpc_registry_cancel_all(&channel->registry, "the connection was closed here");
    wait_until_settled(channel);
    grpc_channel_destroy(channel->channel);
    rpc_loop_stop(&channel->loop);
    rpc_registry_destroy(&channel->registry);
    free(channel->server_id);
    free(channel);
}
