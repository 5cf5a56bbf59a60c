/* SPDX-License-Identifier: Apache-2.0 */
#include "client/hub/home.h"

#include <stdlib.h>
#include <string.h>

#include "client/hub/areas.h"
#include "client/hub/enrolled.h"
#include "client/report.h"
#include "keys/home.h"
#include "proto/base/file.h"
#include "proto/base/mem.h"

char *hub_home(const struct cli_common *common)
{
    if (common->home) return mem_string(common->home);
    const char *user = getenv("HOME");
    return file_join(user ? user : ".", ".hearth-hub");
}

/* Before anything else, because what is missing tells which command comes next. */
static bool check_files(const char *home, struct err *err)
{
    char *key = file_join(home, HOME_KEY);
    char *certificate = file_join(home, HOME_CERTIFICATE);
    bool ok = true;
    if (!file_exists(key)) {
        ok = err_set(err, ERR_NOT_FOUND, "",
                     "%s does not exist; run 'hearth-keys request -C %s --role hub --id ID --name "
                     "NAME --address HOST' first; -C names another home directory",
                     key, home);
    } else if (!file_exists(certificate)) {
        ok = err_set(err, ERR_NOT_FOUND, "",
                     "%s does not exist; send %s to the Authority, then run 'hearth-keys install "
                     "-C %s --root FILE CERT'",
                     certificate, HOME_REQUEST, home);
    }
    free(key);
    free(certificate);
    return ok;
}

static bool open_parts(const struct cli_common *common, struct hub *hub, struct err *err)
{
    if (!check_files(hub->path, err) || !home_check_role(hub->path, ROLE_HUB, err) ||
        !hub_config_read(hub->path, &hub->config, err) ||
        !identity_open_home(hub->path, common->passphrase_fd, ROLE_HUB, &hub->trust, &hub->identity,
                            err)) {
        return false;
    }
    hub->pool = pool_start(0);
    const struct collection_parts parts = {
        .home = hub->path, .identity = hub->identity, .trust = hub->trust, .pool = hub->pool};
    return collection_open(&parts, &hub->collection, err);
}

bool hub_open(const struct cli_common *common, struct hub *out, struct err *err)
{
    *out = (struct hub){.path = hub_home(common)};
    if (open_parts(common, out, err)) return true;
    hub_close(out);
    return false;
}

void hub_close(struct hub *hub)
{
    if (hub->collection) collection_close(hub->collection);
    if (hub->pool) pool_stop(hub->pool);
    if (hub->identity) identity_close(hub->identity);
    if (hub->trust) trust_close(hub->trust);
    free(hub->path);
    *hub = (struct hub){0};
}

/* ---- exit codes ---- */

static bool begins_with_one_of(const char *field, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t len = strlen(names[i]);
        if (strncmp(field, names[i], len) == 0 && strchr(".[", field[len])) return true;
    }
    return false;
}

int hub_exit_code(const struct err *err)
{
    static const char *const own[] = {HOME_CONFIG, HOME_FIGURES, HOME_AREAS, HOME_ENROLLED};
    static const char *const arguments[] = {"table", "area", "period", "party", "code"};
    const char *last = strrchr(err->field, '.');
    if (strcmp(last ? last + 1 : err->field, "passphrase") == 0 ||
        begins_with_one_of(err->field, own, sizeof own / sizeof *own)) {
        return EXIT_OTHER;
    }
    bool named = begins_with_one_of(err->field, arguments, sizeof arguments / sizeof *arguments);
    if (err->code == ERR_NOT_FOUND && named) return EXIT_BAD_REQUEST;
    return err->code == ERR_EXISTS ? EXIT_OTHER : (int)exit_code_of(err);
}

int hub_fail(const char *name, const struct cli_common *common, const struct err *err)
{
    char *program = mem_format("hearth hub %s", name);
    cli_print_error(program, common->json, err);
    free(program);
    return hub_exit_code(err);
}
