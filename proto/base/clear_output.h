/* SPDX-License-Identifier: Apache-2.0
 * Writing out what is confidential because the user asked for it in the clear.
 */
#ifndef HEARTH_BASE_CLEAR_OUTPUT_H
#define HEARTH_BASE_CLEAR_OUTPUT_H

#include <jansson.h>

#include "proto/base/buf.h"
#include "proto/base/err.h"

/* Whether output to `path` goes to a file: it is neither NULL nor "-". */
bool clear_output_is_file(const char *path);
/* To a new file with mode 0600, ERR_EXISTS where `path` is there; or, where path is NULL
 * or "-", to standard output. No copy stays in a buffer of stdio. The caller wipes `text`. */
MUST_CHECK bool clear_output(const char *path, const struct buf *text, struct err *err);
/* The same of an object, on one line. */
MUST_CHECK bool clear_output_json(const char *path, const json_t *object, struct err *err);

#endif
