/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/audit/log_line.h"

#include <errno.h>
#include <string.h>

#include "keys/certificate.h"
#include "proto/base/json_wipe.h"
#include "proto/base/text.h"

/* ---- writing ---- */

static void append_object(json_t *object, struct buf *out)
{
    REQUIRE(object != NULL);
    json_append(object, JSON_COMPACT, out);
    buf_u8(out, '\n');
    json_decref(object);
}

void log_header_write(const struct log_header *header, struct buf *out)
{
    REQUIRE(header->from > 0 && header->head.length <= INT64_MAX);
    append_object(
        json_pack("{s:i,s:s,s:s,s:I,s:o,s:I,s:o,s:o,s:o}", "hearth_log", LOG_FORM, "matcher",
                  header->matcher, "party", header->party, "from", (json_int_t)header->from,
                  "previous", hex_json(header->previous, HASH_BYTES), "length",
                  (json_int_t)header->head.length, "head", hex_json(header->head.hash, HASH_BYTES),
                  "checkpoint", signed_json(&header->checkpoint), "certificate",
                  signed_json(&header->certificate.raw)),
        out);
}

void log_line_write(const struct audit_entry *entry, bool shown, struct buf *out)
{
    json_t *what =
        shown ? hex_json(entry->inner, entry->inner_len) : hex_json(entry->inner_hash, HASH_BYTES);
    append_object(json_pack("{s:I,s:o,s:o}", "n", (json_int_t)entry->number,
                            shown ? "entry" : "inner", what, "hash",
                            hex_json(entry->hash, HASH_BYTES)),
                  out);
}

/* ---- reading ---- */

bool log_read_line(FILE *in, char *text, size_t *len, bool *whole, struct err *err)
{
    size_t used = 0;
    int c = 0;
    *whole = false;
    while ((c = getc(in)) != EOF && c != '\n') {
        if (used == LOG_LINE_MAX - 1) {
            return err_set(err, ERR_INVALID, NULL, "is longer than %d bytes", LOG_LINE_MAX);
        }
        text[used++] = (char)c;
    }
    if (c == EOF && ferror(in)) return err_set_errno(err, errno, NULL, "cannot be read");
    *whole = c == '\n';
    *len = used;
    text[used] = '\0';
    return true;
}

static bool load(const char *text, size_t len, json_t **out, struct err *err)
{
    json_error_t problem;
    *out = json_loadb(text, len, JSON_REJECT_DUPLICATES, &problem);
    return *out || err_set(err, ERR_INVALID, NULL, "is not JSON: column %d", problem.column);
}

void log_header_free(struct log_header *header)
{
    signed_bytes_free(&header->checkpoint);
    certificate_free(&header->certificate);
}

static bool read_party(const json_t *object, char *out, size_t cap, struct err *err)
{
    const char *party = json_string_value(json_object_get(object, "party"));
    const char *slash = party ? strchr(party, '/') : NULL;
    bool named = slash && (strncmp(party, "la/", 3) == 0 || strncmp(party, "agent/", 6) == 0) &&
                 text_is_id(slash + 1) && strlen(party) < cap;
    if (!named) return err_set(err, ERR_INVALID, "party", "must be la/ID or agent/ID");
    text_copy_cut(out, cap, party);
    return true;
}

static bool read_form(const json_t *object, struct err *err)
{
    uint64_t form = 0;
    if (!member_number(object, "hearth_log", &form, err)) {
        return err_set(err, ERR_INVALID, NULL, "is not the first line of an export of the log");
    }
    return form == LOG_FORM || err_set(err, ERR_VERSION, "hearth_log",
                                       "is of form %llu, this program reads form %d: update it",
                                       (unsigned long long)form, LOG_FORM);
}

static bool read_header(const json_t *object, struct log_header *out, struct err *err)
{
    static const char *const names[] = {"hearth_log",  "matcher", "party", "from",
                                        "previous",    "length",  "head",  "checkpoint",
                                        "certificate", NULL};
    if (!read_form(object, err) || !members_known(object, names, err)) return false;
    const char *matcher = json_string_value(json_object_get(object, "matcher"));
    if (!matcher || !text_is_id(matcher)) {
        return err_set(err, ERR_INVALID, "matcher", "must be an organisation's id");
    }
    text_copy_cut(out->matcher, sizeof out->matcher, matcher);
    if (!read_party(object, out->party, sizeof out->party, err) ||
        !member_number(object, "from", &out->from, err) ||
        !member_hex(object, "previous", out->previous, HASH_BYTES, err) ||
        !member_number(object, "length", &out->head.length, err) ||
        !member_hex(object, "head", out->head.hash, HASH_BYTES, err) ||
        !member_signed(object, "checkpoint", CERTIFICATE_BODY_MAX, &out->checkpoint, err)) {
        return false;
    }
    if (out->from == 0 || out->from > out->head.length + 1) {
        return err_set(err, ERR_INVALID, "from", "must be 1 to %llu, one behind the last entry",
                       (unsigned long long)out->head.length + 1);
    }
    return member_certificate(object, "certificate", &out->certificate, err);
}

bool log_header_read(const char *text, size_t len, struct log_header *out, struct err *err)
{
    json_t *object = NULL;
    struct log_header header = {0};
    bool ok = load(text, len, &object, err) && read_header(object, &header, err);
    json_decref(object);
    if (ok) {
        *out = header;
    } else {
        log_header_free(&header);
    }
    return ok;
}

void log_line_free(struct log_line *line)
{
    buf_free(&line->inner);
}

static bool read_line(const json_t *object, struct log_line *line, struct err *err)
{
    static const char *const names[] = {"n", "entry", "inner", "hash", NULL};
    if (!members_known(object, names, err) || !member_number(object, "n", &line->number, err) ||
        !member_hex(object, "hash", line->hash, HASH_BYTES, err)) {
        return false;
    }
    line->shown = json_object_get(object, "entry") != NULL;
    if (!line->shown) return member_hex(object, "inner", line->inner_hash, HASH_BYTES, err);
    if (json_object_get(object, "inner")) {
        return err_set(err, ERR_INVALID, "inner", "stands beside the entry: one of the two");
    }
    if (!member_bytes(object, "entry", AUDIT_INNER_MAX, &line->inner, err)) return false;
    audit_inner_hash(line->inner_hash, line->inner.data, line->inner.len);
    return true;
}

bool log_line_parse(json_t *value, struct log_line *out, struct err *err)
{
    struct log_line line = {0};
    bool ok = read_line(value, &line, err);
    if (ok) {
        *out = line;
    } else {
        log_line_free(&line);
    }
    return ok;
}

bool log_line_read(const char *text, size_t len, struct log_line *out, struct err *err)
{
    json_t *object = NULL;
    bool ok = load(text, len, &object, err) && log_line_parse(object, out, err);
    json_decref(object);
    return ok;
}
