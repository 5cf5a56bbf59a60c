/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "client/commands.h"
#include "client/convert.h"
#include "client/report.h"
#include "proto/base/cli.h"
#include "proto/base/file.h"
#include "proto/domain/criteria.h"

enum {
    OPTION_REF = 0x100,
    OPTION_CHILD,
    OPTION_TYPE,
    OPTION_NEEDED_BY,
    OPTION_OUT,
    OPTION_VERSION
};

struct options {
    struct cli_common common;
    struct convert_options convert;
    const char *path, *out, *version;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;
    struct err err = {0};
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &options->common; return 0;
    case OPTION_REF: options->convert.search_ref = arg; return 0;
    case OPTION_CHILD:
        if (!convert_child(arg, &options->convert, &err))
            argp_error(state, "--child: %s", err.text);
        return 0;
    case OPTION_TYPE: options->convert.type = arg; return 0;
    case OPTION_NEEDED_BY: options->convert.needed_by = arg; return 0;
    case OPTION_VERSION: options->version = arg; return 0;
    case OPTION_OUT: options->out = arg; return 0;
    case ARGP_KEY_ARG:
        if (options->path) argp_error(state, "one document is wanted");
        options->path = arg;
        return 0;
    case ARGP_KEY_NO_ARGS: argp_error(state, "a document is needed"); return EINVAL;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static bool convert_file(const struct options *options, struct conversion *said, json_t **request,
                         struct err *err)
{
    const struct catalogue *catalogue = criteria_version(options->version, err);
    struct buf text = {0};
    if (!catalogue) return false;
    bool ok = file_read(options->path, REQUEST_MAX, &text, err);
    if (!ok) {
        err->code = ERR_INVALID;
        (void)err_in(err, "document");
    }
    ok = ok && convert_read(text.data, text.len, catalogue, said, err);
    buf_wipe(&text);
    return ok && convert_request(said, &options->convert, request, err);
}

/* A request holds what a child needs: only the user may read its file, and none is overwritten. */
static bool write_file(const char *path, json_t *request, struct err *err)
{
    struct buf bytes = {0};
    char *text = json_dumps(request, JSON_INDENT(2));
    REQUIRE(text != NULL);
    buf_format(&bytes, "%s\n", text);
    bool ok = file_create(path, bytes.data, bytes.len, 0600, err);
    buf_wipe(&bytes);
    sodium_memzero(text, strlen(text));
    free(text);
    return ok || err_in(err, "out");
}

static void print_left(json_t *left)
{
    size_t index;
    json_t *entry;
    if (json_array_size(left) > 0) (void)fprintf(stderr, "Not carried over:\n");
    json_array_foreach(left, index, entry)
    {
        const char *value = json_string_value(json_object_get(entry, "value"));
        (void)fprintf(stderr, "  %s%s%s: %s\n", json_string_value(json_object_get(entry, "field")),
                      value ? " " : "", value ? value : "",
                      json_string_value(json_object_get(entry, "reason")));
    }
    (void)fprintf(stderr, "The request has no location: everywhere counts until you add one.\n");
}

static void print_json(json_t *request, const char *out, json_t *left)
{
    json_t *object = json_pack("{s:O}", "not_carried", left);
    REQUIRE(object != NULL);
    if (out) {
        (void)json_object_set_new(object, "out", json_string(out));
    } else {
        (void)json_object_set(object, "request", request);
    }
    cli_print_json(object);
}

static bool convert(const struct options *options, struct conversion *said, struct err *err)
{
    json_t *request = NULL;
    if (!convert_file(options, said, &request, err)) return false;
    bool ok = !options->out || write_file(options->out, request, err);
    if (ok && options->common.json) {
        print_json(request, options->out, said->left);
    } else if (ok) {
        print_left(said->left);
        if (!options->out) {
            (void)json_dumpf(request, stdout, JSON_INDENT(2));
            (void)putchar('\n');
        }
    }
    json_decref(request);
    return ok;
}

int command_convert(int argc, char **argv)
{
    static const struct argp_option accepted[] = {
        {.name = "search-ref", .key = OPTION_REF, .arg = "REF", .doc = "Your own reference"},
        {.name = "child",
         .key = OPTION_CHILD,
         .arg = "AGE:SEX",
         .doc = "Once for each child: 11:F"},
        {.name = "type",
         .key = OPTION_TYPE,
         .arg = "TYPE",
         .doc = "PT_ code, its words, or U4, U6"},
        {.name = "needed-by",
         .key = OPTION_NEEDED_BY,
         .arg = "WHEN",
         .doc = "today, within_5_days or later, in place of what the document says"},
        {.name = "version",
         .key = OPTION_VERSION,
         .arg = "N",
         .doc = "Only criteria of that catalogue version"},
        {.name = "out", .key = OPTION_OUT, .arg = "FILE", .doc = "Write the request to a new file"},
        {0}};
    static const struct argp argp = {
        .options = accepted,
        .parser = parse,
        .args_doc = "DOCUMENT",
        .doc =
            "Makes a request from a document of the national Placements Standard (JSON-LD; \"-\" "
            "reads standard input) and lists what it could not carry over. Sends nothing."};
    struct options options = {0};
    struct conversion said = {0};
    struct err err = {0};
    if (cli_parse(&argp, argc, argv, &options, &options.common) != 0) return EXIT_BAD_REQUEST;
    bool ok = convert(&options, &said, &err);
    if (!ok) cli_print_error("hearth convert", options.common.json, &err);
    conversion_free(&said);
    bool bad = err.code == ERR_INVALID || err.code == ERR_EXISTS;
    return ok ? EXIT_FOUND : bad ? EXIT_BAD_REQUEST : EXIT_OTHER;
}
