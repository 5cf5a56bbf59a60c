/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "agent/availability.h"
#include "agent/carer_file.h"
#include "agent/carer_text.h"
#include "agent/commands.h"
#include "proto/base/clock.h"
#include "proto/base/mem.h"

enum { OPTION_STATUS_DATE = 0x2001 };

struct options {
    struct carer_file file;
    int32_t status_date; /* of rows that give a status without a day */
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;
    struct err err;
    if (key != OPTION_STATUS_DATE) return carer_file_option(&options->file, key, arg, state);
    if (!column_date(arg, &options->status_date, &err)) {
        argp_error(state, "--status-date %s: %s", arg, err.text);
    } else if (options->status_date > clock_london_day(clock_wall_ms())) {
        argp_error(state, "--status-date %s: in the future", arg);
    }
    return 0;
}

struct update {
    const struct options *options;
    struct import_result *result;
};

static bool given(uint32_t columns, enum column column)
{
    return (columns >> column & 1) != 0;
}

static struct availability_change change_of(const struct update *update, size_t index)
{
    const struct profile *row = &update->result->list.items[index];
    uint32_t columns = update->result->rows[index].given;
    struct availability_change change = {.has_status = given(columns, COLUMN_STATUS),
                                         .status = row->status,
                                         .status_date = row->status_date,
                                         .available_from = row->available_from,
                                         .has_places = given(columns, COLUMN_PLACES),
                                         .places = row->places};
    if (change.has_status && change.status_date == NO_DAY) {
        change.status_date = update->options->status_date;
    }
    return change;
}

static void refuse(struct update *update, size_t index, enum column column, const char *value,
                   const char *text)
{
    struct import_report *report = &update->result->report;
    import_report_add(report, FINDING_PROBLEM, update->result->rows[index].line,
                      column_kinds[column].name, headings_text(&update->result->headings, column),
                      value, text);
    report->bad_rows++;
}

static void note(struct update *update, size_t index, enum column column, const char *text)
{
    import_report_add(&update->result->report, FINDING_NOTE, update->result->rows[index].line,
                      column_kinds[column].name, headings_text(&update->result->headings, column),
                      "", text);
}

static bool edit(size_t index, struct profile *profile, void *ctx)
{
    struct update *update = ctx;
    struct availability_change change = change_of(update, index);
    enum column at = COLUMN_REF;
    struct err err;
    if (!profile) {
        refuse(update, index, COLUMN_REF, update->result->list.items[index].ref,
               "no household with this reference is held; 'hearth-agent import' adds one");
        return false;
    }
    int32_t held = profile->status_date;
    if (!availability_apply(&change, profile, &at, &err)) {
        struct buf value = {0};
        if (at == COLUMN_AVAILABLE_FROM) carer_day(change.available_from, &value);
        buf_u8(&value, 0);
        refuse(update, index, at, (char *)value.data, err.text);
        buf_wipe(&value);
        return false;
    }
    if (profile->status_date != NO_DAY && profile->status_date < held) {
        note(update, index, COLUMN_STATUS_DATE, "earlier than the day of the status that was held");
    }
    if (change.has_places && profile->places > profile->approved_places) {
        note(update, index, COLUMN_PLACES, "more places than approved_places");
    }
    return true;
}

static int update_all(const struct options *options, struct carer_work *work)
{
    struct import_report *report = &work->result.report;
    struct update update = {options, &work->result};
    size_t count = work->result.list.count;
    bool partly = options->file.skip_bad;
    struct err err = {0};
    if (report->bad_headings) return carer_file_finish(work, true, NULL);
    /* Where rows are wrong already, the others are still looked at, for one report of all. */
    const struct vault_how how = {.dry_run =
                                      options->file.dry_run || (report->bad_rows > 0 && !partly),
                                  .each = options->file.dry_run ? carer_changes_note : NULL,
                                  .ctx = &work->changes};
    const char **refs = mem_array(count, sizeof *refs);
    for (size_t i = 0; i < count; i++) refs[i] = work->result.list.items[i].ref;
    bool ok = vault_update(work->home.vault, refs, count, edit, &update, partly, &how,
                           &work->counted, &err);
    free(refs);
    if (!ok) return carer_file_fail(work, &err);
    return carer_file_finish(work, report->bad_rows > 0 && !partly, NULL);
}

int command_availability(int argc, char **argv)
{
    static const struct argp_option entries[] = {
        CARER_FILE_OPTIONS,
        {"status-date", OPTION_STATUS_DATE, "DATE", 0,
         "The day on which a status was true, for rows that do not say", 0},
        {0}};
    static const struct argp argp = {
        .options = entries,
        .parser = parse,
        .args_doc = "FILE.csv",
        .doc = "Updates the availability of carers that are held, and nothing else: the columns "
               "ref, and any of status, status_date, available_from and places. A blank cell "
               "leaves what is held. Nothing is changed unless every row is good."};
    struct options options = {.status_date = NO_DAY};
    struct carer_work work = {0};
    struct err err = {0};
    int code = cli_parse(&argp, argc, argv, &options, &options.file.common);
    if (code != 0) return code;
    code = carer_file_read(&options.file, argv[0], IMPORT_AVAILABILITY, &work, &err)
               ? update_all(&options, &work)
               : carer_file_fail(&work, &err);
    carer_file_close(&work);
    return code;
}
