/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "agent/commands.h"
#include "agent/home.h"
#include "proto/base/text.h"

struct options {
    struct cli_common common;
    struct config config;
    struct err err;
};

static bool set_text(char *out, size_t cap, const char *arg)
{
    return snprintf(out, cap, "%s", arg) < (int)cap;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;
    struct config *config = &options->config;
    int64_t number = 0;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &options->common; return 0;
    case 'm':
        if (!set_text(config->matcher, sizeof config->matcher, arg)) {
            argp_error(state, "--matcher: host:port of at most %d bytes is wanted", ADDRESS_MAX);
        }
        return 0;
    case 'i':
        if (!set_text(config->matcher_id, sizeof config->matcher_id, arg)) {
            argp_error(state, "--matcher-id: an organisation id of at most %d bytes is wanted",
                       ID_MAX);
        }
        return 0;
    case 'a':
        if (!config_allow(config, arg, &options->err)) argp_error(state, "%s", options->err.text);
        return 0;
    case 'b':
        if (!text_integer(arg, 0, BUDGET_MAX, &number)) {
            argp_error(state, "--budget %s: a whole number 0 to %d is wanted", arg, BUDGET_MAX);
        }
        config->budget = (uint32_t)number;
        return 0;
    case ARGP_KEY_END:
        if (!config->matcher[0] || !config->matcher_id[0]) {
            argp_error(state, "--matcher and --matcher-id are needed");
        }
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static bool init(const struct options *options, struct home *home, struct err *err)
{
    struct secret key = {0};
    bool ok = home_open_identity(&options->common, home, err);
    if (ok) {
        key = identity_derive(home->identity, VAULT_PURPOSE);
        ok =
            vault_create(home->path, &key, err) && config_create(home->path, &options->config, err);
    }
    secret_free(&key);
    return ok;
}

int command_init(int argc, char **argv)
{
    static const struct argp_option entries[] = {
        {"matcher", 'm', "HOST:PORT", 0, "Where the matcher listens", 0},
        {"matcher-id", 'i', "ID", 0, "The organisation id in the matcher's certificate", 0},
        {"allow", 'a', "LA", 0,
         "Answer this LA; may be given several times (default: every LA that the Authority "
         "certified)",
         0},
        {"budget", 'b', "N", 0, "Queries that an LA may ask a day (default 200; 0: no limit)", 0},
        {0}};
    static const struct argp argp = {
        .options = entries,
        .parser = parse,
        .doc = "Makes an empty vault and config.json in the home directory, which must hold the "
               "agency's key file and certificate already."};
    struct options options = {.config = config_default()};
    struct home home = {0};
    struct err err = {0};
    int code = cli_parse(&argp, argc, argv, &options, &options.common);
    if (code == 0) {
        if (init(&options, &home, &err)) {
            (void)printf("%s/%s and %s/%s made\n", home.path, HOME_CONFIG, home.path, HOME_VAULT);
        } else {
            code = home_fail("hearth-agent init", &options.common, &err);
        }
        home_close(&home);
    }
    config_free(&options.config);
    return code;
}
