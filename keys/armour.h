/* SPDX-License-Identifier: Apache-2.0
 * Text armour: every file of keys/ is one block of base64 lines of 64 characters between
 * "-----BEGIN HEARTH KIND-----" and "-----END HEARTH KIND-----", so that it can be mailed, printed
 * and told apart. Exactly one encoding is accepted; line ends may be LF or CRLF.
 */
#ifndef HEARTH_KEYS_ARMOUR_H
#define HEARTH_KEYS_ARMOUR_H

#include "proto/base/buf.h"

enum armour_kind {
    ARMOUR_KEY = 0,
    ARMOUR_REQUEST,
    ARMOUR_CERTIFICATE,
    ARMOUR_ROOT,
    ARMOUR_REVOCATIONS,
    ARMOUR_KINDS
};

/* Bytes of a file of any kind but ARMOUR_REVOCATIONS, and of that one. */
enum { ARMOUR_FILE_MAX = 32 << 10, ARMOUR_REVOCATIONS_MAX = 2 << 20 };

/* "CERTIFICATE". */
const char *armour_kind_name(enum armour_kind kind);
/* Longest file of that kind that is read. */
size_t armour_file_max(enum armour_kind kind);

/* Appends the armoured text of `len` bytes. */
void armour_write(enum armour_kind kind, const void *data, size_t len, struct buf *out);
/* What the first line says. False where it is no Hearth file. */
MUST_CHECK bool armour_kind_of(const uint8_t *text, size_t len, enum armour_kind *kind);
/* Appends the bytes inside. ERR_INVALID: too long, no Hearth file, or one of another kind;
 * ERR_CORRUPT: damaged. */
MUST_CHECK bool armour_read(enum armour_kind kind, const uint8_t *text, size_t len, struct buf *out,
                            struct err *err);
/* file_read and armour_read; errors name the file. */
MUST_CHECK bool armour_read_file(enum armour_kind kind, const char *path, struct buf *out,
                                 struct err *err);

#endif
