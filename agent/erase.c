/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/erase.h"

#include <poll.h>
#include <string.h>

#include "proto/base/clock.h"

enum { LOOK_MS = 100 };

static bool check_named_once(const char *const *refs, size_t count, struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (strcmp(refs[i], refs[j]) != 0) continue;
            return err_set(err, ERR_INVALID, "ref", "\"%s\" is named twice; nothing was erased",
                           refs[i]);
        }
    }
    return true;
}

static bool check_held(struct vault *vault, const char *const *refs, size_t count, struct err *err)
{
    struct secret room = secret_new(sizeof(struct profile));
    struct profile *profile = (struct profile *)(void *)room.data;
    bool ok = true;
    for (size_t i = 0; ok && i < count; i++) ok = vault_get(vault, refs[i], profile, err);
    secret_free(&room);
    if (!ok && err->code == ERR_NOT_FOUND) {
        char text[ERR_TEXT_MAX];
        memcpy(text, err->text, sizeof text);
        return err_set(err, ERR_NOT_FOUND, "ref", "%s; nothing was erased", text);
    }
    return ok;
}

static bool end_recomputing(const struct erase_replies *replies, struct err *err)
{
    return !replies || replies->end_recomputing(replies->ctx, clock_wall_ms(), err);
}

bool erase_households(struct vault *vault, const char *const *refs, size_t count,
                      const struct erase_replies *replies, struct err *err)
{
    return check_named_once(refs, count, err) && check_held(vault, refs, count, err) &&
           end_recomputing(replies, err) && vault_remove(vault, refs, count, err) &&
           end_recomputing(replies, err);
}

static bool rewrite_both(const char *home, const struct erase_replies *replies, bool *done,
                         struct err *err)
{
    bool vault_done = false;
    bool replies_done = true;
    bool ok = vault_rewrite_home(home, &vault_done, err) &&
              (!replies || replies->rewrite(replies->ctx, &replies_done, err));
    *done = ok && vault_done && replies_done;
    return ok;
}

bool erase_rewrite(const char *home, const struct erase_replies *replies, int64_t patience_ms,
                   bool *done, struct err *err)
{
    int64_t until = clock_steady_ms() + patience_ms;
    while (rewrite_both(home, replies, done, err)) {
        if (*done || clock_steady_ms() >= until) return true;
        /* Without the files open: whoever rewrites must be alone with them. */
        (void)poll(NULL, 0, LOOK_MS);
    }
    return false;
}
