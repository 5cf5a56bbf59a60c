/* SPDX-License-Identifier: Apache-2.0
 * What an LA keeps of a search, as one record of its store.
 */
#include <string.h>

#include "proto/audit/package.h"
#include "proto/audit/package_internal.h"

void package_parts_free(struct package_parts *parts)
{
    buf_wipe(&parts->request);
    secret_free(&parts->seed);
    signed_bytes_free(&parts->la_certificate);
    signed_bytes_free(&parts->matcher_certificate);
    signed_bytes_free(&parts->epoch);
    signed_bytes_free(&parts->options);
    signed_bytes_free(&parts->result);
    sodium_memzero(parts, sizeof *parts);
}

static void append_signed(const struct signed_bytes *s, struct buf *out)
{
    buf_bytes(out, s->body.data, s->body.len);
    buf_append(out, s->signature, SIGNATURE_BYTES);
}

void package_parts_encode(const struct package_parts *parts, struct buf *out)
{
    REQUIRE(parts->seed.len == SEED_BYTES && parts->footprint_count <= FOOTPRINT_MAX);
    buf_u8(out, PACKAGE_FORM);
    buf_bytes(out, parts->request.data, parts->request.len);
    buf_append(out, parts->seed.data, SEED_BYTES);
    buf_append(out, parts->query_id, QUERY_ID_BYTES);
    buf_u8(out, parts->is_member);
    buf_append(out, parts->group_id, GROUP_ID_BYTES);
    buf_u32(out, parts->catalogue);
    buf_u64(out, (uint64_t)parts->issued_at);
    buf_u64(out, (uint64_t)parts->expires_at);
    buf_u8(out, (uint8_t)parts->footprint_count);
    for (size_t i = 0; i < parts->footprint_count; i++) buf_u16(out, parts->footprint[i]);
    buf_append(out, parts->query_hash, HASH_BYTES);
    buf_append(out, parts->query_signature, SIGNATURE_BYTES);
    append_signed(&parts->la_certificate, out);
    append_signed(&parts->matcher_certificate, out);
    append_signed(&parts->epoch, out);
    append_signed(&parts->options, out);
    append_signed(&parts->result, out);
}

/* ---- reading ---- */

static void read_bytes(struct reader *reader, void *out, size_t len)
{
    const uint8_t *data = reader_take(reader, len);
    if (data) memcpy(out, data, len);
}

static void read_signed(struct reader *reader, struct signed_bytes *out)
{
    size_t len = 0;
    const uint8_t *body = reader_bytes(reader, PACKAGE_SIGNED_MAX, &len);
    if (body) buf_append(&out->body, body, len);
    read_bytes(reader, out->signature, SIGNATURE_BYTES);
}

static void read_text(struct reader *reader, struct buf *out)
{
    size_t len = 0;
    const uint8_t *text = reader_bytes(reader, REQUEST_RESOLVED_MAX, &len);
    if (text) buf_append(out, text, len);
}

static void read_parts(struct reader *reader, struct package_parts *parts)
{
    read_text(reader, &parts->request);
    parts->seed = secret_new(SEED_BYTES);
    read_bytes(reader, parts->seed.data, SEED_BYTES);
    read_bytes(reader, parts->query_id, QUERY_ID_BYTES);
    uint8_t is_member = reader_u8(reader);
    if (is_member > 1) reader->failed = true;
    parts->is_member = is_member == 1;
    read_bytes(reader, parts->group_id, GROUP_ID_BYTES);
    parts->catalogue = reader_u32(reader);
    parts->issued_at = (int64_t)reader_u64(reader);
    parts->expires_at = (int64_t)reader_u64(reader);
    parts->footprint_count = reader_u8(reader);
    if (parts->footprint_count > FOOTPRINT_MAX) {
        parts->footprint_count = 0;
        reader->failed = true;
    }
    for (size_t i = 0; i < parts->footprint_count; i++) parts->footprint[i] = reader_u16(reader);
    read_bytes(reader, parts->query_hash, HASH_BYTES);
    read_bytes(reader, parts->query_signature, SIGNATURE_BYTES);
    read_signed(reader, &parts->la_certificate);
    read_signed(reader, &parts->matcher_certificate);
    read_signed(reader, &parts->epoch);
    read_signed(reader, &parts->options);
    read_signed(reader, &parts->result);
}

/* package_json takes them as they are. */
static bool is_possible(const struct package_parts *parts)
{
    if (parts->issued_at < 0 || parts->expires_at < 0) return false;
    for (size_t i = 0; i < parts->footprint_count; i++) {
        if (parts->footprint[i] >= QUADRANTS) return false;
    }
    json_t *request = package_request_load(&parts->request);
    json_decref(request);
    return request && parts->la_certificate.body.len > 0 &&
           parts->matcher_certificate.body.len > 0 && parts->epoch.body.len > 0 &&
           parts->options.body.len > 0;
}

bool package_parts_decode(const uint8_t *data, size_t len, struct package_parts *out,
                          struct err *err)
{
    struct package_parts parts = {0};
    struct reader reader = reader_of(data, len);
    uint8_t form = reader_u8(&reader);
    if (!reader.failed && form != PACKAGE_FORM) {
        return err_set(err, ERR_VERSION, NULL, "is of form %d, this program reads form %d", form,
                       PACKAGE_FORM);
    }
    read_parts(&reader, &parts);
    if (reader_done(&reader) && is_possible(&parts)) {
        *out = parts;
        return true;
    }
    package_parts_free(&parts);
    return err_set(err, ERR_CORRUPT, NULL, "what was kept of the search is malformed");
}
