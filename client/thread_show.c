/* SPDX-License-Identifier: Apache-2.0 */
#include "client/thread_show.h"

#include <stdlib.h>
#include <string.h>

#include "client/thread_report.h"
#include "proto/base/clock.h"
#include "proto/base/file.h"
#include "proto/base/mem.h"

/* One message with what it says; content.kind 0 where a newer program is needed to read it. */
typedef bool (*said_fn)(const struct entry *entry, const struct content *content, void *ctx,
                        struct err *err);

static bool each_said(const struct view *view, const struct thread *thread, said_fn tell, void *ctx,
                      struct err *err)
{
    bool ok = true;
    for (size_t i = 0; ok && i < view->threads.entry_count; i++) {
        const struct entry *entry = &view->threads.entries[i];
        struct content content = {0};
        if (!thread_has(thread, entry)) continue;
        ok = correspondence_read_content(view->desk.correspondence, entry->number, &content, err) &&
             tell(entry, &content, ctx, err);
        content_wipe(&content);
    }
    return ok;
}

/* ---- in words ---- */

static void print_kind(FILE *out, const struct entry *entry, const struct content *content)
{
    switch ((int)content->kind) {
    case CONTENT_REFERRAL:
        (void)fprintf(out, "referral, stage %s", referral_stage_name(content->referral->stage));
        break;
    case CONTENT_ANSWER:
        (void)fprintf(out, "%s", answer_kind_name(content->answer));
        if (content->reason[0]) (void)fprintf(out, ": %s", decline_reason_words(content->reason));
        break;
    case CONTENT_MESSAGE:
    case CONTENT_WITHDRAWAL: (void)fprintf(out, "%s", content_kind_name(content->kind)); break;
    default: (void)fprintf(out, "cannot be read: this program must be updated");
    }
    if (!entry->incoming) (void)fprintf(out, " (%s)", mail_state_name(entry->state));
}

static void print_text(FILE *out, const char *text)
{
    while (text && *text) {
        size_t len = strcspn(text, "\n");
        (void)fprintf(out, "    %.*s\n", (int)len, text);
        text += len + (text[len] == '\n');
    }
}

static bool print_said(const struct entry *entry, const struct content *content, void *ctx,
                       struct err *err)
{
    FILE *out = ctx;
    char when[CLOCK_TEXT];
    (void)err;
    clock_format(entry->mail.sent_at, when);
    (void)fprintf(out, "\n%llu  %s  %s: ", (unsigned long long)entry->number, when,
                  entry->mail.from);
    print_kind(out, entry, content);
    (void)fputc('\n', out);
    print_text(out, content->text);
    for (size_t i = 0; i < content->attachment_count; i++) {
        const struct attachment *attachment = &content->attachments[i];
        (void)fprintf(out, "    attached: %s (%zu bytes)\n", attachment->name,
                      attachment->data.len);
    }
    return true;
}

bool thread_show_words(FILE *out, const struct view *view, const struct thread *thread,
                       struct err *err)
{
    threads_table(out, &thread, 1, view->searches, view->search_count);
    return each_said(view, thread, print_said, out, err);
}

/* ---- for a script ---- */

static json_t *attachments_json(const struct content *content)
{
    json_t *list = json_array();
    for (size_t i = 0; i < content->attachment_count; i++) {
        const struct attachment *attachment = &content->attachments[i];
        (void)json_array_append_new(list, json_pack("{s:s,s:I}", "name", attachment->name, "bytes",
                                                    (json_int_t)attachment->data.len));
    }
    return list;
}

static void set_text(json_t *object, const char *key, const char *text)
{
    if (text && text[0]) (void)json_object_set_new(object, key, json_string(text));
}

static bool append_said(const struct entry *entry, const struct content *content, void *ctx,
                        struct err *err)
{
    (void)err;
    const char *kind = content->kind ? content_kind_name(content->kind) : "unreadable";
    json_t *object =
        json_pack("{s:I,s:s,s:o,s:s,s:s,s:o}", "number", (json_int_t)entry->number, "from",
                  entry->mail.from, "at", instant_json(entry->mail.sent_at), "kind", kind, "state",
                  mail_state_name(entry->state), "attachments", attachments_json(content));
    REQUIRE(object != NULL);
    if (content->kind == CONTENT_ANSWER) {
        set_text(object, "answer", answer_kind_name(content->answer));
    }
    if (content->referral) {
        set_text(object, "stage", referral_stage_name(content->referral->stage));
    }
    set_text(object, "reason", content->reason);
    set_text(object, "why", entry->why);
    set_text(object, "text", content->text);
    (void)json_array_append_new(ctx, object);
    return true;
}

bool thread_show_json(const struct view *view, const struct thread *thread, json_t **out,
                      struct err *err)
{
    json_t *said = json_array();
    if (!each_said(view, thread, append_said, said, err)) {
        json_decref(said);
        return false;
    }
    *out = thread_json(thread, view->searches, view->search_count);
    (void)json_object_set_new(*out, "said", said);
    return true;
}

/* ---- attachments ---- */

struct saving {
    const char *directory;
    size_t saved;
};

/* The name is a bare one: content_decode sees to it. */
static bool save_said(const struct entry *entry, const struct content *content, void *ctx,
                      struct err *err)
{
    struct saving *saving = ctx;
    for (size_t i = 0; entry->incoming && i < content->attachment_count; i++) {
        const struct attachment *attachment = &content->attachments[i];
        char *name = mem_format("%llu-%s", (unsigned long long)entry->number, attachment->name);
        char *path = file_join(saving->directory, name);
        bool ok = file_create(path, attachment->data.data, attachment->data.len, 0600, err);
        free(path);
        free(name);
        if (!ok) return err_in(err, "save");
        saving->saved++;
    }
    return true;
}

bool thread_save(const struct view *view, const struct thread *thread, const char *directory,
                 size_t *saved, struct err *err)
{
    struct saving saving = {.directory = directory};
    if (!file_make_dirs(directory, 0700, err)) return err_in(err, "save");
    bool ok = each_said(view, thread, save_said, &saving, err);
    *saved = saving.saved;
    return ok;
}

bool thread_mark_read(const struct view *view, const struct thread *thread, struct err *err)
{
    for (size_t i = 0; i < view->threads.entry_count; i++) {
        const struct entry *entry = &view->threads.entries[i];
        if (!entry->incoming || entry->read || !thread_has(thread, entry)) continue;
        if (!correspondence_mark_read(view->desk.correspondence, entry->number, err)) return false;
    }
    return true;
}
