/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/home.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/file.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"

char *home_path(const struct cli_common *common)
{
    if (common->home) return mem_string(common->home);
    const char *user = getenv("HOME");
    return file_join(user ? user : ".", ".hearth-agent");
}

/* Before anything else, because what is missing tells which command comes next. */
static bool check_files(const char *path, struct err *err)
{
    char *key = file_join(path, HOME_KEY);
    char *certificate = file_join(path, HOME_CERTIFICATE);
    bool ok = false;
    if (!file_exists(key)) {
        (void)err_set(err, ERR_NOT_FOUND, "",
                      "%s does not exist; run 'hearth-keys request -C %s --role agent --id ID "
                      "--name NAME' first",
                      key, path);
    } else if (!file_exists(certificate)) {
        (void)err_set(err, ERR_NOT_FOUND, "",
                      "%s does not exist; send %s to the Authority, then run 'hearth-keys install "
                      "-C %s --root FILE CERT'",
                      certificate, HOME_REQUEST, path);
    } else {
        ok = true;
    }
    free(key);
    free(certificate);
    return ok;
}

static bool open_identity(const struct cli_common *common, struct home *home, struct err *err)
{
    return check_files(home->path, err) &&
           identity_open_home(home->path, common->passphrase_fd, ROLE_AGENT, &home->trust,
                              &home->identity, err);
}

bool home_open_identity(const struct cli_common *common, struct home *out, struct err *err)
{
    *out = (struct home){.path = home_path(common), .config = config_default()};
    return open_identity(common, out, err);
}

bool home_open(const struct cli_common *common, struct home *out, struct err *err)
{
    *out = (struct home){.path = home_path(common), .config = config_default()};
    struct secret key = {0};
    bool ok = check_files(out->path, err) && config_read(out->path, &out->config, err) &&
              open_identity(common, out, err);
    if (ok) {
        key = identity_derive(out->identity, VAULT_PURPOSE);
        ok = vault_open(out->path, &key, &out->vault, err);
    }
    secret_free(&key);
    return ok;
}

bool home_open_correspondence(struct home *home, struct err *err)
{
    struct secret key = identity_derive(home->identity, CORRESPONDENCE_PURPOSE);
    bool ok = correspondence_open(home->path, &key, &home->correspondence, err);
    secret_free(&key);
    return ok;
}

bool home_open_replies(struct home *home, struct err *err)
{
    struct secret key = identity_derive(home->identity, REPLIES_PURPOSE);
    bool ok = replies_open(home->path, &key, &home->replies, err);
    secret_free(&key);
    return ok;
}

/* Whatever a command removed or changed, or an earlier one that was killed, is erased from the file
 * now, except where another process has it open: that is `serve`, which looks every second. */
static void rewrite_vault(struct home *home)
{
    struct err err;
    bool done = false;
    if (!vault_rewrite(home->vault, &done, &err)) log_err(LOG_LEVEL_WARN, "vault_rewrite", &err);
}

void home_close(struct home *home)
{
    correspondence_close(home->correspondence);
    replies_close(home->replies);
    if (home->vault) rewrite_vault(home);
    vault_close(home->vault);
    if (home->identity) identity_close(home->identity);
    if (home->trust) trust_close(home->trust);
    config_free(&home->config);
    free(home->path);
    *home = (struct home){0};
}

/* A household, referral or query that the user named is not there. */
static bool names_nothing(const struct err *err)
{
    static const char *const arguments[] = {"ref", "id", "query"};
    bool named = false;
    for (size_t i = 0; i < sizeof arguments / sizeof arguments[0]; i++) {
        named |= strcmp(err->field, arguments[i]) == 0;
    }
    return named && err->code == ERR_NOT_FOUND;
}

int home_fail(const char *command, const struct cli_common *common, const struct err *err)
{
    cli_print_error(command, common->json, err);
    return err->code == ERR_INVALID || names_nothing(err) ? EXIT_BAD_INPUT : EXIT_OTHER;
}

int home_run(const char *name, const struct cli_common *common, home_fn what, const void *ctx)
{
    struct home home = {0};
    struct err err = {0};
    int code = home_open(common, &home, &err) ? what(ctx, &home, &err) : -1;
    if (code < 0) code = home_fail(name, common, &err);
    home_close(&home);
    return code;
}
