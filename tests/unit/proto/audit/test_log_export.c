/* SPDX-License-Identifier: Apache-2.0
 * An export of the log: whatever is removed, altered, put elsewhere, cut off or signed by somebody
 * else is found and named; a log that was rewritten is found by any head that a party holds.
 */
#include "tests/unit/proto/audit/logs.h"

#include "proto/base/mem.h"
#include "tests/unit/support/temp_dir.h"

enum { ENTRIES = 20 };

struct scene {
    char *dir;
    struct parties *parties;
    struct party matcher, other, agent;
    struct fake_log *log;
    struct buf header;
    const struct buf *order[2 * ENTRIES]; /* the lines of the export, in order */
    size_t count;
};

static int set_up(void **state)
{
    struct scene *scene = mem_new(struct scene);
    scene->dir = support_temp_dir();
    scene->parties = parties_new(scene->dir);
    scene->matcher = parties_add(scene->parties, ROLE_MATCHER, "matcher");
    scene->other = parties_add(scene->parties, ROLE_MATCHER, "other");
    scene->agent = parties_add(scene->parties, ROLE_AGENT, "agent");
    scene->log = mem_new(struct fake_log);
    fake_log_fill(scene->log, ENTRIES);
    fake_log_header(scene->log, 1, ENTRIES, scene->matcher.identity, &scene->header);
    for (size_t i = 1; i <= ENTRIES; i++) scene->order[scene->count++] = &scene->log->lines[i];
    *state = scene;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;
    fake_log_free(scene->log);
    free(scene->log);
    buf_free(&scene->header);
    party_close(&scene->matcher);
    party_close(&scene->other);
    party_close(&scene->agent);
    parties_free(scene->parties);
    support_temp_dir_remove(scene->dir);
    free(scene);
    return 0;
}

static struct buf join(const struct scene *scene)
{
    struct buf text = {0};
    buf_append(&text, scene->header.data, scene->header.len);
    for (size_t i = 0; i < scene->count; i++) {
        buf_append(&text, scene->order[i]->data, scene->order[i]->len);
    }
    return text;
}

static struct log_check check_text(const struct scene *scene, const struct buf *text,
                                   const struct known_head *known, size_t count)
{
    struct log_check check;
    struct err err = {0};
    FILE *in = open_text(text);
    bool ok = log_export_check(in, scene->matcher.trust, known, count, NULL, NULL, &check, &err);
    if (!ok) fail_msg("%s: %s", err.field, err.text);
    (void)fclose(in);
    return check;
}

static struct log_check check_lines(const struct scene *scene, const struct known_head *known,
                                    size_t count)
{
    struct buf text = join(scene);
    struct log_check check = check_text(scene, &text, known, count);
    buf_free(&text);
    return check;
}

static void expect_bad(const struct log_check *check, uint64_t number, const char *word)
{
    if (check->intact || check->bad != number || !strstr(check->reason, word)) {
        fail_msg("expected entry %d \"%s\": intact %d, entry %d %s", (int)number, word,
                 check->intact, (int)check->bad, check->reason);
    }
}

/* ---- what is right ---- */

static void count_entry(const struct audit_entry *entry, void *ctx)
{
    uint64_t *next = ctx;
    assert_true(entry->number == *next);
    assert_true(audit_text_is(entry, "la", "la-1"));
    *next += 3;
}

static void intact_export_passes(void **state)
{
    struct scene *scene = *state;
    struct log_check check;
    struct err err = {0};
    struct buf text = join(scene);
    uint64_t next = 1;
    FILE *in = open_text(&text);
    assert_true(
        log_export_check(in, scene->matcher.trust, NULL, 0, count_entry, &next, &check, &err));
    (void)fclose(in);
    buf_free(&text);
    assert_true(check.intact);
    assert_int_equal(check.own, (ENTRIES + 2) / 3);
    assert_true(next == 3 * check.own + 1);
    assert_string_equal(check.matcher, "matcher");
    assert_string_equal(check.party, "la/la-1");
    assert_int_equal(check.head.length, ENTRIES);
    assert_memory_equal(check.head.hash, scene->log->heads[ENTRIES].hash, HASH_BYTES);
}

