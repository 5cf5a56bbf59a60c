/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "agent/carer_text.h"
#include "agent/commands.h"
#include "agent/home.h"
#include "agent/import_columns.h"
#include "proto/base/clock.h"
#include "proto/base/csv_cell.h"
#include "proto/base/file.h"

struct options {
    struct cli_common common;
    const char *out;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &options->common; return 0;
    case 'o': options->out = arg; return 0;
    case ARGP_KEY_ARG: argp_error(state, "no argument is wanted (--out FILE?)"); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* A line of explanation: no quotes in it, because it is not a quoted field. */
static void comment(struct buf *out, const char *first, const char *separator, const char *rest)
{
    buf_format(out, "# %s%s", first, separator);
    for (; *rest; rest++) buf_format(out, "%c", *rest == '"' ? '\'' : *rest);
    buf_text(out, "\r\n");
}

static void comment_columns(struct buf *out)
{
    comment(out, "Carers for hearth-agent import, one row a household.", "", "");
    comment(out,
            "Lines that begin with # may stand before the headings. Fill in rows below the "
            "headings and delete the example.",
            "", "");
    comment(out, "", "", "");
    for (int c = 0; c < COLUMNS; c++) {
        if (column_kinds[c].help) comment(out, column_kinds[c].name, ": ", column_kinds[c].help);
    }
}

static void comment_codes(struct buf *out, const struct catalogue *catalogue, bool placement_types)
{
    comment(out, "", "", "");
    comment(out, placement_types ? "placement_types" : "offers", ": ", "any of these");
    for (uint16_t slot = 0; slot < catalogue->slots; slot++) {
        const struct criterion *criterion = catalogue_slot(catalogue, slot);
        bool type = strncmp(criterion->code, "PT_", 3) == 0;
        if (type != placement_types || (!type && criterion_has_field(criterion))) continue;
        comment(out, criterion->code, "  ", criterion->label);
    }
}

static void headings(struct buf *out)
{
    bool first = true;
    for (int c = 0; c < COLUMNS; c++) {
        if (!column_kinds[c].help) continue;
        buf_format(out, "%s%s", first ? "" : ",", column_kinds[c].name);
        first = false;
    }
    buf_text(out, "\r\n");
}

/* Dated today, so that the example is always a good one; without a vacancy, so that nobody is ever
 * matched with it where it was left in by mistake. */
static void example(struct buf *out, int32_t today)
{
    bool first = true;
    for (int c = 0; c < COLUMNS; c++) {
        if (!column_kinds[c].help) continue;
        if (!first) buf_text(out, ",");
        first = false;
        if (c == COLUMN_STATUS_DATE) carer_day(today, out);
        if (column_kinds[c].example) csv_cell(out, column_kinds[c].example);
    }
    buf_text(out, "\r\n");
}

int command_template(int argc, char **argv)
{
    static const struct argp_option entries[] = {
        {"out", 'o', "FILE", 0, "Write to a new file (default: standard output)", 0}, {0}};
    static const struct argp argp = {
        .options = entries,
        .parser = parse,
        .doc = "Writes an example of a carer file, with every column and code explained. It "
               "imports as it is. Needs no home directory."};
    const struct catalogue *catalogue = catalogue_get(CATALOGUE_VERSION);
    struct options options = {0};
    struct buf text = {0};
    struct err err = {0};
    int code = cli_parse(&argp, argc, argv, &options, &options.common);
    if (code != 0) return code;
    comment_columns(&text);
    comment_codes(&text, catalogue, true);
    comment_codes(&text, catalogue, false);
    headings(&text);
    example(&text, clock_london_day(clock_wall_ms()));
    bool ok = options.out ? file_create(options.out, text.data, text.len, 0600, &err)
                          : fwrite(text.data, 1, text.len, stdout) == text.len ||
                                err_set(&err, ERR_IO, "", "cannot write to standard output");
    buf_free(&text);
    return ok ? EXIT_OK : home_fail("hearth-agent template", &options.common, &err);
}
