/* SPDX-License-Identifier: Apache-2.0 */
#include "client/selection.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "client/report.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"

bool view_open(const struct cli_common *common, bool offline, struct view *out, struct err *err)
{
    struct exchange_counts counts = {0};
    *out = (struct view){0};
    if (!desk_open(common, &out->desk, err)) return false;
    if ((offline || desk_settle(&out->desk, &counts, err)) && view_refresh(out, err)) return true;
    view_close(out);
    return false;
}

void view_unreachable(const char *hint, struct err *err)
{
    struct err why = *err;
    if (why.code != ERR_UNAVAILABLE) return;
    (void)err_set(err, why.code, why.field, "%s (%s)", why.text, hint);
}

static void forget(struct view *view)
{
    threads_free(&view->threads);
    records_list_free(view->searches, view->search_count, sizeof *view->searches);
    view->searches = NULL;
    view->search_count = 0;
}

bool view_refresh(struct view *view, struct err *err)
{
    forget(view);
    return threads_load(view->desk.correspondence, view->desk.records, &view->threads, err) &&
           records_list(view->desk.records, &view->searches, &view->search_count, err);
}

void view_close(struct view *view)
{
    forget(view);
    desk_close(&view->desk);
}

int view_run(const struct view_command *command, view_fn what, const void *ctx)
{
    struct view view = {0};
    struct err err = {0};
    if (view_open(command->common, command->offline, &view, &err)) {
        bool ok = what(ctx, &view, &err);
        view_close(&view);
        if (ok) return EXIT_FOUND;
        if (err.code == ERR_NONE) return EXIT_REFUSED;
    } else if (!command->offline) {
        view_unreachable(command->hint, &err);
    }
    cli_print_error(command->name, command->common->json, &err);
    return desk_exit_code(&err);
}

/* ---- selecting ---- */

void selection_free(struct selection *selection)
{
    free(selection->list);
    *selection = (struct selection){0};
}

static bool select_search(const struct view *view, const char *text, struct selection *out,
                          struct err *err)
{
    struct kept_search *kept = mem_new(struct kept_search);
    bool ok = records_find(view->desk.records, text, kept, err);
    for (size_t i = 0; ok && i < view->threads.count; i++) {
        const struct thread *thread = &view->threads.list[i];
        if (!thread->known || sodium_memcmp(thread->search, kept->name, HASH_BYTES) != 0) continue;
        out->list[out->count++] = thread;
    }
    records_list_free(kept, 1, sizeof *kept);
    return ok;
}

/* A search goes before a thread: both may be the start of a number in hex. */
static bool select_text(const struct view *view, const char *text, struct selection *out,
                        struct err *err)
{
    struct err thread_err = {0};
    if (select_search(view, text, out, err)) return true;
    if (err->code != ERR_NOT_FOUND) return false;
    if (threads_find(&view->threads, text, &out->list[0], &thread_err)) {
        out->count = 1;
        return true;
    }
    return err_set(err, ERR_NOT_FOUND, "search",
                   "\"%.64s\" is neither a search of the records (search_ref, or the start of a "
                   "query hash) nor the start of a thread's id",
                   text);
}

struct narrowing {
    const struct selection *selection;
    bool *kept;
    struct err *err;
};

static bool keep_agency(char *id, void *ctx)
{
    struct narrowing *narrowing = ctx;
    bool found = false;
    for (size_t i = 0; i < narrowing->selection->count; i++) {
        if (strcmp(narrowing->selection->list[i]->agency, id) != 0) continue;
        narrowing->kept[i] = found = true;
    }
    return found || err_set(narrowing->err, ERR_INVALID, "to",
                            "\"%.40s\": nothing was referred to that agency here", id);
}

static bool narrow(const char *to, struct selection *selection, struct err *err)
{
    struct narrowing narrowing = {selection, mem_array(selection->count, sizeof(bool)), err};
    char *copy = mem_string(to);
    bool ok = text_split(copy, ',', keep_agency, &narrowing);
    size_t count = 0;
    for (size_t i = 0; ok && i < selection->count; i++) {
        if (narrowing.kept[i]) selection->list[count++] = selection->list[i];
    }
    if (ok) selection->count = count;
    free(copy);
    free(narrowing.kept);
    return ok;
}

bool selection_of(const struct view *view, const char *text, const char *to, struct selection *out,
                  struct err *err)
{
    struct selection selection = {0};
    selection.list = mem_array(view->threads.count + 1, sizeof(void *));
    bool ok = true;
    if (text) {
        ok = select_text(view, text, &selection, err);
    } else {
        for (size_t i = 0; i < view->threads.count; i++) {
            selection.list[selection.count++] = &view->threads.list[i];
        }
    }
    if (ok && to) ok = narrow(to, &selection, err);
    if (!ok) {
        selection_free(&selection);
        return false;
    }
    *out = selection;
    return true;
}
