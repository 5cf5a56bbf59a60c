/* SPDX-License-Identifier: Apache-2.0
 * audit check: recomputes a reply, for whoever has its package and that of the query.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/commands.h"
#include "agent/home.h"
#include "agent/reply_check.h"
#include "agent/reply_package.h"
#include "proto/audit/package.h"
#include "proto/base/clock.h"
#include "proto/base/file.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"

enum { KEY_QUERY = 0x2001, KEY_ROOT };
struct options {
    struct cli_common common;
    const char *reply, *query, *root;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &options->common; return 0;
    case KEY_QUERY: options->query = arg; return 0;
    case KEY_ROOT: options->root = arg; return 0;
    case ARGP_KEY_ARG:
        if (options->reply) argp_error(state, "one reply is wanted");
        options->reply = arg;
        return 0;
    case ARGP_KEY_END:
        if (!options->reply)
            argp_error(state, "a reply is wanted: its package or its query's hash");
        if (!options->query) argp_error(state, "--query is wanted: the LA's package of the search");
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* ---- what is compared ---- */

struct inputs {
    struct kept_reply kept;
    struct certificate agent;
    struct package_report report;
    struct trust *trust;
};

static void inputs_free(struct inputs *inputs)
{
    kept_reply_free(&inputs->kept);
    certificate_free(&inputs->agent);
    package_report_free(&inputs->report);
    if (inputs->trust) trust_close(inputs->trust);
}

/* Certificates count as of then: neither what was revoked since nor newer serials matter. */
static bool open_trust(const struct options *options, struct trust **out, struct err *err)
{
    char *home = home_path(&options->common);
    char *path = options->root ? mem_string(options->root) : file_join(home, HOME_ROOT);
    bool ok = trust_open(path, NULL, NULL, out, err);
    free(path);
    free(home);
    return ok;
}

static bool read_own(const struct options *options, struct inputs *out, struct err *err)
{
    struct home home = {0};
    bool ok = home_open_identity(&options->common, &home, err) && home_open_replies(&home, err) &&
              replies_get(home.replies, options->reply, &out->kept, err);
    if (ok) {
        ok = certificate_of_bytes(&identity_certificate(home.identity)->raw, &out->agent, err);
    }
    home_close(&home);
    return ok;
}

static bool read_reply(const struct options *options, struct inputs *out, struct err *err)
{
    struct buf text = {0};
    if (!file_exists(options->reply) && strcmp(options->reply, "-") != 0) {
        bool digits = strspn(options->reply, "0123456789abcdef") == strlen(options->reply);
        return digits ? read_own(options, out, err)
                      : err_set(err, ERR_INVALID, "reply",
                                "%.80s is no file, and not the start of a query's hash",
                                options->reply);
    }
    bool ok = file_read(options->reply, REPLY_PACKAGE_MAX, &text, err) &&
              reply_package_parse(text.data, text.len, &out->kept, &out->agent, err);
    buf_wipe(&text);
    return ok;
}

static bool read_query(const struct options *options, struct inputs *out, struct err *err)
{
    struct buf text = {0};
    bool ok = file_read(options->query, PACKAGE_MAX, &text, err) &&
              package_check(text.data, text.len, out->trust, &out->report, err);
    buf_wipe(&text);
    return ok || err_in(err, "query");
}

/* ---- what was found ---- */

static void print_words(const struct inputs *inputs, const struct reply_check *check)
{
    static const char *const verdicts[] = {"-", "yes", "NO"};
    char when[CLOCK_TEXT], query[2 * HASH_BYTES + 1];
    clock_format(inputs->report.issued_at, when);
    (void)printf("Reply of %s (%s), %zu households, to query %s of %s (%s) of %s\n\n",
                 inputs->agent.name, check->agent, inputs->kept.carers,
                 text_hex(inputs->report.query_hash, HASH_BYTES, query), inputs->report.la_name,
                 inputs->report.la, when);
    for (int i = 0; i < REPLY_CHECKS; i++) {
        (void)printf("%5s  %s\n", verdicts[check->items[i]],
                     reply_check_words((enum reply_check_item)i));
    }
    if (check->follows) {
        (void)printf(
            "\nThe reply follows: it is exactly what the query gives with these slot sets.\n");
    } else {
        (void)printf("\nThe reply does NOT follow: %s.\n", check->why);
    }
    (void)printf("What this cannot show is whether the slot sets are true: an agency that writes "
                 "something\nelse into its vault than its households offer commits to that, and "
                 "its replies follow from it.\nThat is for an inspection of its records.\n");
}

