/* SPDX-License-Identifier: Apache-2.0
 * A hub at the matcher: proposing a manifest, and a table from the comparison of what both have to
 * the matcher's half of its sum.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/base/clock.h"
#include "proto/base/log.h"
#include "proto/base/text.h"
#include "proto/crypto/wire.h"
#include "proto/figures/dial_internal.h"

/* ---- proposing ---- */

bool dial_propose(struct dial *dial, const struct signed_bytes *manifest,
                  struct signed_bytes *release_key, struct err *err)
{
    Hearth__V1__Signed raw = signed_message_of(manifest);
    Hearth__V1__FiguresPropose propose = HEARTH__V1__FIGURES_PROPOSE__INIT;
    Hearth__V1__FromFigures message = HEARTH__V1__FROM_FIGURES__INIT;
    propose.manifest = &raw;
    message.kind_case = HEARTH__V1__FROM_FIGURES__KIND_PROPOSE;
    message.propose = &propose;
    dial_send(dial, &message);
    Hearth__V1__ToFigures *answer = dial_expect(dial, HEARTH__V1__TO_FIGURES__KIND_AGREED, err);
    if (!answer) return false;
    bool ok = signed_bytes_of_message(answer->agreed, "release_key", release_key, err) ||
              dial_nonsense(dial, "a release key without a signature", err);
    hearth__v1__to_figures__free_unpacked(answer, NULL);
    return ok;
}

/* ---- a table ---- */

struct table_work {
    struct dial *dial;
    struct collection *collection;
    const uint8_t *manifest_hash;
    const struct figures_table *table;
    size_t taken, passed;
};

static bool own_set(const struct table_work *work, struct figures_release *out, struct err *err)
{
    return collection_set(work->collection, work->manifest_hash, work->table, out, err);
}

static void send_offer(const struct table_work *work, const struct figures_release *own)
{
    Hearth__V1__FiguresOffer offer = HEARTH__V1__FIGURES_OFFER__INIT;
    Hearth__V1__FromFigures message = HEARTH__V1__FROM_FIGURES__INIT;
    ProtobufCBinaryData hashes[MANIFEST_ENROLLED_MAX];
    REQUIRE(own->count <= MANIFEST_ENROLLED_MAX);
    for (size_t i = 0; i < own->count; i++) {
        hashes[i] = wire_data(own->contributions[i], HASH_BYTES);
    }
    offer.manifest_hash = wire_data(work->manifest_hash, HASH_BYTES);
    offer.table = (char *)(uintptr_t)work->table->name; /* packing only reads */
    offer.contributions = hashes;
    offer.n_contributions = own->count;
    message.kind_case = HEARTH__V1__FROM_FIGURES__KIND_OFFER;
    message.offer = &offer;
    dial_send(work->dial, &message);
}

static void log_not_taken(const char *by, const uint8_t *hash, const struct err *err)
{
    char hex[2 * HASH_BYTES + 1];
    log_warn("figures_not_taken", "by=%s contribution=%s code=%s field=%s reason=\"%s\"", by,
             text_hex(hash, HASH_BYTES, hex), err_code_name(err->code), err->field, err->text);
}

/* The own store has failed, or the contribution is not good? */
static bool goes_on(const struct err *err)
{
    return err->code != ERR_IO && err->code != ERR_CORRUPT && err->code != ERR_INTERNAL &&
           err->code != ERR_UNAVAILABLE;
}

/* What the matcher has and the hub lacks. */
static bool take_passed(struct table_work *work, const Hearth__V1__FiguresPassed *in,
                        struct err *err)
{
    struct signed_bytes raw = {0}, receipt = {0};
    struct certificate certificate = {0};
    uint8_t hash[HASH_BYTES];
    hash_once(hash, TAG_CONTRIBUTION, in->contribution->body.data, in->contribution->body.len);
    bool ok =
        signed_bytes_of_message(in->contribution, "contribution", &raw, err) &&
        certificate_of_message(in->certificate, &certificate, err) &&
        collection_put(work->collection, &raw, &certificate, true, clock_wall_ms(), &receipt, err);
    if (ok) work->taken++;
    signed_bytes_free(&receipt);
    certificate_free(&certificate);
    signed_bytes_free(&raw);
    if (ok) return true;
    log_not_taken("hub", hash, err);
    return goes_on(err);
}

