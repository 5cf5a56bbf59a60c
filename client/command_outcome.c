/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "client/chronicle.h"
#include "client/commands.h"
#include "client/report.h"
#include "client/say.h"
#include "client/selection.h"
#include "client/thread_report.h"
#include "proto/base/clock.h"
#include "proto/base/text.h"

#define NAME "hearth outcome"

enum { OPTION_WITH = 0x400, OPTION_ON, OPTION_FEE, OPTION_WITHDRAW };

struct options {
    struct cli_common common;
    const char *search;
    bool has_kind, has_elsewhere, has_day, withdraw;
    struct outcome outcome;
};

static void take_argument(struct options *options, const char *arg, struct argp_state *state)
{
    struct outcome *outcome = &options->outcome;
    if (!options->search) {
        options->search = arg;
    } else if (!options->has_kind) {
        if (!outcome_kind_from_name(arg, &outcome->kind)) {
            argp_error(state, "%s: placed, placed-elsewhere, none-found or withdrawn is wanted",
                       arg);
        }
        options->has_kind = true;
    } else if (outcome->kind == OUTCOME_PLACED_ELSEWHERE && !options->has_elsewhere) {
        if (!outcome_elsewhere_from_name(arg, &outcome->elsewhere)) {
            argp_error(state,
                       "%s: in_house, ifa, residential, supported, kinship or other is wanted",
                       arg);
        }
        options->has_elsewhere = true;
    } else {
        argp_error(state, "\"%s\" is too much", arg);
    }
}

static void take_agency(struct options *options, const char *arg, struct argp_state *state)
{
    if (!text_is_id(arg)) {
        argp_error(state, "--with %s: an agency's id is wanted", arg);
        return;
    }
    memcpy(options->outcome.agency, arg, strlen(arg) + 1);
}

static void take_fee(struct options *options, const char *arg, struct argp_state *state)
{
    int64_t fee = 0;
    if (!text_integer(arg, 1, OUTCOME_FEE_MAX, &fee)) {
        argp_error(state, "--fee %s: whole pounds a week, 1 to %d, are wanted", arg,
                   OUTCOME_FEE_MAX);
    }
    options->outcome.fee = (uint32_t)fee;
}

