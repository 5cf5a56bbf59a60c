/* SPDX-License-Identifier: Apache-2.0
 * An export of the matcher's log against what the LA holds: one that is as it should be, and ones
 * in which the matcher has left out, altered or exchanged what it signed. The log is made here.
 */
#include "client/audit_log.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "client/party.h"
#include "proto/audit/log_line.h"
#include "proto/base/clock.h"
#include "proto/base/file.h"
#include "tests/unit/client/kept.h"
#include "tests/unit/support_keys/parties.h"

enum { QUERIES = 3 };

/* What the played matcher does with its log. */
enum fault {
    FAULT_NONE,
    FAULT_NO_QUERY,      /* the second query is not in it */
    FAULT_NO_RESULT,     /* nor its result: the log is another one */
    FAULT_OTHER_RESULT,  /* another result of the second query than it signed */
    FAULT_OTHER_TAG,     /* the search tag is not the one that was signed */
    FAULT_OTHER_RUN,     /* another number of the run */
    FAULT_OTHER_LA,      /* the query stands under another's name */
    FAULT_REWRITTEN,     /* as it should be, but with other salts: another chain */
    FAULT_FOREIGN_EXPORT /* made for another party */
};

struct world {
    struct parties *parties;
    struct party matcher, la;
    struct records *records;
    uint8_t name[HASH_BYTES];
    struct log_head head;
    struct buf lines;   /* entries of the export */
    struct buf results; /* hashes of signed results, HASH_BYTES each */
};

static int set_up(void **state)
{
    struct world *w = mem_new(struct world);
    void *parties = NULL;
    struct err err = {0};
    (void)parties_set_up(&parties);
    w->parties = parties;
    w->matcher = parties_add(w->parties, ROLE_MATCHER, "matcher");
    w->la = parties_add(w->parties, ROLE_LA, "la-1");
    const struct cli_common common = {.home = w->la.home};
    const struct la la = {.trust = w->la.trust, .identity = w->la.identity};
    kept_must(la_open_records(&common, &la, &w->records, &err), &err);
    kept_search(w->records, "EX-1", KEPT_START, w->name);
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    void *parties = w->parties;
    records_close(w->records);
    party_close(&w->matcher);
    party_close(&w->la);
    buf_free(&w->lines);
    buf_free(&w->results);
    free(w);
    return parties_tear_down(&parties);
}

/* ---- the log ---- */

static void log_entry(struct world *w, enum audit_kind kind, const struct buf *fields)
{
    struct buf stored = {0};
    struct audit_entry *entry = mem_new(struct audit_entry);
    struct err err = {0};
    uint8_t hash[HASH_BYTES];
    w->head.length++;
    audit_entry_make(&stored, w->head.length, w->head.hash, clock_wall_ms(), kind, fields, hash);
    memcpy(w->head.hash, hash, HASH_BYTES);
    kept_must(audit_entry_decode(stored.data, stored.len, entry, &err), &err);
    log_line_write(entry, true, &w->lines);
    free(entry);
    buf_free(&stored);
}

static void log_query(struct world *w, const uint8_t hash[HASH_BYTES],
                      const uint8_t tag[HASH_BYTES], uint64_t run, const char *la)
{
    struct buf fields = {0};
    audit_bytes(&fields, "query", hash, HASH_BYTES);
    audit_text(&fields, "la", la);
    audit_bytes(&fields, "search_tag", tag, HASH_BYTES);
    audit_number(&fields, "run", run);
    log_entry(w, AUDIT_QUERY, &fields);
    buf_free(&fields);
}

static void log_result(struct world *w, const uint8_t query[HASH_BYTES],
                       const uint8_t result[HASH_BYTES])
{
    struct buf fields = {0};
    audit_bytes(&fields, "query", query, HASH_BYTES);
    audit_text(&fields, "la", "la-1");
    audit_bytes(&fields, "result", result, HASH_BYTES);
    log_entry(w, AUDIT_RESULT, &fields);
    buf_free(&fields);
}

static void tag_of(uint8_t number, uint8_t out[HASH_BYTES])
{
    memset(out, 0x60 + number, HASH_BYTES);
}

/* The matcher's signed result, with the head of its log as it is. */
static void sign_result(struct world *w, const uint8_t query_hash[HASH_BYTES], uint32_t run,
                        struct signed_bytes *out)
{
    struct result *result = mem_new(struct result);
    uint8_t hash[HASH_BYTES];
    *result = (struct result){.asked = 1, .run = run, .log_length = w->head.length};
    memcpy(result->query_hash, query_hash, HASH_BYTES);
    memcpy(result->log_head, w->head.hash, HASH_BYTES);
    result_encode(result, &out->body);
    identity_sign_body(w->matcher.identity, TAG_RESULT, out);
    hash_once(hash, TAG_RESULT, out->body.data, out->body.len);
    buf_append(&w->results, hash, HASH_BYTES);
    free(result);
}

