/* SPDX-License-Identifier: Apache-2.0
 * Contributions: of a contributor for itself, and as a hub passes them on. On the figures' thread.
 */
#include <string.h>

#include "proto/base/clock.h"
#include "proto/crypto/wire.h"
#include "proto/figures/serve_internal.h"

/* A put on its way. */
struct arrival {
    struct figures_stream *stream;
    struct signed_bytes raw;
    struct contribution contribution; /* points into raw */
    struct collection_period period;
    uint8_t hash[HASH_BYTES];
    int64_t now_ms;
};

static void send_receipt(struct figures_stream *stream, const struct signed_bytes *receipt)
{
    Hearth__V1__Signed raw = signed_message_of(receipt);
    Hearth__V1__ToFigures message = HEARTH__V1__TO_FIGURES__INIT;
    message.kind_case = HEARTH__V1__TO_FIGURES__KIND_RECEIPT;
    message.receipt = &raw;
    figures_send(stream, &message);
}

static void note(const struct arrival *arrival, enum figures_event event)
{
    const struct contribution *contribution = &arrival->contribution;
    struct figures_note note = {.event = event,
                                .role = contribution->role,
                                .organisation = contribution->organisation,
                                .hub = arrival->period.hub,
                                .table = contribution->table->name,
                                .period = arrival->period.period,
                                .hash = arrival->hash};
    if (event == FIGURES_LATE) {
        figures_note(arrival->stream, &note);
    } else {
        figures_note_once(arrival->stream, &note);
    }
}

static bool take_in(struct arrival *arrival, const struct certificate *certificate, bool passed,
                    struct err *err)
{
    struct collection *collection = arrival->stream->server->parts.collection;
    struct signed_bytes receipt;
    if (!collection_put(collection, &arrival->raw, certificate, passed, arrival->now_ms, &receipt,
                        err)) {
        bool late = err->code == ERR_EXPIRED && strcmp(err->field, "closes_at") == 0;
        if (late) note(arrival, FIGURES_LATE);
        return false;
    }
    note(arrival, FIGURES_TAKEN);
    send_receipt(arrival->stream, &receipt);
    signed_bytes_free(&receipt);
    return true;
}

static bool read(struct arrival *arrival, const Hearth__V1__FiguresPut *put, struct err *err)
{
    struct contribution *contribution = &arrival->contribution;
    if (!signed_bytes_of_message(put->contribution, "contribution", &arrival->raw, err)) {
        return false;
    }
    const struct buf *body = &arrival->raw.body;
    hash_once(arrival->hash, TAG_CONTRIBUTION, body->data, body->len);
    if (!contribution_decode(body->data, body->len, contribution, err)) {
        return err_in(err, "contribution");
    }
    const ProtobufCBinaryData manifest_hash = wire_data(contribution->manifest_hash, HASH_BYTES);
    return figures_find_period(arrival->stream->server, &manifest_hash, &arrival->period, err);
}

/* ---- for itself ---- */

/* The sender's clock may be a little ahead: that goes by, so it is no refusal. */
static bool check_own(const struct arrival *arrival, struct err *err)
{
    const struct figures_stream *stream = arrival->stream;
    const struct contribution *contribution = &arrival->contribution;
    if (contribution->role != stream->role || strcmp(contribution->organisation, stream->id) != 0) {
        return err_set(err, ERR_DENIED, "organisation",
                       "is %s %s, but the connection is that of %s %s",
                       role_name(contribution->role), contribution->organisation,
                       role_name(stream->role), stream->id);
    }
    return arrival->now_ms >= arrival->period.opens_at ||
           err_set(err, ERR_UNAVAILABLE, "opens_at", "contributions are not yet taken");
}

static void finish(struct arrival *arrival, bool ok, const struct err *err)
{
    if (!ok) figures_cannot(arrival->stream, arrival->hash, err);
    signed_bytes_free(&arrival->raw);
}

void figures_on_put(struct figures_stream *stream, const Hearth__V1__FromFigures *message)
{
    struct arrival arrival = {.stream = stream, .now_ms = clock_wall_ms()};
    struct err err;
    if (!figures_ready(stream)) return;
    if (!figures_may_stay(stream, &err)) { /* no refusal of the contribution */
        figures_end(stream, &err, true);
        return;
    }
    bool ok = read(&arrival, message->put, &err) && check_own(&arrival, &err) &&
              take_in(&arrival, &stream->certificate, false, &err);
    finish(&arrival, ok, &err);
}

/* ---- passed on ---- */

static bool check_passed(const struct arrival *arrival, struct err *err)
{
    return strcmp(arrival->period.hub, arrival->stream->id) == 0 ||
           err_set(err, ERR_DENIED, "manifest_hash", "is of another hub");
}

void figures_on_passed(struct figures_stream *stream, const Hearth__V1__FromFigures *message)
{
    struct arrival arrival = {.stream = stream, .now_ms = clock_wall_ms()};
    struct certificate certificate = {0};
    struct err err;
    if (!figures_ready(stream)) return;
    bool ok = read(&arrival, message->put, &err) && check_passed(&arrival, &err) &&
              certificate_of_message(message->put->certificate, &certificate, &err) &&
              take_in(&arrival, &certificate, true, &err);
    finish(&arrival, ok, &err);
    certificate_free(&certificate);
}
