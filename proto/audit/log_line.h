/* SPDX-License-Identifier: Apache-2.0
 * The lines of an export of the log (docs/audit.md "An export"): their writer and their one bounded
 * decoder.
 */
#ifndef HEARTH_AUDIT_LOG_LINE_H
#define HEARTH_AUDIT_LOG_LINE_H

#include "proto/audit/log_export.h"

enum { LOG_LINE_MAX = 256 * 1024 /* bytes, with the line's end */, LOG_FORM = 1 };

/* The first line. log_header_free frees. */
struct log_header {
    char matcher[ID_MAX + 1], party[ID_MAX + 16]; /* "la/exampleshire" */
    uint64_t from;                                /* number of the first entry: 1 or more */
    uint8_t previous[HASH_BYTES];                 /* hash of the entry before that */
    struct log_head head;
    struct signed_bytes checkpoint;
    struct certificate certificate;
};
void log_header_free(struct log_header *header);
/* Appends the line with its end. */
void log_header_write(const struct log_header *header, struct buf *out);
/* The line's text without its end. ERR_INVALID with the member; ERR_VERSION. */
MUST_CHECK bool log_header_read(const char *text, size_t len, struct log_header *out,
                                struct err *err);

/* Any other line. log_line_free frees. */
struct log_line {
    uint64_t number;
    bool shown;       /* whole; else as a hash alone */
    struct buf inner; /* where shown */
    uint8_t inner_hash[HASH_BYTES];
    uint8_t hash[HASH_BYTES]; /* of the entry, as the line says */
};
void log_line_free(struct log_line *line);
/* Appends the line of an entry, with its end. */
void log_line_write(const struct audit_entry *entry, bool shown, struct buf *out);
MUST_CHECK bool log_line_read(const char *text, size_t len, struct log_line *out, struct err *err);
/* The line as a JSON value, and from it: what package_chain and package_check use. */
MUST_CHECK bool log_line_parse(json_t *value, struct log_line *out, struct err *err);

/* Reads the next line into text[LOG_LINE_MAX], NUL-terminated, without its end. *len 0 and *whole
 * false: there is no more. *whole: the line had an end. ERR_INVALID: too long; ERR_IO. */
MUST_CHECK bool log_read_line(FILE *in, char *text, size_t *len, bool *whole, struct err *err);

/* ---- members of JSON objects, as packages use them too ---- */
/* Hex digits of exactly `len` bytes. */
MUST_CHECK bool member_hex(const json_t *object, const char *name, void *out, size_t len,
                           struct err *err);
/* Hex digits of 1 to `max` bytes, appended. */
MUST_CHECK bool member_bytes(const json_t *object, const char *name, size_t max, struct buf *out,
                             struct err *err);
/* A whole number of 0 to INT64_MAX. */
MUST_CHECK bool member_number(const json_t *object, const char *name, uint64_t *out,
                              struct err *err);
/* A Signed message in hex, its body of at most `max` bytes. */
MUST_CHECK bool member_signed(const json_t *object, const char *name, size_t max,
                              struct signed_bytes *out, struct err *err);
/* The same, as a certificate. */
MUST_CHECK bool member_certificate(const json_t *object, const char *name, struct certificate *out,
                                   struct err *err);
/* That it is an object with no other members than these (NULL-terminated). */
MUST_CHECK bool members_known(const json_t *object, const char *const *names, struct err *err);
/* New references. */
json_t *hex_json(const void *data, size_t len);
json_t *signed_json(const struct signed_bytes *s);

#endif