/* One search, with all that is kept and logged of it when nobody lies. */
static void ask(struct world *w, uint8_t number)
{
    struct run run = kept_run("EX-1", number, KEPT_START + number);
    struct search_options options = {.min_judgement = 0};
    struct signed_bytes result = {0};
    struct err err = {0};
    uint64_t at = 0;
    tag_of(number, options.search_tag);
    memcpy(options.query_hash, run.head.query_hash, HASH_BYTES);
    buf_free(&run.parts.options.body);
    search_options_encode(&options, &run.parts.options.body);
    kept_must(records_add_runs(w->records, w->name, &run, 1, &at, &err), &err);
    log_query(w, run.head.query_hash, options.search_tag, number, "la-1");
    sign_result(w, run.head.query_hash, number, &result);
    const struct run_ending ending = {.at_ms = KEPT_START + 99, .result = &result};
    kept_must(records_end_run(w->records, w->name, at, &ending, &err), &err);
    log_result(w, run.head.query_hash, w->results.data + w->results.len - HASH_BYTES);
    signed_bytes_free(&result);
    run_free(&run);
}

/* The log once more from its beginning, as the fault has it. */
static void write_anew(struct world *w, enum fault fault)
{
    buf_free(&w->lines);
    w->head = (struct log_head){0};
    for (uint8_t number = 1; number <= QUERIES; number++) {
        uint8_t hash[HASH_BYTES], tag[HASH_BYTES], result[HASH_BYTES];
        bool wrong = number == 2;
        memset(hash, 0x5a, HASH_BYTES);
        hash[0] = number;
        tag_of(wrong && fault == FAULT_OTHER_TAG ? 9 : number, tag);
        memcpy(result, w->results.data + (number - 1) * HASH_BYTES, HASH_BYTES);
        if (wrong && fault == FAULT_OTHER_RESULT) result[3] ^= 1;
        if (wrong && fault == FAULT_NO_QUERY) hash[5] ^= 1;
        log_query(w, hash, tag, wrong && fault == FAULT_OTHER_RUN ? 7 : number,
                  wrong && fault == FAULT_OTHER_LA ? "la-2" : "la-1");
        hash[5] = 0x5a;
        if (wrong && fault == FAULT_NO_RESULT) hash[5] ^= 1;
        log_result(w, hash, result);
    }
}

static FILE *export_of(const struct world *w, const char *party, char **path)
{
    struct checkpoint checkpoint = {.head = w->head, .at_ms = clock_wall_ms()};
    struct log_header *header = mem_new(struct log_header);
    struct buf text = {0};
    struct err err = {0};
    header->from = 1;
    header->head = w->head;
    strcpy(header->matcher, "matcher");
    (void)snprintf(header->party, sizeof header->party, "%s", party);
    header->certificate = *identity_certificate(w->matcher.identity); /* lent */
    strcpy(checkpoint.matcher, "matcher");
    checkpoint_encode(&checkpoint, &header->checkpoint.body);
    identity_sign_body(w->matcher.identity, TAG_CHECKPOINT, &header->checkpoint);
    log_header_write(header, &text);
    buf_append(&text, w->lines.data, w->lines.len);
    *path = file_join(w->la.home, "export");
    kept_must(file_write(*path, text.data, text.len, 0600, &err), &err);
    buf_free(&text);
    signed_bytes_free(&header->checkpoint);
    free(header);
    return fopen(*path, "re");
}

static void check(struct world *w, const char *party, struct audit_findings *out)
{
    struct err err = {0};
    char *path = NULL;
    FILE *in = export_of(w, party, &path);
    assert_non_null(in);
    kept_must(audit_log_check(in, w->la.home, "la-1", w->la.trust, w->records, out, &err), &err);
    (void)fclose(in);
    free(path);
}

static bool has_problem(const struct audit_findings *findings, const char *word)
{
    for (size_t i = 0; i < findings->problem_count; i++) {
        if (strstr(findings->problems[i], word)) return true;
    }
    return false;
}

/* ---- tests ---- */

static void a_log_as_it_should_be_holds(void **state)
{
    struct world *w = *state;
    struct audit_findings *findings = mem_new(struct audit_findings);
    for (uint8_t number = 1; number <= QUERIES; number++) ask(w, number);
    check(w, "la/la-1", findings);
    if (findings->problem_count > 0) fail_msg("%s", findings->problems[0]);
    assert_int_equal(findings->queries, QUERIES);
    assert_int_equal(findings->check.checked, QUERIES);
    assert_int_equal(findings->unknown, 0);
    audit_findings_free(findings);
    free(findings);
}

/* A matcher that writes its whole log anew is found by the heads that it signed; what it did with a
 * query is told besides only where the chain itself is whole, so here it is looked at without. */
static void a_log_written_anew_is_found(void **state)
{
    struct world *w = *state;
    for (uint8_t number = 1; number <= QUERIES; number++) ask(w, number);
    for (int fault = FAULT_NO_QUERY; fault <= FAULT_FOREIGN_EXPORT; fault++) {
        struct audit_findings *findings = mem_new(struct audit_findings);
        write_anew(w, (enum fault)fault);
        check(w, fault == FAULT_FOREIGN_EXPORT ? "la/la-2" : "la/la-1", findings);
        if (findings->problem_count == 0) fail_msg("fault %d is not found", fault);
        assert_false(findings->check.intact);
        audit_findings_free(findings);
        free(findings);
    }
}

