/* SPDX-License-Identifier: Apache-2.0
 * What waits for a message is given the next one that the target makes.
 */
#include <stdio.h>
#include <stdlib.h>

#include "proto/base/mem.h"
#include "tests/fuzz/played/played.h"

enum { WAITS_MAX = 10000 };

struct inbox {
    struct rpc_stream *stream;
    unsigned waits;
    bool closed;
    enum rpc_status status;
};

struct inbox *inbox_new(void)
{
    return mem_new(struct inbox);
}

void inbox_free(struct inbox *inbox)
{
    free(inbox);
}

static void on_message(struct rpc_stream *stream, const uint8_t *data, size_t len, void *ctx)
{
    (void)stream;
    (void)data;
    (void)len;
    (void)ctx;
    REQUIRE(false); /* they are pulled */
}

const struct rpc_events *inbox_events(void)
{
    static const struct rpc_events events = {.message = on_message};
    return &events;
}

void played_inbox_stream(struct inbox *inbox, struct rpc_stream *stream)
{
    inbox->stream = stream;
}

/* The same bytes in a block of exactly that size. */
static void move_exact(struct buf *from, struct buf *to)
{
    *to = (struct buf){0};
    if (from->len > 0) {
        to->data = mem_copy(from->data, from->len);
        to->len = to->cap = from->len;
    }
    buf_free(from);
}

enum inbox_event inbox_wait(struct inbox *inbox, int64_t timeout_ms, struct buf *message,
                            enum rpc_status *status, char detail[ERR_TEXT_MAX])
{
    (void)timeout_ms;
    const struct played_server *server = played_server_now();
    struct buf bytes = {0};
    enum inbox_event event = INBOX_CLOSED;
    if (++inbox->waits > WAITS_MAX) inbox->closed = true;
    if (!inbox->closed && !played_is_cancelled(inbox->stream)) {
        inbox->status = RPC_UNAVAILABLE;
        event = server->next(inbox->stream, &bytes, &inbox->status, server->ctx);
    }
    if (event == INBOX_CLOSED) {
        inbox->closed = true;
        *status = inbox->status;
        (void)snprintf(detail, ERR_TEXT_MAX, "field: the played end");
    } else if (event == INBOX_MESSAGE) {
        move_exact(&bytes, message);
    }
    buf_free(&bytes);
    return event;
}

int64_t inbox_retry_ms(struct inbox *inbox)
{
    (void)inbox;
    return 0;
}

bool inbox_err(struct inbox *inbox, enum rpc_status status, const char *detail, struct err *err)
{
    (void)inbox;
    return rpc_err_of(status, detail, err);
}
