/* SPDX-License-Identifier: Apache-2.0
 * The legal order of a party's messages by its role, the hello and the list. On the figures'
 * thread.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/base/clock.h"
#include "proto/base/mem.h"
#include "proto/crypto/wire.h"
#include "proto/figures/serve_internal.h"
#include "proto/rpc/peer.h"

static const int64_t KEEP_MS = (int64_t)FIGURES_KEEP_DAYS * 86400000;

/* ---- what steps share ---- */

bool figures_ready(struct figures_stream *stream)
{
    const struct figures_server_parts *parts = &stream->server->parts;
    struct err err;
    if (!parts->ready || parts->ready(parts->ctx, &err)) return true;
    figures_end(stream, &err, false);
    return false;
}

void figures_note(struct figures_stream *stream, const struct figures_note *note)
{
    const struct figures_server_parts *parts = &stream->server->parts;
    if (parts->note) parts->note(note, parts->ctx);
}

void figures_note_once(struct figures_stream *stream, const struct figures_note *note)
{
    struct figures_server *server = stream->server;
    for (size_t i = 0; i < server->noted_count; i++) {
        if (sodium_memcmp(server->noted[i], note->hash, HASH_BYTES) == 0) return;
    }
    if (server->noted_count == FIGURES_NOTED_MAX) server->noted_count = 0;
    server->noted = mem_resize(server->noted, server->noted_count + 1, HASH_BYTES);
    memcpy(server->noted[server->noted_count++], note->hash, HASH_BYTES);
    figures_note(stream, note);
}

