/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "proto/base/clock.h"
#include "proto/base/file.h"
#include "proto/metrics/daemon_status.h"
#include "tests/unit/support/temp_dir.h"

static const int64_t DAY_MS = INT64_C(86400000);

/* Written and read again, with what `change` says put over it. */
static json_t *status_of(int64_t days, const char *change)
{
    char *home = support_temp_dir();
    struct err err;
    json_t *status = NULL;
    const struct daemon_facts facts = {.program = "hearth-agent",
                                       .id = "someone",
                                       .started_ms = clock_wall_ms(),
                                       .certificate_until_ms = clock_wall_ms() + days * DAY_MS + 1,
                                       .metrics = ""};
    json_t *written = daemon_status_new(&facts);
    json_t *more = json_loads(change, 0, NULL);
    assert_non_null(more);
    assert_int_equal(json_object_update(written, more), 0);
    json_decref(more);
    assert_true(daemon_status_write(home, written, 0600, &err));
    assert_false(daemon_status_read(home, "hearth-matcher", &status, &err));
    assert_int_equal(err.code, ERR_INVALID);
    assert_non_null(strstr(err.text, "hearth-agent"));
    assert_true(daemon_status_read(home, "hearth-agent", &status, &err));
    assert_true(json_is_true(json_object_get(status, "running")));
    assert_true(json_is_null(json_object_get(status, "metrics")));
    daemon_status_remove(home);
    assert_false(daemon_status_read(home, "hearth-agent", &status, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
    support_temp_dir_remove(home);
    return status;
}

/* Exit status and kind of the only finding, "" for none. */
static void check(json_t *status, int verdict, const char *kind, const char *part)
{
    daemon_findings(status);
    daemon_store_findings(status);
    const json_t *findings = json_object_get(status, "findings");
    assert_int_equal(json_array_size(findings), kind[0] ? 1 : 0);
    assert_int_equal(daemon_verdict(status), verdict);
    assert_int_equal(json_is_true(json_object_get(status, "well")), verdict == 0);
    if (kind[0]) {
        const json_t *first = json_array_get(findings, 0);
        assert_string_equal(daemon_text(first, "kind"), kind);
        assert_non_null(strstr(daemon_text(first, "text"), part));
    }
    json_decref(status);
}

static void certificates_expire(void **state)
{
    (void)state;
    check(status_of(364, "{}"), 0, "", "");
    check(status_of(30, "{}"), 0, "", "");
    check(status_of(29, "{}"), 0, "warning", "within 30 days");
    check(status_of(7, "{}"), 0, "warning", "within 8 days");
    check(status_of(6, "{}"), 1, "trouble", "within 7 days");
    check(status_of(-3, "{}"), 1, "trouble", "has expired");
}

static void silence_is_trouble(void **state)
{
    (void)state;
    char change[64];
    (void)snprintf(change, sizeof change, "{\"steady_ms\":%lld}",
                   (long long)clock_steady_ms() - STATUS_STALE_MS - 5000);
    check(status_of(99, change), 1, "trouble", "for 95 s");
    (void)snprintf(change, sizeof change, "{\"steady_ms\":%lld}",
                   (long long)clock_steady_ms() - STATUS_PERIOD_MS - 5000);
    check(status_of(99, change), 0, "", "");
    /* Of another life of the machine. */
    (void)snprintf(change, sizeof change, "{\"steady_ms\":%lld}",
                   (long long)clock_steady_ms() + 3600000);
    check(status_of(99, change), 1, "trouble", "status");
}

static void stores_fill(void **state)
{
    (void)state;
    check(status_of(99, "{\"stores\":{\"a\":{\"bytes\":899000,\"limit_bytes\":1000000}}}"), 0, "",
          "");
    check(status_of(99, "{\"stores\":{\"a\":{\"bytes\":912000,\"limit_bytes\":1000000}}}"), 0,
          "warning", "\"a\" is 91 % full");
    check(status_of(99, "{\"stores\":{\"a\":{\"bytes\":990000,\"limit_bytes\":1000000}}}"), 1,
          "trouble", "\"a\"");
}

/* Whatever stands in it: no crash, and nothing that is not there is made up. */
static void odd_files_are_judged_all_the_same(void **state)
{
    (void)state;
    static const char *const odd[] = {
        "{\"certificate_days\":\"soon\"}", "{\"stores\":[1,2]}", "{\"stores\":{\"a\":7}}",
        "{\"stores\":{\"a\":{\"bytes\":5,\"limit_bytes\":0}}}", "{\"pid\":{},\"last_error\":[]}"};
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) check(status_of(99, odd[i]), 0, "", "");
}

static void locks_tell_who_runs(void **state)
{
    (void)state;
    char *home = support_temp_dir();
    struct err err;
    int fd = -1, second = -1;
    assert_false(daemon_runs(home));
    assert_true(daemon_lock(home, &fd, &err));
    assert_true(daemon_runs(home));
    assert_false(daemon_lock(home, &second, &err));
    assert_int_equal(err.code, ERR_EXISTS);
    (void)close(fd);
    assert_false(daemon_runs(home));
    support_temp_dir_remove(home);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(certificates_expire), cmocka_unit_test(silence_is_trouble),
        cmocka_unit_test(stores_fill),         cmocka_unit_test(odd_files_are_judged_all_the_same),
        cmocka_unit_test(locks_tell_who_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
