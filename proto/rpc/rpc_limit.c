/* SPDX-License-Identifier: Apache-2.0
 * What happens to a stream whose organisation is over one of the server's limits.
 */
#include "proto/base/log.h"
#include "proto/rpc/rpc_internal.h"

static uint32_t or_preset(uint32_t given, uint32_t preset)
{
    return given ? given : preset;
}

struct rpc_limits rpc_limits_of(const struct rpc_limits *given)
{
    return (struct rpc_limits){.connections = or_preset(given->connections, 4096),
                               .connections_a_site = or_preset(given->connections_a_site, 1024),
                               .handshakes_per_s = or_preset(given->handshakes_per_s, 100),
                               .streams = or_preset(given->streams, 128),
                               .streams_per_s = or_preset(given->streams_per_s, 50),
                               .messages_per_s = or_preset(given->messages_per_s, 5000),
                               .mib_per_s = or_preset(given->mib_per_s, 64)};
}

/* Only a connection that is gone costs nothing more: gRPC answers each new stream of one. */
static void refuse(struct rpc_stream *stream, const struct err *err)
{
    bool loud = false;
    bool cut = rpc_meter_strike(stream->meter, &loud);
    if (loud) {
        log_warn("limited", "role=%s peer=%s address=%s limit=%s reason=\"%s\" connection=%s",
                 role_name(stream->peer.role), stream->peer.id, stream->peer.address, err->field,
                 err->text, cut ? "cut" : "kept");
    }
    rpc_send_refuse(stream, err);
    if (cut) rpc_gate_cut(stream->guard.gate, stream->peer.address);
}

bool rpc_limit_opened(struct rpc_stream *stream)
{
    struct err err;
    if (rpc_meter_open(stream->guard.meters, stream->peer.role, stream->peer.id, &stream->meter,
                       &err)) {
        return true;
    }
    refuse(stream, &err);
    return false;
}

bool rpc_limit_message(struct rpc_stream *stream, size_t len)
{
    struct err err;
    if (!stream->meter || rpc_meter_message(stream->meter, len, &err)) return true;
    refuse(stream, &err);
    return false;
}

void rpc_limit_closed(struct rpc_stream *stream)
{
    if (stream->meter) rpc_meter_close(stream->meter);
}
