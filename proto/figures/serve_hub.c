/* SPDX-License-Identifier: Apache-2.0
 * What a hub wants of a matcher: to agree to a manifest, to compare what both have of a table, and
 * half of its sum. On the figures' thread.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/base/clock.h"
#include "proto/crypto/wire.h"
#include "proto/figures/serve_internal.h"

/* ---- proposals ---- */

static void send_agreed(struct figures_stream *stream, const struct signed_bytes *release_key)
{
    Hearth__V1__Signed raw = signed_message_of(release_key);
    Hearth__V1__ToFigures message = HEARTH__V1__TO_FIGURES__INIT;
    message.kind_case = HEARTH__V1__TO_FIGURES__KIND_AGREED;
    message.agreed = &raw;
    figures_send(stream, &message);
}

static void note_agreed(struct figures_stream *stream, const struct collection_period *period)
{
    struct figures_note note = {.event = FIGURES_AGREED,
                                .role = stream->role,
                                .organisation = stream->id,
                                .hub = period->hub,
                                .period = period->period,
                                .hash = period->manifest_hash};
    figures_note_once(stream, &note);
}

static bool agree(struct figures_stream *stream, const struct signed_bytes *manifest,
                  const uint8_t hash[HASH_BYTES], struct err *err)
{
    struct figures_server *server = stream->server;
    const ProtobufCBinaryData manifest_hash = wire_data(hash, HASH_BYTES);
    struct collection_period period;
    struct signed_bytes release_key;
    if (!collection_agree(server->parts.collection, manifest, &stream->certificate, clock_wall_ms(),
                          &release_key, err)) {
        return false;
    }
    bool ok = figures_find_period(server, &manifest_hash, &period, err);
    if (ok) {
        note_agreed(stream, &period);
        send_agreed(stream, &release_key);
    }
    signed_bytes_free(&release_key);
    return ok;
}

void figures_on_propose(struct figures_stream *stream, const Hearth__V1__FromFigures *message)
{
    struct signed_bytes manifest;
    uint8_t hash[HASH_BYTES];
    struct err err;
    if (!figures_ready(stream)) return;
    if (!signed_bytes_of_message(message->propose->manifest, "manifest", &manifest, &err)) {
        figures_cannot(stream, NULL, &err);
        return;
    }
    hash_once(hash, TAG_MANIFEST, manifest.body.data, manifest.body.len);
    if (!agree(stream, &manifest, hash, &err)) figures_cannot(stream, hash, &err);
    signed_bytes_free(&manifest);
}

/* ---- a table of an own manifest ---- */

struct subject {
    struct collection_period period;
    const struct figures_table *table;
};

/* The window has to be over: before that a hub learns nothing of who has contributed where. */
static bool find_subject(struct figures_stream *stream, const ProtobufCBinaryData *manifest_hash,
                         const char *table, struct subject *out, struct err *err)
{
    if (!figures_find_period(stream->server, manifest_hash, &out->period, err)) return false;
    if (strcmp(out->period.hub, stream->id) != 0) {
        return err_set(err, ERR_DENIED, "manifest_hash", "is of another hub");
    }
    out->table = figures_table_find(table);
    if (!out->table) return err_set(err, ERR_NOT_FOUND, "table", "\"%.40s\" is none", table);
    return clock_wall_ms() >= out->period.closes_at ||
           err_set(err, ERR_EXPIRED, "closes_at", "contributions are taken still");
}

/* ---- offers ---- */

static void send_passed(struct figures_stream *stream, const struct signed_bytes *contribution,
                        const struct certificate *certificate)
{
    Hearth__V1__Signed raw = signed_message_of(contribution);
    Hearth__V1__Signed sender = signed_message_of(&certificate->raw);
    Hearth__V1__FiguresPassed body = HEARTH__V1__FIGURES_PASSED__INIT;
    Hearth__V1__ToFigures message = HEARTH__V1__TO_FIGURES__INIT;
    body.contribution = &raw;
    body.certificate = &sender;
    message.kind_case = HEARTH__V1__TO_FIGURES__KIND_PASSED;
    message.passed = &body;
    figures_send(stream, &message);
}

/* One that was erased, since its table is done, is of no use any more. */
static bool pass_on(struct figures_stream *stream, const uint8_t hash[HASH_BYTES], struct err *err)
{
    struct signed_bytes contribution;
    struct certificate certificate;
    if (!collection_get(stream->server->parts.collection, hash, &contribution, &certificate, err)) {
        return err->code == ERR_NOT_FOUND;
    }
    send_passed(stream, &contribution, &certificate);
    signed_bytes_free(&contribution);
    certificate_free(&certificate);
    return true;
}

static bool is_ascending(const Hearth__V1__FiguresOffer *offer)
{
    for (size_t i = 0; i < offer->n_contributions; i++) {
        const ProtobufCBinaryData *hash = &offer->contributions[i];
        if (hash->len != HASH_BYTES) return false;
        if (i > 0 && hash_order(hash[-1].data, hash->data) >= 0) return false;
    }
    return true;
}

