/* SPDX-License-Identifier: Apache-2.0
 * The CSV files that paths stand for: themselves, those in directories, those in ZIP files.
 */
#ifndef HEARTH_DOMAIN_GAZETTEER_MEMBERS_H
#define HEARTH_DOMAIN_GAZETTEER_MEMBERS_H

#include <stddef.h>
#include <stdint.h>

#include "proto/base/err.h"

struct gazetteer_member {
    size_t argument; /* which of the paths given it is from */
    char *path;      /* of the file, or of the ZIP file */
    bool zipped;
    uint64_t index; /* in the ZIP file */
    char *name;     /* for people: the last part of its name */
    uint64_t size;  /* bytes to read */
    bool alone;     /* given by itself, neither in a directory nor in a ZIP file */
};

/* Zero-initialise. */
struct gazetteer_members {
    struct gazetteer_member *items;
    size_t count;
    uint64_t bytes;
};
void gazetteer_members_free(struct gazetteer_members *members);

/* Adds what `path` stands for. Folders named multi_csv beside a CSV file are left out: ONS puts the
 * whole directory into its ZIP a second time there, in parts. ERR_NOT_FOUND, ERR_INVALID ("-",
 * neither a file nor a directory, nothing in it), ERR_BUDGET (too many or too large files in a
 * ZIP), ERR_CORRUPT (a damaged ZIP), ERR_IO. */
MUST_CHECK bool gazetteer_members_add(struct gazetteer_members *members, const char *path,
                                      size_t argument, struct err *err);

/* Reads a member in order. */
struct gazetteer_stream;
MUST_CHECK bool gazetteer_stream_open(const struct gazetteer_member *member,
                                      struct gazetteer_stream **out, struct err *err);
/* Up to `cap` bytes; *len is 0 at its end. ERR_BUDGET where more comes out of a ZIP than it
 * declares. */
MUST_CHECK bool gazetteer_stream_read(struct gazetteer_stream *stream, void *data, size_t cap,
                                      size_t *len, struct err *err);
void gazetteer_stream_close(struct gazetteer_stream *stream);

#endif
