/* SPDX-License-Identifier: Apache-2.0
 * What `hearth check` and `hearth search` have in common: their arguments, and a request file that
 * is read and checked before anything else happens.
 */
#ifndef HEARTH_CLIENT_REQUEST_FILE_H
#define HEARTH_CLIENT_REQUEST_FILE_H

#include "proto/base/cli.h"
#include "proto/domain/request.h"

struct request_options {
    struct cli_common common;
    const char *path; /* into argv; "-" is standard input */
};

/* An argp parser whose input is a struct request_options: the common options, one REQUEST.json. */
error_t request_options_parse(int key, char *arg, struct argp_state *state);

/* Reads ("-" is standard input), parses and checks; the file's bytes are wiped. A missing or
 * unreadable file is ERR_INVALID with field "request": it is the request that is wrong, not the
 * service. */
MUST_CHECK bool request_file_read(const char *path, struct request *out, struct err *err);
/* The same, and what a search would ask: ERR_INVALID also where no cell is acceptable or the area
 * is too large. The caller wipes both, also after a failure. */
MUST_CHECK bool request_file_plan(const char *path, struct request *request, struct plan *plan,
                                  struct err *err);

#endif
