/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/backup/backup_command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/clock.h"
#include "proto/base/text.h"

enum { EXIT_USAGE = 2, OPTION_CHECK = 0x600 };

struct options {
    struct cli_common common;
    const char *directory;
    bool check;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &options->common; return 0;
    case OPTION_CHECK: options->check = true; return 0;
    case ARGP_KEY_ARG:
        if (options->directory) argp_error(state, "one directory is wanted");
        options->directory = arg;
        return 0;
    case ARGP_KEY_END:
        if (!options->directory || !*options->directory) {
            argp_error(state, "the directory of the backup is wanted");
        }
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* ---- what is told ---- */

static uint64_t total(const struct backup_report *report)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < report->count; i++) bytes += report->entries[i].bytes;
    return bytes;
}

static json_t *entries_json(const struct backup_report *report)
{
    json_t *list = json_array();
    for (size_t i = 0; i < report->count; i++) {
        const struct backup_entry *entry = &report->entries[i];
        json_t *object =
            json_pack("{s:s,s:I}", "name", entry->name, "bytes", (json_int_t)entry->bytes);
        if (entry->item->schema) {
            (void)json_object_set_new(object, "format", json_integer((json_int_t)entry->format));
        }
        (void)json_array_append_new(list, object);
    }
    return list;
}

static json_t *left_out_json(const struct backup_report *report)
{
    json_t *list = json_array();
    for (size_t i = 0; i < report->left_out_count; i++) {
        char name[BACKUP_NAME_MAX + 1];
        memcpy(name, report->left_out[i], sizeof name);
        text_make_printable(name);
        (void)json_array_append_new(list, json_string(name));
    }
    return list;
}

/* what: "backup" or "restored", the key of the directory. */
static void print_json(const char *what, const char *directory, const struct backup_report *report)
{
    cli_print_json(json_pack("{s:s,s:o,s:s,s:I,s:o,s:o}", what, directory, "as_of",
                             instant_json(report->begun_ms), "version", report->version, "bytes",
                             (json_int_t)total(report), "items", entries_json(report), "left_out",
                             left_out_json(report)));
}

static void print_left_out(const struct backup_report *report)
{
    for (size_t i = 0; i < report->left_out_count; i++) {
        char name[BACKUP_NAME_MAX + 1];
        memcpy(name, report->left_out[i], sizeof name);
        text_make_printable(name);
        (void)printf("%s%s", i == 0 ? "Left out, for it is none of this program's: " : ", ", name);
    }
    if (report->left_out_count > 0) (void)printf("\n");
}

static void print_summary(const char *directory, const char *did,
                          const struct backup_report *report)
{
    char as_of[CLOCK_TEXT];
    clock_format(report->begun_ms, as_of);
    (void)printf("%s: %s, %zu files and stores, %llu KiB, as of %s\n", directory, did,
                 report->count, (unsigned long long)(total(report) + 1023) / 1024, as_of);
}

static void print_made(const char *directory, const struct backup_report *report)
{
    print_summary(directory, "complete", report);
    print_left_out(report);
    (void)printf("It needs the passphrase of the key file as it is now, and holds also what is "
                 "erased from the\nhome later: keep it as safely as the home, and no longer than "
                 "it is of use.\n");
}

static void print_restored(const char *home, const struct backup_report *report)
{
    char as_of[CLOCK_TEXT];
    print_summary(home, "restored", report);
    clock_format(report->begun_ms, as_of);
    (void)printf("What was done after %s is not in it. docs/operations.md (Backup and restore) "
                 "says what\nthat means, and what is to be done before it is started: the newest "
                 "revocations and certificate.\n",
                 as_of);
}

/* ---- the commands ---- */

static bool find_home(const struct backup_command *command, const struct options *options,
                      char **home, struct err *err)
{
    *home = command->home(&options->common);
    return *home || err_set(err, ERR_INVALID, "home", "-C DIR is wanted");
}

static int finish(const struct backup_command *command, const char *name,
                  const struct options *options, bool ok, const struct err *err)
{
    return ok ? EXIT_SUCCESS : command->fail(name, &options->common, err);
}

int backup_command_backup(const struct backup_command *command, int argc, char **argv)
{
    static const struct argp argp = {
        .parser = parse,
        .args_doc = "DIR",
        .doc = "Copies the home directory's keys, settings and stores into the new directory DIR, "
               "while programs work with them. No passphrase is needed: the key file stays "
               "encrypted as it is. The directory that it is in has to be there. DIR is "
               "complete or not there; DIR.partial is what a killed "
               "backup leaves. A backup keeps what is erased from the home later."};
    struct options options = {0};
    struct backup_report report = {0};
    struct err err = {0};
    char *home = NULL;
    if (cli_parse(&argp, argc, argv, &options, &options.common) != 0) return EXIT_USAGE;
    bool ok = find_home(command, &options, &home, &err) &&
              (!command->check || command->check(home, &err)) &&
              backup_make(command->plan, home, options.directory, &report, &err);
    if (ok && options.common.json) {
        print_json("backup", options.directory, &report);
    } else if (ok) {
        print_made(options.directory, &report);
    }
    backup_report_free(&report);
    free(home);
    return finish(command, "backup", &options, ok, &err);
}

static bool check_only(const struct backup_command *command, const struct options *options,
                       struct err *err)
{
    struct backup_report report = {0};
    if (!backup_check(command->plan, options->directory, &report, err)) return false;
    if (options->common.json) {
        print_json("backup", options->directory, &report);
    } else {
        print_summary(options->directory, "whole", &report);
    }
    backup_report_free(&report);
    return true;
}

static bool restore(const struct backup_command *command, const struct options *options,
                    struct err *err)
{
    struct backup_report report = {0};
    char *home = NULL;
    bool ok = find_home(command, options, &home, err) &&
              backup_restore(command->plan, options->directory, home, &report, err);
    if (ok && options->common.json) {
        print_json("restored", home, &report);
    } else if (ok) {
        print_restored(home, &report);
    }
    backup_report_free(&report);
    free(home);
    return ok;
}

int backup_command_restore(const struct backup_command *command, int argc, char **argv)
{
    static const struct argp_option entries[] = {
        {"check", OPTION_CHECK, NULL, 0, "Check the backup in DIR, and restore nothing", 0}, {0}};
    static const struct argp argp = {
        .options = entries,
        .parser = parse,
        .args_doc = "DIR",
        .doc = "Makes a home directory, which must be new or empty, of the backup in DIR. All of "
               "it is checked first; one that is damaged, incomplete, of another program or of a "
               "later version is refused. What was done after the backup is lost; the stores are "
               "told since when, so that nothing is spent twice."};
    struct options options = {0};
    struct err err = {0};
    if (cli_parse(&argp, argc, argv, &options, &options.common) != 0) return EXIT_USAGE;
    bool ok =
        options.check ? check_only(command, &options, &err) : restore(command, &options, &err);
    return finish(command, "restore", &options, ok, &err);
}
