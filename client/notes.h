/* SPDX-License-Identifier: Apache-2.0
 * What a person should know of a request's places: a postcode that has ended, a sector's middle in
 * place of a single postcode.
 */
#ifndef HEARTH_CLIENT_NOTES_H
#define HEARTH_CLIENT_NOTES_H

#include <stdio.h>

#include <jansson.h>

#include "proto/domain/request.h"

/* A line for each place with a note: "hearth check: location.anchors[0].at: ...". */
void notes_print(FILE *out, const char *program, const struct request *request);
/* [{"field":"location.anchors[0].at","note":"..."}], empty where there are none; new reference. */
json_t *notes_json(const struct request *request);

#endif
