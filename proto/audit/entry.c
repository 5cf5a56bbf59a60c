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
                                                    [AUDIT_MAIL_EXPIRED] = "mail_expired"};

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

static void hash_entry(uint8_t out[HASH_BYTES], const uint8_t *data, size_t len)
{
    hash_once(out, "hearth v1 audit", data, len);
}

void audit_entry_make(struct buf *out, uint64_t number, const uint8_t previous[HASH_BYTES],
                      int64_t time_ms, enum audit_kind kind, const struct buf *fields,
                      uint8_t hash[HASH_BYTES])
{
    size_t start = out->len;
    buf_u64(out, number);
    buf_append(out, previous, HASH_BYTES);
    buf_u64(out, (uint64_t)time_ms);
    buf_u8(out, (uint8_t)kind);
    buf_append(out, fields->data, fields->len);
    REQUIRE(out->len - start <= AUDIT_ENTRY_MAX);
    hash_entry(hash, out->data + start, out->len - start);
    buf_append(out, hash, HASH_BYTES);
}

static bool read_field(struct reader *reader, struct audit_field *field)
{
    field->type = (enum audit_type)reader_u8(reader);
    if (!reader_text(reader, field->name, sizeof field->name)) return false;
    switch (field->type) {
    case AUDIT_TYPE_NUMBER: field->number = reader_u64(reader); return !reader->failed;
    case AUDIT_TYPE_BYTES:
        field->data = reader_bytes(reader, AUDIT_ENTRY_MAX, &field->len);
        return field->data != NULL;
    case AUDIT_TYPE_TEXT:
        field->data = reader_bytes(reader, AUDIT_ENTRY_MAX, &field->len);
        return field->data && text_is_printable_utf8((const char *)field->data, field->len);
    }
    return false;
}

static bool read_entry(struct reader *reader, struct audit_entry *out)
{
    out->number = reader_u64(reader);
    const uint8_t *previous = reader_take(reader, HASH_BYTES);
    if (!previous) return false;
    memcpy(out->previous, previous, HASH_BYTES);
    out->time_ms = (int64_t)reader_u64(reader);
    uint8_t kind = reader_u8(reader);
    if (reader->failed || kind == 0 || kind >= AUDIT_KINDS) return false;
    out->kind = (enum audit_kind)kind;
    while (reader->pos < reader->len) {
        if (out->field_count == AUDIT_FIELDS_MAX) return false;
        if (!read_field(reader, &out->fields[out->field_count++])) return false;
    }
    return reader_done(reader);
}

bool audit_entry_decode(const uint8_t *data, size_t len, struct audit_entry *out, struct err *err)
{
    *out = (struct audit_entry){0};
    if (len < HASH_BYTES || len > AUDIT_ENTRY_MAX + HASH_BYTES) {
        return err_set(err, ERR_CORRUPT, NULL, "is %zu bytes long", len);
    }
    size_t body = len - HASH_BYTES;
    hash_entry(out->hash, data, body);
    if (sodium_memcmp(out->hash, data + body, HASH_BYTES) != 0) {
        return err_set(err, ERR_CORRUPT, NULL, "does not have the hash that was stored with it");
    }
    struct reader reader = reader_of(data, body);
    if (!read_entry(&reader, out)) return err_set(err, ERR_CORRUPT, NULL, "is malformed");
    return true;
}
