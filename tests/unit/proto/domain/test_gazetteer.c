/* SPDX-License-Identifier: Apache-2.0
 * What imports add up to, who sees them when, and what damage does.
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/base/clock.h"
#include "proto/domain/gazetteer_store.h"
#include "tests/unit/proto/domain/domain_check.h"
#include "tests/unit/proto/domain/gazetteer_check.h"

static void imports_add_up(void **state)
{
    const struct fixture *fixture = *state;
    (void)imported(fixture, "code,easting,northing\nLS6 3,1000,2000\nLS6,3000,4000\nBD1,5,6\n");
    struct gazetteer *g = opened(fixture);
    area_is(g, "LS6 3", 1000, 2000, POINT_GIVEN, 0, 0);
    gazetteer_close(g);
    (void)imported(fixture, ONSPD_HEAD "LS6 3AA,,LS6 3AA,198001,,428000,436000,1,\n"
                                       "LS6 3AB,,LS6 3AB,198001,,428001,436001,1,\n"
                                       "LS6 3AD,,LS6 3AD,198001,199901,500000,500000,1,\n"
                                       "LS6 4AA,,LS6 4AA,198001,,428300,436300,1,\n"
                                       "AB1 2AA,,AB1 2AA,198001,199606,385000,801000,1,\n"
                                       "AB1 2AB,,AB1 2AB,198001,199606,385003,801000,1,\n");
    g = opened(fixture);
    /* The points are the means of what is in use. */
    area_is(g, "LS6 3", 428000, 436000, POINT_LIVE, 2, 1);
    area_is(g, "LS6 4", 428300, 436300, POINT_LIVE, 1, 0);
    area_is(g, "LS6", 428100, 436100, POINT_LIVE, 3, 1);
    area_is(g, "BD1", 5, 6, POINT_GIVEN, 0, 0);
    area_is(g, "AB1 2", 385001, 801000, POINT_ENDED, 0, 2);
    area_is(g, "AB1", 385001, 801000, POINT_ENDED, 0, 2);
    gazetteer_close(g);
    /* Entries for the same are replaced, others stay. */
    (void)imported(fixture, ONSPD_HEAD "LS6 3AB,,LS6 3AB,198001,202506,428001,436001,1,\n"
                                       "LS6 3AC,,LS6 3AC,198001,,428010,436010,1,\n"
                                       "LS6 3AC,,LS6 3AC,198001,,428020,436020,1,\n");
    g = opened(fixture);
    unit_is(g, "LS6 3AA", 428000, 436000, "");
    unit_is(g, "LS6 3AB", 428001, 436001, "2025-06");
    unit_is(g, "LS6 3AC", 428020, 436020, ""); /* the later row */
    area_is(g, "LS6 3", 428010, 436010, POINT_LIVE, 2, 2);
    gazetteer_close(g);
    (void)imported(fixture, "code,easting,northing\nAB1,7,8\nBD1,9,10\n");
    g = opened(fixture);
    area_is(g, "AB1", 7, 8, POINT_GIVEN, 0, 2);
    area_is(g, "BD1", 9, 10, POINT_GIVEN, 0, 0);
    struct gazetteer_counts counts;
    struct err err = {0};
    assert_true(gazetteer_count(g, &counts, &err));
    assert_true(counts.live == 3 && counts.ended == 4 && counts.sectors == 3);
    assert_true(counts.districts == 3 && counts.names == 0);
    gazetteer_close(g);
}

/* A district that no file has is the mean of its sectors, each of them once. */
static void sectors_make_their_district(void **state)
{
    const struct fixture *fixture = *state;
    (void)imported(fixture, "code,easting,northing\nBD3 7,1,1\nBD3 7,1000,2000\nBD3 9,1001,2003\n"
                            "BD30 1,5,5\nBD4 1,7,7\nBD4 2,9,9\nBD4,50,60\n");
    struct gazetteer *g = opened(fixture);
    area_is(g, "BD3 7", 1000, 2000, POINT_GIVEN, 0, 0);
    area_is(g, "BD3", 1000, 2001, POINT_SECTORS, 0, 0);
    area_is(g, "BD30", 5, 5, POINT_SECTORS, 0, 0);
    area_is(g, "BD4", 50, 60, POINT_GIVEN, 0, 0);
    gazetteer_close(g);
    /* Later files take part in it, and what is better takes its place. */
    (void)imported(fixture, "code,easting,northing\nBD3 8,4000,8000\nBD3 7,1002,2000\n");
    (void)imported(fixture, ONSPD_HEAD "BD30 1AA,,BD30 1AA,198001,,6000,7000,1,\n"
                                       "BD3 9AA,,BD3 9AA,198001,199901,8000,9000,1,\n");
    g = opened(fixture);
    area_is(g, "BD3", 2001, 4001, POINT_SECTORS, 0, 1);
    area_is(g, "BD30", 6000, 7000, POINT_LIVE, 1, 0);
    gazetteer_close(g);
    (void)imported(fixture, "code,easting,northing\nBD3,3,4\n");
    g = opened(fixture);
    area_is(g, "BD3", 3, 4, POINT_GIVEN, 0, 1);
    gazetteer_close(g);
}

