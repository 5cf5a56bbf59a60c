/* SPDX-License-Identifier: Apache-2.0
 * What stands in the tables of a collection.
 */
#include <string.h>

#include "keys/certificate.h"
#include "proto/base/text.h"
#include "proto/crypto/stored.h"
#include "proto/figures/collection_internal.h"

enum { FIGURES_ENCODED_MAX = 8 << 20, FIGURES_SET_MAX = MANIFEST_ENROLLED_MAX * 40 };

static bool corrupt(struct err *err, const char *what)
{
    return err_set(err, ERR_CORRUPT, HOME_FIGURES, "%s in the store is malformed", what);
}

/* ---- keys ---- */

void table_key(const uint8_t manifest_hash[HASH_BYTES], const struct figures_table *table,
               uint8_t out[TABLE_KEY])
{
    memcpy(out, manifest_hash, HASH_BYTES);
    out[HASH_BYTES] = (uint8_t)figures_table_index(table);
}

void party_key(const uint8_t manifest_hash[HASH_BYTES], const struct figures_table *table,
               enum role role, const char *organisation, uint8_t out[PARTY_KEY])
{
    memset(out, 0, PARTY_KEY);
    table_key(manifest_hash, table, out);
    out[TABLE_KEY] = (uint8_t)role;
    memcpy(out + TABLE_KEY + 1, organisation, strnlen(organisation, ID_MAX));
}

void period_key(const char *hub, uint32_t period, uint8_t out[PERIOD_KEY])
{
    memset(out, 0, PERIOD_KEY);
    memcpy(out, hub, strnlen(hub, ID_MAX));
    for (size_t i = 0; i < 4; i++) out[ID_MAX + i] = (uint8_t)(period >> (24 - 8 * i));
}

/* ---- parts ---- */

struct kept_signed kept_of(const struct signed_bytes *s)
{
    return (struct kept_signed){{s->body.data, s->body.len}, s->signature};
}

void kept_copy(const struct kept_signed *kept, struct signed_bytes *out)
{
    signed_bytes_set(kept->body.data, kept->body.len, kept->signature, out);
}

bool kept_certificate(const struct kept_signed *kept, struct certificate *out, struct err *err)
{
    return certificate_decode(kept->body.data, kept->body.len, kept->signature, SIGNATURE_BYTES,
                              out, err) ||
           corrupt(err, "a certificate");
}

static void put_signed(struct buf *out, const struct kept_signed *kept)
{
    buf_bytes(out, kept->body.data, kept->body.len);
    buf_append(out, kept->signature, SIGNATURE_BYTES);
}

static struct kept_bytes take_bytes(struct reader *reader, size_t max)
{
    struct kept_bytes bytes = {NULL, 0};
    bytes.data = reader_bytes(reader, max, &bytes.len);
    return bytes;
}

static struct kept_signed take_signed(struct reader *reader, size_t max)
{
    struct kept_signed kept = {.body = take_bytes(reader, max)};
    kept.signature = reader_take(reader, SIGNATURE_BYTES);
    return kept;
}

/* ---- agreements ---- */

void agreement_record_encode(const struct agreement_record *record, struct buf *out)
{
    stored_put_text(out, record->hub);
    buf_u32(out, record->period);
    buf_u64(out, (uint64_t)record->opens_at);
    buf_u64(out, (uint64_t)record->closes_at);
    buf_u32(out, record->terms);
    buf_u64(out, record->room);
    buf_u8(out, record->over);
    put_signed(out, &record->manifest);
    put_signed(out, &record->hub_certificate);
    buf_u8(out, record->agreed);
    if (!record->agreed) return;
    put_signed(out, &record->release_key);
    put_signed(out, &record->matcher_certificate);
}

static bool read_agreement(struct reader *reader, struct agreement_record *out)
{
    if (!stored_id(reader, out->hub)) return false;
    out->period = reader_u32(reader);
    if (!stored_time(reader, &out->opens_at) || !stored_time(reader, &out->closes_at)) return false;
    out->terms = reader_u32(reader);
    out->room = reader_u64(reader);
    if (!stored_flag(reader, &out->over)) return false;
    out->manifest = take_signed(reader, MANIFEST_BYTES_MAX);
    out->hub_certificate = take_signed(reader, CERTIFICATE_BODY_MAX);
    if (!stored_flag(reader, &out->agreed)) return false;
    if (!out->agreed) return true;
    out->release_key = take_signed(reader, MANIFEST_BYTES_MAX);
    out->matcher_certificate = take_signed(reader, CERTIFICATE_BODY_MAX);
    return true;
}