/* The matcher lied before it signed: the chain and all heads fit. */
static void what_was_signed_and_logged_is_compared(void **state)
{
    struct world *w = *state;
    static const struct {
        enum fault fault;
        const char *word;
    } faults[] = {{FAULT_NO_QUERY, "is missing, though its result"},
                  {FAULT_NO_RESULT, "was signed as entry"},
                  {FAULT_OTHER_RESULT, "another result of query"},
                  {FAULT_OTHER_TAG, "another search tag"},
                  {FAULT_OTHER_RUN, "another number of its run"},
                  {FAULT_OTHER_LA, "under another's name"}};
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        struct run run = kept_run("EX-1", (uint8_t)(0x80 + i), KEPT_START);
        struct search_options options = {.min_judgement = 0};
        struct signed_bytes result = {0};
        struct err err = {0};
        enum fault fault = faults[i].fault;
        uint8_t hash[HASH_BYTES], tag[HASH_BYTES], logged[HASH_BYTES];
        uint64_t at = 0;
        tag_of(1, options.search_tag);
        tag_of(fault == FAULT_OTHER_TAG ? 2 : 1, tag);
        memcpy(options.query_hash, run.head.query_hash, HASH_BYTES);
        buf_free(&run.parts.options.body);
        search_options_encode(&options, &run.parts.options.body);
        kept_must(records_add_runs(w->records, w->name, &run, 1, &at, &err), &err);
        memcpy(hash, run.head.query_hash, HASH_BYTES);
        if (fault == FAULT_NO_QUERY) hash[9] ^= 1;
        log_query(w, hash, tag, fault == FAULT_OTHER_RUN ? 2 : 1,
                  fault == FAULT_OTHER_LA ? "la-2" : "la-1");
        sign_result(w, run.head.query_hash, 1, &result);
        const struct run_ending ending = {.at_ms = KEPT_START + 99, .result = &result};
        kept_must(records_end_run(w->records, w->name, at, &ending, &err), &err);
        memcpy(logged, w->results.data + w->results.len - HASH_BYTES, HASH_BYTES);
        memcpy(hash, run.head.query_hash, HASH_BYTES);
        if (fault == FAULT_NO_RESULT) hash[9] ^= 1;
        if (fault == FAULT_OTHER_RESULT) logged[3] ^= 1;
        log_result(w, hash, logged);
        signed_bytes_free(&result);
        run_free(&run);
    }
    struct audit_findings *findings = mem_new(struct audit_findings);
    check(w, "la/la-1", findings);
    assert_true(findings->check.intact);
    /* Under another's name is missing under one's own, too. */
    assert_int_equal(findings->problem_count, sizeof faults / sizeof *faults + 1);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        if (!has_problem(findings, faults[i].word)) fail_msg("not told: %s", faults[i].word);
    }
    assert_int_equal(findings->unknown, 1); /* the query that was logged in another's place */
    audit_findings_free(findings);
    free(findings);
}

static void exports_for_others_and_lines_that_cannot_be_read_are_told(void **state)
{
    struct world *w = *state;
    struct err err = {0};
    char *path = file_join(w->la.home, "log-heads");
    struct audit_findings *findings = mem_new(struct audit_findings);
    kept_must(file_append_line(path, "something \x1b[2J else", 0600, &err), &err);
    ask(w, 1);
    check(w, "la/la-2", findings);
    assert_true(has_problem(findings, "made for la/la-2"));
    assert_true(has_problem(findings, "cannot be read"));
    assert_false(has_problem(findings, "\x1b"));
    audit_findings_free(findings);
    free(findings);
    free(path);
}

static void lines_of_log_heads_are_read(void **state)
{
    (void)state;
    struct known_head head;
    char hash[65], *line = NULL;
    memset(hash, 'a', 64);
    hash[64] = '\0';
    line = mem_format("2026-11-27T07:58:41Z query=%s at=812:%s", hash, hash);
    assert_true(log_head_parse(line, &head));
    assert_int_equal(head.head.length, 812);
    assert_int_equal(head.head.hash[31], 0xaa);
    assert_non_null(strstr(head.from, "aaaaaaaaaaaa"));
    for (size_t len = 0; len < strlen(line); len++) {
        char *cut = mem_string(line);
        cut[len] = '\0';
        assert_false(log_head_parse(cut, &head));
        free(cut);
    }
    free(line);
    line = mem_format("x query=%s at=-3:%s", hash, hash);
    assert_false(log_head_parse(line, &head));
    free(line);
    line = mem_format("x at=3:%s query=%s", hash, hash);
    assert_false(log_head_parse(line, &head)); /* the other way round */
    free(line);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_log_as_it_should_be_holds),
        TEST(a_log_written_anew_is_found),
        TEST(what_was_signed_and_logged_is_compared),
        TEST(exports_for_others_and_lines_that_cannot_be_read_are_told),
        cmocka_unit_test(lines_of_log_heads_are_read),
    };
    return sodium_init() < 0 || cmocka_run_group_tests(tests, NULL, NULL);
}