static void check(const struct options *options, struct argp_state *state)
{
    const struct outcome *outcome = &options->outcome;
    bool placed = outcome->kind == OUTCOME_PLACED;
    if (!options->has_kind) argp_error(state, "a search and how it ended are wanted");
    if (placed && !outcome->agency[0]) argp_error(state, "placed: --with says at which agency");
    if (!placed && outcome->agency[0]) argp_error(state, "--with goes with placed");
    if (outcome->kind == OUTCOME_PLACED_ELSEWHERE && !options->has_elsewhere) {
        argp_error(state, "placed-elsewhere: in_house, ifa, residential, supported, kinship or "
                          "other is wanted");
    }
    if (outcome->fee > 0 && !outcome_may_have_fee(outcome)) {
        argp_error(state, "--fee goes with placed, placed-elsewhere ifa and in_house");
    }
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &options->common; return 0;
    case OPTION_WITH: take_agency(options, arg, state); return 0;
    case OPTION_ON:
        if (!clock_parse_day(arg, &options->outcome.day)) {
            argp_error(state, "--on %s: a date, YYYY-MM-DD, is wanted", arg);
        }
        options->has_day = true;
        return 0;
    case OPTION_FEE: take_fee(options, arg, state); return 0;
    case OPTION_WITHDRAW: options->withdraw = true; return 0;
    case ARGP_KEY_ARG: take_argument(options, arg, state); return 0;
    case ARGP_KEY_END: check(options, state); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* ---- checks ---- */

static bool set_days(struct options *options, const struct kept_search *search, struct err *err)
{
    struct outcome *outcome = &options->outcome;
    int64_t now = clock_wall_ms();
    int32_t first = clock_london_day(search->record.first_ms), today = clock_london_day(now);
    if (!options->has_day) outcome->day = today;
    if (outcome->day < first || outcome->day > today) {
        return err_set(err, ERR_INVALID, "on",
                       "a day from the one on which the search was first asked to today is wanted");
    }
    outcome->days = outcome->day - first;
    outcome->at_ms = now;
    return true;
}

/* Somebody who was referred to; whoever was found in another way is elsewhere. */
static bool check_agency(const struct options *options, const struct view *view,
                         const struct kept_search *search, struct err *err)
{
    const struct outcome *outcome = &options->outcome;
    return outcome->kind != OUTCOME_PLACED ||
           threads_with(&view->threads, search->name, outcome->agency) ||
           err_set(err, ERR_INVALID, "with",
                   "%s was not sent a referral of %s; a placement that came about in another way "
                   "is placed-elsewhere ifa",
                   outcome->agency, search->record.search_ref);
}

/* ---- the referrals that are still open ---- */

static bool is_open(const struct thread *thread, const struct kept_search *search)
{
    return thread->known && sodium_memcmp(thread->search, search->name, HASH_BYTES) == 0 &&
           !thread_is_closed(thread->state) && thread->state != THREAD_PLACED;
}

static bool withdraw_open(struct view *view, const struct kept_search *search, struct err *err)
{
    struct content content = {.kind = CONTENT_WITHDRAWAL};
    bool ok = true;
    for (size_t i = 0; ok && i < view->threads.count; i++) {
        const struct thread *thread = &view->threads.list[i];
        if (is_open(thread, search)) ok = say(&view->desk, thread, &content, err);
    }
    content_wipe(&content);
    return ok && desk_send(&view->desk, err) && view_refresh(view, err);
}

static void print_json(const struct options *options, const struct view *view,
                       const struct kept_search *search)
{
    const struct outcome *outcome = &options->outcome;
    json_t *open = json_array();
    for (size_t i = 0; i < view->threads.count; i++) {
        const struct thread *thread = &view->threads.list[i];
        if (!is_open(thread, search)) continue;
        (void)json_array_append_new(open, thread_json(thread, search, 1));
    }
    cli_print_json(json_pack(
        "{s:s,s:s,s:s?,s:s?,s:i,s:o,s:o}", "search_ref", search->record.search_ref, "outcome",
        outcome_kind_name(outcome->kind), "agency",
        outcome->kind == OUTCOME_PLACED ? outcome->agency : NULL, "elsewhere",
        outcome->kind == OUTCOME_PLACED_ELSEWHERE ? outcome_elsewhere[outcome->elsewhere] : NULL,
        "days", (int)outcome->days, "fee", outcome_fee_json(outcome), "open", open));
}

static void print_words(const struct options *options, const struct view *view,
                        const struct kept_search *search)
{
    const struct outcome *outcome = &options->outcome;
    size_t open = 0;
    char words[OUTCOME_TEXT];
    outcome_text(outcome, words);
    (void)printf("%s: %s.\n", search->record.search_ref, words);
    for (size_t i = 0; i < view->threads.count; i++) {
        const struct thread *thread = &view->threads.list[i];
        char id[THREAD_SHORT];
        if (!is_open(thread, search)) continue;
        if (open++ == 0) (void)printf("Still open:\n");
        thread_short_id(thread, id);
        (void)printf("  %s  %s%s%s\n", id, thread->agency,
                     thread->refusal[0] ? "; the last message was refused: " : "", thread->refusal);
    }
    if (open > 0) {
        (void)printf("'hearth withdraw %s' withdraws them all, 'hearth withdraw THREAD' one.\n",
                     options->search);
    }
}

/* Whether a withdrawal of ours was refused: what is printed says which, and why. */
static bool any_refused(const struct view *view, const struct kept_search *search)
{
    for (size_t i = 0; i < view->threads.count; i++) {
        const struct thread *thread = &view->threads.list[i];
        if (is_open(thread, search) && thread->refusal[0]) return true;
    }
    return false;
}

/* False, with no error, where a withdrawal was refused. */
static bool conclude(struct options *options, struct view *view, struct kept_search *search,
                     struct err *err)
{
    if (!records_find(view->desk.records, options->search, search, err) ||
        !set_days(options, search, err) || !check_agency(options, view, search, err) ||
        !records_add_outcome(view->desk.records, search->name, &options->outcome, err) ||
        !view_refresh(view, err)) {
        return false;
    }
    if (options->withdraw && !withdraw_open(view, search, err)) return false;
    if (options->common.json) {
        print_json(options, view, search);
    } else {
        print_words(options, view, search);
    }
    if (!options->withdraw || !any_refused(view, search)) return true;
    err->code = ERR_NONE;
    return false;
}

int command_outcome(int argc, char **argv)
{
    static const struct argp_option entries[] = {
        {"with", OPTION_WITH, "ID", 0, "The agency with which the child is placed", 0},
        {"on", OPTION_ON, "DATE", 0, "When it came about, YYYY-MM-DD (default: today)", 0},
        {"fee", OPTION_FEE, "POUNDS", 0, "The agreed fee for each child, pounds a week", 0},
        {"withdraw", OPTION_WITHDRAW, NULL, 0, "Withdraw the referrals that are still open", 0},
        {0}};
    static const struct argp argp = {.options = entries,
                                     .parser = parse,
                                     .args_doc =
                                         "SEARCH placed|placed-elsewhere KIND|none-found|withdrawn",
                                     .doc = "Says how a search ended. Said again it corrects what "
                                            "was said before. KIND is in_house, "
                                            "ifa, residential, supported, kinship or other."};
    struct options options = {0};
    struct view view = {0};
    struct kept_search search = {0};
    struct err err = {0};
    if (cli_parse(&argp, argc, argv, &options, &options.common) != 0) return EXIT_BAD_REQUEST;
    bool ok = view_open(&options.common, !options.withdraw, &view, &err);
    if (ok) {
        ok = conclude(&options, &view, &search, &err);
        view_close(&view);
    } else {
        view_unreachable("no outcome was written down", &err);
    }
    record_wipe(&search.record);
    if (ok) return EXIT_FOUND;
    if (err.code == ERR_NONE) return EXIT_REFUSED;
    cli_print_error(NAME, options.common.json, &err);
    return desk_exit_code(&err);
}
