/* SPDX-License-Identifier: Apache-2.0
 * `hearth-matcher init`: one option a key of config.json, made from the same table.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keys/identity.h"
#include "matcher/commands.h"
#include "matcher/config.h"
#include "proto/base/mem.h"

enum { OPTION_LISTEN = 0x2000, OPTION_FIRST_KEY = 0x2001, KEY_OPTIONS_MAX = 32 };

struct options {
    struct cli_common common;
    struct config config;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;
    struct err err = {0};
    bool ok = true;
    if (key == ARGP_KEY_INIT) {
        state->child_inputs[0] = &options->common;
    } else if (key == OPTION_LISTEN) {
        ok = config_set_listen(&options->config, arg, &err);
    } else if (key >= OPTION_FIRST_KEY && (size_t)(key - OPTION_FIRST_KEY) < config_key_count) {
        ok = config_set(&options->config, &config_keys[key - OPTION_FIRST_KEY], arg, &err);
    } else {
        return ARGP_ERR_UNKNOWN;
    }
    if (!ok) argp_error(state, "%s: %s", err.field, err.text);
    return ok ? 0 : EINVAL;
}

/* "deadline_ms" becomes "--deadline-ms"; names[] keeps the spelling while argp runs. */
static void make_entries(struct argp_option *entries, char (*names)[32])
{
    REQUIRE(config_key_count + 2 <= KEY_OPTIONS_MAX);
    entries[0] = (struct argp_option){
        "listen", OPTION_LISTEN, "HOST:PORT", 0, "Where to listen (default 127.0.0.1:0)", 0};
    for (size_t i = 0; i < config_key_count; i++) {
        (void)snprintf(names[i], sizeof names[i], "%s", config_keys[i].name);
        for (char *c = names[i]; *c; c++) {
            if (*c == '_') *c = '-';
        }
        entries[i + 1] = (struct argp_option){names[i], OPTION_FIRST_KEY + (int)i, "N",
                                              0,        config_keys[i].help,       0};
    }
}

int command_init(int argc, char **argv)
{
    struct argp_option entries[KEY_OPTIONS_MAX] = {{0}};
    char names[KEY_OPTIONS_MAX][32];
    make_entries(entries, names);
    const struct argp argp = {
        .options = entries,
        .parser = parse,
        .doc = "Writes config.json into the home directory; an existing one is never overwritten."};
    struct options options = {0};
    struct err err = {0};
    config_defaults(&options.config);
    if (cli_parse(&argp, argc, argv, &options, &options.common) != 0) return EXIT_BAD_USAGE;
    const char *home = command_home(&options.common);
    if (!config_create(home, &options.config, &err)) {
        return command_failed("init", &options.common, &err);
    }
    (void)printf("%s/%s written\n", home, HOME_CONFIG);
    return EXIT_DONE;
}
