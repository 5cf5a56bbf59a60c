/* SPDX-License-Identifier: Apache-2.0
 * `hearth hub enrol`.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/hub/areas.h"
#include "client/hub/commands.h"
#include "client/hub/enrolled.h"
#include "client/hub/home.h"
#include "client/hub/table_file.h"
#include "client/report.h"
#include "proto/base/file.h"
#include "proto/base/mem.h"

enum { OPTION_AGENT = 0x500, OPTION_LA, OPTION_REMOVE };

struct change {
    int option;
    const char *text;
};
struct options {
    struct cli_common common;
    const char *file;
    struct change *changes; /* in the order of the command line */
    size_t count;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &options->common; return 0;
    case OPTION_AGENT:
    case OPTION_LA:
    case OPTION_REMOVE:
        options->changes =
            mem_resize(options->changes, options->count + 1, sizeof *options->changes);
        options->changes[options->count++] = (struct change){key, arg};
        return 0;
    case ARGP_KEY_ARG:
        if (options->file) argp_error(state, "one file is wanted");
        options->file = arg;
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* ---- changes ---- */

/* "ID:CODE" and "ROLE:ID": *first is the part before the colon, caller frees; gives the rest. */
static const char *split(const char *text, char **first)
{
    const char *colon = strchr(text, ':');
    size_t len = colon ? (size_t)(colon - text) : strlen(text);
    *first = mem_format("%.*s", (int)len, text);
    return colon ? colon + 1 : "";
}

static bool remove_party(const char *text, struct enrolled *enrolled, struct err *err)
{
    char *first = NULL;
    const char *id = split(text, &first);
    enum role role = strcmp(first, "agency") == 0 ? ROLE_AGENT : role_from_name(first);
    bool ok =
        role == ROLE_AGENT || role == ROLE_LA
            ? enrolled_remove(enrolled, role, id, err)
            : err_set(err, ERR_INVALID, "remove", "\"%s\": agent:ID or la:ID is wanted", text);
    free(first);
    return ok;
}

static bool make_change(const struct change *change, struct enrolled *enrolled, struct err *err)
{
    if (change->option == OPTION_REMOVE) return remove_party(change->text, enrolled, err);
    if (change->option == OPTION_AGENT) {
        return enrolled_add(enrolled, ROLE_AGENT, change->text, NULL, err);
    }
    char *id = NULL;
    const char *code = split(change->text, &id);
    bool ok = enrolled_add(enrolled, ROLE_LA, id, code, err);
    free(id);
    return ok;
}

/* The file is the whole list; what stands on the command line comes on top of it. */
static bool read_file(const char *path, struct enrolled *out, struct err *err)
{
    struct buf text = {0};
    bool ok = file_read(path, TABLE_FILE_MAX, &text, err);
    if (!ok) {
        err->code = ERR_INVALID;
    } else {
        ok = enrolled_parse(text.data, text.len, out, err);
    }
    buf_free(&text);
    return ok;
}

static bool check_codes(const char *home, const struct enrolled *enrolled, struct err *err)
{
    if (enrolled_count(enrolled, ROLE_LA) == 0) return true;
    struct geography *geography = mem_new(struct geography);
    bool ok = areas_read(home, geography, err) && enrolled_check(enrolled, geography, err);
    free(geography);
    return ok;
}

static bool change(const struct options *options, const char *home, struct enrolled *enrolled,
                   struct err *err)
{
    bool ok = options->file ? read_file(options->file, enrolled, err)
                            : enrolled_read(home, enrolled, err);
    for (size_t i = 0; ok && i < options->count; i++) {
        ok = make_change(&options->changes[i], enrolled, err);
    }
    return ok && check_codes(home, enrolled, err) && file_make_dirs(home, 0700, err) &&
           enrolled_write(home, enrolled, err);
}

/* ---- telling ---- */

static void print_json(const struct enrolled *enrolled)
{
    json_t *list = json_array();
    for (size_t i = 0; i < enrolled->count; i++) {
        const struct enrolled_party *party = &enrolled->parties[i];
        json_t *one = json_pack("{s:s,s:s}", "role", role_name(party->role), "id", party->id);
        if (party->role == ROLE_LA) {
            (void)json_object_set_new(one, "code", json_string(party->code));
        }
        (void)json_array_append_new(list, one);
    }
    cli_print_json(json_pack("{s:I,s:I,s:o}", "agencies",
                             (json_int_t)enrolled_count(enrolled, ROLE_AGENT), "las",
                             (json_int_t)enrolled_count(enrolled, ROLE_LA), "enrolled", list));
}

static void print_list(const struct enrolled *enrolled)
{
    for (size_t i = 0; i < enrolled->count; i++) {
        const struct enrolled_party *party = &enrolled->parties[i];
        (void)printf("%-5s  %-32s  %s\n", role_name(party->role), party->id, party->code);
    }
}

static int run(const struct options *options, const char *home)
{
    struct enrolled enrolled = {0};
    struct err err = {0};
    bool changes = options->file || options->count > 0;
    bool ok =
        changes ? change(options, home, &enrolled, &err) : enrolled_read(home, &enrolled, &err);
    if (ok && options->common.json) {
        print_json(&enrolled);
    } else if (ok) {
        if (!changes) print_list(&enrolled);
        (void)printf("%zu agencies and %zu LAs are enrolled%s\n",
                     enrolled_count(&enrolled, ROLE_AGENT), enrolled_count(&enrolled, ROLE_LA),
                     changes ? ", from the next manifest on" : "");
    }
    enrolled_free(&enrolled);
    return ok ? EXIT_FOUND : hub_fail("enrol", &options->common, &err);
}

int command_hub_enrol(int argc, char **argv)
{
    static const struct argp_option entries[] = {
        {"agent", OPTION_AGENT, "ID", 0, "Enrol an agency (may be repeated)", 0},
        {"la", OPTION_LA, "ID:CODE", 0,
         "Enrol an LA with the code of its authority, or change it (may be repeated)", 0},
        {"remove", OPTION_REMOVE, "ROLE:ID", 0, "Take agent:ID or la:ID off (may be repeated)", 0},
        {0}};
    static const struct argp argp = {
        .options = entries,
        .parser = parse,
        .args_doc = "[FILE]",
        .doc = "Says who contributes, from the next manifest on. FILE is CSV with the columns "
               "role (agent or la), id and code (of an LA's authority) and is the whole list. "
               "Without arguments: lists who is enrolled."};
    struct options options = {0};
    if (cli_parse(&argp, argc, argv, &options, &options.common) != 0) return EXIT_BAD_REQUEST;
    char *home = hub_home(&options.common);
    int code = run(&options, home);
    free(home);
    free(options.changes);
    return code;
}
