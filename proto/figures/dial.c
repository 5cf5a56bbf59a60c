/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/figures/dial.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/clock.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"
#include "proto/figures/dial_internal.h"
#include "proto/figures/serve.h"

enum { LOOK_MS = 250 }; /* between looks at stop_fd */

/* ---- sending and receiving ---- */

void dial_send(struct dial *dial, const Hearth__V1__FromFigures *message)
{
    talk_send(dial->talk, &message->base);
}

static bool is_complete(const Hearth__V1__ToFigures *message)
{
    switch (message->kind_case) {
    case HEARTH__V1__TO_FIGURES__KIND_MANIFEST:
        return message->manifest->manifest && message->manifest->hub &&
               message->manifest->release_key;
    case HEARTH__V1__TO_FIGURES__KIND_PASSED:
        return message->passed->contribution && message->passed->certificate;
    case HEARTH__V1__TO_FIGURES__KIND_OPENED: return message->opened->release != NULL;
    case HEARTH__V1__TO_FIGURES__KIND_WELCOME:
    case HEARTH__V1__TO_FIGURES__KIND_RELEASE:
    case HEARTH__V1__TO_FIGURES__KIND_END:
    case HEARTH__V1__TO_FIGURES__KIND_RECEIPT:
    case HEARTH__V1__TO_FIGURES__KIND_REFUSED:
    case HEARTH__V1__TO_FIGURES__KIND_AGREED:
    case HEARTH__V1__TO_FIGURES__KIND_MISSING: return true;
    case HEARTH__V1__TO_FIGURES__KIND__NOT_SET:
    case _HEARTH__V1__TO_FIGURES__KIND__CASE_IS_INT_SIZE:
    default: return false;
    }
}

Hearth__V1__ToFigures *dial_unpack(const uint8_t *data, size_t len)
{
    if (len > FIGURES_MESSAGE_MAX) return NULL;
    Hearth__V1__ToFigures *message = hearth__v1__to_figures__unpack(NULL, len, data);
    if (message && !is_complete(message)) {
        hearth__v1__to_figures__free_unpacked(message, NULL);
        message = NULL;
    }
    return message;
}

bool dial_nonsense(const struct dial *dial, const char *what, struct err *err)
{
    return err_set(err, ERR_UNAVAILABLE, "", "%s sent %s", talk_peer_name(dial->talk), what);
}

bool dial_asked_to_stop(int stop_fd)
{
    struct pollfd fd = {.fd = stop_fd, .events = POLLIN};
    return stop_fd >= 0 && poll(&fd, 1, 0) == 1;
}

static bool wait_for(struct dial *dial, struct buf *bytes, struct err *err)
{
    int64_t until_ms = clock_steady_ms() + dial->step_ms;
    bool timed_out = true;
    while (timed_out && !dial_asked_to_stop(dial->stop_fd)) {
        int64_t left_ms = until_ms - clock_steady_ms();
        if (left_ms <= 0) {
            return err_set(err, ERR_UNAVAILABLE, "", "no answer from %s within %lld s",
                           talk_peer_name(dial->talk), (long long)dial->step_ms / 1000);
        }
        if (talk_wait(dial->talk, left_ms < LOOK_MS ? left_ms : LOOK_MS, bytes, &timed_out, err)) {
            return true;
        }
    }
    return timed_out ? err_set(err, ERR_UNAVAILABLE, "", "stopping") : false;
}

/* The peer's words are for a person; its code is one of ours, or none that helps. */
static void read_refusal(const Hearth__V1__FiguresRefused *refused, struct err *err)
{
    enum err_code code = err_code_find(refused->code);
    if (code == ERR_NONE || code == ERR_INTERNAL) code = ERR_UNAVAILABLE;
    (void)rpc_err_of_detail(code, refused->text, err);
    text_make_printable(err->text);
}

