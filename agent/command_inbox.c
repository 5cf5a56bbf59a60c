/* SPDX-License-Identifier: Apache-2.0
 * inbox: the referrals that have come, one line each.
 */
#include <stdio.h>

#include "agent/commands.h"
#include "agent/mailbox.h"
#include "agent/referral_text.h"
#include "agent/threads.h"
#include "proto/base/clock.h"
#include "proto/base/text.h"

enum { KEY_OFFLINE = 0x2001 };
struct options {
    struct cli_common common;
    bool all, offline;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    (void)arg;
    struct options *options = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &options->common; return 0;
    case 'a': options->all = true; return 0;
    case KEY_OFFLINE: options->offline = true; return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* "decline (too far away), taken": this agency's last answer, and where it is. */
static void put_answer(const struct thread *thread, struct buf *out)
{
    const struct entry *answer = thread->answer;
    if (!answer) return;
    buf_text(out, answer_kind_name(answer->answer));
    if (answer->reason[0]) buf_format(out, " (%s)", decline_reason_words(answer->reason));
    buf_format(out, ", %s", mail_state_name(answer->state));
}

/* Of the referral; nothing where it cannot be read. */
static void put_children(struct home *home, const struct thread *thread, struct buf *out)
{
    struct content content = {0};
    struct err err = {0};
    if (!thread->referral || !thread->referral->kind ||
        !correspondence_read_content(home->correspondence, thread->referral->number, &content,
                                     &err) ||
        !content.referral) {
        buf_text(out, "?");
        return;
    }
    referral_children(content.referral, out);
    content_wipe(&content);
}

static const char *kind_of(const struct entry *entry)
{
    return entry->kind ? content_kind_name(entry->kind) : "unreadable";
}

static void print_line(struct home *home, const struct thread *thread)
{
    char id[2 * MAIL_ID_BYTES + 1], age[AGE_TEXT];
    struct buf children = {0}, answer = {0};
    put_children(home, thread, &children);
    put_answer(thread, &answer);
    (void)printf("%c%4llu  %.8s  %-10s %7s  %-24s %-14.*s %s%.*s\n", thread->unread > 0 ? '*' : ' ',
                 (unsigned long long)thread->first->number,
                 text_hex(thread->first->mail.thread_id, MAIL_ID_BYTES, id), kind_of(thread->last),
                 thread_age(thread->last->mail.sent_at, clock_wall_ms(), age),
                 thread->first->peer_name, (int)children.len, (const char *)children.data,
                 thread->closed ? "[withdrawn] " : "", (int)answer.len,
                 answer.data ? (const char *)answer.data : "");
    buf_wipe(&children);
    buf_wipe(&answer);
}

static json_t *answer_json(const struct entry *answer)
{
    if (!answer) return json_null();
    return json_pack("{s:s,s:s,s:s,s:I}", "answer", answer_kind_name(answer->answer), "reason",
                     answer->reason, "state", mail_state_name(answer->state), "sent_at",
                     (json_int_t)answer->mail.sent_at);
}

static json_t *thread_json(struct home *home, const struct thread *thread)
{
    char id[2 * MAIL_ID_BYTES + 1], query[2 * HASH_BYTES + 1];
    struct buf children = {0};
    put_children(home, thread, &children);
    json_t *out = json_pack(
        "{s:s,s:I,s:s,s:s,s:s,s:s,s:I,s:I,s:b,s:s%,s:s,s:o}", "id",
        text_hex(thread->first->mail.thread_id, MAIL_ID_BYTES, id), "number",
        (json_int_t)thread->first->number, "la", entry_peer(thread->first), "la_name",
        thread->first->peer_name, "query", text_hex(thread->first->query_hash, HASH_BYTES, query),
        "last", kind_of(thread->last), "last_at", (json_int_t)thread->last->mail.sent_at, "unread",
        (json_int_t)thread->unread, "withdrawn", thread->closed, "children",
        (const char *)children.data, children.len, "stage",
        thread->referral && thread->referral->kind ? referral_stage_name(thread->referral->stage)
                                                   : "",
        "answer", answer_json(thread->answer));
    REQUIRE(out != NULL);
    buf_wipe(&children);
    return out;
}

static void print_all(const struct options *options, struct home *home,
                      const struct threads *threads)
{
    json_t *list = json_array();
    size_t shown = 0, unread = 0;
    for (size_t i = 0; i < threads->count; i++) {
        const struct thread *thread = &threads->items[i];
        unread += thread->unread;
        if (thread->closed && !options->all && thread->unread == 0) continue;
        shown++;
        if (options->common.json) {
            REQUIRE(json_array_append_new(list, thread_json(home, thread)) == 0);
        } else {
            print_line(home, thread);
        }
    }
    if (options->common.json) {
        cli_print_json(json_pack("{s:o,s:I}", "referrals", list, "unread", (json_int_t)unread));
        return;
    }
    json_decref(list);
    (void)fprintf(stderr, "%zu referral%s, %zu unread message%s\n", shown, shown == 1 ? "" : "s",
                  unread, unread == 1 ? "" : "s");
}

static int run(const void *ctx, struct home *home, struct err *err)
{
    const struct options *options = ctx;
    struct threads threads = {0};
    if (!home_open_correspondence(home, err)) return -1;
    if (!options->offline) (void)mailbox_look(home, "hearth-agent inbox");
    if (!threads_read(home->correspondence, &threads, err)) return -1;
    print_all(options, home, &threads);
    threads_free(&threads);
    return EXIT_OK;
}

int command_inbox(int argc, char **argv)
{
    static const struct argp_option list[] = {
        {"all", 'a', 0, 0, "Also those that the LA has withdrawn", 0},
        {"offline", KEY_OFFLINE, 0, 0, "Do not look into the mailbox: show what is here", 0},
        {0}};
    static const struct argp argp = {
        .options = list,
        .parser = parse,
        .doc =
            "Lists the referrals that have come: number and id, what the last message is and its "
            "age, the LA, the children, and what this agency answered. * marks unread ones. "
            "Takes what waits in the mailbox where serve is not running."};
    struct options options = {0};
    int code = cli_parse(&argp, argc, argv, &options, &options.common);
    return code != 0 ? code : home_run("hearth-agent inbox", &options.common, run, &options);
}
