/* SPDX-License-Identifier: Apache-2.0 */
#include "client/request_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/la.h"
#include "proto/audit/package.h"
#include "proto/base/file.h"
#include "proto/base/mem.h"
#include "proto/domain/gazetteer.h"

error_t request_options_parse(int key, char *arg, struct argp_state *state)
{
    struct request_options *options = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &options->common; return 0;
    case OPTION_MAP:
        if (strcmp(arg, "-") == 0) argp_error(state, "--map takes a file's name");
        options->map = arg;
        return 0;
    case ARGP_KEY_ARG:
        if (options->path) argp_error(state, "one request file is wanted");
        options->path = arg;
        return 0;
    case ARGP_KEY_NO_ARGS: argp_error(state, "a request file is needed"); return EINVAL;
    case ARGP_KEY_END:
        if (file_is_same(options->map, options->path)) {
            argp_error(state, "--map %s: another file than the request is wanted", options->map);
        }
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static bool parse(const char *path, const char *home, const struct buf *text, struct request *out,
                  struct buf *resolved, struct err *err)
{
    struct gazetteer *gazetteer = NULL;
    if (home && !gazetteer_open_home(home, &gazetteer, err)) return false;
    char *directory = file_directory(path);
    struct request_rules rules = {.catalogue = catalogue_get(CATALOGUE_VERSION),
                                  .gazetteer = gazetteer,
                                  .directory = directory};
    bool ok = request_parse(text->data, text->len, &rules, out, err) &&
              (!resolved || request_resolve(text, out, directory, resolved, err));
    free(directory);
    gazetteer_close(gazetteer);
    return ok;
}

bool request_file_read(const char *path, const char *home, struct request *out,
                       struct buf *resolved, struct err *err)
{
    struct buf text = {0};
    bool ok = file_read(path, REQUEST_MAX, &text, err);
    if (!ok) {
        err->code = ERR_INVALID;
        (void)err_in(err, "request");
    } else {
        ok = parse(path, home, &text, out, resolved, err);
    }
    buf_wipe(&text);
    return ok;
}

bool request_file_plan(const struct request_options *options, struct request *request,
                       struct buf *resolved, struct plan *plan, struct err *err)
{
    char *home = la_home(&options->common);
    bool ok = request_file_read(options->path, home, request, resolved, err) &&
              plan_make(request, catalogue_get(CATALOGUE_VERSION), plan, err);
    if (ok && options->map && plan->quadrant_count == 0) {
        ok = err_set(err, ERR_INVALID, "map",
                     "the request has no location, so that there is nothing to draw");
    }
    free(home);
    return ok;
}
