/* SPDX-License-Identifier: Apache-2.0
 * What the commands that read a CSV file of carers share: options, mapping, gazetteer, reports.
 */
#ifndef HEARTH_AGENT_CARER_FILE_H
#define HEARTH_AGENT_CARER_FILE_H

#include "agent/carer_changes.h"
#include "agent/home.h"
#include "agent/import.h"

enum { CARER_FILE_MAPS_MAX = 64 };
enum { OPTION_MAPPING = 0x2101, OPTION_NO_MAPPING, OPTION_MAP, OPTION_SAVE_MAPPING, OPTION_REPORT };

struct carer_file {
    struct cli_common common;
    const char *file, *mapping_file, *save_mapping, *report;
    const char *maps[CARER_FILE_MAPS_MAX];
    size_t map_count;
    bool no_mapping, dry_run, skip_bad;
};
/* The options, for a table of them, and the parser of their keys, of the file's name and of
 * ARGP_KEY_INIT. */
#define CARER_FILE_OPTIONS                                                                         \
    {"dry-run", 'n', NULL, 0, "Check, and say what would change, household by household", 0},      \
        {"skip-bad", 's', NULL, 0, "Take the good rows and list the ones left out", 0},            \
        {"mapping",                                                                                \
         OPTION_MAPPING,                                                                           \
         "FILE",                                                                                   \
         0,                                                                                        \
         "What headings and values stand for (default: mapping.json in the home directory)",       \
         0},                                                                                       \
        {"no-mapping",                                                                             \
         OPTION_NO_MAPPING,                                                                        \
         NULL,                                                                                     \
         0,                                                                                        \
         "Do not use mapping.json of the home directory",                                          \
         0},                                                                                       \
        {"map",                                                                                    \
         OPTION_MAP,                                                                               \
         "HEADING=COLUMN",                                                                         \
         0,                                                                                        \
         "What one heading stands for; HEADING= leaves it out. May be repeated",                   \
         0},                                                                                       \
        {"save-mapping",                                                                           \
         OPTION_SAVE_MAPPING,                                                                      \
         "FILE",                                                                                   \
         0,                                                                                        \
         "Write what all headings stand for, to use again",                                        \
         0},                                                                                       \
    {                                                                                              \
        "report", OPTION_REPORT, "FILE", 0,                                                        \
            "Write all problems and notes to FILE.csv or FILE.json (confidential: it quotes "      \
            "values)",                                                                             \
            0                                                                                      \
    }
error_t carer_file_option(struct carer_file *options, int key, char *arg, struct argp_state *state);

/* The work of one command, in this order; carer_file_close wipes and frees, also after a failure.
 */
struct carer_work {
    const struct carer_file *options;
    const char *command; /* "hearth-agent import" */
    struct home home;
    struct mapping mapping;
    struct import_result result;
    struct carer_changes changes;
    struct vault_changes counted;
};
/* Opens the home directory, reads mapping and file, writes --save-mapping. */
MUST_CHECK bool carer_file_read(const struct carer_file *options, const char *command,
                                enum import_kind kind, struct carer_work *out, struct err *err);
/* Prints the outcome (wrong: nothing was written, because rows are wrong) and writes --report.
 * Gives the exit code. why: what to say where rows are wrong, or NULL. */
int carer_file_finish(struct carer_work *work, bool wrong, const char *why);
/* Prints the error; gives the exit code. */
int carer_file_fail(struct carer_work *work, struct err *err);
void carer_file_close(struct carer_work *work);

#endif
