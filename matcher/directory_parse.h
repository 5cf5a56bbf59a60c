/* SPDX-License-Identifier: Apache-2.0
 * The rows of agencies.csv.
 */
#ifndef HEARTH_MATCHER_DIRECTORY_PARSE_H
#define HEARTH_MATCHER_DIRECTORY_PARSE_H

#include "matcher/directory.h"

/* Agencies in file order; caller frees *out (which may be NULL where *count is 0). As
 * directory_parse. */
MUST_CHECK bool directory_parse_rows(const uint8_t *csv, size_t len, directory_finding_fn finding,
                                     void *ctx, struct agency **out, size_t *count,
                                     struct err *err);

/* Names separated by ';' into agency->frameworks; `text` is changed. ERR_INVALID: what would be
 * valid. */
MUST_CHECK bool directory_read_frameworks(char *text, struct agency *agency, struct err *err);

#endif
