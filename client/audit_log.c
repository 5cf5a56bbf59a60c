/* SPDX-License-Identifier: Apache-2.0 */
#include "client/audit_log.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "client/la.h"
#include "proto/base/file.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"

enum { HEADS_FILE_MAX = 64 << 20, SHORT_HASH = 13 };

/* What a query of the records should look like in the log. */
struct expected {
    uint8_t query_hash[HASH_BYTES], search_tag[HASH_BYTES], result_hash[HASH_BYTES];
    bool has_result, is_member, seen_query, seen_result;
    uint32_t run;
    struct log_head head; /* that came with the result */
};

struct auditing {
    const char *la;
    struct expected *list;
    size_t count;
    struct known_heads heads;
    struct audit_findings *findings;
};

void audit_findings_free(struct audit_findings *findings)
{
    for (size_t i = 0; i < findings->problem_count && i < AUDIT_PROBLEMS_MAX; i++) {
        free(findings->problems[i]);
    }
    sodium_memzero(findings, sizeof *findings);
}

static void problem(struct audit_findings *findings, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void problem(struct audit_findings *findings, const char *fmt, ...)
{
    char text[ERR_TEXT_MAX];
    va_list args;
    if (findings->problem_count++ >= AUDIT_PROBLEMS_MAX) return;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    text_make_printable(text);
    findings->problems[findings->problem_count - 1] = mem_string(text);
}

/* The first 12 digits: enough for a person to find it. */
static const char *short_hash(const uint8_t hash[HASH_BYTES], char out[SHORT_HASH])
{
    return text_hex(hash, (SHORT_HASH - 1) / 2, out);
}

/* ---- what this LA holds ---- */

bool log_head_parse(const char *line, struct known_head *out)
{
    const char *query = strstr(line, " query="), *at = strstr(line, " at=");
    char length[24];
    int64_t number = 0;
    if (!query || !at || strlen(query) < 7 + 2 * (size_t)HASH_BYTES) return false;
    const char *colon = strchr(at, ':');
    size_t digits = colon ? (size_t)(colon - at) - 4 : 0;
    if (digits == 0 || digits >= sizeof length) return false;
    memcpy(length, at + 4, digits);
    length[digits] = '\0';
    struct known_head head = {0};
    if (!text_integer(length, 0, INT64_MAX, &number) ||
        !text_unhex(colon + 1, head.head.hash, HASH_BYTES)) {
        return false;
    }
    head.head.length = (uint64_t)number;
    (void)snprintf(head.from, sizeof head.from, HOME_LOG_HEADS ", query %.12s", query + 7);
    text_make_printable(head.from);
    *out = head;
    return true;
}

static bool take_head_line(char *line, void *ctx)
{
    struct auditing *auditing = ctx;
    struct known_head head;
    if (log_head_parse(line, &head)) {
        known_heads_add(&auditing->heads, &head);
    } else {
        problem(auditing->findings, HOME_LOG_HEADS ": a line cannot be read: \"%.40s\"", line);
    }
    return true;
}

static bool read_heads_file(struct auditing *auditing, const char *home, struct err *err)
{
    struct buf text = {0};
    char *path = file_join(home, HOME_LOG_HEADS);
    bool ok = !file_exists(path) || file_read(path, HEADS_FILE_MAX, &text, err);
    free(path);
    if (ok) {
        buf_u8(&text, 0);
        (void)text_split((char *)text.data, '\n', take_head_line, auditing);
    }
    buf_free(&text);
    return ok;
}

static bool expect_result(struct auditing *auditing, const struct package_parts *parts,
                          struct expected *expected, struct err *err)
{
    const struct buf *body = &parts->result.body;
    struct known_head head = {0};
    char hash[SHORT_HASH];
    struct result *result = mem_new(struct result);
    bool ok = result_decode(body->data, body->len, result, err);
    if (ok) {
        head.head.length = result->log_length;
        memcpy(head.head.hash, result->log_head, HASH_BYTES);
        expected->head = head.head;
        expected->run = result->run;
        expected->has_result = true;
        hash_once(expected->result_hash, TAG_RESULT, body->data, body->len);
        (void)snprintf(head.from, sizeof head.from, "the signed result of query %s",
                       short_hash(parts->query_hash, hash));
        known_heads_add(&auditing->heads, &head);
    }
    free(result);
    return ok;
}

static bool expect_run(struct auditing *auditing, struct records *records,
                       const struct run_ref *ref, struct expected *expected, struct err *err)
{
    struct run run = {0};
    struct search_options *options = mem_new(struct search_options);
    bool ok = records_get_run(records, ref->name, ref->number, &run, err);
    if (ok) {
        const struct buf *body = &run.parts.options.body;
        memcpy(expected->query_hash, ref->head.query_hash, HASH_BYTES);
        expected->is_member = ref->head.is_member;
        ok = search_options_decode(body->data, body->len, options, err);
        memcpy(expected->search_tag, options->search_tag, HASH_BYTES);
        if (ok && ref->head.end == RUN_RESULT) {
            ok = expect_result(auditing, &run.parts, expected, err);
        }
        run_free(&run);
    }
    free(options);
    return ok;
}

static bool read_runs(struct auditing *auditing, struct records *records, struct err *err)
{
    struct run_ref *runs = NULL;
    if (!records_list_runs(records, NULL, &runs, &auditing->count, err)) return false;
    auditing->list = mem_array(auditing->count, sizeof *auditing->list);
    bool ok = true;
    for (size_t i = 0; ok && i < auditing->count; i++) {
        ok = expect_run(auditing, records, &runs[i], &auditing->list[i], err);
    }
    records_list_free(runs, auditing->count, sizeof *runs);
    return ok;
}

/* ---- what the log says ---- */

static struct expected *find(struct auditing *auditing, const struct audit_entry *entry)
{
    const struct audit_field *field = audit_field_find(entry, AUDIT_TYPE_BYTES, "query");
    if (!field || field->len != HASH_BYTES) return NULL;
    for (size_t i = 0; i < auditing->count; i++) {
        struct expected *expected = &auditing->list[i];
        /* Most differ in the first byte. */
        if (expected->query_hash[0] == field->data[0] &&
            sodium_memcmp(expected->query_hash, field->data, HASH_BYTES) == 0) {
            return expected;
        }
    }
    return NULL;
}

static void check_query(struct auditing *auditing, const struct audit_entry *entry,
                        struct expected *expected)
{
    struct audit_findings *findings = auditing->findings;
    const struct audit_field *run = audit_field_find(entry, AUDIT_TYPE_NUMBER, "run");
    char hash[SHORT_HASH];
    const char *name = short_hash(expected->query_hash, hash);
    unsigned long long number = entry->number;
    if (expected->seen_query) problem(findings, "entry %llu: query %s once more", number, name);
    expected->seen_query = true;
    if (!audit_bytes_are(entry, "search_tag", expected->search_tag, HASH_BYTES)) {
        problem(findings, "entry %llu: query %s has another search tag than was signed", number,
                name);
    }
    if (expected->has_result && (!run || run->number != expected->run)) {
        problem(findings, "entry %llu: query %s has another number of its run than the result",
                number, name);
    }
}

static void check_result(struct auditing *auditing, const struct audit_entry *entry,
                         struct expected *expected)
{
    char hash[SHORT_HASH];
    const char *name = short_hash(expected->query_hash, hash);
    unsigned long long number = entry->number;
    expected->seen_result = true;
    if (!expected->has_result) return;
    if (!audit_bytes_are(entry, "result", expected->result_hash, HASH_BYTES)) {
        problem(auditing->findings, "entry %llu: another result of query %s than was signed",
                number, name);
    } else if (entry->number != expected->head.length + 1) {
        problem(auditing->findings, "entry %llu: the result of query %s was signed as entry %llu",
                number, name, (unsigned long long)expected->head.length + 1);
    }
}

static void take_entry(const struct audit_entry *entry, void *ctx)
{
    struct auditing *auditing = ctx;
    bool query = entry->kind == AUDIT_QUERY, result = entry->kind == AUDIT_RESULT;
    if (!query && !result) return;
    struct expected *expected = find(auditing, entry);
    if (!audit_text_is(entry, "la", auditing->la)) {
        if (expected) {
            problem(auditing->findings, "entry %llu: a query of this LA, under another's name",
                    (unsigned long long)entry->number);
        }
        return;
    }
    if (!expected && query) auditing->findings->unknown++;
    if (expected && query) check_query(auditing, entry, expected);
    if (expected && result) check_result(auditing, entry, expected);
}

/* ---- together ---- */

/* What was answered must be there, as far as the export reaches. */
static void find_missing(struct auditing *auditing)
{
    struct audit_findings *findings = auditing->findings;
    const struct log_check *check = &findings->check;
    for (size_t i = 0; i < auditing->count; i++) {
        const struct expected *expected = &auditing->list[i];
        uint64_t number = expected->head.length + 1;
        bool inside = expected->has_result && number >= check->from && number <= check->head.length;
        char hash[SHORT_HASH];
        const char *name = short_hash(expected->query_hash, hash);
        bool query_due = inside && check->from == 1;
        if (query_due && !expected->seen_query) {
            problem(findings, "query %s is missing, though its result was signed", name);
        }
        if (inside && !expected->seen_result) {
            problem(findings, "the result of query %s is missing: it was signed as entry %llu",
                    name, (unsigned long long)number);
        }
        if (expected->seen_query) findings->queries++;
        if (expected->has_result && !inside) findings->outside++;
    }
}

static void conclude(struct auditing *auditing)
{
    struct audit_findings *findings = auditing->findings;
    const struct log_check *check = &findings->check;
    char own[sizeof check->party];
    (void)snprintf(own, sizeof own, "%s/%s", role_name(ROLE_LA), auditing->la);
    if (strcmp(check->party, own) != 0) {
        problem(findings, "the export was made for %s, not for %s", check->party, own);
    }
    if (!check->intact && check->bad > 0) {
        problem(findings, "entry %llu: %s", (unsigned long long)check->bad, check->reason);
    } else if (!check->intact) {
        problem(findings, "%s", check->reason);
    } else {
        find_missing(auditing);
    }
}

bool audit_log_check(FILE *in, const char *home, const char *la, struct trust *trust,
                     struct records *records, struct audit_findings *out, struct err *err)
{
    struct audit_findings findings = {0};
    struct auditing auditing = {.la = la, .findings = &findings};
    bool ok = read_heads_file(&auditing, home, err) && read_runs(&auditing, records, err) &&
              log_export_check(in, trust, auditing.heads.list, auditing.heads.count, take_entry,
                               &auditing, &findings.check, err);
    if (ok) conclude(&auditing);
    records_list_free(auditing.list, auditing.count, sizeof *auditing.list);
    free(auditing.heads.list);
    if (ok) {
        *out = findings;
    } else {
        audit_findings_free(&findings);
    }
    return ok;
}
