/* SPDX-License-Identifier: Apache-2.0
 * inbox show: one referral, what has been said since, and the agency's own carers for it.
 */
#include <stdio.h>
#include <stdlib.h>

#include "agent/commands.h"
#include "agent/mailbox.h"
#include "agent/referral_text.h"
#include "agent/threads.h"
#include "proto/base/clock.h"
#include "proto/base/file.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"

enum { KEY_OFFLINE = 0x2001, KEY_SAVE };
struct options {
    struct cli_common common;
    const char *id, *save;
    bool offline;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &options->common; return 0;
    case KEY_OFFLINE: options->offline = true; return 0;
    case KEY_SAVE: options->save = arg; return 0;
    case ARGP_KEY_ARG:
        if (options->id) argp_error(state, "one referral is wanted");
        options->id = arg;
        return 0;
    case ARGP_KEY_NO_ARGS: argp_error(state, "a referral is wanted: number or id"); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* What is shown: text goes out as it comes, JSON is gathered. */
struct show {
    const struct options *options;
    struct home *home;
    const struct thread *thread;
    json_t *messages;          /* where --json */
    struct referral *referral; /* the latest that can be read, or NULL; owned */
    bool answered;             /* here, to that query */
    int64_t answered_ms;
};

/* ---- attachments ---- */

/* The entry's number goes before the name: two messages may have files of one name. */
static bool save_attachments(const char *directory, const struct entry *entry,
                             const struct content *content, struct err *err)
{
    bool ok = content->attachment_count == 0 || file_make_dirs(directory, 0700, err);
    for (size_t i = 0; ok && i < content->attachment_count; i++) {
        const struct attachment *attachment = &content->attachments[i];
        char *name = mem_format("%llu-%s", (unsigned long long)entry->number, attachment->name);
        char *path = file_join(directory, name);
        ok = file_create(path, attachment->data.data, attachment->data.len, 0600, err);
        free(path);
        free(name);
    }
    return ok;
}

/* Before anything is shown: where a file cannot be written nothing counts as read. */
static bool save_all(const struct show *show, const struct threads *threads, struct err *err)
{
    bool ok = true;
    for (size_t i = 0; ok && i < threads->entry_count; i++) {
        const struct entry *entry = &threads->entries[i];
        struct content content = {0};
        if (!thread_has(show->thread, entry) || !entry->incoming || !entry->kind) continue;
        ok =
            correspondence_read_content(show->home->correspondence, entry->number, &content, err) &&
            save_attachments(show->options->save, entry, &content, err);
        content_wipe(&content);
    }
    return ok;
}

/* ---- one message ---- */

static void print_text(const char *text)
{
    bool start = true;
    for (const char *c = text; *c; c++) {
        if (start) (void)fputs("  | ", stdout);
        (void)putchar(*c);
        start = *c == '\n';
    }
    if (!start) (void)putchar('\n');
}

static void print_heading(const struct entry *entry, const struct content *content)
{
    char when[CLOCK_TEXT];
    clock_format(entry->mail.sent_at, when);
    (void)printf("\n%s %s", when, entry->incoming ? "from the LA:" : "from here:");
    (void)printf(" %s", content->kind ? content_kind_name(content->kind) : "unreadable");
    if (content->kind == CONTENT_REFERRAL) {
        (void)printf(", stage %s", referral_stage_name(entry->stage));
    }
    if (entry->answer) (void)printf(", %s", answer_kind_name(entry->answer));
    if (entry->reason[0]) (void)printf(" (%s)", decline_reason_words(entry->reason));
    if (!entry->incoming) (void)printf(" [%s]", mail_state_name(entry->state));
    if (entry->why[0]) (void)printf(": %s", entry->why);
    (void)printf("%s\n", entry->incoming && !entry->read ? " *" : "");
}

static void print_message(const struct entry *entry, const struct content *content)
{
    print_heading(entry, content);
    if (content->referral) referral_print(content->referral, stdout);
    if (content->text) print_text(content->text);
    for (size_t i = 0; i < content->attachment_count; i++) {
        (void)printf("  attached: %s (%zu bytes)\n", content->attachments[i].name,
                     content->attachments[i].data.len);
    }
}

static json_t *message_json(const struct entry *entry, const struct content *content)
{
    char id[2 * MAIL_ID_BYTES + 1];
    json_t *attachments = json_array();
    for (size_t i = 0; i < content->attachment_count; i++) {
        json_t *one = json_pack("{s:s,s:I}", "name", content->attachments[i].name, "bytes",
                                (json_int_t)content->attachments[i].data.len);
        REQUIRE(one && json_array_append_new(attachments, one) == 0);
    }
    json_t *out = json_pack(
        "{s:I,s:s,s:b,s:s,s:I,s:s,s:s,s:s,s:s,s:s,s:o,s:o}", "number", (json_int_t)entry->number,
        "id", text_hex(entry->mail.mail_id, MAIL_ID_BYTES, id), "incoming", entry->incoming, "kind",
        content->kind ? content_kind_name(content->kind) : "unreadable", "sent_at",
        (json_int_t)entry->mail.sent_at, "state", mail_state_name(entry->state), "why", entry->why,
        "answer", answer_kind_name(entry->answer), "reason", entry->reason, "text",
        content->text ? content->text : "", "attachments", attachments, "referral",
        content->referral ? referral_json(content->referral) : json_null());
    REQUIRE(out != NULL);
    return out;
}

static void keep_referral(struct show *show, struct content *content)
{
    if (!content->referral) return;
    if (show->referral) {
        referral_wipe(show->referral);
        free(show->referral);
    }
    show->referral = content->referral;
    content->referral = NULL;
}

static bool show_entry(struct show *show, const struct entry *entry, struct err *err)
{
    struct content content = {0};
    struct correspondence *correspondence = show->home->correspondence;
    if (!correspondence_read_content(correspondence, entry->number, &content, err)) return false;
    if (show->messages) {
        REQUIRE(json_array_append_new(show->messages, message_json(entry, &content)) == 0);
    } else {
        print_message(entry, &content);
    }
    keep_referral(show, &content);
    content_wipe(&content);
    return true;
}

/* What was not printed whole stays unread. */
static bool mark_read(const struct show *show, const struct threads *threads, struct err *err)
{
    if (fflush(stdout) != 0 || ferror(stdout)) {
        return err_set(err, ERR_IO, "output", "could not be written: it stays unread");
    }
    for (size_t i = 0; i < threads->entry_count; i++) {
        const struct entry *entry = &threads->entries[i];
        if (!entry->incoming || entry->read || !thread_has(show->thread, entry)) continue;
        if (!correspondence_mark_read(show->home->correspondence, entry->number, err)) return false;
    }
    return true;
}

/* ---- the carers ---- */

static bool rank(struct show *show, struct ranking *out, struct err *err)
{
    struct plan *plan = mem_new(struct plan);
    referral_plan(show->referral, plan);
    bool ok =
        ranking_make(show->home->vault, plan, show->referral, clock_london_day(clock_wall_ms()),
                     show->home->config.fresh_days, out, err);
    plan_wipe(plan);
    free(plan);
    return ok;
}

static void print_thread(const struct show *show)
{
    const struct entry *first = show->thread->first;
    char id[2 * MAIL_ID_BYTES + 1], query[2 * HASH_BYTES + 1], when[CLOCK_TEXT];
    clock_format(show->answered_ms, when);
    (void)printf("Referral %llu (%s) from %s (%s)%s\n", (unsigned long long)first->number,
                 text_hex(first->mail.thread_id, MAIL_ID_BYTES, id), first->peer_name,
                 entry_peer(first), show->thread->closed ? ", withdrawn" : "");
    (void)printf("Query %s: %s%s\n", text_hex(first->query_hash, HASH_BYTES, query),
                 show->answered ? "answered here at " : "not one that was answered here",
                 show->answered ? when : "");
}

static json_t *head_json(const struct show *show)
{
    const struct entry *first = show->thread->first;
    char id[2 * MAIL_ID_BYTES + 1], query[2 * HASH_BYTES + 1];
    json_t *out = json_pack(
        "{s:s,s:I,s:s,s:s,s:s,s:b,s:b}", "id", text_hex(first->mail.thread_id, MAIL_ID_BYTES, id),
        "number", (json_int_t)first->number, "la", entry_peer(first), "la_name", first->peer_name,
        "query", text_hex(first->query_hash, HASH_BYTES, query), "query_answered", show->answered,
        "withdrawn", show->thread->closed);
    REQUIRE(out != NULL);
    return out;
}

static bool show_carers(struct show *show, json_t *object, struct err *err)
{
    struct ranking ranking;
    if (!show->referral) return true;
    if (!rank(show, &ranking, err)) return false;
    if (object) {
        json_t *carers = ranking_json(&ranking, show->referral);
        REQUIRE(json_object_set_new(object, "carers", carers) == 0);
    } else {
        (void)printf("\n");
        ranking_print(&ranking, show->referral, stdout);
    }
    ranking_free(&ranking);
    return true;
}

static bool show_thread(struct show *show, const struct threads *threads, struct err *err)
{
    bool json = show->options->common.json, ok = true;
    if (show->options->save && !save_all(show, threads, err)) return false;
    if (json) {
        show->messages = json_array();
    } else {
        print_thread(show);
    }
    for (size_t i = 0; ok && i < threads->entry_count; i++) {
        if (!thread_has(show->thread, &threads->entries[i])) continue;
        ok = show_entry(show, &threads->entries[i], err);
    }
    json_t *object = json ? head_json(show) : NULL;
    ok = ok && show_carers(show, object, err);
    if (ok && json) {
        REQUIRE(json_object_set(object, "messages", show->messages) == 0);
        cli_print_json(json_incref(object));
    }
    json_decref(object);
    json_decref(show->messages);
    if (show->referral) referral_wipe(show->referral);
    free(show->referral);
    return ok;
}

static int run(const void *ctx, struct home *home, struct err *err)
{
    const struct options *options = ctx;
    struct threads threads = {0};
    struct show show = {.options = options, .home = home};
    if (!home_open_correspondence(home, err) || !home_open_replies(home, err)) return -1;
    if (!options->offline) (void)mailbox_look(home, "hearth-agent inbox show");
    if (!threads_read(home->correspondence, &threads, err)) return -1;
    bool ok = threads_find(&threads, options->id, &show.thread, err) &&
              replies_knows(home->replies, show.thread->first->query_hash, &show.answered,
                            &show.answered_ms, err) &&
              show_thread(&show, &threads, err) && mark_read(&show, &threads, err);
    threads_free(&threads);
    return ok ? EXIT_OK : -1;
}

int command_inbox_show(int argc, char **argv)
{
    static const struct argp_option list[] = {
        {"save", KEY_SAVE, "DIR", 0,
         "Write the LA's attachments into DIR as NUMBER-NAME, mode 0600, never over a file", 0},
        {"offline", KEY_OFFLINE, 0, 0, "Do not look into the mailbox: show what is here", 0},
        {0}};
    static const struct argp argp = {
        .options = list,
        .parser = parse,
        .args_doc = "ID",
        .doc = "Shows a referral, what was said since, and this agency's own carers for it, best "
               "first, with what each meets, and those that miss exactly one must. ID is its "
               "number, or the start of its id. Marks its messages as read."};
    struct options options = {0};
    int code = cli_parse(&argp, argc, argv, &options, &options.common);
    return code != 0 ? code : home_run("hearth-agent inbox show", &options.common, run, &options);
}
