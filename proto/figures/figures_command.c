/* SPDX-License-Identifier: Apache-2.0
 * What the `figures` commands share.
 */
#include "proto/figures/figures_command.h"

#include <stdio.h>
#include <string.h>

int figures_command(int argc, char **argv, const struct figures_program *program)
{
    static const struct {
        const char *name;
        int (*run)(int argc, char **argv, const struct figures_program *program);
    } commands[] = {
        {"status", figures_command_status},   {"terms", figures_command_terms},
        {"join", figures_command_join},       {"leave", figures_command_leave},
        {"off", figures_command_off},         {"on", figures_command_on},
        {"preview", figures_command_preview}, {"send", figures_command_send},
        {"ledger", figures_command_ledger},
    };
    const size_t count = sizeof commands / sizeof *commands;
    const char *space = strrchr(argv[0], ' ');
    size_t i = 0;
    REQUIRE(space);
    while (i < count && strcmp(space + 1, commands[i].name) != 0) i++;
    REQUIRE(i < count); /* else the program's table has one that is not here */
    return commands[i].run(argc, argv, program);
}

int figures_run(const struct figures_run *run)
{
    struct figures_desk desk = {0};
    struct err err = {0};
    int code = 0;
    bool ok =
        run->program->open(run->common, &desk, &err) && run->what(&desk, run->ctx, &code, &err);
    run->program->close(&desk);
    if (ok) return code;
    cli_print_error(run->command, run->common->json, &err);
    return code != 0 ? code : run->program->exit_code(&err);
}

const char *epsilon_text(uint64_t millionths, char out[EPSILON_TEXT])
{
    int len =
        snprintf(out, EPSILON_TEXT, "%llu.%06llu", (unsigned long long)(millionths / EPSILON_ONE),
                 (unsigned long long)(millionths % EPSILON_ONE));
    for (int cut = 0; cut < 4 && out[len - 1] == '0'; cut++) out[--len] = '\0';
    return out;
}

json_t *epsilon_json(uint64_t millionths)
{
    return json_real((double)millionths / EPSILON_ONE);
}

void figures_list(json_t *array, json_t *item)
{
    REQUIRE(item && json_array_append_new(array, item) == 0);
}