static json_t *checks_json(const struct reply_check *check)
{
    static const char *const verdicts[] = {"not_looked", "follows", "differs"};
    json_t *out = json_object();
    for (int i = 0; i < REPLY_CHECKS; i++) {
        REQUIRE(json_object_set_new(out, reply_check_name((enum reply_check_item)i),
                                    json_string(verdicts[check->items[i]])) == 0);
    }
    return out;
}

static void print_check(const struct options *options, const struct inputs *inputs,
                        const struct reply_check *check)
{
    char query[2 * HASH_BYTES + 1];
    if (!options->common.json) {
        print_words(inputs, check);
        return;
    }
    cli_print_json(json_pack("{s:b,s:s,s:s,s:s,s:I,s:o,s:s}", "follows", check->follows, "agency",
                             check->agent, "la", inputs->report.la, "query",
                             text_hex(inputs->report.query_hash, HASH_BYTES, query), "households",
                             (json_int_t)inputs->kept.carers, "checks", checks_json(check), "why",
                             check->why));
}

static bool run(const struct options *options, struct inputs *inputs, struct reply_check *check,
                struct err *err)
{
    if (!open_trust(options, &inputs->trust, err) || !read_reply(options, inputs, err) ||
        !read_query(options, inputs, err)) {
        return false;
    }
    const struct reply_question question = {.query = inputs->report.query.data,
                                            .query_len = inputs->report.query.len,
                                            .epoch = &inputs->report.epoch_record,
                                            .at_ms = inputs->report.issued_at};
    return reply_check(&inputs->kept, &inputs->agent, &question, inputs->trust, check, err);
}

/* Files that are no packages, or do not belong together, are bad input, and so is a package of the
 * LA's that does not hold: there is nothing then that the reply could be compared with. */
static bool is_bad_input(const struct err *err)
{
    return err->code == ERR_INVALID || err->code == ERR_CORRUPT || err->code == ERR_VERSION ||
           err->code == ERR_UNAUTHENTICATED;
}

int command_audit_check(int argc, char **argv)
{
    static const struct argp_option list[] = {
        {"query", KEY_QUERY, "PACKAGE", 0, "The LA's package of the search ('hearth audit open')",
         0},
        {"root", KEY_ROOT, "FILE", 0,
         "The Authority's root (default: authority.root in the home directory)", 0},
        {0}};
    static const struct argp argp = {
        .options = list,
        .parser = parse,
        .args_doc = "REPLY",
        .doc = "Recomputes a reply from its seed and slot sets, and compares it with what the "
               "agency signed. REPLY is a package of 'audit open', which needs no home directory "
               "but the root, or the start of the hash of a query that was answered here. Exit "
               "code 0 where it follows, 1 where it does not, 2 bad input."};
    struct options options = {0};
    struct inputs inputs = {0};
    struct reply_check check = {0};
    struct err err = {0};
    int code = cli_parse(&argp, argc, argv, &options, &options.common);
    if (code != 0) return code;
    if (run(&options, &inputs, &check, &err)) {
        print_check(&options, &inputs, &check);
        code = check.follows ? EXIT_OK : EXIT_OTHER;
    } else {
        cli_print_error("hearth-agent audit check", options.common.json, &err);
        code = is_bad_input(&err) ? EXIT_BAD_INPUT : EXIT_OTHER;
    }
    inputs_free(&inputs);
    return code;
}
