/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/hub/enrolled.h"
#include "client/hub/home.h"
#include "client/report.h"
#include "proto/base/file.h"
#include "proto/base/mem.h"
#include "tests/unit/support/temp_dir.h"

static struct geography *two_areas(void)
{
    struct geography *geography = mem_new(struct geography);
    geography->region_count = 1;
    geography->authority_count = 2;
    (void)snprintf(geography->authorities[0].code, GEOGRAPHY_CODE, "E99000001");
    (void)snprintf(geography->authorities[1].code, GEOGRAPHY_CODE, "E99000002");
    return geography;
}

static void test_kept_in_the_order_of_manifests(void **state)
{
    (void)state;
    char *home = support_temp_dir();
    struct enrolled enrolled = {0}, again;
    struct err err = {0};
    assert_true(enrolled_read(home, &enrolled, &err));
    assert_int_equal(enrolled.count, 0);
    assert_true(enrolled_add(&enrolled, ROLE_LA, "la-2", "E99000001", &err));
    assert_true(enrolled_add(&enrolled, ROLE_AGENT, "b", NULL, &err));
    assert_true(enrolled_add(&enrolled, ROLE_AGENT, "a", NULL, &err));
    assert_true(enrolled_add(&enrolled, ROLE_LA, "a", "E99000002", &err));
    assert_true(enrolled_add(&enrolled, ROLE_LA, "la-2", "E99000002", &err)); /* it has moved */
    assert_int_equal(enrolled.count, 4);
    assert_true(enrolled_write(home, &enrolled, &err));
    assert_true(enrolled_read(home, &again, &err));
    assert_int_equal(again.count, 4);
    assert_memory_equal(again.parties, enrolled.parties, 4 * sizeof *again.parties);
    static const char *const order[] = {"a", "b", "a", "la-2"};
    for (size_t i = 0; i < 4; i++) assert_string_equal(again.parties[i].id, order[i]);
    assert_string_equal(again.parties[3].code, "E99000002");
    assert_int_equal(enrolled_count(&again, ROLE_AGENT), 2);
    assert_true(enrolled_remove(&again, ROLE_AGENT, "a", &err));
    assert_null(enrolled_find(&again, ROLE_AGENT, "a"));
    assert_non_null(enrolled_find(&again, ROLE_LA, "a"));
    assert_false(enrolled_remove(&again, ROLE_AGENT, "a", &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
    assert_int_equal(hub_exit_code(&err), EXIT_BAD_REQUEST);
    enrolled_free(&again);
    enrolled_free(&enrolled);
    support_temp_dir_remove(home);
}

static void test_a_file_of_them(void **state)
{
    (void)state;
    static const char good[] =
        "code,ROLE,id\n,agency,fca\n# a remark\nE99000002,la,leeds\n,agent,b";
    static const struct {
        const char *csv, *field;
    } bad[] = {
        {"", ""},
        {"role,name\n", "line 1"},
        {"role\n", "line 1"},
        {"role,id,id\n", "line 1"},
        {"role,id\nhub,x\n", "line 2.role"},
        {"role,id\nagent,X\n", "line 2.id"},
        {"role,id\nagent,x\n\nagent,x\n", "line 4.id"},
        {"role,id,code\nagent,x,E99000001\n", "line 2.code"},
        {"role,id,code\nla,x,\n", "line 2.code"},
        {"role,id\nla,x\n", "line 2.code"},
        {"role,id,code\nla,x,E990000012\n", "line 2.code"},
        {"role,id\nagent,x,more\n", "line 2"},
        {"role;id;code\nla;x;E99000001\n", "line 1"},
    };
    struct enrolled enrolled;
    struct err err = {0};
    assert_true(enrolled_parse(good, sizeof good - 1, &enrolled, &err));
    assert_int_equal(enrolled.count, 3);
    assert_string_equal(enrolled.parties[2].code, "E99000002");
    enrolled_free(&enrolled);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(enrolled_parse(bad[i].csv, strlen(bad[i].csv), &enrolled, &err));
        assert_int_equal(err.code, ERR_INVALID);
        assert_string_equal(err.field, bad[i].field);
    }
}

static void test_a_damaged_file_is_told(void **state)
{
    (void)state;
    char *home = support_temp_dir();
    char *path = file_join(home, HOME_ENROLLED);
    struct enrolled enrolled;
    struct err err = {0};
    assert_true(file_write(path, "role,id\nagent,", 14, 0600, &err));
    assert_false(enrolled_read(home, &enrolled, &err));
    assert_int_equal(err.code, ERR_CORRUPT);
    assert_string_equal(err.field, HOME_ENROLLED);
    assert_int_equal(hub_exit_code(&err), EXIT_OTHER);
    free(path);
    support_temp_dir_remove(home);
}

static void test_as_a_manifest_has_them(void **state)
{
    (void)state;
    struct geography *geography = two_areas();
    struct enrolled enrolled = {0};
    struct err err = {0};
    size_t count = 0;
    assert_true(enrolled_add(&enrolled, ROLE_LA, "leeds", "E99000002", &err));
    assert_true(enrolled_add(&enrolled, ROLE_AGENT, "fca", NULL, &err));
    assert_true(enrolled_check(&enrolled, geography, &err));
    struct manifest_party *both = enrolled_parties(&enrolled, ROLE_NONE, geography, &count);
    assert_int_equal(count, 2);
    assert_int_equal(both[0].role, ROLE_AGENT);
    assert_int_equal(both[0].authority, AREA_NONE);
    assert_string_equal(both[1].organisation, "leeds");
    assert_int_equal(both[1].authority, 1);
    free(both);
    struct manifest_party *las = enrolled_parties(&enrolled, ROLE_LA, geography, &count);
    assert_int_equal(count, 1);
    assert_int_equal(las[0].role, ROLE_LA);
    free(las);
    assert_true(enrolled_add(&enrolled, ROLE_LA, "york", "E99000009", &err));
    assert_false(enrolled_check(&enrolled, geography, &err));
    assert_string_equal(err.field, "code");
    assert_non_null(strstr(err.text, "york"));
    enrolled_free(&enrolled);
    free(geography);
}

static void test_configuration(void **state)
{
    (void)state;
    char *home = support_temp_dir();
    struct err err = {0};
    struct hub_config read, config = {.matcher = "matcher.example:4411",
                                      .matcher_id = "matcher",
                                      .listen = "0.0.0.0:0",
                                      .address = "hub.example:4422"};
    assert_false(hub_config_read(home, &read, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
    assert_non_null(strstr(err.text, "hearth hub init"));
    assert_true(hub_config_create(home, &config, &err));
    assert_false(hub_config_create(home, &config, &err));
    assert_int_equal(err.code, ERR_EXISTS);
    assert_true(hub_config_read(home, &read, &err));
    assert_string_equal(read.matcher, config.matcher);
    assert_string_equal(read.matcher_id, config.matcher_id);
    assert_string_equal(read.listen, config.listen);
    assert_string_equal(read.address, config.address);
    support_temp_dir_remove(home);
}

/* Port 0 is any for whoever listens, and none for whoever dials. */
static void test_configuration_is_checked(void **state)
{
    (void)state;
    char *home = support_temp_dir();
    const struct hub_config good = {
        .matcher = "m:1", .matcher_id = "m", .listen = "l:0", .address = "a:1"};
    const char *const fields[] = {"matcher", "matcher_id", "listen", "address"};
    struct err err = {0};
    for (size_t i = 0; i < 4; i++) {
        struct hub_config config = good;
        if (i == 0) (void)snprintf(config.matcher, sizeof config.matcher, "m:0");
        if (i == 1) (void)snprintf(config.matcher_id, sizeof config.matcher_id, "M");
        if (i == 2) (void)snprintf(config.listen, sizeof config.listen, "l");
        if (i == 3) (void)snprintf(config.address, sizeof config.address, "a:0");
        assert_false(hub_config_create(home, &config, &err));
        assert_int_equal(err.code, ERR_INVALID);
        assert_string_equal(err.field, fields[i]);
    }
    assert_int_equal(support_count_files(home), 0);
    static const char text[] =
        "{\"matcher\":\"m:1\",\"matcher_id\":\"m\",\"listen\":\"l:0\",\"address\":\"a\"}";
    char *path = file_join(home, HOME_CONFIG);
    struct hub_config read;
    assert_true(file_write(path, text, sizeof text - 1, 0600, &err));
    assert_false(hub_config_read(home, &read, &err));
    assert_string_equal(err.field, HOME_CONFIG ".address");
    assert_int_equal(hub_exit_code(&err), EXIT_OTHER);
    free(path);
    support_temp_dir_remove(home);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kept_in_the_order_of_manifests),
        cmocka_unit_test(test_a_file_of_them),
        cmocka_unit_test(test_a_damaged_file_is_told),
        cmocka_unit_test(test_as_a_manifest_has_them),
        cmocka_unit_test(test_configuration),
        cmocka_unit_test(test_configuration_is_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