/* Both ascending: what only this side has is passed on, what only the hub has is gathered. */
static bool compare(struct figures_stream *stream, const struct figures_release *own,
                    const Hearth__V1__FiguresOffer *offer, Hearth__V1__FiguresMissing *missing,
                    struct err *err)
{
    size_t i = 0, j = 0;
    while (i < own->count || j < offer->n_contributions) {
        int order = i == own->count ? 1
                    : j == offer->n_contributions
                        ? -1
                        : hash_order(own->contributions[i], offer->contributions[j].data);
        if (order < 0 && !pass_on(stream, own->contributions[i], err)) return false;
        if (order > 0) {
            missing->contributions[missing->n_contributions++] = offer->contributions[j];
        }
        i += order <= 0;
        j += order >= 0;
    }
    return true;
}

static bool answer_offer(struct figures_stream *stream, const Hearth__V1__FiguresOffer *offer,
                         struct err *err)
{
    Hearth__V1__FiguresMissing missing = HEARTH__V1__FIGURES_MISSING__INIT;
    Hearth__V1__ToFigures message = HEARTH__V1__TO_FIGURES__INIT;
    ProtobufCBinaryData lacking[MANIFEST_ENROLLED_MAX];
    struct figures_release own;
    struct subject subject;
    if (offer->n_contributions > MANIFEST_ENROLLED_MAX || !is_ascending(offer)) {
        return err_set(err, ERR_INVALID, "contributions",
                       "at most %d hashes of %d bytes, ascending, are wanted",
                       MANIFEST_ENROLLED_MAX, HASH_BYTES);
    }
    if (!find_subject(stream, &offer->manifest_hash, offer->table, &subject, err) ||
        !collection_set(stream->server->parts.collection, subject.period.manifest_hash,
                        subject.table, &own, err)) {
        return false;
    }
    missing.contributions = lacking;
    bool ok = compare(stream, &own, offer, &missing, err);
    figures_release_free(&own);
    message.kind_case = HEARTH__V1__TO_FIGURES__KIND_MISSING;
    message.missing = &missing;
    if (ok) figures_send(stream, &message);
    return ok;
}

void figures_on_offer(struct figures_stream *stream, const Hearth__V1__FromFigures *message)
{
    struct err err;
    if (!answer_offer(stream, message->offer, &err)) figures_cannot(stream, NULL, &err);
}

/* ---- releases ---- */

static void send_opened(struct figures_stream *stream, const struct opened *opened)
{
    Hearth__V1__Signed release = signed_message_of(&opened->release);
    Hearth__V1__FiguresOpened body = HEARTH__V1__FIGURES_OPENED__INIT;
    Hearth__V1__ToFigures message = HEARTH__V1__TO_FIGURES__INIT;
    body.release = &release;
    body.shares = wire_data(opened->shares.data, opened->shares.len);
    body.proof = wire_data(opened->proof, PROOF_BYTES);
    message.kind_case = HEARTH__V1__TO_FIGURES__KIND_OPENED;
    message.opened = &body;
    figures_send(stream, &message);
}

static void note_half_opened(struct figures_stream *stream, const struct subject *subject,
                             const uint8_t set_hash[HASH_BYTES], size_t contributions)
{
    struct figures_note note = {.event = FIGURES_HALF_OPENED,
                                .role = stream->role,
                                .organisation = stream->id,
                                .hub = subject->period.hub,
                                .table = subject->table->name,
                                .period = subject->period.period,
                                .hash = set_hash,
                                .contributions = contributions};
    figures_note_once(stream, &note);
}

static bool half_open(struct figures_stream *stream, const Hearth__V1__FiguresRelease *wanted,
                      struct err *err)
{
    struct collection *collection = stream->server->parts.collection;
    struct subject subject;
    struct collection_table now;
    uint8_t set_hash[HASH_BYTES];
    struct opened opened;
    if (!wire_bytes(&wanted->set_hash, "set_hash", set_hash, sizeof set_hash, err) ||
        !find_subject(stream, &wanted->manifest_hash, wanted->table, &subject, err) ||
        !collection_half_open(collection, subject.period.manifest_hash, subject.table, set_hash,
                              clock_wall_ms(), &opened, err)) {
        return false;
    }
    bool ok = collection_table(collection, subject.period.manifest_hash, subject.table, &now, err);
    if (ok) {
        note_half_opened(stream, &subject, set_hash, now.contributions);
        send_opened(stream, &opened);
    }
    opened_free(&opened);
    return ok;
}

void figures_on_release(struct figures_stream *stream, const Hearth__V1__FromFigures *message)
{
    struct err err;
    if (!figures_ready(stream)) return;
    if (!half_open(stream, message->release, &err)) figures_cannot(stream, NULL, &err);
}
