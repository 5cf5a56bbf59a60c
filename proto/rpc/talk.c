/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/rpc/talk.h"

#include <stdlib.h>

#include "proto/base/log.h"
#include "proto/base/mem.h"
#include "proto/rpc/inbox.h"

struct talk {
    struct talk_parts parts;
    struct rpc_channel *channel;
    struct inbox *inbox;
    struct rpc_stream *stream;
};

bool talk_open(const struct talk_parts *parts, struct talk **out, struct err *err)
{
    const struct rpc_channel_config config = {.target = parts->target,
                                              .server_role = parts->server_role,
                                              .server_id = parts->server_id,
                                              .message_max = parts->message_max,
                                              .queue_max = parts->queue_max};
    struct rpc_channel *channel = NULL;
    if (!rpc_channel_open(&config, parts->identity, parts->trust, &channel, err)) return false;
    struct talk *talk = mem_new(struct talk);
    talk->parts = *parts;
    talk->channel = channel;
    talk->inbox = inbox_new();
    talk->stream = rpc_channel_call(channel, parts->path, 0, inbox_events(), talk->inbox);
    *out = talk;
    return true;
}

void talk_close(struct talk *talk)
{
    if (!talk) return;
    rpc_stream_finish(talk->stream, RPC_OK, "");
    rpc_channel_close(talk->channel); /* waits for the stream's last callback */
    rpc_stream_unref(talk->stream);
    inbox_free(talk->inbox);
    free(talk);
}

void talk_stop(struct talk *talk)
{
    rpc_stream_cancel(talk->stream, RPC_CANCELLED, "stopping");
}

const char *talk_peer_name(const struct talk *talk)
{
    return talk->parts.server_role == ROLE_HUB ? "the hub" : "the matcher";
}

void talk_send(struct talk *talk, const ProtobufCMessage *message)
{
    if (!peer_send(talk->stream, message)) log_debug("send_refused", "by=stream");
}

bool talk_wait(struct talk *talk, int64_t timeout_ms, struct buf *message, bool *timed_out,
               struct err *err)
{
    enum rpc_status status = RPC_OK;
    char detail[ERR_TEXT_MAX];
    enum inbox_event event = inbox_wait(talk->inbox, timeout_ms, message, &status, detail);
    *timed_out = event == INBOX_TIMEOUT;
    if (event == INBOX_CLOSED && status == RPC_OK) {
        return err_set(err, ERR_UNAVAILABLE, "", "%s has ended the stream", talk_peer_name(talk));
    }
    return event == INBOX_CLOSED ? inbox_err(talk->inbox, status, detail, err)
                                 : event == INBOX_MESSAGE;
}

bool talk_welcome(const struct talk *talk, uint32_t protocol, const Hearth__V1__Signed *certificate,
                  struct certificate *out, struct err *err)
{
    const struct talk_parts *parts = &talk->parts;
    if (protocol != PROTOCOL_VERSION) {
        return err_set(err, ERR_VERSION, "protocol", "%s speaks version %u, not %d",
                       talk_peer_name(talk), protocol, PROTOCOL_VERSION);
    }
    if (peer_certificate(talk->stream, parts->trust, parts->server_role, parts->server_id,
                         certificate, out, err)) {
        return true;
    }
    err->code = ERR_UNAVAILABLE;
    return false;
}
