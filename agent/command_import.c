/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/carer_file.h"
#include "agent/commands.h"

struct options {
    struct carer_file file;
    bool replace;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;
    if (key != 'r') return carer_file_option(&options->file, key, arg, state);
    options->replace = true;
    return 0;
}

static int import(const struct options *options, struct carer_work *work)
{
    const struct import_report *report = &work->result.report;
    const struct profile_list *list = &work->result.list;
    const struct vault_how how = {
        .replace = options->replace,
        .dry_run = options->file.dry_run,
        .each = options->file.dry_run ? carer_changes_note : NULL,
        .ctx = &work->changes,
    };
    struct err err = {0};
    bool bad = report->bad_rows > 0;
    if (report->bad_headings || (bad && !options->file.skip_bad)) {
        return carer_file_finish(work, true, NULL);
    }
    if (bad && options->replace) {
        return carer_file_finish(
            work, true, " (--replace would remove the households whose rows were left out)");
    }
    if (!vault_import_with(work->home.vault, list->items, list->count, &how, &work->counted,
                           &err)) {
        return carer_file_fail(work, &err);
    }
    return carer_file_finish(work, false, NULL);
}

int command_import(int argc, char **argv)
{
    static const struct argp_option entries[] = {
        {"replace", 'r', NULL, 0, "Also remove the carers that are not in the file", 0},
        CARER_FILE_OPTIONS,
        {0}};
    static const struct argp argp = {
        .options = entries,
        .parser = parse,
        .args_doc = "FILE.csv",
        .doc = "Adds and updates carers by their reference, all in one step. Nothing is imported "
               "unless every row is good. The columns are described in hearth-agent(1); "
               "'hearth-agent template' writes an example."};
    struct options options = {0};
    struct carer_work work = {0};
    struct err err = {0};
    int code = cli_parse(&argp, argc, argv, &options, &options.file.common);
    if (code != 0) return code;
    code = carer_file_read(&options.file, argv[0], IMPORT_CARERS, &work, &err)
               ? import(&options, &work)
               : carer_file_fail(&work, &err);
    carer_file_close(&work);
    return code;
}
