/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/audit/entry.h"

#include <string.h>

#include "proto/base/text.h"

static const char *const kind_names[AUDIT_KINDS] = {[AUDIT_STARTED] = "started",
                                                    [AUDIT_STOPPED] = "stopped",
                                                    [AUDIT_EPOCH] = "epoch",
                                                    [AUDIT_TIE_SEED] = "tie_seed",
                                                    [AUDIT_DIRECTORY] = "directory",
                                                    [AUDIT_REVOCATIONS] = "revocations",
                                                    [AUDIT_ATTACHED] = "attached",
                                                    [AUDIT_DETACHED] = "detached",
                                                    [AUDIT_QUERY] = "query",
                                                    [AUDIT_RESULT] = "result",
                                                    [AUDIT_REFUSED] = "refused",
                                                    [AUDIT_ABANDONED] = "abandoned",
                                                    [AUDIT_MAIL] = "mail",
                                                    [AUDIT_MAIL_TAKEN] = "mail_taken",
                                                    [AUDIT_MAIL_EXPIRED] = "mail_expired",
                                                    [AUDIT_FIGURES_AGREED] = "figures_agreed",
                                                    [AUDIT_FIGURES_CONTRIBUTION] =
                                                        "figures_contribution",
                                                    [AUDIT_FIGURES_RELEASED] = "figures_released",
                                                    [AUDIT_RESTORED] = "restored"};

const char *audit_kind_name(enum audit_kind kind)
{
    REQUIRE(kind > 0 && kind < AUDIT_KINDS);
    return kind_names[kind];
}

static void start_field(struct buf *fields, enum audit_type type, const char *name)
{
    REQUIRE(strlen(name) <= AUDIT_NAME_MAX);
    buf_u8(fields, (uint8_t)type);
    buf_bytes(fields, name, strlen(name));
}

void audit_number(struct buf *fields, const char *name, uint64_t value)
{
    start_field(fields, AUDIT_TYPE_NUMBER, name);
    buf_u64(fields, value);
}

void audit_text(struct buf *fields, const char *name, const char *value)
{
    /* A reason may quote what a peer sent. */
    const char *shown = text_is_printable_utf8(value, strlen(value)) ? value : "(not printable)";
    start_field(fields, AUDIT_TYPE_TEXT, name);
    buf_bytes(fields, shown, strlen(shown));
}

void audit_bytes(struct buf *fields, const char *name, const void *data, size_t len)
{
    start_field(fields, AUDIT_TYPE_BYTES, name);
    buf_bytes(fields, data, len);
}

void audit_inner_hash(uint8_t out[HASH_BYTES], const uint8_t *inner, size_t len)
{
    hash_once(out, "hearth v1 audit inner", inner, len);
}

void audit_entry_hash(uint8_t out[HASH_BYTES], uint64_t number, const uint8_t previous[HASH_BYTES],
                      const uint8_t inner_hash[HASH_BYTES])
{
    struct buf entry = {0};
    buf_u64(&entry, number);
    buf_append(&entry, previous, HASH_BYTES);
    buf_append(&entry, inner_hash, HASH_BYTES);
    hash_once(out, "hearth v1 audit", entry.data, entry.len);
    buf_free(&entry);
}

void audit_entry_make(struct buf *out, uint64_t number, const uint8_t previous[HASH_BYTES],
                      int64_t time_ms, enum audit_kind kind, const struct buf *fields,
                      uint8_t hash[HASH_BYTES])
{
    uint8_t inner_hash[HASH_BYTES];
    buf_u64(out, number);
    buf_append(out, previous, HASH_BYTES);
    size_t start = out->len;
    randombytes_buf(buf_reserve(out, AUDIT_SALT_BYTES), AUDIT_SALT_BYTES);
    buf_u64(out, (uint64_t)time_ms);
    buf_u8(out, (uint8_t)kind);
    buf_append(out, fields->data, fields->len);
    REQUIRE(out->len - start <= AUDIT_INNER_MAX);
    audit_inner_hash(inner_hash, out->data + start, out->len - start);
    audit_entry_hash(hash, number, previous, inner_hash);
    buf_append(out, hash, HASH_BYTES);
}

/* ---- reading ---- */