static void replace_starts_afresh_and_imports_are_kept(void **state)
{
    const struct fixture *fixture = *state;
    struct gazetteer_import_entry *entries = NULL;
    struct err err = {0};
    size_t count = 0;
    int64_t before = clock_wall_ms();
    (void)imported(fixture, "code,easting,northing\nLS6 3,1000,2000\n");
    (void)imported(fixture, ONSPD_HEAD "LS6 3AA,,LS6 3AA,198001,,428000,436000,1,\n"
                                       "LS6 3AB,,LS6 3AB,198001,,,,9,\n");
    struct gazetteer *g = opened(fixture);
    assert_true(gazetteer_imports(g, &entries, &count, &err));
    assert_int_equal(count, 2);
    assert_true(entries[0].kind == FILE_AREAS && entries[1].kind == FILE_ONSPD);
    assert_true(entries[1].rows == 2 && entries[1].taken == 1);
    assert_string_equal(entries[1].name, "file.csv");
    assert_true(entries[0].at_ms >= before && entries[1].at_ms <= clock_wall_ms());
    free(entries);
    char *path = file_of(fixture, "only.csv", "code,easting,northing\nBD1,5,6\n");
    const char *const paths[] = {path};
    struct gazetteer_report report = {0};
    struct gazetteer_unit unit;
    struct gazetteer_area area;
    gazetteer_close(g);
    assert_true(import_paths(fixture, paths, 1, true, &report, &err));
    gazetteer_report_free(&report);
    free(path);
    g = opened(fixture);
    assert_true(gazetteer_imports(g, &entries, &count, &err));
    assert_int_equal(count, 1);
    assert_string_equal(entries[0].name, "only.csv");
    assert_false(has_unit(g, "LS6 3AA", &unit));
    assert_false(has_area(g, "LS6 3", &area));
    area_is(g, "BD1", 5, 6, POINT_GIVEN, 0, 0);
    free(entries);
    gazetteer_close(g);
}

