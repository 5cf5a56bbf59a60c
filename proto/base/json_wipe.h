/* SPDX-License-Identifier: Apache-2.0
 * What jansson frees is wiped, and the texts that it makes: a request's needs and a carer's record
 * pass through it.
 */
#ifndef HEARTH_BASE_JSON_WIPE_H
#define HEARTH_BASE_JSON_WIPE_H

#include <jansson.h>

#include "proto/base/buf.h"

/* Once a process, before the first use of jansson (cli_main does). What jansson returns stays to be
 * freed by free(), which does not wipe it. */
void json_wipe_setup(void);
/* Appends the text of `object` by json_dumps with `flags`; jansson's own copy of it is wiped. */
void json_append(const json_t *object, size_t flags, struct buf *out);

#endif