bool figures_find_period(struct figures_server *server, const ProtobufCBinaryData *manifest_hash,
                         struct collection_period *out, struct err *err)
{
    struct collection_period *periods = NULL;
    size_t count = 0;
    uint8_t hash[HASH_BYTES];
    bool found = false;
    if (!wire_bytes(manifest_hash, "manifest_hash", hash, sizeof hash, err) ||
        !collection_periods(server->parts.collection, &periods, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count && !found; i++) {
        found =
            periods[i].agreed && sodium_memcmp(periods[i].manifest_hash, hash, sizeof hash) == 0;
        if (found) *out = periods[i];
    }
    free(periods);
    return found ||
           err_set(err, ERR_NOT_FOUND, "manifest_hash", "no manifest of that hash is agreed here");
}

/* ---- hello ---- */

static void send_welcome(struct figures_stream *stream)
{
    const struct certificate *own = identity_certificate(stream->server->parts.identity);
    Hearth__V1__Signed raw = signed_message_of(&own->raw);
    Hearth__V1__FiguresWelcome body = HEARTH__V1__FIGURES_WELCOME__INIT;
    Hearth__V1__ToFigures message = HEARTH__V1__TO_FIGURES__INIT;
    body.protocol = PROTOCOL_VERSION;
    body.certificate = &raw;
    message.kind_case = HEARTH__V1__TO_FIGURES__KIND_WELCOME;
    message.welcome = &body;
    figures_send(stream, &message);
}

static bool check_hello(struct figures_stream *stream, const Hearth__V1__FiguresHello *hello,
                        struct err *err)
{
    if (hello->protocol != PROTOCOL_VERSION) {
        return err_set(err, ERR_VERSION, "protocol", "%s speaks version %u, this version %d",
                       stream->id, hello->protocol, PROTOCOL_VERSION);
    }
    return peer_certificate(stream->stream, stream->server->parts.trust, stream->role, stream->id,
                            hello->certificate, &stream->certificate, err) &&
           figures_may_stay(stream, err);
}

static void on_hello(struct figures_stream *stream, const Hearth__V1__FromFigures *message)
{
    struct err err;
    if (!check_hello(stream, message->hello, &err)) {
        figures_end(stream, &err, true);
        return;
    }
    stream->phase = FIGURES_OPEN;
    atomic_store(&stream->greeted, true);
    send_welcome(stream);
}

/* ---- list ---- */

static void send_manifest(struct figures_stream *stream, const struct agreement *agreement)
{
    Hearth__V1__Signed manifest = signed_message_of(&agreement->manifest_raw);
    Hearth__V1__Signed hub = signed_message_of(&agreement->hub.raw);
    Hearth__V1__Signed release_key = signed_message_of(&agreement->release_key_raw);
    Hearth__V1__FiguresManifest body = HEARTH__V1__FIGURES_MANIFEST__INIT;
    Hearth__V1__ToFigures message = HEARTH__V1__TO_FIGURES__INIT;
    body.manifest = &manifest;
    body.hub = &hub;
    body.release_key = &release_key;
    message.kind_case = HEARTH__V1__TO_FIGURES__KIND_MANIFEST;
    message.manifest = &body;
    figures_send(stream, &message);
}

static bool send_release(const struct signed_bytes *release, void *ctx, struct err *err)
{
    Hearth__V1__Signed raw = signed_message_of(release);
    Hearth__V1__ToFigures message = HEARTH__V1__TO_FIGURES__INIT;
    (void)err;
    message.kind_case = HEARTH__V1__TO_FIGURES__KIND_RELEASE;
    message.release = &raw;
    figures_send(ctx, &message);
    return true;
}

/* Only to those who are enrolled: who else is stands in the manifest. */
static bool list_one(struct figures_stream *stream, const struct collection_period *period,
                     struct err *err)
{
    struct collection *collection = stream->server->parts.collection;
    struct agreement agreement;
    if (!collection_agreement(collection, period->manifest_hash, &agreement, err)) return false;
    bool enrolled = manifest_party(&agreement.manifest, stream->role, stream->id) != NULL;
    if (enrolled) send_manifest(stream, &agreement);
    agreement_free(&agreement);
    return !enrolled ||
           collection_releases(collection, period->manifest_hash, send_release, stream, err);
}

static bool list_all(struct figures_stream *stream, struct err *err)
{
    struct collection_period *periods = NULL;
    size_t count = 0;
    int64_t now_ms = clock_wall_ms();
    bool ok = collection_periods(stream->server->parts.collection, &periods, &count, err);
    for (size_t i = 0; ok && i < count; i++) {
        if (!periods[i].agreed || now_ms >= periods[i].closes_at + KEEP_MS) continue;
        ok = list_one(stream, &periods[i], err);
    }
    free(periods);
    return ok;
}

static void on_list(struct figures_stream *stream, const Hearth__V1__FromFigures *message)
{
    Hearth__V1__FiguresEnd end = HEARTH__V1__FIGURES_END__INIT;
    Hearth__V1__ToFigures last = HEARTH__V1__TO_FIGURES__INIT;
    struct err err;
    (void)message;
    stream->phase = FIGURES_LISTED;
    if (!list_all(stream, &err)) {
        figures_cannot(stream, NULL, &err);
        return;
    }
    last.kind_case = HEARTH__V1__TO_FIGURES__KIND_END;
    last.end = &end;
    figures_send(stream, &last);
}

/* ---- order ---- */

enum { KINDS = HEARTH__V1__FROM_FIGURES__KIND_RELEASE + 1 };

/* What each kind does in each phase; NULL = refused. A list is given once a stream: it is long. */
typedef void (*step_fn)(struct figures_stream *stream, const Hearth__V1__FromFigures *message);
typedef step_fn order[FIGURES_PHASES][KINDS];
#define FROM(kind) [HEARTH__V1__FROM_FIGURES__KIND_##kind]
static const order contributor_at_matcher = {
    [FIGURES_GREETING] = {FROM(HELLO) = on_hello},
    [FIGURES_OPEN] = {FROM(LIST) = on_list, FROM(PUT) = figures_on_put},
    [FIGURES_LISTED] = {FROM(PUT) = figures_on_put},
};
static const order contributor_at_hub = {
    [FIGURES_GREETING] = {FROM(HELLO) = on_hello},
    [FIGURES_OPEN] = {FROM(PUT) = figures_on_put},
};
static const order hub_at_matcher = {
    [FIGURES_GREETING] = {FROM(HELLO) = on_hello},
    [FIGURES_OPEN] = {FROM(PUT) = figures_on_passed, FROM(PROPOSE) = figures_on_propose,
                      FROM(OFFER) = figures_on_offer, FROM(RELEASE) = figures_on_release},
};

static const order *order_of(const struct figures_stream *stream)
{
    if (stream->role == ROLE_HUB) return &hub_at_matcher;
    return stream->server->role == ROLE_MATCHER ? &contributor_at_matcher : &contributor_at_hub;
}

/* False, with the reason, where the message has no place here. */
static bool find_step(const struct figures_stream *stream, unsigned kind, step_fn *out,
                      struct err *err)
{
    static const char *const names[KINDS] = {
        FROM(HELLO) = "a hello",      FROM(LIST) = "a list",    FROM(PUT) = "a contribution",
        FROM(PROPOSE) = "a proposal", FROM(OFFER) = "an offer", FROM(RELEASE) = "a release"};
    const order *legal = order_of(stream);
    bool ever = false;
    for (size_t phase = 0; phase < FIGURES_PHASES; phase++) ever |= (*legal)[phase][kind] != NULL;
    *out = (*legal)[stream->phase][kind];
    if (*out) return true;
    if (!ever) {
        return err_set(err, ERR_DENIED, "message", "%s is not for the role %s at a %s", names[kind],
                       role_name(stream->role), role_name(stream->server->role));
    }
    return err_set(err, ERR_EXPIRED, "message", "%s is out of order %s", names[kind],
                   stream->phase == FIGURES_GREETING ? "before the hello" : "after the hello");
}

Hearth__V1__FromFigures *figures_unpack(const uint8_t *data, size_t len)
{
    if (len > FIGURES_MESSAGE_MAX) return NULL;
    Hearth__V1__FromFigures *message = hearth__v1__from_figures__unpack(NULL, len, data);
    if (message && (message->kind_case == HEARTH__V1__FROM_FIGURES__KIND__NOT_SET ||
                    (unsigned)message->kind_case >= KINDS)) {
        hearth__v1__from_figures__free_unpacked(message, NULL);
        message = NULL;
    }
    return message;
}

void figures_step(struct figures_stream *stream, const uint8_t *data, size_t len)
{
    struct err err;
    step_fn step = NULL;
    Hearth__V1__FromFigures *message = figures_unpack(data, len);
    if (!message) {
        (void)err_set(&err, ERR_INVALID, "message", "%zu bytes that are no message of figures",
                      len);
        figures_end(stream, &err, true);
    } else if (find_step(stream, (unsigned)message->kind_case, &step, &err)) {
        step(stream, message);
    } else {
        figures_end(stream, &err, true);
    }
    if (message) hearth__v1__from_figures__free_unpacked(message, NULL);
}
