/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/commands.h"
#include "agent/erase.h"
#include "agent/home.h"
#include "proto/base/mem.h"

enum { ERASE_PATIENCE_MS = 30000 };

struct options {
    struct cli_common common;
    char **refs;
    int count;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    (void)arg;
    struct options *options = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &options->common; return 0;
    case ARGP_KEY_ARGS:
        options->refs = state->argv + state->next;
        options->count = state->argc - state->next;
        return 0;
    case ARGP_KEY_NO_ARGS: argp_error(state, "the reference of a household is wanted"); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static int report(const struct options *options, bool rewritten)
{
    if (options->common.json) {
        cli_print_json(json_pack("{s:i,s:b}", "erased", options->count, "rewritten", rewritten));
    } else if (rewritten) {
        (void)printf("%d erased: the files were rewritten, nothing of them is left in there\n",
                     options->count);
    } else {
        (void)printf("%d deleted, but not yet erased: another program has the files open, which "
                     "still hold the old bytes\n",
                     options->count);
        (void)fprintf(stderr,
                      "hearth-agent erase: 'serve' rewrites the files once it is alone with them, "
                      "or else the next command here does; 'hearth-agent list' is one\n");
    }
    return rewritten ? EXIT_OK : EXIT_OTHER;
}

/* The household is gone from the vault: an error that follows must not read as if it were not. */
static void say_deleted(struct err *err)
{
    char text[ERR_TEXT_MAX];
    memcpy(text, err->text, sizeof text);
    (void)err_set(err, err->code == ERR_INVALID ? ERR_INTERNAL : err->code, err->field,
                  "deleted, but not yet erased from the files: %s", text);
}

/* The kept replies, opened for each step: whoever rewrites the file must be alone with it. */
struct kept {
    char *home;
    struct secret key;
};

static bool end_recomputing(void *ctx, int64_t now_ms, struct err *err)
{
    const struct kept *kept = ctx;
    struct replies *replies = NULL;
    bool ok = replies_open(kept->home, &kept->key, &replies, err) &&
              replies_end_recomputing(replies, now_ms, err);
    replies_close(replies);
    return ok;
}

static bool rewrite(void *ctx, bool *done, struct err *err)
{
    const struct kept *kept = ctx;
    struct replies *replies = NULL;
    bool ok =
        replies_open(kept->home, &kept->key, &replies, err) && replies_rewrite(replies, done, err);
    replies_close(replies);
    return ok;
}

static int run(const void *ctx, struct home *home, struct err *err)
{
    const struct options *options = ctx;
    struct kept kept = {.home = mem_string(home->path),
                        .key = identity_derive(home->identity, REPLIES_PURPOSE)};
    const struct erase_replies replies = {end_recomputing, rewrite, &kept};
    const char *const *refs = (const char *const *)options->refs;
    bool rewritten = false;
    bool removed = erase_households(home->vault, refs, (size_t)options->count, &replies, err);
    home_close(home);
    bool ok = removed && erase_rewrite(kept.home, &replies, ERASE_PATIENCE_MS, &rewritten, err);
    secret_free(&kept.key);
    free(kept.home);
    if (removed && !ok) say_deleted(err);
    return ok ? report(options, rewritten) : -1;
}

int command_erase(int argc, char **argv)
{
    static const struct argp argp = {
        .parser = parse,
        .args_doc = "REF...",
        .doc = "Erases the named households, all of them or none where one is not held: removes "
               "their records, forgets what earlier replies were computed from (they can no longer "
               "be recomputed), and rewrites the files, so that no page of them holds the old "
               "bytes. Where serve runs it waits up to 30 seconds for it to do so."};
    struct options options = {0};
    int code = cli_parse(&argp, argc, argv, &options, &options.common);
    return code != 0 ? code : home_run(argv[0], &options.common, run, &options);
}
