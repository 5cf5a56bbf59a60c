/* SPDX-License-Identifier: Apache-2.0
 * What the decoders of stored forms share.
 */
#ifndef HEARTH_CRYPTO_STORED_H
#define HEARTH_CRYPTO_STORED_H

#include "proto/base/buf.h"

/* The first byte: ERR_VERSION for a form later than `form`, ERR_CORRUPT for none of ours. */
MUST_CHECK bool stored_form(struct reader *reader, uint8_t form, struct err *err);
/* Milliseconds since 1970, none of them negative. */
MUST_CHECK bool stored_time(struct reader *reader, int64_t *out);
/* 0 or 1. */
MUST_CHECK bool stored_flag(struct reader *reader, bool *out);
/* Exactly `len` bytes. */
MUST_CHECK bool stored_bytes(struct reader *reader, void *out, size_t len);
/* Length-prefixed printable UTF-8 into out[cap]; `empty`: it may be "". */
MUST_CHECK bool stored_text(struct reader *reader, char *out, size_t cap, bool empty);
/* An organisation id into out[ID_MAX + 1]. */
MUST_CHECK bool stored_id(struct reader *reader, char *out);
/* Nothing failed, and what is left are zeros: the padding. */
MUST_CHECK bool stored_ends(struct reader *reader);

/* The other way round: a text of the form that stored_text reads. */
void stored_put_text(struct buf *out, const char *text);

#endif
