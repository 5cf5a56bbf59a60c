/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "proto/metrics/metrics.h"
#include "proto/metrics/process.h"

enum { PLAIN, ODD, LEVEL, TIMES, COUNTED };
static const char *const colours[] = {"red", "gr\"een", "bl\\ue", "other"};
static const char *const sizes[] = {"s", "l\n"};
static const int64_t bounds[] = {10, 1500, 20000};
static const struct metric table[COUNTED] = {
    [PLAIN] = {METRIC_COUNTER_OF("a_total", "Plain.")},
    [ODD] = {METRIC_COUNTER_OF("b_total", "Odd \\ text\nof two \"lines\"."),
             .labels = {METRIC_LABEL("colour", colours), METRIC_LABEL("size", sizes)}},
    [LEVEL] = {METRIC_GAUGE_OF("c_seconds", "A level."), .per_unit = 1000},
    [TIMES] = {METRIC_HISTOGRAM_OF("d_seconds", "Times.", 1000, bounds, 10),
               .labels = {METRIC_LABEL("size", sizes)}},
};

static char *render(const struct metrics *metrics)
{
    struct buf text = {0};
    metrics_render(metrics, &text);
    buf_append(&text, "", 1);
    return (char *)text.data;
}

/* Whether the text has that very line. */
static bool has(const struct metrics *metrics, const char *line)
{
    char *text = render(metrics), *at = text;
    size_t len = strlen(line);
    bool found = false;
    while (!found && (at = strstr(at, line)) != NULL) {
        found = (at == text || at[-1] == '\n') && at[len] == '\n';
        at++;
    }
    free(text);
    return found;
}

static void series_are_there_from_the_start(void **state)
{
    (void)state;
    struct metrics *metrics = metrics_new(table, COUNTED);
    assert_true(has(metrics, "# HELP a_total Plain."));
    assert_true(has(metrics, "# TYPE a_total counter"));
    assert_true(has(metrics, "a_total 0"));
    assert_true(has(metrics, "# HELP b_total Odd \\\\ text\\nof two \"lines\"."));
    assert_true(has(metrics, "b_total{colour=\"gr\\\"een\",size=\"l\\n\"} 0"));
    assert_true(has(metrics, "b_total{colour=\"bl\\\\ue\",size=\"s\"} 0"));
    assert_true(has(metrics, "# TYPE d_seconds histogram"));
    assert_true(has(metrics, "d_seconds_bucket{size=\"s\",le=\"+Inf\"} 0"));
    /* A gauge that nobody has set is not known, which is not the same as 0. */
    assert_true(has(metrics, "# TYPE c_seconds gauge"));
    assert_false(has(metrics, "c_seconds 0"));
    metrics_free(metrics);
}

static void values_are_exact(void **state)
{
    (void)state;
    struct metrics *metrics = metrics_new(table, COUNTED);
    metrics_add(metrics, PLAIN, 0, 0, INT64_C(9007199254740993)); /* no double holds it */
    assert_true(has(metrics, "a_total 9007199254740993"));
    metrics_set(metrics, LEVEL, 0, 0, -1050);
    assert_true(has(metrics, "c_seconds -1.05"));
    metrics_set(metrics, LEVEL, 0, 0, 7);
    assert_true(has(metrics, "c_seconds 0.007"));
    metrics_set(metrics, LEVEL, 0, 0, 0);
    assert_true(has(metrics, "c_seconds 0"));
    metrics_add(metrics, LEVEL, 0, 0, 12000);
    assert_true(has(metrics, "c_seconds 12"));
    metrics_unset(metrics, LEVEL, 0, 0);
    assert_false(has(metrics, "c_seconds 12"));
    assert_int_equal(metrics_value(metrics, LEVEL, 0, 0), 0);
    metrics_free(metrics);
}

static void histograms_add_up(void **state)
{
    (void)state;
    static const int64_t values[] = {-5, 0, 10, 11, 1500, 1501, 20000, 20001};
    struct metrics *metrics = metrics_new(table, COUNTED);
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        metrics_observe(metrics, TIMES, 1, 0, values[i]);
    }
    assert_int_equal(metrics_value(metrics, TIMES, 1, 0), 8);
    assert_int_equal(metrics_value(metrics, TIMES, 0, 0), 0);
    /* Each counts as the next multiple of 10: 0 0 10 20 1500 1510 20000 20010. */
    assert_true(has(metrics, "d_seconds_bucket{size=\"l\\n\",le=\"0.01\"} 3"));
    assert_true(has(metrics, "d_seconds_bucket{size=\"l\\n\",le=\"1.5\"} 5"));
    assert_true(has(metrics, "d_seconds_bucket{size=\"l\\n\",le=\"20\"} 7"));
    assert_true(has(metrics, "d_seconds_bucket{size=\"l\\n\",le=\"+Inf\"} 8"));
    assert_true(has(metrics, "d_seconds_sum{size=\"l\\n\"} 43.05"));
    assert_true(has(metrics, "d_seconds_count{size=\"l\\n\"} 8"));
    metrics_free(metrics);
}