static void an_export_may_begin_later(void **state)
{
    struct scene *scene = *state;
    scene->header.len = 0;
    fake_log_header(scene->log, 8, ENTRIES, scene->matcher.identity, &scene->header);
    for (size_t i = 0; i < 13; i++) scene->order[i] = &scene->log->lines[8 + i];
    scene->count = 13;
    struct known_head known[3] = {
        {scene->log->heads[7], "a"}, {scene->log->heads[3], "b"}, {scene->log->heads[9], "c"}};
    struct log_check check = check_lines(scene, known, 3);
    assert_true(check.intact);
    assert_int_equal(check.from, 8);
    assert_int_equal(check.checked, 2);
    assert_int_equal(check.earlier, 1);
}

/* ---- what was done to it ---- */

static void removed_lines_are_named(void **state)
{
    struct scene *scene = *state;
    scene->count = ENTRIES - 1;
    for (size_t gone = 1; gone < ENTRIES; gone++) {
        for (size_t i = 0; i < scene->count; i++) {
            scene->order[i] = &scene->log->lines[i + 1 + (i + 1 >= gone)];
        }
        struct log_check check = check_lines(scene, NULL, 0);
        expect_bad(&check, gone, "removed");
    }
}

static void exchanged_lines_are_named(void **state)
{
    struct scene *scene = *state;
    scene->order[4] = &scene->log->lines[6];
    scene->order[5] = &scene->log->lines[5];
    struct log_check check = check_lines(scene, NULL, 0);
    expect_bad(&check, 5, "number 6 is in its place");
}

static void cut_off_ends_are_named(void **state)
{
    struct scene *scene = *state;
    scene->count = ENTRIES - 3;
    struct log_check check = check_lines(scene, NULL, 0);
    expect_bad(&check, ENTRIES - 2, "missing");
    scene->count = ENTRIES;
    struct buf text = join(scene);
    size_t last = scene->order[ENTRIES - 1]->len;
    for (size_t cut = 2; cut < last; cut++) { /* 1 is the line's end alone */
        text.len -= cut;
        check = check_text(scene, &text, NULL, 0);
        expect_bad(&check, ENTRIES, "cut off");
        text.len += cut;
    }
    text.len -= 1;
    check = check_text(scene, &text, NULL, 0);
    assert_true(check.intact);
    text.len -= last - 1;
    check = check_text(scene, &text, NULL, 0);
    expect_bad(&check, ENTRIES, "missing");
    buf_free(&text);
}

static void added_lines_are_named(void **state)
{
    struct scene *scene = *state;
    fake_log_fill(scene->log, 1);
    scene->order[scene->count++] = &scene->log->lines[ENTRIES + 1];
    struct log_check check = check_lines(scene, NULL, 0);
    expect_bad(&check, ENTRIES + 1, "added");
}

/* Every byte of every line: refused as no export, or the entry is named. */
static void every_altered_byte_is_found(void **state)
{
    struct scene *scene = *state;
    struct buf text = join(scene);
    for (size_t n = 1; n <= ENTRIES; n += 4) {
        size_t start = scene->header.len;
        for (size_t i = 1; i < n; i++) start += scene->log->lines[i].len;
        for (size_t i = start; i + 1 < start + scene->log->lines[n].len; i++) {
            struct log_check check;
            struct err err = {0};
            uint8_t was = text.data[i];
            text.data[i] = was == '0' ? '1' : was == 'f' ? 'e' : (uint8_t)(was ^ 1);
            FILE *in = open_text(&text);
            if (log_export_check(in, scene->matcher.trust, NULL, 0, NULL, NULL, &check, &err)) {
                if (check.intact || (check.bad != n && check.bad != n + 1)) {
                    fail_msg("byte %zu of line %zu: %d %d %s", i - start, n, check.intact,
                             (int)check.bad, check.reason);
                }
            } else {
                char line[24];
                (void)snprintf(line, sizeof line, "line %zu", n + 1);
                assert_memory_equal(err.field, line, strlen(line));
            }
            (void)fclose(in);
            text.data[i] = was;
        }
    }
    buf_free(&text);
}

/* ---- a log that was rewritten, with everything that follows ---- */