static void what_is_not_there_is_told_apart_from_damage(void **state)
{
    const struct fixture *fixture = *state;
    struct gazetteer *g = NULL;
    struct store *store = NULL;
    struct err err = {0};
    assert_false(gazetteer_open(fixture->store, &g, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
    assert_non_null(strstr(err.text, "gazetteer import"));
    assert_true(gazetteer_open_home(fixture->dir, &g, &err));
    assert_null(g);
    assert_false(file_exists(fixture->store));
    /* An import that was broken off before anything was in it. */
    assert_true(gazetteer_store_open(fixture->store, &store, &err));
    store_close(store);
    assert_true(gazetteer_open_home(fixture->dir, &g, &err));
    assert_null(g);
    (void)imported(fixture, "code,easting,northing\nBD1,5,6\n");
    assert_true(gazetteer_open_home(fixture->dir, &g, &err));
    assert_non_null(g);
    gazetteer_close(g);
    gazetteer_close(NULL);
    /* Several homes may share one through a symbolic link. */
    char *other = file_join(fixture->dir, "other"), *link = NULL;
    assert_true(file_make_dirs(other, 0700, &err));
    link = file_join(other, HOME_GAZETTEER);
    assert_int_equal(symlink(fixture->store, link), 0);
    assert_true(gazetteer_open_home(other, &g, &err));
    area_is(g, "BD1", 5, 6, POINT_GIVEN, 0, 0);
    gazetteer_close(g);
    free(link);
    free(other);
}

/* Puts bytes of our own under a key. */
static void spoil(const struct fixture *fixture, enum gazetteer_table table, const char *key,
                  const void *bytes, size_t len)
{
    struct store *store = NULL;
    struct store_txn *txn = NULL;
    struct err err = {0};
    assert_true(gazetteer_store_open(fixture->store, &store, &err));
    assert_true(store_begin(store, true, &txn, &err));
    assert_true(store_put(txn, table, key, strlen(key), bytes, len, &err));
    assert_true(store_commit(txn, &err));
    store_close(store);
}

static void damaged_entries_are_errors(void **state)
{
    const struct fixture *fixture = *state;
    static const uint8_t ff[16] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                   0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    (void)imported(fixture, ONSPD_HEAD "LS6 3AA,,LS6 3AA,198001,,428000,436000,1,\n");
    spoil(fixture, TABLE_UNITS, "LS6 3", ff, 15);
    spoil(fixture, TABLE_AREAS, "LS6", ff, 16);
    spoil(fixture, TABLE_NAMES, "leeds", ff, 16);
    struct gazetteer *g = opened(fixture);
    struct postcode unit = code_of("LS6 3AA"), district = code_of("LS6");
    struct gazetteer_unit at;
    struct gazetteer_area area;
    struct gazetteer_place *places = NULL;
    struct gazetteer_counts counts;
    struct gazetteer_near near;
    struct err err = {0};
    size_t count = 0;
    bool found = false;
    assert_false(gazetteer_unit(g, &unit, &at, &found, &err));
    assert_int_equal(err.code, ERR_CORRUPT);
    assert_false(gazetteer_area(g, &district, &area, &found, &err));
    assert_int_equal(err.code, ERR_CORRUPT);
    assert_false(gazetteer_places(g, "Leeds", &places, &count, &err));
    assert_int_equal(err.code, ERR_CORRUPT);
    assert_false(gazetteer_count(g, &counts, &err));
    assert_int_equal(err.code, ERR_CORRUPT);
    assert_false(gazetteer_near(g, &unit, &near, &err));
    assert_int_equal(err.code, ERR_CORRUPT);
    gazetteer_close(g);
    /* An import does not build on damage; one that starts afresh does without it. */
    char *path = file_of(fixture, "more.csv", ONSPD_HEAD ",,LS6 3AB,198001,,428000,436000,1,\n");
    const char *const paths[] = {path};
    struct gazetteer_report report = {0};
    assert_false(import_paths(fixture, paths, 1, false, &report, &err));
    assert_int_equal(err.code, ERR_CORRUPT);
    gazetteer_report_free(&report);
    assert_true(import_paths(fixture, paths, 1, true, &report, &err));
    gazetteer_report_free(&report);
    free(path);
    g = opened(fixture);
    unit_is(g, "LS6 3AB", 428000, 436000, "");
    gazetteer_close(g);
}

/* Every postcode of many sectors, all with this easting. */
static char *whole_file(const struct fixture *fixture, const char *name, int east)
{
    struct buf text = {0};
    struct err err = {0};
    buf_text(&text, ONSPD_HEAD);
    for (int sector = 0; sector < 300; sector++) {
        for (int unit = 0; unit < 60; unit++) {
            buf_format(&text, ",,LS%d %d%c%c,198001,,%d,436000,1,\n", sector / 10 + 1, sector % 10,
                       'A' + unit / 26, 'A' + unit % 26, east);
        }
    }
    char *path = file_join(fixture->dir, name);
    assert_true(file_write(path, text.data, text.len, 0600, &err));
    buf_free(&text);
    return path;
}

/* Anything may fail then, but nothing may be read outside of the file. Bytes that are changed
 * inside of LMDB's own pages are another matter: LMDB trusts those. */
static void cut_files_are_errors(void **state)
{
    const struct fixture *fixture = *state;
    char *path = whole_file(fixture, "whole.csv", 400000);
    const char *const paths[] = {path};
    struct gazetteer_report report = {0};
    struct err err = {0};
    assert_true(import_paths(fixture, paths, 1, false, &report, &err));
    gazetteer_report_free(&report);
    free(path);
    struct buf good = {0};
    char *data = file_join(fixture->store, "data.mdb");
    assert_true(file_read(data, 64 << 20, &good, &err));
    struct dice dice = {3};
    size_t failed = 0;
    for (int round = 0; round < 40; round++) {
        size_t len = roll(&dice, (uint32_t)good.len);
        assert_true(file_write(data, good.data, len, 0600, &err));
        struct gazetteer *g = NULL;
        struct postcode unit = code_of("LS7 3AB");
        struct gazetteer_unit at;
        bool found = false;
        bool ok =
            gazetteer_open(fixture->store, &g, &err) && gazetteer_unit(g, &unit, &at, &found, &err);
        gazetteer_close(g);
        failed += !ok;
        if (!ok && err.code != ERR_CORRUPT && err.code != ERR_NOT_FOUND) {
            fail_msg("%s: %s", err_code_name(err.code), err.text);
        }
        if (ok) assert_true(found && at.at.east == 400000);
    }
    assert_true(failed > 5);
    buf_free(&good);
    free(data);
}

static void garbled_postcodes_are_errors_or_on_the_grid(void **state)
{
    const struct fixture *fixture = *state;
    (void)imported(fixture, ONSPD_HEAD ",,LS6 3AA,198001,,428000,436000,1,\n");
    struct dice dice = {9};
    size_t failed = 0;
    for (int round = 0; round < 200; round++) {
        uint8_t record[64];
        size_t len = 1 + roll(&dice, sizeof record - 1);
        if (round % 2 == 0) len = (len + 7) / 8 * 8;
        for (size_t i = 0; i < len; i++) record[i] = (uint8_t)roll(&dice, 256);
        for (size_t i = 0; i < len; i += 8) record[i] &= 0x0f;
        spoil(fixture, TABLE_UNITS, "LS6 3", record, len);
        struct gazetteer *g = opened(fixture);
        struct postcode unit = code_of("LS6 3AA");
        unit.letters[0] = (char)('A' + roll(&dice, 26));
        struct gazetteer_unit at;
        struct gazetteer_near near;
        struct err err = {0};
        bool found = false;
        if (!gazetteer_unit(g, &unit, &at, &found, &err)) {
            assert_int_equal(err.code, ERR_CORRUPT);
            failed++;
        } else if (found) {
            assert_true(grid_contains(at.at));
        }
        if (!gazetteer_near(g, &unit, &near, &err)) assert_int_equal(err.code, ERR_CORRUPT);
        gazetteer_close(g);
    }
    assert_true(failed > 50);
}

/* ---- imports meanwhile ---- */

struct watch {
    struct gazetteer *gazetteer;
    atomic_bool stop, torn, failed;
    atomic_size_t seen;
};

/* All postcodes move together: the first and the last sector must never differ for one whole
 * snapshot; a look-up is one, so the district's mean says whether it was half done. */
static void *watch_means(void *ctx)
{
    struct watch *watch = ctx;
    while (!atomic_load(&watch->stop)) {
        struct postcode district = code_of("LS15"), unit = code_of("LS15 5AB");
        struct gazetteer_area area = {0};
        struct gazetteer_unit at = {0};
        struct err err;
        bool a = false, b = false;
        if (!gazetteer_area(watch->gazetteer, &district, &area, &a, &err) ||
            !gazetteer_unit(watch->gazetteer, &unit, &at, &b, &err) || !a || !b) {
            watch->failed = true;
        }
        if (area.at.east % 1000 != 0 || at.at.east % 1000 != 0 || area.live != 600) {
            watch->torn = true;
        }
        watch->seen++;
    }
    return NULL;
}

static void readers_go_on_during_imports(void **state)
{
    const struct fixture *fixture = *state;
    char *files[3] = {whole_file(fixture, "a.csv", 401000), whole_file(fixture, "b.csv", 402000),
                      whole_file(fixture, "c.csv", 403000)};
    struct err err = {0};
    for (size_t round = 0; round < 3; round++) {
        const char *const paths[] = {files[round]};
        struct gazetteer_report report = {0};
        struct watch watch = {0};
        pthread_t threads[2];
        int go[2];
        assert_int_equal(pipe(go), 0);
        /* One process does not open a store twice. The child is made before there are threads: one
         * that is made beside them may inherit an allocator that some other thread had locked. */
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            char byte = 0;
            (void)close(go[1]);
            if (read(go[0], &byte, 1) != 1) _exit(2);
            _exit(import_paths(fixture, paths, 1, round == 2, &report, &err) ? 0 : 1);
        }
        if (round > 0) watch.gazetteer = opened(fixture);
        for (size_t i = 0; round > 0 && i < 2; i++) {
            assert_int_equal(pthread_create(&threads[i], NULL, watch_means, &watch), 0);
        }
        assert_int_equal(write(go[1], "!", 1), 1);
        (void)close(go[0]);
        (void)close(go[1]);
        int status = -1;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
        atomic_store(&watch.stop, true);
        for (size_t i = 0; round > 0 && i < 2; i++) (void)pthread_join(threads[i], NULL);
        assert_false(watch.torn || watch.failed);
        if (round > 0) {
            unit_is(watch.gazetteer, "LS30 9BA", 401000 + (int)round * 1000, 436000, "");
            assert_true(watch.seen > 0);
        }
        gazetteer_close(watch.gazetteer);
    }
    for (size_t i = 0; i < 3; i++) free(files[i]);
}

/* Killed at some moment: what is there is all old or all new, and the next import works. */
static void a_killed_import_leaves_the_old_or_the_new(void **state)
{
    const struct fixture *fixture = *state;
    char *files[2] = {whole_file(fixture, "a.csv", 401000), whole_file(fixture, "b.csv", 402000)};
    struct gazetteer_report report = {0};
    struct err err = {0};
    const char *const first[] = {files[0]};
    assert_true(import_paths(fixture, first, 1, false, &report, &err));
    gazetteer_report_free(&report);
    struct dice dice = {11};
    size_t killed = 0;
    for (int round = 0; round < 30; round++) {
        const char *const paths[] = {files[round % 2]};
        int64_t until = clock_steady_us() + (int64_t)roll(&dice, 40000);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            _exit(import_paths(fixture, paths, 1, round % 3 == 0, &report, &err) ? 0 : 1);
        }
        while (clock_steady_us() < until) continue;
        assert_int_equal(kill(child, SIGKILL), 0);
        int status = -1;
        assert_int_equal(waitpid(child, &status, 0), child);
        killed += WIFSIGNALED(status);
        struct gazetteer *g = opened(fixture);
        struct gazetteer_unit at;
        assert_true(has_unit(g, "LS1 0AA", &at));
        for (int sector = 0; sector < 300; sector += 7) {
            char text[POSTCODE_TEXT + 2];
            (void)snprintf(text, sizeof text, "LS%d %dAB", sector / 10 + 1, sector % 10);
            unit_is(g, text, at.at.east, 436000, "");
        }
        area_is(g, "LS15", at.at.east, 436000, POINT_LIVE, 600, 0);
        gazetteer_close(g);
    }
    assert_true(killed > 0);
    assert_true(import_paths(fixture, first, 1, false, &report, &err));
    gazetteer_report_free(&report);
    for (size_t i = 0; i < 2; i++) free(files[i]);
}

