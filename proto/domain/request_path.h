/* SPDX-License-Identifier: Apache-2.0
 * Inside proto/domain: where in a JSON text a byte stands, as a field's path.
 */
#ifndef HEARTH_DOMAIN_REQUEST_PATH_H
#define HEARTH_DOMAIN_REQUEST_PATH_H

#include <stddef.h>

#include "proto/base/err.h"

/* The path ("children[0].age") of the last field name that ends at or before `position`. The text
 * must be JSON up to there; names are taken as written. Deep nesting gives "". */
void request_path_at(const char *text, size_t len, size_t position, char out[ERR_FIELD_MAX]);

#endif