/* What the hub has and the matcher lacks. */
static bool pass_on(struct table_work *work, const uint8_t hash[HASH_BYTES], struct err *err)
{
    struct signed_bytes raw, receipt = {0};
    struct certificate certificate;
    if (!collection_get(work->collection, hash, &raw, &certificate, err)) {
        return err->code == ERR_NOT_FOUND
                   ? dial_nonsense(work->dial, "a hash that it was not offered", err)
                   : false;
    }
    bool ok = dial_put_for(work->dial, &raw, &certificate, &receipt, err);
    if (ok) work->passed++;
    signed_bytes_free(&receipt);
    certificate_free(&certificate);
    signed_bytes_free(&raw);
    if (ok) return true;
    log_not_taken("matcher", hash, err);
    return goes_on(err);
}

static bool pass_all(struct table_work *work, const Hearth__V1__FiguresMissing *missing,
                     struct err *err)
{
    if (missing->n_contributions > MANIFEST_ENROLLED_MAX) {
        return dial_nonsense(work->dial, "more hashes than it was offered", err);
    }
    for (size_t i = 0; i < missing->n_contributions; i++) {
        if (missing->contributions[i].len != HASH_BYTES) {
            return dial_nonsense(work->dial, "a hash that is none", err);
        }
        if (!pass_on(work, missing->contributions[i].data, err)) return false;
    }
    return true;
}

/* Everything that is passed on comes before the word of what is missing. */
static bool take_answers(struct table_work *work, struct err *err)
{
    bool refused = false, done = false, ok = true;
    for (size_t n = 0; ok && !done; n++) {
        Hearth__V1__ToFigures *message = dial_answer(work->dial, NULL, &refused, err);
        if (!message) return false;
        if (message->kind_case == HEARTH__V1__TO_FIGURES__KIND_PASSED &&
            n < MANIFEST_ENROLLED_MAX) {
            ok = take_passed(work, message->passed, err);
        } else if (message->kind_case == HEARTH__V1__TO_FIGURES__KIND_MISSING) {
            done = true;
            ok = pass_all(work, message->missing, err);
        } else {
            ok = dial_nonsense(work->dial, "something else than what was asked for", err);
        }
        hearth__v1__to_figures__free_unpacked(message, NULL);
    }
    return ok;
}

static bool compare(struct table_work *work, struct err *err)
{
    struct figures_release own;
    if (!own_set(work, &own, err)) return false;
    send_offer(work, &own);
    figures_release_free(&own);
    return take_answers(work, err);
}

/* ---- the half ---- */

static void send_release(const struct table_work *work, const uint8_t set_hash[HASH_BYTES])
{
    Hearth__V1__FiguresRelease release = HEARTH__V1__FIGURES_RELEASE__INIT;
    Hearth__V1__FromFigures message = HEARTH__V1__FROM_FIGURES__INIT;
    release.manifest_hash = wire_data(work->manifest_hash, HASH_BYTES);
    release.table = (char *)(uintptr_t)work->table->name;
    release.set_hash = wire_data(set_hash, HASH_BYTES);
    message.kind_case = HEARTH__V1__FROM_FIGURES__KIND_RELEASE;
    message.release = &release;
    dial_send(work->dial, &message);
}

static bool read_opened(const struct table_work *work, const Hearth__V1__FiguresOpened *in,
                        struct opened *out, struct err *err)
{
    struct opened opened = {.proof = {0}};
    if (in->proof.len != PROOF_BYTES || in->shares.len > (size_t)FIGURES_CELLS_MAX * POINT_BYTES ||
        !signed_bytes_of_message(in->release, "release", &opened.release, err)) {
        return dial_nonsense(work->dial, "a half that is malformed", err);
    }
    buf_append(&opened.shares, in->shares.data, in->shares.len);
    memcpy(opened.proof, in->proof.data, PROOF_BYTES);
    *out = opened;
    return true;
}

static bool half_open(const struct table_work *work, struct opened *out, struct err *err)
{
    struct figures_release own;
    uint8_t set_hash[HASH_BYTES];
    if (!own_set(work, &own, err)) return false;
    figures_set_hash(&own, set_hash);
    figures_release_free(&own);
    send_release(work, set_hash);
    Hearth__V1__ToFigures *answer =
        dial_expect(work->dial, HEARTH__V1__TO_FIGURES__KIND_OPENED, err);
    if (!answer) return false;
    bool ok = read_opened(work, answer->opened, out, err);
    hearth__v1__to_figures__free_unpacked(answer, NULL);
    return ok;
}

bool dial_release(struct dial *dial, struct collection *collection,
                  const uint8_t manifest_hash[HASH_BYTES], const struct figures_table *table,
                  struct opened *out, size_t *taken, size_t *passed, struct err *err)
{
    struct table_work work = {
        .dial = dial, .collection = collection, .manifest_hash = manifest_hash, .table = table};
    bool ok = compare(&work, err) && half_open(&work, out, err);
    *taken += work.taken;
    *passed += work.passed;
    return ok;
}
