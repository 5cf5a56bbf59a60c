/* SPDX-License-Identifier: Apache-2.0 */
#include "client/run.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <sodium.h>

#include "proto/crypto/stored.h"

const char *run_end_name(enum run_end end)
{
    static const char *const names[] = {"unknown", "result", "failed"};
    REQUIRE((size_t)end < sizeof names / sizeof *names);
    return names[end];
}

void run_free(struct run *run)
{
    package_parts_free(&run->parts);
    sodium_memzero(run, sizeof *run);
}

/* ---- encoding ---- */

void run_encode(const struct run *run, struct buf *out)
{
    const struct run_head *head = &run->head;
    struct buf parts = {0};
    buf_u8(out, RUN_FORM);
    buf_u64(out, (uint64_t)head->asked_ms);
    buf_u64(out, (uint64_t)head->ended_ms);
    buf_u8(out, (uint8_t)head->end);
    buf_u8(out, (uint8_t)head->error);
    buf_u8(out, (uint8_t)head->variant.kind);
    buf_u16(out, head->variant.slot);
    buf_u8(out, (uint8_t)head->variant.quarters);
    buf_append(out, head->query_hash, HASH_BYTES);
    buf_u8(out, head->is_member ? 1 : 0);
    package_parts_encode(&run->parts, &parts);
    buf_bytes(out, parts.data, parts.len);
    buf_wipe(&parts);
}

/* ---- decoding ---- */

static bool take_variant(struct reader *reader, struct variant *out)
{
    uint8_t kind = reader_u8(reader);
    out->kind = (enum variant_kind)kind;
    out->slot = reader_u16(reader);
    out->quarters = reader_u8(reader);
    switch (kind) {
    case VARIANT_BASE: return out->slot == 0 && out->quarters == 0;
    case VARIANT_WITHOUT: return out->slot < SLOTS_MAX && out->quarters == 0;
    case VARIANT_WITHIN: return out->slot == 0 && (out->quarters == 1 || out->quarters == 2);
    default: return false;
    }
}

/* Only an end has a time, only a failure an error. */
static bool take_end(struct reader *reader, struct run_head *out)
{
    uint8_t end = reader_u8(reader), error = reader_u8(reader);
    if (end > RUN_FAILED || error > ERR_INTERNAL) return false;
    out->end = (enum run_end)end;
    out->error = (enum err_code)error;
    return (out->end == RUN_FAILED) == (out->error != ERR_NONE) &&
           (out->end == RUN_UNKNOWN) == (out->ended_ms == 0);
}

static bool take_head(struct reader *reader, struct run_head *out)
{
    return stored_time(reader, &out->asked_ms) && stored_time(reader, &out->ended_ms) &&
           take_end(reader, out) && take_variant(reader, &out->variant) &&
           stored_bytes(reader, out->query_hash, HASH_BYTES) &&
           stored_flag(reader, &out->is_member) &&
           (out->is_member || out->variant.kind == VARIANT_BASE) && !reader->failed;
}

static bool malformed(struct err *err)
{
    return err_set(err, ERR_CORRUPT, NULL, "a run of a search is malformed");
}

bool run_head_decode(const uint8_t *data, size_t len, struct run_head *out, struct err *err)
{
    struct reader reader = reader_of(data, len);
    struct run_head head = {0};
    if (!stored_form(&reader, RUN_FORM, err)) return false;
    if (!take_head(&reader, &head)) return malformed(err);
    *out = head;
    return true;
}

/* The parts say in their own place what the head repeats. */
static bool fits(const struct run *run)
{
    const struct package_parts *parts = &run->parts;
    return parts->is_member == run->head.is_member &&
           (parts->result.body.len > 0) == (run->head.end == RUN_RESULT) &&
           sodium_memcmp(parts->query_hash, run->head.query_hash, HASH_BYTES) == 0;
}

bool run_decode(const uint8_t *data, size_t len, struct run *out, struct err *err)
{
    struct reader reader = reader_of(data, len);
    struct run run = {0};
    size_t parts_len = 0;
    if (!stored_form(&reader, RUN_FORM, err)) return false;
    bool good = take_head(&reader, &run.head);
    const uint8_t *parts = good ? reader_bytes(&reader, RUN_PLAIN_MAX, &parts_len) : NULL;
    if (!parts || !stored_ends(&reader)) return malformed(err);
    if (!package_parts_decode(parts, parts_len, &run.parts, err)) return false;
    if (!fits(&run)) {
        run_free(&run);
        return malformed(err);
    }
    *out = run;
    return true;
}

/* ---- the request of a variant ---- */

static void drop_code(json_t *root, const char *code)
{
    json_t *must = json_object_get(root, "must");
    for (size_t i = json_array_size(must); i-- > 0;) {
        const char *text = json_string_value(json_array_get(must, i));
        if (text && strcmp(text, code) == 0) (void)json_array_remove(must, i);
    }
}

static void lengthen(json_t *root, unsigned quarters)
{
    json_t *anchors = json_object_get(json_object_get(root, "location"), "anchors");
    for (size_t i = 0; i < json_array_size(anchors); i++) {
        json_t *within = json_object_get(json_array_get(anchors, i), "within_km");
        int32_t km = variant_within((int32_t)json_integer_value(within), quarters);
        (void)json_integer_set(within, km);
    }
}

void run_request_text(const struct buf *resolved, const struct variant *variant,
                      const struct catalogue *catalogue, struct buf *out)
{
    json_error_t why;
    if (variant->kind == VARIANT_BASE) {
        buf_append(out, resolved->data, resolved->len);
        return;
    }
    json_t *root = json_loadb((const char *)resolved->data, resolved->len, 0, &why);
    REQUIRE(root != NULL);
    if (variant->kind == VARIANT_WITHOUT) {
        drop_code(root, catalogue_slot(catalogue, variant->slot)->code);
    } else {
        lengthen(root, variant->quarters);
    }
    char *text = json_dumps(root, JSON_COMPACT);
    REQUIRE(text != NULL);
    buf_text(out, text);
    sodium_memzero(text, strlen(text));
    free(text);
    json_decref(root);
}
