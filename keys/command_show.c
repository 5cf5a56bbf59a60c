/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "keys/commands.h"
#include "keys/options.h"
#include "keys/show.h"
#include "proto/base/clock.h"

static const struct argp_option table[] = {
    {"root", OPTION_ROOT, "FILE", 0, "Check signatures against this authority.root", 0}, {0}};

static bool show_one(const char *path, const struct authority_root *root, json_t *list, bool words,
                     struct err *err)
{
    struct facts facts = facts_new();
    const char *title = "";
    bool ok = show_file(path, root, clock_wall_ms(), &facts, &title, err);
    if (ok && words) {
        (void)printf("%s: %s\n", path, title);
        facts_print(&facts, stdout);
    }
    if (ok) (void)json_array_append(list, facts.object);
    facts_free(&facts);
    return ok;
}

static bool run(const struct keys_options *options, struct err *err)
{
    struct authority_root root = {0};
    bool json = options->common.json;
    if (options->file_count == 0) return err_set(err, ERR_INVALID, "", "no file is given");
    if (options->root && !authority_root_load(options->root, &root, err)) return false;
    json_t *list = json_array();
    bool ok = true;
    for (size_t i = 0; ok && i < options->file_count; i++) {
        ok = show_one(options->files[i], options->root ? &root : NULL, list, !json, err);
    }
    if (ok && json) {
        json_t *object = json_pack("{s:O}", "files", list);
        cli_print_json(object);
    }
    json_decref(list);
    authority_root_free(&root);
    return ok;
}

int keys_command_show(int argc, char **argv)
{
    struct keys_options options;
    struct err err = {0};
    int code =
        keys_options_parse(table, "FILE...",
                           "Explains key files, requests, certificates, roots and revocation "
                           "lists. No passphrase is needed, no secret is shown.",
                           argc, argv, &options);
    return code ? code : keys_finish(&options, run(&options, &err), &err);
}