/* From `entry` on other entries, as if they had always been there. */
static struct fake_log *rewrite(const struct scene *scene, uint64_t entry)
{
    struct fake_log *log = mem_new(struct fake_log);
    for (uint64_t n = 1; n < entry; n++) {
        buf_append(&log->lines[n], scene->log->lines[n].data, scene->log->lines[n].len);
        log->heads[n] = scene->log->heads[n];
        log->length = n;
    }
    fake_log_fill(log, ENTRIES + 1 - entry);
    return log;
}

static void rewritten_logs_are_found_by_any_head(void **state)
{
    struct scene *scene = *state;
    struct fake_log *forged = rewrite(scene, 11);
    struct known_head known = {scene->log->heads[10], "the result of query 12ab"};
    for (size_t i = 0; i < ENTRIES; i++) scene->order[i] = &forged->lines[i + 1];
    /* The old checkpoint: the matcher cannot keep it. */
    struct log_check check = check_lines(scene, NULL, 0);
    expect_bad(&check, ENTRIES, "not the one of the head");
    /* A new one: the chain is whole, and only what somebody holds tells. */
    scene->header.len = 0;
    fake_log_header(forged, 1, ENTRIES, scene->matcher.identity, &scene->header);
    check = check_lines(scene, &known, 1);
    assert_true(check.intact && check.checked == 1);
    known.head = scene->log->heads[15];
    check = check_lines(scene, &known, 1);
    expect_bad(&check, 15, "query 12ab");
    known.head = scene->log->heads[ENTRIES];
    check = check_lines(scene, &known, 1);
    expect_bad(&check, ENTRIES, "query 12ab");
    known.head.length = ENTRIES + 1;
    check = check_lines(scene, &known, 1);
    assert_true(check.intact && check.later == 1);
    fake_log_free(forged);
    free(forged);
}

static void many_known_heads_in_any_order(void **state)
{
    struct scene *scene = *state;
    struct known_head known[ENTRIES + 2];
    for (size_t i = 0; i < ENTRIES + 2; i++) {
        known[i] = (struct known_head){.from = "x"};
        known[i].head = scene->log->heads[(i * 13 + 5) % (ENTRIES + 1)]; /* 0 among them */
    }
    struct log_check check = check_lines(scene, known, ENTRIES + 2);
    assert_true(check.intact);
    assert_int_equal(check.checked, ENTRIES + 2);
    known[3].head.hash[7] ^= 1;
    check = check_lines(scene, known, ENTRIES + 2);
    expect_bad(&check, known[3].head.length, "x names");
}

/* ---- checkpoints ---- */

static void only_the_matcher_signs(void **state)
{
    struct scene *scene = *state;
    struct buf good = scene->header;
    scene->header = (struct buf){0};
    fake_log_header(scene->log, 1, ENTRIES, scene->agent.identity, &scene->header);
    struct log_check check = check_lines(scene, NULL, 0);
    expect_bad(&check, 0, "role");
    /* The signature of one, the certificate of another. */
    struct log_header header, theirs;
    struct err err = {0};
    assert_true(log_header_read((char *)good.data, good.len - 1, &header, &err));
    scene->header.len = 0;
    fake_log_header(scene->log, 1, ENTRIES, scene->other.identity, &scene->header);
    assert_true(log_header_read((char *)scene->header.data, scene->header.len - 1, &theirs, &err));
    struct certificate own = header.certificate;
    header.certificate = theirs.certificate;
    scene->header.len = 0;
    log_header_write(&header, &scene->header);
    check = check_lines(scene, NULL, 0);
    expect_bad(&check, 0, "the one of 20 entries: is not one by matcher other");
    header.certificate = own;
    header.checkpoint.signature[3] ^= 1;
    scene->header.len = 0;
    log_header_write(&header, &scene->header);
    check = check_lines(scene, NULL, 0);
    expect_bad(&check, 0, "checkpoint");
    header.checkpoint.signature[3] ^= 1;
    header.head = scene->log->heads[ENTRIES - 1]; /* a shorter log than was signed */
    scene->header.len = 0;
    log_header_write(&header, &scene->header);
    scene->count = ENTRIES - 1;
    check = check_lines(scene, NULL, 0);
    expect_bad(&check, 0, "not the head that the export names");
    log_header_free(&header);
    log_header_free(&theirs);
    buf_free(&good);
}

