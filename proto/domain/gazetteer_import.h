/* SPDX-License-Identifier: Apache-2.0
 * Puts published files into a gazetteer, all of them or nothing.
 */
#ifndef HEARTH_DOMAIN_GAZETTEER_IMPORT_H
#define HEARTH_DOMAIN_GAZETTEER_IMPORT_H

#include "proto/domain/gazetteer_file.h"

/* What came from one path that was given, of one kind. */
struct gazetteer_source {
    char name[GAZETTEER_FILE_NAME_MAX + 1]; /* the path's last part */
    enum gazetteer_file_kind kind;
    uint64_t files;
    struct gazetteer_tally tally;
};

/* Zero-initialise. */
struct gazetteer_report {
    struct gazetteer_source *sources;
    size_t count;
    uint64_t files_left_out; /* in directories and ZIP files: of no known kind, or without rows */
    struct gazetteer_batch batch;
};
void gazetteer_report_free(struct gazetteer_report *report);

struct gazetteer_import_options {
    bool replace; /* forget everything that was imported before */
    /* May be NULL: bytes read so far, of how many. Called often. */
    void (*progress)(void *ctx, uint64_t done, uint64_t total);
    void *ctx;
};

/* A path is a CSV file, a ZIP file with CSV files in it, or a directory with either at any of its
 * first four levels; names do not matter but for the endings .csv and .zip inside of a directory or
 * a ZIP file. Nothing is unpacked to disk. Adds to what the gazetteer in directory `path` holds;
 * entries for the same postcode, area or place are replaced. Made where there is none.
 *
 * Everything is read and checked first, then written in one transaction: whoever looks things up
 * meanwhile, and whoever does after a power cut, finds the old gazetteer whole, or the new one.
 *
 * Errors name the file: ERR_NOT_FOUND; ERR_INVALID: not a file of a known kind, too many malformed
 * rows, or nothing to import; ERR_BUDGET: larger than any such file is (a ZIP that blows up);
 * ERR_CORRUPT (the gazetteer, or a ZIP file), ERR_IO. */
MUST_CHECK bool gazetteer_import(const char *path, const char *const *files, size_t count,
                                 const struct gazetteer_import_options *options,
                                 struct gazetteer_report *report, struct err *err);

/* ---- its two halves ---- */

/* Reads the files into report->batch. */
MUST_CHECK bool gazetteer_read_files(const char *const *files, size_t count,
                                     const struct gazetteer_import_options *options,
                                     struct gazetteer_report *report, struct err *err);
/* Writes what was read. */
MUST_CHECK bool gazetteer_merge(const char *path, bool replace, struct gazetteer_report *report,
                                struct err *err);

#endif
