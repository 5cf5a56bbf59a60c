/* SPDX-License-Identifier: Apache-2.0
 * agencies.csv: what is accepted, every finding with its place, and the signed file.
 */
#include "matcher/directory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/base/file.h"
#include "proto/base/mem.h"
#include "tests/unit/support/temp_dir.h"
#include "tests/unit/support_keys/parties.h"

#define HEADER "id,name,urn,judgement,frameworks,sector,contact\n"

static bool parse(const char *csv, struct directory **out, struct err *err)
{
    return directory_parse((const uint8_t *)csv, strlen(csv), NULL, NULL, out, err);
}

static void reads_all_columns(void **state)
{
    (void)state;
    struct directory *directory = NULL;
    struct err err = {0};
    const char *csv =
        "\xEF\xBB\xBF"
        "Contact,TIER,id,name,urn,judgement,frameworks,sector\r\n"
        "z@example.org,1,zeta,\"Zeta, the \"\"last\"\"\",SC9,good, WWH ; NE ,private\r\n"
        "\r\n"
        "a@example.org,,alpha,Älpha,,not_inspected,,local_authority\r\n";
    if (!parse(csv, &directory, &err)) fail_msg("%s: %s", err.field, err.text);
    assert_int_equal(directory_count(directory), 2);
    assert_string_equal(directory_at(directory, 0)->id, "alpha"); /* ascending */
    assert_int_equal(directory_at(directory, 0)->sector, SECTOR_LOCAL_AUTHORITY);
    const struct agency *zeta = directory_find(directory, "zeta");
    assert_non_null(zeta);
    assert_string_equal(zeta->name, "Zeta, the \"last\"");
    assert_string_equal(zeta->tier, "1");
    assert_int_equal(zeta->framework_count, 2);
    assert_string_equal(zeta->frameworks[0], "WWH");
    assert_string_equal(zeta->frameworks[1], "NE");
    assert_int_equal(zeta->judgement, JUDGEMENT_GOOD);
    assert_null(directory_find(directory, "zet"));
    assert_null(directory_find(directory, ""));
    directory_unref(directory);
}