bool agreement_record_decode(const uint8_t *data, size_t len, struct agreement_record *out,
                             struct err *err)
{
    struct reader reader = reader_of(data, len);
    *out = (struct agreement_record){.agreed = false};
    return (read_agreement(&reader, out) && reader_done(&reader)) || corrupt(err, "an agreement");
}

/* ---- what parties have sent ---- */

void party_record_encode(const struct party_record *record, struct buf *out)
{
    buf_u8(out, (uint8_t)record->state);
    buf_u64(out, (uint64_t)record->at);
    buf_append(out, record->hash, HASH_BYTES);
    buf_u8(out, record->twice);
    if (record->twice) buf_append(out, record->other, HASH_BYTES);
}

bool party_record_decode(const uint8_t *data, size_t len, struct party_record *out, struct err *err)
{
    struct reader reader = reader_of(data, len);
    *out = (struct party_record){.at = 0};
    uint8_t state = reader_u8(&reader);
    out->state = (enum party_state)state;
    if (stored_time(&reader, &out->at) && stored_bytes(&reader, out->hash, HASH_BYTES) &&
        stored_flag(&reader, &out->twice) &&
        (!out->twice || stored_bytes(&reader, out->other, HASH_BYTES)) && reader_done(&reader) &&
        (state == PARTY_TAKEN || state == PARTY_LATE)) {
        return true;
    }
    return corrupt(err, "what a party has sent");
}

void contribution_record_encode(const struct contribution_record *record, struct buf *out)
{
    put_signed(out, &record->contribution);
    put_signed(out, &record->certificate);
}

bool contribution_record_decode(const uint8_t *data, size_t len, struct contribution_record *out,
                                struct err *err)
{
    struct reader reader = reader_of(data, len);
    out->contribution = take_signed(&reader, CONTRIBUTION_BODY_MAX);
    out->certificate = take_signed(&reader, CERTIFICATE_BODY_MAX);
    return reader_done(&reader) || corrupt(err, "a contribution");
}

/* ---- tables that are done ---- */

static void put_why(struct buf *out, const struct err *why)
{
    struct err printable = *why;
    text_make_printable(printable.field);
    text_make_printable(printable.text);
    buf_u8(out, (uint8_t)printable.code);
    stored_put_text(out, printable.field);
    stored_put_text(out, printable.text);
}

void done_record_encode(const struct done_record *record, struct buf *out)
{
    buf_u8(out, (uint8_t)record->kind);
    buf_u64(out, (uint64_t)record->at);
    buf_append(out, record->set_hash, HASH_BYTES);
    if (record->kind == DONE_GIVEN_UP) {
        put_why(out, &record->why);
        return;
    }
    put_signed(out, &record->release);
    if (record->kind == DONE_OPENED) {
        buf_bytes(out, record->figures.data, record->figures.len);
        return;
    }
    buf_bytes(out, record->shares.data, record->shares.len);
    buf_append(out, record->proof, PROOF_BYTES);
}

static bool take_why(struct reader *reader, struct err *out)
{
    uint8_t code = reader_u8(reader);
    out->code = (enum err_code)code;
    return code <= ERR_INTERNAL && stored_text(reader, out->field, sizeof out->field, true) &&
           stored_text(reader, out->text, sizeof out->text, true);
}

static bool read_done(struct reader *reader, struct done_record *out)
{
    uint8_t kind = reader_u8(reader);
    out->kind = (enum done_kind)kind;
    if (!stored_time(reader, &out->at) || !stored_bytes(reader, out->set_hash, HASH_BYTES)) {
        return false;
    }
    if (kind == DONE_GIVEN_UP) return take_why(reader, &out->why);
    if (kind != DONE_HALF_OPENED && kind != DONE_OPENED) return false;
    out->release = take_signed(reader, FIGURES_SET_MAX);
    if (kind == DONE_OPENED) {
        out->figures = take_bytes(reader, FIGURES_ENCODED_MAX);
        return true;
    }
    out->shares = take_bytes(reader, (size_t)FIGURES_CELLS_MAX * POINT_BYTES);
    out->proof = reader_take(reader, PROOF_BYTES);
    return true;
}

bool done_record_decode(const uint8_t *data, size_t len, struct done_record *out, struct err *err)
{
    struct reader reader = reader_of(data, len);
    *out = (struct done_record){.at = 0};
    return (read_done(&reader, out) && reader_done(&reader)) ||
           corrupt(err, "what became of a table");
}