/* What was signed while the certificate was good stays signed. */
static void revoked_matchers_can_be_audited(void **state)
{
    struct scene *scene = *state;
    struct err err = {0};
    parties_revoke(scene->parties, &scene->matcher, &scene->other);
    bool changed = false;
    assert_true(trust_reload(scene->other.trust, &changed, &err));
    assert_true(changed);
    assert_false(trust_check(scene->other.trust, identity_certificate(scene->matcher.identity),
                             ROLE_MATCHER, clock_wall_ms(), &err));
    struct log_check check;
    struct buf text = join(scene);
    FILE *in = open_text(&text);
    assert_true(log_export_check(in, scene->other.trust, NULL, 0, NULL, NULL, &check, &err));
    assert_true(check.intact);
    (void)fclose(in);
    buf_free(&text);
}

static void checkpoints_read_back(void **state)
{
    (void)state;
    struct checkpoint in = {.matcher = "matcher", .head.length = 7, .at_ms = 1234}, out;
    struct buf body = {0};
    struct err err = {0};
    memset(in.head.hash, 0xa5, HASH_BYTES);
    checkpoint_encode(&in, &body);
    assert_true(checkpoint_decode(body.data, body.len, &out, &err));
    assert_string_equal(out.matcher, in.matcher);
    assert_true(out.head.length == 7 && out.at_ms == 1234);
    assert_memory_equal(out.head.hash, in.head.hash, HASH_BYTES);
    for (size_t len = 0; len < body.len; len++) {
        assert_false(checkpoint_decode(body.data, len, &out, &err));
        assert_int_equal(err.code, ERR_INVALID);
    }
    buf_u8(&body, 0);
    assert_false(checkpoint_decode(body.data, body.len, &out, &err));
    body.data[4] = '/'; /* of the id */
    assert_false(checkpoint_decode(body.data, body.len - 1, &out, &err));
    buf_free(&body);
}

/* ---- no export at all ---- */

static void expect_refused(const struct scene *scene, const char *text, size_t len,
                           const char *field, const char *word)
{
    struct log_check check;
    struct err err = {0};
    FILE *in = fmemopen((void *)(uintptr_t)text, len, "r");
    REQUIRE(in != NULL);
    assert_false(log_export_check(in, scene->matcher.trust, NULL, 0, NULL, NULL, &check, &err));
    if (!strstr(err.field, field) || !strstr(err.text, word)) {
        fail_msg("expected '%s' '%s': '%s' '%s'", field, word, err.field, err.text);
    }
    (void)fclose(in);
}

static void other_files_are_refused(void **state)
{
    struct scene *scene = *state;
    static const char newer[] = "{\"hearth_log\":2}\n", other[] = "{\"hearth\":1}\n";
    expect_refused(scene, "\n", 1, "line 1", "JSON");
    expect_refused(scene, "PK\3\4", 4, "line 1", "JSON");
    expect_refused(scene, newer, sizeof newer - 1, "line 1.hearth_log", "form 2");
    expect_refused(scene, other, sizeof other - 1, "line 1", "not the first line");
    struct buf text = join(scene);
    buf_text(&text, "{\"n\":1,\"n\":1}\n");
    expect_refused(scene, (char *)text.data, text.len, "line 22", "JSON");
    text.len = scene->header.len;
    memset(buf_reserve(&text, LOG_LINE_MAX), 'a', LOG_LINE_MAX);
    expect_refused(scene, (char *)text.data, text.len, "line 2", "longer");
    buf_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(intact_export_passes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_export_may_begin_later, set_up, tear_down),
        cmocka_unit_test_setup_teardown(removed_lines_are_named, set_up, tear_down),
        cmocka_unit_test_setup_teardown(exchanged_lines_are_named, set_up, tear_down),
        cmocka_unit_test_setup_teardown(cut_off_ends_are_named, set_up, tear_down),
        cmocka_unit_test_setup_teardown(added_lines_are_named, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_altered_byte_is_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(rewritten_logs_are_found_by_any_head, set_up, tear_down),
        cmocka_unit_test_setup_teardown(many_known_heads_in_any_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(only_the_matcher_signs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(revoked_matchers_can_be_audited, set_up, tear_down),
        cmocka_unit_test(checkpoints_read_back),
        cmocka_unit_test_setup_teardown(other_files_are_refused, set_up, tear_down),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