static void bad_values_are_named_with_line_and_column(void **state)
{
    (void)state;
    static const struct {
        const char *csv, *field, *word;
    } bad[] = {
        {"", "line 1", "header"},
        {"id,name,urn,judgement,frameworks,sector\n", "line 1, contact", "missing"},
        {"id;name;urn;judgement;frameworks;sector;contact\n", "line 1", "semicolons"},
        {"\xff\xfei", "line 1", "UTF-16"},
        {"id,\x1b[1m\n", "line 1, ?[1m", "unknown column"},
        {"id,id,name,urn,judgement,frameworks,sector,contact\n", "line 1, id", "twice"},
        {"id,name,urn,judgement,frameworks,sector,contact,colour\n", "line 1, colour", "unknown"},
        {HEADER "a b,A,1,good,,private,c\n", "line 2, id", "a-z"},
        {HEADER "A,A,1,good,,private,c\n", "line 2, id", "a-z"},
        {HEADER ",A,1,good,,private,c\n", "line 2, id", "a-z"},
        {HEADER "a,A,1,good,,private,c\na,B,2,good,,private,c\n", "line 3, id", "line 2"},
        {HEADER "a,,1,good,,private,c\n", "line 2, name", "empty"},
        {HEADER "a,A,1,Good,,private,c\n", "line 2, judgement", "requires_improvement"},
        {HEADER "a,A,1,,,private,c\n", "line 2, judgement", "not_inspected"},
        {HEADER "a,A,1,good,,public,c\n", "line 2, sector", "local_authority"},
        {HEADER "a,A,1,good,W;W,private,c\n", "line 2, frameworks", "twice"},
        {HEADER "a,A,1,good,,private\n", "line 2", "6 fields"},
        {HEADER "a,A,1,good,,private,c,d\n", "line 2", "more fields"},
        {HEADER "\n\na,\xff,1,good,,private,c\n", "line 4, name", "UTF-8"},
        {HEADER "a,\"A\nB\",1,good,,private,c\n", "line 2, name", "control"},
        {HEADER "a,\"A,1,good,,private,c\n", "line 2", "never ends"},
        {HEADER "a,A\"B,1,good,,private,c\n", "line 2", "quote"},
        {HEADER "a,A,123456789012345678901234567890123,good,,private,c\n", "line 2, urn", "32"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct directory *directory = NULL;
        struct err err = {0};
        if (parse(bad[i].csv, &directory, &err)) fail_msg("case %zu was accepted", i);
        assert_null(directory);
        assert_int_equal(err.code, ERR_INVALID);
        if (strcmp(err.field, bad[i].field) != 0 || !strstr(err.text, bad[i].word)) {
            fail_msg("case %zu: %s: %s", i, err.field, err.text);
        }
    }
}

static void count_finding(size_t line, const char *column, const char *text, void *ctx)
{
    char(*all)[64] = ctx;
    size_t i = 0;
    assert_true(text[0] != '\0');
    while (all[i][0]) i++;
    (void)snprintf(all[i], sizeof all[i], "%zu %s", line, column);
}

static void all_findings_are_reported(void **state)
{
    (void)state;
    char all[8][64] = {{0}};
    struct directory *directory = NULL;
    struct err err = {0};
    const char *csv = HEADER "A,,1,good,,private,c\n"
                             "ok,Ok,1,good,,private,c\n"
                             "b,B,1,bad,,nobody,c\n";
    assert_false(
        directory_parse((const uint8_t *)csv, strlen(csv), count_finding, all, &directory, &err));
    assert_string_equal(all[0], "2 id");
    assert_string_equal(all[1], "2 name");
    assert_string_equal(all[2], "4 judgement");
    assert_string_equal(all[3], "4 sector");
    assert_string_equal(all[4], "");
}

static void limits_hold(void **state)
{
    (void)state;
    struct directory *directory = NULL;
    struct err err = {0};
    struct buf csv = {0};
    buf_text(&csv, HEADER);
    for (int i = 0; i < AGENTS_MAX; i++) {
        buf_format(&csv, "a%d,A,1,good,,private,c\n", i);
    }
    assert_true(directory_parse(csv.data, csv.len, NULL, NULL, &directory, &err));
    assert_int_equal(directory_count(directory), AGENTS_MAX);
    for (size_t i = 1; i < AGENTS_MAX; i++) {
        assert_true(strcmp(directory_at(directory, i - 1)->id, directory_at(directory, i)->id) < 0);
    }
    directory_unref(directory);
    buf_text(&csv, "more,A,1,good,,private,c\n");
    assert_false(directory_parse(csv.data, csv.len, NULL, NULL, &directory, &err));
    buf_free(&csv);
    buf_text(&csv, HEADER "a,A,1,good,f0");
    for (int i = 1; i <= FRAMEWORKS_MAX; i++) buf_format(&csv, ";f%d", i);
    buf_text(&csv, ",private,c\n");
    assert_false(directory_parse(csv.data, csv.len, NULL, NULL, &directory, &err));
    assert_string_equal(err.field, "line 2, frameworks");
    buf_free(&csv);
}

/* ---- the signed file ---- */

static void signed_file_round_trip_and_forgeries(void **state)
{
    (void)state;
    char *dir = support_temp_dir();
    struct parties *parties = parties_new(dir);
    struct party matcher = parties_add(parties, ROLE_MATCHER, "matcher");
    struct party other = parties_add(parties, ROLE_MATCHER, "other");
    const struct certificate *own = identity_certificate(matcher.identity);
    const char *csv = HEADER "a,A,1,good,,private,c\n";
    struct directory *directory = NULL;
    struct err err = {0};

    assert_false(directory_read(matcher.home, own, &directory, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
    assert_false(directory_write(matcher.home, matcher.identity, (const uint8_t *)"x", 1, &err));
    assert_true(
        directory_write(matcher.home, matcher.identity, (const uint8_t *)csv, strlen(csv), &err));
    if (!directory_read(matcher.home, own, &directory, &err)) fail_msg("%s", err.text);
    assert_int_equal(directory_count(directory), 1);
    uint8_t hash[HASH_BYTES];
    hash_once(hash, TAG_DIRECTORY, csv, strlen(csv));
    assert_memory_equal(hash, directory_hash(directory), HASH_BYTES);
    directory_unref(directory);
    directory = NULL;

    /* Another's signature, and one flipped byte anywhere. */
    assert_false(
        directory_read(matcher.home, identity_certificate(other.identity), &directory, &err));
    assert_int_equal(err.code, ERR_UNAUTHENTICATED);
    char *path = file_join(matcher.home, HOME_DIRECTORY);
    struct buf file = {0};
    assert_true(file_read(path, DIRECTORY_MAX, &file, &err));
    for (size_t i = 0; i < file.len; i++) {
        file.data[i] ^= 1;
        assert_true(file_write(path, file.data, file.len, 0600, &err));
        assert_false(directory_read(matcher.home, own, &directory, &err));
        assert_null(directory);
        file.data[i] ^= 1;
    }
    buf_free(&file);
    free(path);
    party_close(&matcher);
    party_close(&other);
    parties_free(parties);
    support_temp_dir_remove(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_all_columns),
        cmocka_unit_test(bad_values_are_named_with_line_and_column),
        cmocka_unit_test(all_findings_are_reported),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(signed_file_round_trip_and_forgeries),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
