/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/carer_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/clock.h"
#include "proto/base/file.h"
#include "proto/base/text.h"
#include "proto/domain/gazetteer.h"

enum { PROBLEMS_SHOWN = 100, NOTES_SHOWN = 20 };

/* ---- options ---- */

/* Nothing that is written may take the place of what is read. */
static void check_outputs(const struct carer_file *options, struct argp_state *state)
{
    const struct {
        const char *option, *path;
    } outputs[] = {{"--report", options->report}, {"--save-mapping", options->save_mapping}};
    for (size_t i = 0; i < sizeof outputs / sizeof outputs[0]; i++) {
        if (file_is_same(outputs[i].path, options->file)) {
            argp_error(state, "%s %s: another file than the one that is read is wanted",
                       outputs[i].option, outputs[i].path);
        }
    }
    if (file_is_same(options->report, options->save_mapping) ||
        file_is_same(options->report, options->mapping_file)) {
        argp_error(state, "--report %s: another file than that of the mapping is wanted",
                   options->report);
    }
}

static void check_options(const struct carer_file *options, struct argp_state *state)
{
    if (options->report && !import_report_path_is_good(options->report)) {
        argp_error(state, "--report %s: a file name that ends in .csv or .json is wanted",
                   options->report);
    }
    if (options->mapping_file && options->no_mapping) {
        argp_error(state, "either --mapping or --no-mapping is wanted, not both");
    }
    check_outputs(options, state);
}

error_t carer_file_option(struct carer_file *options, int key, char *arg, struct argp_state *state)
{
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &options->common; return 0;
    case 'n': options->dry_run = true; return 0;
    case 's': options->skip_bad = true; return 0;
    case OPTION_MAPPING: options->mapping_file = arg; return 0;
    case OPTION_NO_MAPPING: options->no_mapping = true; return 0;
    case OPTION_SAVE_MAPPING: options->save_mapping = arg; return 0;
    case OPTION_REPORT: options->report = arg; return 0;
    case OPTION_MAP:
        if (options->map_count == CARER_FILE_MAPS_MAX) {
            argp_error(state, "--map may be given %d times", CARER_FILE_MAPS_MAX);
            return EINVAL;
        }
        options->maps[options->map_count++] = arg;
        return 0;
    case ARGP_KEY_ARG:
        if (options->file) argp_error(state, "one file is wanted");
        options->file = arg;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "a CSV file is wanted (\"-\": standard input)");
        return 0;
    case ARGP_KEY_END: check_options(options, state); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* ---- reading ---- */

/* The home directory's own mapping, where there is one; caller frees. */
static char *default_mapping(const struct carer_work *work)
{
    if (work->options->no_mapping) return NULL;
    char *path = file_join(work->home.path, HOME_MAPPING);
    if (file_exists(path)) {
        if (!work->options->common.json) (void)fprintf(stderr, "mapping: %s\n", path);
        return path;
    }
    free(path);
    return NULL;
}

static bool read_mapping(struct carer_work *work, const char *path, struct err *err)
{
    struct buf text = {0};
    const char *slash = strrchr(path, '/');
    bool ok = file_read(path, MAPPING_FILE_MAX, &text, err) &&
              (mapping_parse(text.data, text.len, catalogue_get(CATALOGUE_VERSION), &work->mapping,
                             err) ||
               err_in(err, slash ? slash + 1 : path));
    buf_free(&text);
    return ok;
}

static bool load_mapping(struct carer_work *work, struct err *err)
{
    const struct carer_file *options = work->options;
    char *own = options->mapping_file ? NULL : default_mapping(work);
    const char *path = options->mapping_file ? options->mapping_file : own;
    bool ok = !path || read_mapping(work, path, err);
    free(own);
    for (size_t i = 0; ok && i < options->map_count; i++) {
        ok = mapping_add(options->maps[i], catalogue_get(CATALOGUE_VERSION), &work->mapping, err);
    }
    return ok;
}

static bool save_mapping(const struct carer_work *work, struct err *err)
{
    struct buf text = {0};
    if (!work->options->save_mapping) return true;
    mapping_write(&work->result.headings, &work->mapping, &text);
    bool ok = file_write(work->options->save_mapping, text.data, text.len, 0600, err);
    buf_free(&text);
    return ok;
}

/* A file that is no CSV at all has that one problem; the report says so instead of what it said of
 * an earlier file. That the report cannot be written is the lesser news. */
static void report_unreadable(struct carer_work *work, const struct err *err)
{
    static const char prefix[] = "line ";
    size_t len = sizeof prefix - 1;
    struct import_report *report = &work->result.report;
    struct err ignored;
    int64_t line = 0;
    if (!work->options->report) return;
    bool known = strncmp(err->field, prefix, len) == 0 &&
                 text_integer(err->field + len, 1, UINT32_MAX, &line);
    import_report_add(report, FINDING_PROBLEM, known ? (uint32_t)line : 0, "", "", "", err->text);
    bool written = import_report_write(report, work->options->report, &ignored);
    (void)written;
}

