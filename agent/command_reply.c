/* SPDX-License-Identifier: Apache-2.0
 * reply: an answer to a referral, written down, sealed to the LA, and sent.
 */
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "agent/commands.h"
#include "agent/mailbox.h"
#include "agent/threads.h"
#include "proto/base/clock.h"
#include "proto/base/text.h"
#include "proto/mail/content_files.h"
#include "proto/metrics/daemon_status.h"

enum { KEY_REASON = 0x2001, KEY_TEXT, KEY_ATTACH, KEY_OFFLINE };
enum { WAIT_MS = 10000, LOOK_MS = 100 };
enum { EXIT_NOT_SENT = 3 };

struct options {
    struct cli_common common;
    const char *id, *answer, *reason;
    struct content_files files;
    enum answer_kind kind;
    bool offline;
};

/* ---- the command line ---- */

static void check_options(struct options *options, struct argp_state *state)
{
    if (!options->answer) argp_error(state, "a referral and offer, decline or question are wanted");
    if (!answer_kind_from_name(options->answer, &options->kind)) {
        argp_error(state, "\"%s\": offer, decline or question is wanted", options->answer);
    }
    if (options->kind == ANSWER_DECLINE) {
        if (!options->reason) argp_error(state, "decline wants --reason; --help lists them");
        if (!decline_reason_is_known(options->reason)) {
            argp_error(state, "--reason: \"%s\" is none of the list; --help has it",
                       options->reason);
        }
        return;
    }
    if (options->reason) argp_error(state, "--reason is for decline");
    if (!options->files.text) {
        argp_error(state, "%s wants --text: %s", options->answer,
                   options->kind == ANSWER_OFFER ? "the pen picture of the household"
                                                 : "what is asked");
    }
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &options->common; return 0;
    case KEY_REASON: options->reason = arg; return 0;
    case KEY_TEXT: options->files.text = arg; return 0;
    case KEY_OFFLINE: options->offline = true; return 0;
    case KEY_ATTACH:
        if (!content_files_add(&options->files, arg)) {
            argp_error(state, "at most %d attachments", ATTACHMENTS_MAX);
        }
        return 0;
    case ARGP_KEY_ARG:
        if (options->answer) argp_error(state, "too many arguments");
        *(options->id ? &options->answer : &options->id) = arg;
        return 0;
    case ARGP_KEY_END: check_options(options, state); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* The list of reasons, for --help. */
static char *filter(int key, const char *text, void *input)
{
    (void)input;
    if (key != ARGP_KEY_HELP_POST_DOC) return (char *)(uintptr_t)text;
    struct buf out = {0};
    buf_text(&out, "Reasons:\n");
    for (size_t i = 0; decline_reasons[i]; i++) {
        buf_format(&out, "  %-20s %s\n", decline_reasons[i],
                   decline_reason_words(decline_reasons[i]));
    }
    buf_text(&out, "\nExit codes: 0 the matcher has it; 3 it is written down, and will be sent by "
                   "serve or inbox; 2 bad input; 1 anything else.");
    buf_u8(&out, 0);
    return (char *)out.data;
}

/* ---- what is said ---- */

static bool make_content(const struct options *options, const struct thread *thread,
                         struct content *out, struct err *err)
{
    *out = (struct content){.kind = CONTENT_ANSWER, .answer = options->kind};
    memcpy(out->query_hash, thread->first->query_hash, HASH_BYTES);
    if (options->kind == ANSWER_DECLINE)
        text_copy_cut(out->reason, sizeof out->reason, options->reason);
    bool ok = content_files_read(&options->files, out, err);
    if (!ok) content_wipe(out);
    return ok;
}

/* ---- the LA's certificate ---- */

/* As the matcher knows it now, or else as it came with the LA's last message. */
static bool find_la(struct home *home, struct exchange *exchange, const char *la,
                    struct certificate *out, struct err *err)
{
    bool found = false;
    struct err ignored = {0};
    if (exchange && exchange_party(exchange, ROLE_LA, la, out, &ignored)) return true;
    if (!correspondence_party(home->correspondence, ROLE_LA, la, out, &found, err)) return false;
    if (!found) {
        return err_set(err, ERR_NOT_FOUND, "la",
                       "no certificate of %s is here: try again when the "
                       "matcher can be reached",
                       la);
    }
    if (trust_check(home->trust, out, ROLE_LA, clock_wall_ms(), err)) return true;
    certificate_free(out);
    return err_in(err, "la");
}

/* ---- writing it down ---- */

static bool write_down(struct home *home, const struct thread *thread,
                       const struct content *content, const struct certificate *la,
                       struct entry *entry, struct err *err)
{
    *entry = (struct entry){0};
    randombytes_buf(entry->mail.mail_id, MAIL_ID_BYTES);
    memcpy(entry->mail.thread_id, thread->first->mail.thread_id, MAIL_ID_BYTES);
    return correspondence_write(home->correspondence, home->identity, la, content, entry, err);
}

static bool can_reply(const struct thread *thread, struct err *err)
{
    if (!thread->closed) return true;
    return err_set(err, ERR_EXPIRED, "id", "the LA has withdrawn this referral");
}

static bool write_answer(const struct options *options, struct home *home,
                         struct exchange *exchange, struct entry *entry, struct err *err)
{
    struct threads threads = {0};
    const struct thread *thread = NULL;
    struct content content = {0};
    struct certificate la = {0};
    if (!threads_read(home->correspondence, &threads, err)) return false;
    bool ok = threads_find(&threads, options->id, &thread, err) && can_reply(thread, err) &&
              make_content(options, thread, &content, err);
    if (ok) {
        ok = find_la(home, exchange, entry_peer(thread->first), &la, err) &&
             write_down(home, thread, &content, &la, entry, err);
        certificate_free(&la);
        content_wipe(&content);
    }
    threads_free(&threads);
    return ok;
}

/* ---- what became of it ---- */

static bool find_entry(const struct entry *entry, void *ctx, struct err *err)
{
    struct entry *wanted = ctx;
    if (entry->number != wanted->number) return true;
    *wanted = *entry;
    err->code = ERR_NONE;
    return false;
}

/* serve sends it: looks until the matcher has it. */
static bool wait_for_serve(struct home *home, struct entry *entry, struct err *err)
{
    int64_t end = clock_steady_ms() + WAIT_MS;
    for (;;) {
        if (!correspondence_each(home->correspondence, find_entry, entry, err)) return false;
        if (entry->state != MAIL_QUEUED || clock_steady_ms() >= end) return true;
        (void)poll(NULL, 0, LOOK_MS);
    }
}

static bool send_it(struct home *home, struct exchange *exchange, struct entry *entry,
                    struct err *err)
{
    struct err why = {0};
    struct exchange_counts counts = {0};
    if (daemon_runs(home->path)) return wait_for_serve(home, entry, err);
    if (exchange && !exchange_settle(exchange, &counts, &why)) {
        (void)fprintf(stderr, "hearth-agent reply: not sent yet: %s\n", why.text);
    }
    return correspondence_each(home->correspondence, find_entry, entry, err);
}

static int print_state(const struct options *options, const struct entry *entry)
{
    char id[2 * MAIL_ID_BYTES + 1];
    text_hex(entry->mail.mail_id, MAIL_ID_BYTES, id);
    bool sent = entry->state != MAIL_QUEUED && entry->state != MAIL_REFUSED;
    if (options->common.json) {
        cli_print_json(json_pack("{s:s,s:I,s:s,s:s,s:b,s:s}", "id", id, "number",
                                 (json_int_t)entry->number, "answer",
                                 answer_kind_name(entry->answer), "state",
                                 mail_state_name(entry->state), "sent", sent, "why", entry->why));
    } else if (entry->state == MAIL_REFUSED) {
        (void)printf("refused by the matcher: %s\n", entry->why);
    } else {
        (void)printf("%s to %s: %s\n", answer_kind_name(entry->answer), entry->peer_name,
                     sent ? "sent" : "written down; not sent yet");
    }
    if (entry->state == MAIL_REFUSED) return EXIT_OTHER;
    return sent ? EXIT_OK : EXIT_NOT_SENT;
}

static int run(const void *ctx, struct home *home, struct err *err)
{
    const struct options *options = ctx;
    struct exchange *exchange = NULL;
    struct entry entry = {0};
    struct err why = {0};
    if (!home_open_correspondence(home, err)) return -1;
    if (!options->offline && !mailbox_open(home, &exchange, &why)) {
        (void)fprintf(stderr, "hearth-agent reply: %s\n", why.text);
    }
    bool ok =
        write_answer(options, home, exchange, &entry, err) && send_it(home, exchange, &entry, err);
    if (!options->offline) mailbox_close(exchange);
    int code = ok ? print_state(options, &entry) : -1;
    sodium_memzero(&entry, sizeof entry);
    return code;
}

int command_reply(int argc, char **argv)
{
    static const struct argp_option list[] = {
        {"reason", KEY_REASON, "CODE", 0, "Why it is declined: one of the list below", 0},
        {"text", KEY_TEXT, "FILE", 0,
         "What is said (UTF-8), \"-\" for standard input: of an offer the pen picture", 0},
        {"attach", KEY_ATTACH, "FILE", 0, "Attach a file; may be repeated", 0},
        {"offline", KEY_OFFLINE, 0, 0, "Write it down only; serve or inbox sends it", 0},
        {0}};
    static const struct argp argp = {
        .options = list,
        .parser = parse,
        .args_doc = "ID offer|decline|question",
        .help_filter = filter,
        .doc = "Answers a referral: sealed to the LA, which alone can read it.\v"};
    struct options options = {0};
    int code = cli_parse(&argp, argc, argv, &options, &options.common);
    return code != 0 ? code : home_run("hearth-agent reply", &options.common, run, &options);
}
