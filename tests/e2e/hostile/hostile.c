/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/e2e/hostile/hostile.h"

#include <stdarg.h>
#include <stdlib.h>

#include "proto/base/file.h"
#include "proto/crypto/wire.h"

static void fail(const struct err *err)
{
    (void)fprintf(stderr, "hostile peer: %s: %s\n", err->field, err->text);
    exit(1);
}

void peer_open(char **argv, struct peer *out)
{
    struct err err = {0};
    struct secret passphrase = {0};
    char *root = file_join(argv[0], HOME_ROOT);
    enum role role = role_from_name(argv[2]);
    struct rpc_channel_config config = {
        .target = argv[3], .server_id = "matcher", .message_max = REPLY_MAX, .queue_max = 4096};
    rpc_start();
    if (!trust_open(root, NULL, NULL, &out->trust, &err) ||
        !secret_read_passphrase((int)strtol(argv[1], NULL, 10), "", &passphrase, &err) ||
        !identity_open(argv[0], &passphrase, out->trust, role, &out->identity, &err) ||
        !rpc_channel_open(&config, out->identity, out->trust, &out->channel, &err)) {
        fail(&err);
    }
    secret_free(&passphrase);
    free(root);
}

void peer_close(struct peer *peer)
{
    rpc_channel_close(peer->channel);
    identity_close(peer->identity);
    trust_close(peer->trust);
    rpc_stop();
}

void line_open(struct peer *peer, const char *method, struct line *out)
{
    out->inbox = inbox_new();
    out->stream = rpc_channel_call(peer->channel, method, 0, inbox_events(), out->inbox);
}

void line_close(struct line *line)
{
    struct buf message = {0};
    enum rpc_status status = RPC_OK;
    char detail[ERR_TEXT_MAX];
    rpc_stream_cancel(line->stream, RPC_CANCELLED, "");
    while (inbox_wait(line->inbox, 60000, &message, &status, detail) == INBOX_MESSAGE) {
        buf_free(&message);
    }
    rpc_stream_unref(line->stream);
    inbox_free(line->inbox);
}

bool line_wait(struct line *line, struct buf *message)
{
    enum rpc_status status = RPC_OK;
    char detail[ERR_TEXT_MAX];
    switch (inbox_wait(line->inbox, 60000, message, &status, detail)) {
    case INBOX_MESSAGE: return true;
    case INBOX_CLOSED: say("status=%s detail=%s", rpc_status_name(status), detail); return false;
    case INBOX_TIMEOUT: say("status=NONE detail=nothing within a minute"); return false;
    }
    return false;
}

void line_drain(struct line *line)
{
    struct buf message = {0};
    while (line_wait(line, &message)) buf_free(&message);
}

void say(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    (void)vprintf(fmt, args);
    va_end(args);
    (void)putchar('\n');
    (void)fflush(stdout);
}

static void send_message(struct line *line, const ProtobufCMessage *message)
{
    struct buf bytes = {0};
    wire_pack(message, &bytes);
    if (!rpc_stream_send_bytes(line->stream, bytes.data, bytes.len)) say("not sent");
    buf_free(&bytes);
}

void send_from_la(struct line *line, const Hearth__V1__FromLa *message)
{
    send_message(line, &message->base);
}

void send_from_agent(struct line *line, const Hearth__V1__FromAgent *message)
{
    send_message(line, &message->base);
}
