/* SPDX-License-Identifier: Apache-2.0 */
#include "client/record.h"

#include <sodium.h>

#include "proto/crypto/stored.h"

void record_wipe(struct record *record)
{
    sodium_memzero(record, sizeof *record);
}

/* ---- encoding ---- */

static void put_list(struct buf *out, const uint16_t *list, size_t count)
{
    for (size_t i = 0; i < count; i++) buf_u16(out, list[i]);
}

static void put_features(struct buf *out, const struct features *features)
{
    buf_u8(out, (uint8_t)features->child_count);
    put_list(out, features->children, features->child_count);
    buf_u16(out, features->placement_type);
    buf_u16(out, (uint16_t)features->criteria_count);
    put_list(out, features->criteria, features->criteria_count);
    buf_u16(out, (uint16_t)features->cell_count);
    put_list(out, features->cells, features->cell_count);
}

void record_encode(const struct record *record, struct buf *out)
{
    buf_u8(out, RECORD_FORM);
    stored_put_text(out, record->search_ref);
    stored_put_text(out, record->first_alike);
    buf_u64(out, (uint64_t)record->first_ms);
    buf_u64(out, (uint64_t)record->last_ms);
    buf_u32(out, record->runs);
    buf_u32(out, record->amendments);
    buf_u32(out, record->alike);
    buf_append(out, record->query_hash, HASH_BYTES);
    buf_append(out, record->digest, HASH_BYTES);
    put_features(out, &record->features);
}

/* ---- decoding ---- */

/* `count` ascending numbers; `repeats`: one may stand twice. */
static bool take_list(struct reader *reader, size_t count, size_t max, bool repeats, uint16_t *out)
{
    if (count > max) return false;
    for (size_t i = 0; i < count; i++) {
        out[i] = reader_u16(reader);
        if (i > 0 && (repeats ? out[i] < out[i - 1] : out[i] <= out[i - 1])) return false;
    }
    return !reader->failed;
}

static bool take_features(struct reader *reader, struct features *out)
{
    out->child_count = reader_u8(reader);
    if (!take_list(reader, out->child_count, CHILDREN_MAX, true, out->children)) return false;
    out->placement_type = reader_u16(reader);
    out->criteria_count = reader_u16(reader);
    if (out->placement_type >= SLOTS_MAX ||
        !take_list(reader, out->criteria_count, FEATURE_CRITERIA_MAX, false, out->criteria)) {
        return false;
    }
    out->cell_count = reader_u16(reader);
    return take_list(reader, out->cell_count, FEATURE_CELLS_MAX, false, out->cells);
}

static bool take_ref(struct reader *reader, char out[REF_MAX + 1])
{
    return stored_text(reader, out, REF_MAX + 1, false);
}

static bool take_fields(struct reader *reader, struct record *out)
{
    if (!take_ref(reader, out->search_ref) || !take_ref(reader, out->first_alike)) return false;
    if (!stored_time(reader, &out->first_ms) || !stored_time(reader, &out->last_ms)) return false;
    out->runs = reader_u32(reader);
    out->amendments = reader_u32(reader);
    out->alike = reader_u32(reader);
    return stored_bytes(reader, out->query_hash, HASH_BYTES) &&
           stored_bytes(reader, out->digest, HASH_BYTES) && take_features(reader, &out->features);
}

bool record_decode(const uint8_t *data, size_t len, struct record *out, struct err *err)
{
    struct reader reader = reader_of(data, len);
    struct record record = {0};
    if (!stored_form(&reader, RECORD_FORM, err)) return false;
    bool good = take_fields(&reader, &record) && stored_ends(&reader);
    if (good) *out = record;
    record_wipe(&record);
    return good || err_set(err, ERR_CORRUPT, NULL, "a record is malformed");
}