static bool read_field(struct reader *reader, struct audit_field *field)
{
    field->type = (enum audit_type)reader_u8(reader);
    if (!reader_text(reader, field->name, sizeof field->name)) return false;
    switch (field->type) {
    case AUDIT_TYPE_NUMBER: field->number = reader_u64(reader); return !reader->failed;
    case AUDIT_TYPE_BYTES:
        field->data = reader_bytes(reader, AUDIT_INNER_MAX, &field->len);
        return field->data != NULL;
    case AUDIT_TYPE_TEXT:
        field->data = reader_bytes(reader, AUDIT_INNER_MAX, &field->len);
        return field->data && text_is_printable_utf8((const char *)field->data, field->len);
    }
    return false;
}

static bool read_fields(struct reader *reader, struct audit_entry *out)
{
    while (reader->pos < reader->len) {
        if (out->field_count == AUDIT_FIELDS_MAX) return false;
        if (!read_field(reader, &out->fields[out->field_count++])) return false;
    }
    return reader_done(reader);
}

bool audit_inner_decode(const uint8_t *inner, size_t len, uint64_t number,
                        const uint8_t previous[HASH_BYTES], struct audit_entry *out,
                        struct err *err)
{
    struct audit_entry entry = {.number = number, .inner = inner, .inner_len = len};
    if (len > AUDIT_INNER_MAX) {
        return err_set(err, ERR_CORRUPT, NULL, "is %zu bytes long", len);
    }
    struct reader reader = reader_of(inner, len);
    (void)reader_take(&reader, AUDIT_SALT_BYTES);
    entry.time_ms = (int64_t)reader_u64(&reader);
    uint8_t kind = reader_u8(&reader);
    if (reader.failed || kind == 0) return err_set(err, ERR_CORRUPT, NULL, "is malformed");
    if (kind >= AUDIT_KINDS) {
        return err_set(err, ERR_VERSION, NULL, "is of kind %d, which this program does not know",
                       kind);
    }
    entry.kind = (enum audit_kind)kind;
    if (!read_fields(&reader, &entry)) return err_set(err, ERR_CORRUPT, NULL, "is malformed");
    memcpy(entry.previous, previous, HASH_BYTES);
    audit_inner_hash(entry.inner_hash, inner, len);
    audit_entry_hash(entry.hash, number, previous, entry.inner_hash);
    *out = entry;
    return true;
}

bool audit_entry_decode(const uint8_t *data, size_t len, struct audit_entry *out, struct err *err)
{
    enum { BEFORE = 8 + HASH_BYTES };
    if (len < BEFORE + HASH_BYTES || len > BEFORE + AUDIT_INNER_MAX + HASH_BYTES) {
        return err_set(err, ERR_CORRUPT, NULL, "is %zu bytes long", len);
    }
    struct reader reader = reader_of(data, len);
    uint64_t number = reader_u64(&reader);
    const uint8_t *previous = reader_take(&reader, HASH_BYTES);
    size_t inner_len = len - BEFORE - HASH_BYTES;
    uint8_t hash[HASH_BYTES];
    audit_inner_hash(hash, data + BEFORE, inner_len);
    audit_entry_hash(hash, number, previous, hash);
    if (sodium_memcmp(hash, data + BEFORE + inner_len, HASH_BYTES) != 0) {
        return err_set(err, ERR_CORRUPT, NULL, "does not have the hash that was stored with it");
    }
    return audit_inner_decode(data + BEFORE, inner_len, number, previous, out, err);
}

/* ---- fields ---- */

const struct audit_field *audit_field_find(const struct audit_entry *entry, enum audit_type type,
                                           const char *name)
{
    for (size_t i = 0; i < entry->field_count; i++) {
        const struct audit_field *field = &entry->fields[i];
        if (field->type == type && strcmp(field->name, name) == 0) return field;
    }
    return NULL;
}

static bool is_value(const struct audit_field *field, const void *data, size_t len)
{
    return field && field->len == len && (len == 0 || sodium_memcmp(field->data, data, len) == 0);
}

bool audit_text_is(const struct audit_entry *entry, const char *name, const char *value)
{
    return is_value(audit_field_find(entry, AUDIT_TYPE_TEXT, name), value, strlen(value));
}

bool audit_bytes_are(const struct audit_entry *entry, const char *name, const void *data,
                     size_t len)
{
    return is_value(audit_field_find(entry, AUDIT_TYPE_BYTES, name), data, len);
}
