/* SPDX-License-Identifier: Apache-2.0 */
#include "client/request_file.h"

#include <errno.h>

#include "proto/base/file.h"

error_t request_options_parse(int key, char *arg, struct argp_state *state)
{
    struct request_options *options = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &options->common; return 0;
    case ARGP_KEY_ARG:
        if (options->path) argp_error(state, "one request file is wanted");
        options->path = arg;
        return 0;
    case ARGP_KEY_NO_ARGS: argp_error(state, "a request file is needed"); return EINVAL;
    default: return ARGP_ERR_UNKNOWN;
    }
}

bool request_file_read(const char *path, struct request *out, struct err *err)
{
    struct buf text = {0};
    bool ok = file_read(path, REQUEST_MAX, &text, err);
    if (!ok) {
        err->code = ERR_INVALID;
        (void)err_in(err, "request");
    } else {
        ok = request_parse(text.data, text.len,
                           &(struct request_rules){.catalogue = catalogue_get(CATALOGUE_VERSION)},
                           out, err);
    }
    buf_wipe(&text);
    return ok;
}

bool request_file_plan(const char *path, struct request *request, struct plan *plan,
                       struct err *err)
{
    return request_file_read(path, request, err) &&
           plan_make(request, catalogue_get(CATALOGUE_VERSION), plan, err);
}