static void other_is_what_is_in_no_list(void **state)
{
    (void)state;
    struct metrics *metrics = metrics_new(table, COUNTED);
    assert_int_equal(metrics_find(metrics, ODD, 0, "red"), 0);
    assert_int_equal(metrics_find(metrics, ODD, 0, "bl\\ue"), 2);
    assert_int_equal(metrics_find(metrics, ODD, 0, "hh-1\",le=\"1"), 3);
    assert_int_equal(metrics_find(NULL, ODD, 0, "red"), 0);
    metrics_add(NULL, ODD, 0, 0, 1);
    metrics_observe(NULL, TIMES, 0, 0, 1);
    metrics_free(metrics);
    metrics_free(NULL);
}

/* ---- many threads ---- */

enum { THREADS = 8, ROUNDS = 20000 };

static void *count(void *ctx)
{
    struct metrics *metrics = ctx;
    for (int i = 0; i < ROUNDS; i++) {
        metrics_add(metrics, ODD, (size_t)i % 4, 1, 1);
        metrics_add(metrics, LEVEL, 0, 0, 1);
        metrics_observe(metrics, TIMES, 0, 0, i % 30000);
    }
    return NULL;
}

/* The number at the end of the line that begins with `start`. */
static long long number_of(const char *text, const char *start)
{
    const char *at = strstr(text, start);
    assert_non_null(at);
    return strtoll(at + strlen(start), NULL, 10);
}

/* While it is being counted every picture is of one moment in so far as buckets grow and their sum
 * is the count; nothing that was counted is lost. */
static void threads_lose_nothing(void **state)
{
    (void)state;
    struct metrics *metrics = metrics_new(table, COUNTED);
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, count, metrics), 0);
    }
    for (long long seen = 0; seen < (long long)THREADS * ROUNDS;) {
        char *text = render(metrics);
        long long low = number_of(text, "d_seconds_bucket{size=\"s\",le=\"0.01\"} ");
        long long high = number_of(text, "d_seconds_bucket{size=\"s\",le=\"20\"} ");
        long long all = number_of(text, "d_seconds_bucket{size=\"s\",le=\"+Inf\"} ");
        assert_true(low <= high && high <= all && all >= seen);
        assert_int_equal(number_of(text, "d_seconds_count{size=\"s\"} "), all);
        seen = all;
        free(text);
    }
    for (size_t i = 0; i < THREADS; i++) assert_int_equal(pthread_join(threads[i], NULL), 0);
    int64_t sum = 0;
    for (size_t i = 0; i < 4; i++) sum += metrics_value(metrics, ODD, i, 1);
    assert_int_equal(sum, THREADS * ROUNDS);
    assert_int_equal(metrics_value(metrics, LEVEL, 0, 0), THREADS * ROUNDS);
    metrics_free(metrics);
}

static void the_process_is_measured(void **state)
{
    (void)state;
    static const struct metric rows[PROCESS_METRICS] = {PROCESS_METRICS_ROWS};
    struct metrics *metrics = metrics_new(rows, PROCESS_METRICS);
    struct process_figures *figures = process_figures_open();
    process_figures_set(figures, metrics, 0);
    assert_true(metrics_value(metrics, PROCESS_RSS, 0, 0) > 1 << 20);
    assert_true(metrics_value(metrics, PROCESS_FDS, 0, 0) >= 3);
    assert_true(metrics_value(metrics, PROCESS_FDS_MAX, 0, 0) >
                metrics_value(metrics, PROCESS_FDS, 0, 0));
    assert_int_equal(metrics_value(metrics, PROCESS_STARTED, 0, 0),
                     process_figures_started(figures));
    char *text = render(metrics);
    assert_null(strstr(text, "\nhearth_certificate_expiry_time_seconds "));
    free(text);
    process_figures_set(figures, metrics, INT64_C(1800000000123));
    assert_true(has(metrics, "hearth_certificate_expiry_time_seconds 1800000000.123"));
    process_figures_close(figures);
    metrics_free(metrics);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(series_are_there_from_the_start),
        cmocka_unit_test(values_are_exact),
        cmocka_unit_test(histograms_add_up),
        cmocka_unit_test(other_is_what_is_in_no_list),
        cmocka_unit_test(threads_lose_nothing),
        cmocka_unit_test(the_process_is_measured),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
