/* SPDX-License-Identifier: Apache-2.0
 * Small text helpers that libc lacks.
 */
#ifndef HEARTH_BASE_TEXT_H
#define HEARTH_BASE_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "proto/base/err.h"

/* The whole of `text` as a decimal number in [min, max]; no sign but '-', no spaces, no surplus. */
MUST_CHECK bool text_integer(const char *text, int64_t min, int64_t max, int64_t *out);
/* The whole of `text` as a finite decimal number (no exponent, no hex, independent of the locale)
 * of at most 15 digits before the point; those of the fraction past the 15th digit are not used. */
MUST_CHECK bool text_decimal(const char *text, double *out);
/* Removes leading and trailing ASCII white space in place; returns the new start inside `text`. */
char *text_trim(char *text);
/* Lower-case hex of `len` bytes into out[2*len+1]; returns out. */
char *text_hex(const void *data, size_t len, char *out);
/* Reads exactly 2*len hex digits. */
MUST_CHECK bool text_unhex(const char *text, void *out, size_t len);
/* True where `text` is [a-z0-9-]{1,32}: an organisation id. */
bool text_is_id(const char *text);
/* True where every byte sequence is valid UTF-8 without control characters. */
bool text_is_printable_utf8(const char *text, size_t len);
/* Puts `?` for every byte that text_is_printable_utf8 refuses: what a message quotes may be cut
 * inside a character, and nothing of it may steer a terminal. */
void text_make_printable(char *text);
/* Copies `text` into out[cap] (cap > 0), cut where it is longer, never inside a UTF-8 character. */
void text_copy_cut(char *out, size_t cap, const char *text);
/* True where `text` is "host:port" with a host of at least one byte and a port of lowest_port to
 * 65535. */
bool text_is_address(const char *text, int64_t lowest_port);
/* Splits `text` in place at `separator`; trims each part, drops empty ones, calls `each` in order;
 * stops and returns false where it does. */
bool text_split(char *text, char separator, bool (*each)(char *part, void *ctx), void *ctx);

#endif
