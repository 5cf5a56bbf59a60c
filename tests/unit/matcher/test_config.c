/* SPDX-License-Identifier: Apache-2.0
 * config.json: defaults, round trip, and every bad value with its key.
 */
#include "matcher/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/base/file.h"
#include "tests/unit/support/temp_dir.h"

static bool read_text(const char *dir, const char *text, struct config *out, struct err *err)
{
    char *path = file_join(dir, "config.json");
    bool ok = file_write(path, text, strlen(text), 0600, err) && config_read(dir, out, err);
    free(path);
    return ok;
}

static void what_is_created_reads_back(void **state)
{
    (void)state;
    char *dir = support_temp_dir();
    struct config made, read;
    struct err err = {0};
    config_defaults(&made);
    assert_false(config_read(dir, &read, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
    assert_true(config_set_listen(&made, "0.0.0.0:7411", &err));
    assert_true(config_set(&made, &config_keys[0], "1234", &err));
    assert_true(config_create(dir, &made, &err));
    assert_true(config_read(dir, &read, &err));
    assert_string_equal(read.listen, "0.0.0.0:7411");
    assert_int_equal(read.deadline_ms, 1234);
    assert_int_equal(read.budget, 200);
    assert_int_equal(read.epoch_hours, 24);
    assert_false(config_create(dir, &made, &err)); /* never overwritten */
    assert_int_equal(err.code, ERR_EXISTS);
    support_temp_dir_remove(dir);
}

static void missing_keys_have_defaults(void **state)
{
    (void)state;
    char *dir = support_temp_dir();
    struct config config = {0};
    struct err err = {0};
    assert_true(read_text(dir, "{\"budget\": 0}", &config, &err));
    assert_int_equal(config.budget, 0);
    assert_int_equal(config.deadline_ms, 5000);
    assert_int_equal(config.searches_max, 256);
    assert_int_equal(config.searches_per_la, 40);
    assert_string_equal(config.listen, "127.0.0.1:0");
    support_temp_dir_remove(dir);
}

static void bad_values_name_their_key(void **state)
{
    (void)state;
    static const struct {
        const char *text, *field;
    } bad[] = {
        {"{\"colour\": 1}", "config.json.colour"},
        {"{\"deadline_ms\": 99}", "config.json.deadline_ms"},
        {"{\"deadline_ms\": 60001}", "config.json.deadline_ms"},
        {"{\"deadline_ms\": \"5000\"}", "config.json.deadline_ms"},
        {"{\"deadline_ms\": 5000.5}", "config.json.deadline_ms"},
        {"{\"budget\": -1}", "config.json.budget"},
        {"{\"budget\": 4294967296}", "config.json.budget"},
        {"{\"epoch_hours\": 0}", "config.json.epoch_hours"},
        {"{\"listen\": 7411}", "config.json.listen"},
        {"{\"listen\": \"7411\"}", "config.json.listen"},
        {"{\"listen\": \":7411\"}", "config.json.listen"},
        {"{\"listen\": \"a:65536\"}", "config.json.listen"},
        {"{\"budget\": 1, \"budget\": 2}", "config.json"},
        {"[]", "config.json"},
        {"", "config.json"},
    };
    char *dir = support_temp_dir();
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct config config = {0};
        struct err err = {0};
        if (read_text(dir, bad[i].text, &config, &err)) fail_msg("%s was accepted", bad[i].text);
        if (err.code != ERR_INVALID || strcmp(err.field, bad[i].field) != 0) {
            fail_msg("%s: %s: %s", bad[i].text, err.field, err.text);
        }
    }
    support_temp_dir_remove(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_created_reads_back),
        cmocka_unit_test(missing_keys_have_defaults),
        cmocka_unit_test(bad_values_name_their_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
