/* SPDX-License-Identifier: Apache-2.0
 * Reading a request file for `hearth check` and `hearth search`.
 */
#ifndef HEARTH_CLIENT_REQUEST_FILE_H
#define HEARTH_CLIENT_REQUEST_FILE_H

#include "proto/domain/request.h"

/* Reads ("-" is standard input), parses and checks; the file's bytes are wiped. A missing or
 * unreadable file is ERR_INVALID with field "request": it is the request that is wrong, not the
 * service. */
MUST_CHECK bool request_file_read(const char *path, struct request *out, struct err *err);

#endif
