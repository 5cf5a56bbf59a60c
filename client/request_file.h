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
    const char *map;  /* --map, into argv; NULL where not given */
};

enum { OPTION_MAP = 0x200 };
/* For a command's table of options. */
#define REQUEST_OPTION_MAP                                                                         \
    {                                                                                              \
        "map", OPTION_MAP, "FILE.svg", 0,                                                          \
            "Draw the request's cells with their points, its anchors and what it avoids into "     \
            "this "                                                                                \
            "file, in place of what is there. Confidential: it shows where the child belongs",     \
            0                                                                                      \
    }

/* An argp parser whose input is a struct request_options: the common options, --map and one
 * REQUEST.json. */
error_t request_options_parse(int key, char *arg, struct argp_state *state);

/* Reads ("-" is standard input), parses and checks; the file's bytes are wiped. Postcodes and place
 * names are looked up in home's gazetteer where there is one (home: NULL or a directory, which need
 * not exist), and the path of an area starts where the request's file is (for standard input: the
 * current directory). A missing or unreadable file is ERR_INVALID with field "request": it is the
 * request that is wrong, not the service. ERR_CORRUPT, ERR_VERSION: the gazetteer.
 * resolved: NULL, or gets the text in the form that can be kept (request_resolve); buf_wipe. */
MUST_CHECK bool request_file_read(const char *path, const char *home, struct request *out,
                                  struct buf *resolved, struct err *err);
/* The same for a command's options, and what a search would ask: ERR_INVALID also where no cell is
 * acceptable, the area is too large, or there is no location for the map that is wanted. The caller
 * wipes both, also after a failure. */
MUST_CHECK bool request_file_plan(const struct request_options *options, struct request *request,
                                  struct buf *resolved, struct plan *plan, struct err *err);

#endif
