/* SPDX-License-Identifier: Apache-2.0
 * Inside proto/audit: reading an export entry by entry, each found to follow the one before.
 */
#ifndef HEARTH_AUDIT_LOG_WALK_H
#define HEARTH_AUDIT_LOG_WALK_H

#include "proto/audit/log_line.h"

struct log_walk {
    FILE *in;
    char *text; /* LOG_LINE_MAX bytes */
    struct log_header header;
    uint64_t lines;             /* read so far */
    uint64_t next;              /* number of the entry that comes next */
    uint8_t before[HASH_BYTES]; /* hash of the entry before the last that was read */
    uint8_t hash[HASH_BYTES];   /* of the last entry that was read: number next - 1 */
    uint64_t bad;               /* what STEP_BAD is about, 0: the export as a whole */
    char reason[ERR_TEXT_MAX];
};
enum log_step {
    STEP_ENTRY,
    STEP_END,   /* all entries up to the head were there, and the last has its hash */
    STEP_BAD,   /* bad and reason say what is wrong with the log */
    STEP_FAILED /* it is no export, or cannot be read: err */
};
/* Reads the first line. log_walk_close frees, also after a failure. */
MUST_CHECK bool log_walk_open(FILE *in, struct log_walk *walk, struct err *err);
void log_walk_close(struct log_walk *walk);
/* STEP_ENTRY gives the line: log_line_free. */
enum log_step log_walk_next(struct log_walk *walk, struct log_line *line, struct err *err);
/* Sets bad and reason; STEP_BAD. */
enum log_step log_walk_bad(struct log_walk *walk, uint64_t number, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

#endif
