/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "agent/availability.h"
#include "agent/carer_changes.h"
#include "agent/commands.h"
#include "agent/home.h"
#include "proto/base/clock.h"
#include "proto/base/text.h"

enum { TEXT_MAX = 64 };

static const struct {
    enum column column;
    const char *option;
} settings[] = {
    {COLUMN_STATUS, "status"},
    {COLUMN_STATUS_DATE, "status-date"},
    {COLUMN_AVAILABLE_FROM, "available-from"},
    {COLUMN_PLACES, "places"},
    {COLUMN_APPROVED_PLACES, "approved-places"},
};
enum { SETTINGS = sizeof settings / sizeof settings[0], FIRST_KEY = 0x2001 };

struct options {
    struct cli_common common;
    const char *ref;
    const char *given[SETTINGS]; /* NULL where not given */
};

static void check_options(const struct options *options, struct argp_state *state)
{
    for (int i = 0; i < SETTINGS; i++) {
        if (options->given[i]) return;
    }
    argp_error(state, "say what to set: --status, --available-from, --status-date, --places or "
                      "--approved-places");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;
    if (key >= FIRST_KEY && key < FIRST_KEY + SETTINGS) {
        options->given[key - FIRST_KEY] = arg;
        return 0;
    }
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &options->common; return 0;
    case ARGP_KEY_ARG:
        if (options->ref) argp_error(state, "one reference is wanted");
        options->ref = arg;
        return 0;
    case ARGP_KEY_NO_ARGS: argp_error(state, "a carer's reference is wanted"); return 0;
    case ARGP_KEY_END: check_options(options, state); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* Puts the option's name in front of what is wrong with its value. */
static bool in_option(struct err *err, enum column column)
{
    char field[TEXT_MAX];
    for (int i = 0; i < SETTINGS; i++) {
        if (settings[i].column != column) continue;
        (void)snprintf(field, sizeof field, "--%s", settings[i].option);
    }
    return err_in(err, field);
}

static bool read_number(const char *text, uint8_t *out, struct err *err)
{
    int64_t value = 0;
    if (!text_integer(text, 0, 9, &value)) {
        return err_set(err, ERR_INVALID, NULL, "a whole number 0 to 9 is wanted");
    }
    *out = (uint8_t)value;
    return true;
}

/* By the rules of the columns of the same names. */
static bool read_setting(enum column column, const char *given, struct profile *scratch,
                         struct err *err)
{
    char text[TEXT_MAX];
    const struct column_rules rules = {NULL, clock_london_day(clock_wall_ms())};
    text_copy_cut(text, sizeof text, given);
    bool ok = false;
    if (column == COLUMN_PLACES) {
        ok = read_number(text, &scratch->places, err);
    } else if (column == COLUMN_APPROVED_PLACES) {
        ok = read_number(text, &scratch->approved_places, err);
    } else {
        ok = column_kinds[column].parse(text_trim(text), &rules, scratch, err);
    }
    if (ok) return true;
    (void)err_set(err, ERR_INVALID, NULL, "\"%s\": %s", text, err->text);
    return in_option(err, column);
}

static const char *setting(const struct options *options, enum column column)
{
    for (int i = 0; i < SETTINGS; i++) {
        if (settings[i].column == column) return options->given[i];
    }
    return NULL;
}

static bool read_change(const struct options *options, struct availability_change *out,
                        struct err *err)
{
    struct profile scratch = {.status_date = NO_DAY, .available_from = NO_DAY};
    for (int i = 0; i < SETTINGS; i++) {
        if (options->given[i] &&
            !read_setting(settings[i].column, options->given[i], &scratch, err)) {
            return false;
        }
    }
    *out = (struct availability_change){
        .has_status = setting(options, COLUMN_STATUS) != NULL,
        .status = scratch.status,
        .status_date = scratch.status_date,
        .available_from = scratch.available_from,
        .has_places = setting(options, COLUMN_PLACES) != NULL,
        .places = scratch.places,
        .has_approved_places = setting(options, COLUMN_APPROVED_PLACES) != NULL,
        .approved_places = scratch.approved_places,
    };
    if (out->has_status && out->status_date == NO_DAY) {
        out->status_date = clock_london_day(clock_wall_ms());
    }
    return true;
}

struct edit {
    const struct availability_change *change;
    struct err *err;
    const char *ref;
    bool crowded; /* more places than approved for */
};

static bool edit(size_t index, struct profile *profile, void *ctx)
{
    (void)index;
    struct edit *edit = ctx;
    enum column at = COLUMN_REF;
    if (!profile) return err_set(edit->err, ERR_NOT_FOUND, "ref", "\"%s\" is not held", edit->ref);
    if (!availability_apply(edit->change, profile, &at, edit->err)) {
        return in_option(edit->err, at);
    }
    edit->crowded = profile->places > profile->approved_places;
    return true;
}

static void report(const struct options *options, const struct carer_changes *changes,
                   const struct edit *edit)
{
    if (options->common.json) {
        json_t *list = carer_changes_json(changes);
        json_t *columns = json_object_get(json_array_get(list, 0), "columns");
        json_t *none = json_array();
        cli_print_json(json_pack("{s:s,s:s,s:O}", "ref", options->ref, "change",
                                 columns ? "changed" : "unchanged", "columns",
                                 columns ? columns : none));
        json_decref(none);
        json_decref(list);
        return;
    }
    carer_changes_print(changes, stdout);
    if (changes->count == 0) (void)printf("%s: unchanged\n", options->ref);
    if (edit->crowded) (void)fprintf(stderr, "note: more places than approved places\n");
}

static int run(const struct options *options)
{
    struct home home = {0};
    struct availability_change change;
    struct carer_changes changes = {.catalogue = catalogue_get(CATALOGUE_VERSION)};
    struct vault_changes counted = {0};
    struct err err = {0};
    struct edit one = {&change, &err, options->ref, false};
    const struct vault_how how = {.each = carer_changes_note, .ctx = &changes};
    bool ok = read_change(options, &change, &err) && home_open(&options->common, &home, &err) &&
              vault_update(home.vault, &options->ref, 1, edit, &one, false, &how, &counted, &err) &&
              counted.refused == 0;
    int code = EXIT_OK;
    if (ok) {
        report(options, &changes, &one);
    } else {
        code = home_fail("hearth-agent set", &options->common, &err);
    }
    carer_changes_free(&changes);
    home_close(&home);
    return code;
}

int command_set(int argc, char **argv)
{
    static const struct argp_option entries[] = {
        {"status", FIRST_KEY, "STATUS", 0,
         "available, available_from, full, on_hold, not_available or unknown", 0},
        {"status-date", FIRST_KEY + 1, "DATE", 0,
         "The day on which the status was true (default: today)", 0},
        {"available-from", FIRST_KEY + 2, "DATE", 0, "With status available_from", 0},
        {"places", FIRST_KEY + 3, "N", 0, "Vacancies now, 0 to 9", 0},
        {"approved-places", FIRST_KEY + 4, "N", 0, "Places approved for, 0 to 9", 0},
        {0}};
    static const struct argp argp = {
        .options = entries,
        .parser = parse,
        .args_doc = "REF",
        .doc = "Changes the availability of one carer. A new status takes the place of an earlier "
               "one together with its date; what is not given stays."};
    struct options options = {0};
    int code = cli_parse(&argp, argc, argv, &options, &options.common);
    return code != 0 ? code : run(&options);
}
