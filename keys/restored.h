/* SPDX-License-Identifier: Apache-2.0
 * What an Authority that was restored from a backup must not do again: AUTHDIR/restored, a text
 * file with a line for each restore. Certificates and lists that were issued after the backup are
 * out in the world, and nothing here tells of them; so their serials and numbers are passed over.
 */
#ifndef HEARTH_KEYS_RESTORED_H
#define HEARTH_KEYS_RESTORED_H

#include <stdint.h>

#include "proto/base/err.h"

#define AUTHORITY_RESTORED "restored"
#define RESTORED_FIRST_LINE "hearth restored 1\n"
enum { RESTORED_SERIALS = 1000000, RESTORED_NUMBERS = 1000, RESTORED_FILE_MAX = 64 << 10 };

/* Zeros where there was no restore. */
struct restored {
    uint64_t from, to; /* serials above `from`, up to `to`, may have been issued since */
    uint64_t number;   /* lists up to that number may have been made since */
};

/* The last line of AUTHDIR/restored. ERR_CORRUPT. */
MUST_CHECK bool restored_load(const char *dir, struct restored *out, struct err *err);
/* Adds a line for the record, list and root in `dir`, which have just been restored. */
MUST_CHECK bool restored_note(const char *dir, struct err *err);

#endif