static bool is_about(const Hearth__V1__FiguresRefused *refused, const uint8_t *hash)
{
    return !hash || (refused->hash.len == HASH_BYTES &&
                     sodium_memcmp(refused->hash.data, hash, HASH_BYTES) == 0);
}

Hearth__V1__ToFigures *dial_answer(struct dial *dial, const uint8_t *hash, bool *refused,
                                   struct err *err)
{
    struct buf bytes = {0};
    *refused = false;
    if (!wait_for(dial, &bytes, err)) return NULL;
    Hearth__V1__ToFigures *message = dial_unpack(bytes.data, bytes.len);
    buf_free(&bytes);
    if (!message) {
        (void)dial_nonsense(dial, "a message that is malformed", err);
        return NULL;
    }
    if (message->kind_case != HEARTH__V1__TO_FIGURES__KIND_REFUSED) return message;
    *refused = is_about(message->refused, hash);
    if (*refused) {
        read_refusal(message->refused, err);
    } else {
        (void)dial_nonsense(dial, "a refusal of something else", err);
    }
    hearth__v1__to_figures__free_unpacked(message, NULL);
    return NULL;
}

Hearth__V1__ToFigures *dial_expect(struct dial *dial, Hearth__V1__ToFigures__KindCase kind,
                                   struct err *err)
{
    bool refused = false;
    Hearth__V1__ToFigures *message = dial_answer(dial, NULL, &refused, err);
    if (!message || message->kind_case == kind) return message;
    (void)dial_nonsense(dial, "something else than what was asked for", err);
    hearth__v1__to_figures__free_unpacked(message, NULL);
    return NULL;
}

/* ---- life ---- */

static void send_hello(struct dial *dial)
{
    const struct certificate *own = identity_certificate(dial->parts.identity);
    Hearth__V1__Signed raw = signed_message_of(&own->raw);
    Hearth__V1__FiguresHello hello = HEARTH__V1__FIGURES_HELLO__INIT;
    Hearth__V1__FromFigures message = HEARTH__V1__FROM_FIGURES__INIT;
    hello.protocol = PROTOCOL_VERSION;
    hello.certificate = &raw;
    message.kind_case = HEARTH__V1__FROM_FIGURES__KIND_HELLO;
    message.hello = &hello;
    dial_send(dial, &message);
}

static bool greet(struct dial *dial, struct err *err)
{
    send_hello(dial);
    Hearth__V1__ToFigures *message = dial_expect(dial, HEARTH__V1__TO_FIGURES__KIND_WELCOME, err);
    if (!message) return false;
    bool ok = talk_welcome(dial->talk, message->welcome->protocol, message->welcome->certificate,
                           &dial->peer, err);
    hearth__v1__to_figures__free_unpacked(message, NULL);
    return ok;
}

bool dial_open_until(const struct dial_parts *parts, int stop_fd, struct dial **out,
                     struct err *err)
{
    const struct talk_parts talk = {.identity = parts->identity,
                                    .trust = parts->trust,
                                    .target = parts->target,
                                    .server_role = parts->role,
                                    .server_id = parts->id,
                                    .path = METHOD_FIGURES,
                                    .message_max = FIGURES_MESSAGE_MAX};
    struct dial *dial = mem_new(struct dial);
    dial->parts = *parts;
    dial->step_ms = DIAL_STEP_MS;
    dial->stop_fd = stop_fd;
    if (!talk_open(&talk, &dial->talk, err)) {
        free(dial);
        return false;
    }
    if (greet(dial, err)) {
        *out = dial;
        return true;
    }
    dial_close(dial);
    return false;
}

bool dial_open(const struct dial_parts *parts, struct dial **out, struct err *err)
{
    return dial_open_until(parts, -1, out, err);
}

void dial_close(struct dial *dial)
{
    if (!dial) return;
    talk_close(dial->talk);
    certificate_free(&dial->peer);
    free(dial);
}

void dial_stop(struct dial *dial)
{
    talk_stop(dial->talk);
}

const struct certificate *dial_peer(const struct dial *dial)
{
    return &dial->peer;
}
