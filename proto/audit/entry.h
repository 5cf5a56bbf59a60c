/* SPDX-License-Identifier: Apache-2.0
 * One entry of the audit log: its bytes, its hash and its bounded decoder.
 *
 *   entry  = u64 number (from 1), 32 bytes hash of the entry before (zeros for the first), u64 time
 *            (ms since 1970), u8 kind, fields
 *   field  = u8 type, length-prefixed name, value (u64, or length-prefixed bytes)
 *   hash   = H("hearth v1 audit", entry)
 * Integers are big-endian. What is stored is the entry followed by its hash.
 */
#ifndef HEARTH_AUDIT_ENTRY_H
#define HEARTH_AUDIT_ENTRY_H

#include "proto/base/buf.h"
#include "proto/crypto/hash.h"

enum audit_kind {
    AUDIT_STARTED = 1,
    AUDIT_STOPPED,
    AUDIT_EPOCH,
    AUDIT_TIE_SEED,
    AUDIT_DIRECTORY,
    AUDIT_REVOCATIONS,
    AUDIT_ATTACHED,
    AUDIT_DETACHED,
    AUDIT_QUERY,
    AUDIT_RESULT,
    AUDIT_REFUSED,   /* a call or a query, with its status and reason */
    AUDIT_ABANDONED, /* a search that was accepted but has no result */
    AUDIT_MAIL,      /* a message was accepted for its receiver */
    AUDIT_MAIL_TAKEN,
    AUDIT_MAIL_EXPIRED,
    AUDIT_KINDS
};
const char *audit_kind_name(enum audit_kind kind); /* "query" */

enum { AUDIT_ENTRY_MAX = 64 * 1024, AUDIT_FIELDS_MAX = 16, AUDIT_NAME_MAX = 32 };

/* ---- fields, appended to a buffer ---- */
void audit_number(struct buf *fields, const char *name, uint64_t value);
void audit_text(struct buf *fields, const char *name, const char *value);
void audit_bytes(struct buf *fields, const char *name, const void *data, size_t len);

/* Appends the entry's bytes and its hash: the stored form. hash gets the same hash. */
void audit_entry_make(struct buf *out, uint64_t number, const uint8_t previous[HASH_BYTES],
                      int64_t time_ms, enum audit_kind kind, const struct buf *fields,
                      uint8_t hash[HASH_BYTES]);

/* ---- reading ---- */
enum audit_type { AUDIT_TYPE_NUMBER = 1, AUDIT_TYPE_TEXT = 2, AUDIT_TYPE_BYTES = 3 };
struct audit_field {
    enum audit_type type;
    char name[AUDIT_NAME_MAX + 1];
    uint64_t number;
    const uint8_t
        *data; /* text (valid UTF-8, not NUL-terminated) and bytes: inside the stored form */
    size_t len;
};
struct audit_entry {
    uint64_t number;
    uint8_t previous[HASH_BYTES];
    int64_t time_ms;
    enum audit_kind kind;
    struct audit_field fields[AUDIT_FIELDS_MAX];
    size_t field_count;
    uint8_t hash[HASH_BYTES]; /* as stored, compared with the bytes */
};
/* Decodes a stored form; ERR_CORRUPT where its bytes are malformed or do not have its hash. */
MUST_CHECK bool audit_entry_decode(const uint8_t *data, size_t len, struct audit_entry *out,
                                   struct err *err);

#endif
