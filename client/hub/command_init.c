/* SPDX-License-Identifier: Apache-2.0
 * `hearth hub init`.
 */
#include <stdio.h>
#include <stdlib.h>

#include "client/hub/commands.h"
#include "client/hub/home.h"
#include "client/report.h"

struct options {
    struct cli_common common;
    struct hub_config config;
};

static error_t set_text(char *out, size_t cap, const char *name, const char *arg,
                        struct argp_state *state)
{
    if (snprintf(out, cap, "%s", arg) >= (int)cap) {
        argp_error(state, "--%s: at most %zu bytes are wanted", name, cap - 1);
    }
    return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;
    struct hub_config *config = &options->config;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &options->common; return 0;
    case 'm': return set_text(config->matcher, sizeof config->matcher, "matcher", arg, state);
    case 'i':
        return set_text(config->matcher_id, sizeof config->matcher_id, "matcher-id", arg, state);
    case 'l': return set_text(config->listen, sizeof config->listen, "listen", arg, state);
    case 'a': return set_text(config->address, sizeof config->address, "address", arg, state);
    case ARGP_KEY_END:
        if (!config->matcher[0] || !config->matcher_id[0] || !config->listen[0] ||
            !config->address[0]) {
            argp_error(state, "--matcher, --matcher-id, --listen and --address are needed");
        }
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

int command_hub_init(int argc, char **argv)
{
    static const struct argp_option entries[] = {
        {"matcher", 'm', "HOST:PORT", 0, "Where the matcher listens", 0},
        {"matcher-id", 'i', "ID", 0, "The organisation id in the matcher's certificate", 0},
        {"listen", 'l', "HOST:PORT", 0, "Where 'hearth hub serve' listens", 0},
        {"address", 'a', "HOST:PORT", 0,
         "Where contributors reach it: goes into every manifest; the hub's certificate has to "
         "carry that host",
         0},
        {0}};
    static const struct argp argp = {
        .options = entries,
        .parser = parse,
        .doc = "Writes config.json into the hub's home directory (default $HOME/.hearth-hub); an "
               "existing one is never overwritten."};
    struct options options = {0};
    struct err err = {0};
    if (cli_parse(&argp, argc, argv, &options, &options.common) != 0) return EXIT_BAD_REQUEST;
    char *home = hub_home(&options.common);
    int code = EXIT_FOUND;
    if (!hub_config_create(home, &options.config, &err)) {
        code = hub_fail("init", &options.common, &err);
    } else if (options.common.json) {
        cli_print_json(json_pack("{s:s,s:s,s:s}", "home", home, "listen", options.config.listen,
                                 "address", options.config.address));
    } else {
        (void)printf("%s/%s written\n", home, HOME_CONFIG);
    }
    free(home);
    return code;
}