/* ---- the published sectors and districts ---- */

static const char SECTORS[] = "../shared/data/postcode_sectors_england.csv";
static const char DISTRICTS[] = "../shared/data/postcode_districts_england.csv";

static size_t compare_some(struct gazetteer *g, const char *path, struct dice *dice)
{
    char line[2000];
    size_t rows = 0;
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof line, file));
    while (fgets(line, sizeof line, file)) {
        rows++;
        char *comma = strchr(line, ','), *p = NULL;
        assert_non_null(comma);
        *comma = '\0';
        int east = (int)strtol(comma + 1, &p, 10), north = (int)strtol(p + 1, &p, 10);
        if (roll(dice, 10) == 0) area_is(g, line, east, north, POINT_GIVEN, 0, 0);
    }
    (void)fclose(file);
    return rows;
}

static void published_sectors_are_found(void **state)
{
    const struct fixture *fixture = *state;
    const char *const paths[] = {SECTORS, DISTRICTS};
    struct gazetteer_report report = {0};
    struct gazetteer_counts counts;
    struct dice dice = {5};
    struct err err = {0};
    if (!file_exists(SECTORS) || !file_exists(DISTRICTS)) {
        print_message("no %s here: nothing to compare\n", SECTORS);
        skip();
    }
    assert_true(import_paths(fixture, paths, 2, false, &report, &err));
    struct gazetteer *g = opened(fixture);
    assert_int_equal(compare_some(g, SECTORS, &dice), report.sources[0].tally.rows);
    assert_int_equal(compare_some(g, DISTRICTS, &dice), report.sources[1].tally.rows);
    assert_true(gazetteer_count(g, &counts, &err));
    assert_true(counts.sectors == report.sources[0].tally.rows);
    assert_true(counts.districts == report.sources[1].tally.rows);
    assert_true(counts.sectors > 10000 && counts.districts > 2300);
    gazetteer_report_free(&report);
    gazetteer_close(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXED(imports_add_up),
        FIXED(sectors_make_their_district),
        FIXED(replace_starts_afresh_and_imports_are_kept),
        FIXED(what_is_not_there_is_told_apart_from_damage),
        FIXED(damaged_entries_are_errors),
        FIXED(cut_files_are_errors),
        FIXED(garbled_postcodes_are_errors_or_on_the_grid),
        FIXED(readers_go_on_during_imports),
        FIXED(a_killed_import_leaves_the_old_or_the_new),
        FIXED(published_sectors_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