static bool read_rows(struct carer_work *work, enum import_kind kind, struct err *err)
{
    struct buf text = {0};
    struct gazetteer *gazetteer = NULL;
    struct import_rules rules = {.kind = kind,
                                 .catalogue = catalogue_get(CATALOGUE_VERSION),
                                 .mapping = &work->mapping,
                                 .today = clock_london_day(clock_wall_ms())};
    bool ok = file_read(work->options->file, IMPORT_FILE_MAX, &text, err) &&
              gazetteer_open_home(work->home.path, &gazetteer, err);
    rules.gazetteer = gazetteer;
    if (ok && !import_parse(text.data, text.len, &rules, &work->result, err)) {
        report_unreadable(work, err);
        ok = false;
    }
    buf_wipe(&text);
    gazetteer_close(gazetteer);
    return ok;
}

bool carer_file_read(const struct carer_file *options, const char *command, enum import_kind kind,
                     struct carer_work *out, struct err *err)
{
    *out = (struct carer_work){.options = options, .command = command};
    out->changes.catalogue = catalogue_get(CATALOGUE_VERSION);
    return home_open(&options->common, &out->home, err) && load_mapping(out, err) &&
           read_rows(out, kind, err) && save_mapping(out, err);
}

/* ---- the outcome ---- */

static void print_findings(const struct carer_work *work)
{
    const struct import_report *report = &work->result.report;
    const char *file = work->options->file;
    import_report_print(report, FINDING_PROBLEM, file, PROBLEMS_SHOWN, stderr);
    if (!work->options->common.quiet) {
        import_report_print(report, FINDING_NOTE, file, NOTES_SHOWN, stderr);
    }
}

static int print_wrong(const struct carer_work *work, const char *why)
{
    const struct import_report *report = &work->result.report;
    char text[ERR_TEXT_MAX];
    if (report->bad_headings) {
        (void)snprintf(text, sizeof text, "the headings are wrong; nothing was changed");
    } else {
        (void)snprintf(text, sizeof text, "%zu of %zu rows are wrong; nothing was changed%s",
                       report->bad_rows, report->rows, why ? why : "");
    }
    if (work->options->common.json) {
        cli_print_json(json_pack("{s:{s:s,s:s,s:s},s:I,s:o,s:o}", "error", "code", "invalid",
                                 "field", "rows", "message", text, "problem_count",
                                 (json_int_t)report->problems, "problems",
                                 import_report_list(report, FINDING_PROBLEM), "notes",
                                 import_report_list(report, FINDING_NOTE)));
    } else {
        print_findings(work);
        (void)fprintf(stderr, "%s: %s\n", work->command, text);
    }
    return EXIT_BAD_INPUT;
}

static json_t *outcome_json(const struct carer_work *work)
{
    const struct import_report *report = &work->result.report;
    const struct vault_changes *n = &work->counted;
    json_t *root = json_pack(
        "{s:I,s:I,s:I,s:I,s:I,s:I,s:b,s:I,s:o,s:o}", "rows", (json_int_t)report->rows, "added",
        (json_int_t)n->added, "changed", (json_int_t)n->changed, "unchanged",
        (json_int_t)n->unchanged, "removed", (json_int_t)n->removed, "skipped",
        (json_int_t)report->bad_rows, "dry_run", work->options->dry_run, "problem_count",
        (json_int_t)report->problems, "problems", import_report_list(report, FINDING_PROBLEM),
        "notes", import_report_list(report, FINDING_NOTE));
    if (work->options->dry_run) {
        REQUIRE(json_object_set_new(root, "changes", carer_changes_json(&work->changes)) == 0);
    }
    return root;
}

static int print_done(struct carer_work *work)
{
    const struct vault_changes *n = &work->counted;
    if (work->options->dry_run) carer_changes_sort(&work->changes);
    if (work->options->common.json) {
        cli_print_json(outcome_json(work));
        return EXIT_OK;
    }
    print_findings(work);
    if (work->options->dry_run) carer_changes_print(&work->changes, stdout);
    (void)printf("%zu added, %zu changed, %zu unchanged, %zu removed, %zu skipped%s\n", n->added,
                 n->changed, n->unchanged, n->removed, work->result.report.bad_rows,
                 work->options->dry_run ? " (dry run: nothing was changed)" : "");
    return EXIT_OK;
}

int carer_file_finish(struct carer_work *work, bool wrong, const char *why)
{
    const char *path = work->options->report;
    struct err err = {0};
    import_report_sort(&work->result.report);
    if (path && !import_report_write(&work->result.report, path, &err)) {
        if (!work->options->common.json) {
            (void)(wrong ? print_wrong(work, why) : print_done(work));
        }
        (void)err_set(&err, err.code, "report", "%s%s", err.text,
                      wrong || work->options->dry_run ? "" : " (the carers were written)");
        return carer_file_fail(work, &err);
    }
    return wrong ? print_wrong(work, why) : print_done(work);
}

int carer_file_fail(struct carer_work *work, struct err *err)
{
    if (work->home.vault && err->code == ERR_NOT_FOUND) err->code = ERR_INVALID; /* a file given */
    int code = home_fail(work->command, &work->options->common, err);
    sodium_memzero(err, sizeof *err);
    return code;
}

void carer_file_close(struct carer_work *work)
{
    import_result_free(&work->result);
    carer_changes_free(&work->changes);
    mapping_free(&work->mapping);
    home_close(&work->home);
}
