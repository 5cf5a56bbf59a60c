/* SPDX-License-Identifier: Apache-2.0 */

#include "agent/commands.h"
#include "agent/home.h"
#include "agent/subject_access.h"
#include "proto/base/clear_output.h"
#include "proto/base/clock.h"
#include "proto/base/json_wipe.h"

struct options {
    struct cli_common common;
    const char *ref, *file;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &options->common; return 0;
    case ARGP_KEY_ARG:
        if (state->arg_num > 1) argp_usage(state);
        *(state->arg_num == 0 ? &options->ref : &options->file) = arg;
        return 0;
    case ARGP_KEY_NO_ARGS: argp_error(state, "the reference of a household is wanted"); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static void put_json(const struct subject_access *access, struct buf *out)
{
    json_t *json = subject_access_json(access);
    json_append(json, JSON_COMPACT, out);
    buf_u8(out, '\n');
    json_decref(json);
}

static int write_copy(const void *ctx, struct home *home, struct err *err)
{
    const struct options *options = ctx;
    struct secret room = secret_new(sizeof(struct profile));
    struct profile *profile = (struct profile *)(void *)room.data;
    const struct certificate *certificate = identity_certificate(home->identity);
    const struct subject_access access = {.profile = profile,
                                          .catalogue = catalogue_get(CATALOGUE_VERSION),
                                          .agency = certificate->organisation,
                                          .agency_name = certificate->name,
                                          .today = clock_london_day(clock_wall_ms()),
                                          .fresh_days = home->config.fresh_days};
    struct buf text = {0};
    bool ok = vault_get(home->vault, options->ref, profile, err);
    if (ok && options->common.json) put_json(&access, &text);
    if (ok && !options->common.json) subject_access_text(&access, &text);
    ok = ok && clear_output(options->file, &text, err);
    buf_wipe(&text);
    secret_free(&room);
    return ok ? EXIT_OK : -1;
}

int command_subject_access(int argc, char **argv)
{
    static const struct argp argp = {
        .parser = parse,
        .args_doc = "REF [FILE]",
        .doc = "Writes everything that is held on one household, what each field is for, what is "
               "worked out from it, who can have learnt of it and how long it is kept, for a "
               "subject-access request (UK GDPR article 15), to a new file (mode 0600) or to "
               "standard output; as data with --json. The output is not encrypted."};
    struct options options = {0};
    int code = cli_parse(&argp, argc, argv, &options, &options.common);
    return code != 0 ? code : home_run(argv[0], &options.common, write_copy, &options);
}
