/* SPDX-License-Identifier: Apache-2.0
 * The stored form of an entry of the correspondence, and its bounded decoder.
 *
 *   entry = u8 form, u64 number, u8 incoming, u8 read, mail (an encoded MailBody without its sealed
 *           part), text peer name, u8 kind, u8 answer, u8 stage, text reason, 32 bytes query hash,
 *           u32 attachments, u8 state, u64 state time, text why
 * Integers are big-endian, texts and mail carry a 32-bit length.
 */
#ifndef HEARTH_MAIL_ENTRY_H
#define HEARTH_MAIL_ENTRY_H

#include "proto/mail/correspondence.h"

enum { ENTRY_FORM = 1, ENTRY_PAD = 1024 };

/* Appends the stored form; the caller wipes. */
void entry_encode(const struct entry *entry, struct buf *out);
/* ERR_CORRUPT; ERR_VERSION for a form that a later program wrote. Exactly the encoding of what it
 * gives. */
MUST_CHECK bool entry_decode(const uint8_t *data, size_t len, struct entry *out, struct err *err);

#endif
