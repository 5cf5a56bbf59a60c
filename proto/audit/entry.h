/* SPDX-License-Identifier: Apache-2.0
 * One entry of the audit log: its bytes, its hash and its bounded decoder.
 *
 *   inner  = 16 random bytes of salt, u64 time (ms since 1970), u8 kind, fields
 *   field  = u8 type, length-prefixed name, value (u64, or length-prefixed bytes)
 *   entry  = u64 number (from 1), 32 bytes hash of the entry before (zeros for the first), 32 bytes
 *            H("hearth v1 audit inner", inner)
 *   hash   = H("hearth v1 audit", entry)
 *   stored = u64 number, 32 bytes hash of the entry before, inner, hash
 * Integers are big-endian. An entry of which only H(inner) is shown keeps its place in the chain
 * and says nothing else: the salt keeps guesses from being tried.
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
    AUDIT_FIGURES_AGREED,       /* a hub's manifest has its release key */
    AUDIT_FIGURES_CONTRIBUTION, /* one was taken */
    AUDIT_FIGURES_RELEASED,     /* the sum of a set was half-opened */
    AUDIT_RESTORED, /* the log was put back from a backup: heads since then are not in it */
    AUDIT_KINDS
};
const char *audit_kind_name(enum audit_kind kind); /* "query" */

enum {
    AUDIT_INNER_MAX = 64 * 1024,
    AUDIT_SALT_BYTES = 16,
    AUDIT_FIELDS_MAX = 16,
    AUDIT_NAME_MAX = 32
};

/* ---- fields, appended to a buffer ---- */
void audit_number(struct buf *fields, const char *name, uint64_t value);
void audit_text(struct buf *fields, const char *name, const char *value);
void audit_bytes(struct buf *fields, const char *name, const void *data, size_t len);

/* Appends the stored form, with a fresh salt. hash gets the entry's hash; may be `previous`. */
void audit_entry_make(struct buf *out, uint64_t number, const uint8_t previous[HASH_BYTES],
                      int64_t time_ms, enum audit_kind kind, const struct buf *fields,
                      uint8_t hash[HASH_BYTES]);

/* ---- hashes ---- */
void audit_inner_hash(uint8_t out[HASH_BYTES], const uint8_t *inner, size_t len);
/* The entry's hash from its inner hash alone. out may be `previous`. */
void audit_entry_hash(uint8_t out[HASH_BYTES], uint64_t number, const uint8_t previous[HASH_BYTES],
                      const uint8_t inner_hash[HASH_BYTES]);

/* ---- reading ---- */
enum audit_type { AUDIT_TYPE_NUMBER = 1, AUDIT_TYPE_TEXT = 2, AUDIT_TYPE_BYTES = 3 };
struct audit_field {
    enum audit_type type;
    char name[AUDIT_NAME_MAX + 1];
    uint64_t number;
    const uint8_t *data; /* text (valid UTF-8, not NUL-terminated) and bytes: inside the input */
    size_t len;
};
struct audit_entry {
    uint64_t number;
    uint8_t previous[HASH_BYTES];
    int64_t time_ms;
    enum audit_kind kind;
    struct audit_field fields[AUDIT_FIELDS_MAX];
    size_t field_count;
    const uint8_t *inner; /* inside the input */
    size_t inner_len;
    uint8_t inner_hash[HASH_BYTES];
    uint8_t hash[HASH_BYTES];
};
/* Decodes a stored form. ERR_CORRUPT where its bytes are malformed or do not have its hash,
 * ERR_VERSION where it has and is of a kind that this program does not know. */
MUST_CHECK bool audit_entry_decode(const uint8_t *data, size_t len, struct audit_entry *out,
                                   struct err *err);
/* The same for an inner whose place in the chain is known from elsewhere: checks no hash, but fills
 * in all of them. */
MUST_CHECK bool audit_inner_decode(const uint8_t *inner, size_t len, uint64_t number,
                                   const uint8_t previous[HASH_BYTES], struct audit_entry *out,
                                   struct err *err);
/* The field with that name and type, or NULL. */
const struct audit_field *audit_field_find(const struct audit_entry *entry, enum audit_type type,
                                           const char *name);
/* Whether there is a text field of that name with exactly that value; the same for bytes. */
bool audit_text_is(const struct audit_entry *entry, const char *name, const char *value);
bool audit_bytes_are(const struct audit_entry *entry, const char *name, const void *data,
                     size_t len);

#endif
