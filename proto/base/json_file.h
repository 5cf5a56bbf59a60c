/* SPDX-License-Identifier: Apache-2.0
 * Writing an object to a file of its own.
 */
#ifndef HEARTH_BASE_JSON_FILE_H
#define HEARTH_BASE_JSON_FILE_H

#include <jansson.h>

#include "proto/base/err.h"

/* Indented, to a new file with mode 0600; errors as of file_create (ERR_EXISTS where `path` is
 * there). Takes the reference, also on failure; `object` may not be NULL. */
MUST_CHECK bool json_create_file(const char *path, json_t *object, struct err *err);

#endif
