/* SPDX-License-Identifier: Apache-2.0
 * An export of the matcher's log against everything that this LA holds (docs/audit.md "An export"):
 * every head that came with a result, and every query that was sent.
 */
#ifndef HEARTH_CLIENT_AUDIT_LOG_H
#define HEARTH_CLIENT_AUDIT_LOG_H

#include <stdio.h>

#include "client/records_runs.h"
#include "proto/audit/log_export.h"

enum { AUDIT_PROBLEMS_MAX = 100 };

struct audit_findings {
    struct log_check check;
    size_t queries; /* of this LA's records that are in the log as they should be */
    size_t unknown; /* of this LA in the log that its records do not have */
    size_t outside; /* of the records that the export does not reach */
    char *problems[AUDIT_PROBLEMS_MAX]; /* in words, each with what it names; owned */
    size_t problem_count;               /* all, also those for which there was no room */
};
/* Wipes and frees. */
void audit_findings_free(struct audit_findings *findings);

/* in: the export. home: its log-heads are read. la: own id. False only where the file is no export
 * (ERR_INVALID), or something of the home cannot be read; all that is wrong with the log is among
 * the problems. */
MUST_CHECK bool audit_log_check(FILE *in, const char *home, const char *la, struct trust *trust,
                                struct records *records, struct audit_findings *out,
                                struct err *err);

/* One line of HOME/log-heads; false where it is something else. */
MUST_CHECK bool log_head_parse(const char *line, struct known_head *out);

#endif
