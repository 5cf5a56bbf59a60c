/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "matcher/commands.h"
#include "matcher/status_file.h"
#include "proto/base/file.h"

enum { STATUS_MAX = 1 << 20 };

static void print_figures(const json_t *figures)
{
    size_t i = 0;
    json_t *one = NULL;
    json_array_foreach(figures, i, one)
    {
        (void)printf("  figures of %s for %s: contributions until %s\n",
                     json_string_value(json_object_get(one, "hub")),
                     json_string_value(json_object_get(one, "period")),
                     json_string_value(json_object_get(one, "closes_at")));
    }
}

static void print_text(const json_t *status)
{
    const json_t *agents = json_object_get(status, "agents");
    (void)printf("%s is running at %s (process %lld), %zu agents attached, %lld messages waiting\n",
                 json_string_value(json_object_get(status, "id")),
                 json_string_value(json_object_get(status, "address")),
                 (long long)json_integer_value(json_object_get(status, "pid")),
                 json_array_size(agents),
                 (long long)json_integer_value(json_object_get(status, "mail_waiting")));
    size_t i = 0;
    json_t *id = NULL;
    json_array_foreach(agents, i, id)
    {
        (void)printf("  %s\n", json_string_value(id));
    }
    print_figures(json_object_get(status, "figures"));
}

static int show(const struct cli_common *common)
{
    char *path = file_join(command_home(common), HOME_STATUS);
    struct buf text = {0};
    struct err err = {0};
    json_t *status = NULL;
    bool ok = file_read(path, STATUS_MAX, &text, &err);
    if (ok) status = json_loadb((const char *)text.data, text.len, 0, NULL);
    if (ok && !status) ok = err_set(&err, ERR_CORRUPT, HOME_STATUS, "is not JSON");
    if (ok && common->json) {
        (void)printf("%.*s\n", (int)text.len, (const char *)text.data);
    } else if (ok) {
        print_text(status);
    }
    json_decref(status);
    buf_free(&text);
    free(path);
    return ok ? EXIT_DONE : command_failed("status", common, &err);
}

int command_status(int argc, char **argv)
{
    static const char doc[] = "Says whether a matcher runs in the home directory (0) or not (3).";
    struct cli_common common = {0};
    struct err err;
    if (cli_parse_common(doc, argc, argv, &common) != 0) return EXIT_BAD_USAGE;
    if (status_is_locked(command_home(&common))) return show(&common);
    (void)err_set(&err, ERR_UNAVAILABLE, NULL, "no matcher is running in %s",
                  command_home(&common));
    (void)command_failed("status", &common, &err);
    return EXIT_NOT_RUNNING;
}
