/* SPDX-License-Identifier: Apache-2.0
 * What the tests of the gazetteer share: files in a temporary directory, imported.
 */
#ifndef HEARTH_TESTS_GAZETTEER_CHECK_H
#define HEARTH_TESTS_GAZETTEER_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/base/file.h"
#include "proto/base/mem.h"
#include "proto/domain/gazetteer.h"
#include "proto/domain/gazetteer_import.h"
#include "tests/unit/support/temp_dir.h"

#define ONSPD_HEAD "pcd,pcd2,pcds,dointr,doterm,oseast1m,osnrth1m,osgrdind,lat\n"

/* A directory for files and, in it, one for the gazetteer. */
struct fixture {
    char *dir, *store;
};

static inline int fixture_make(void **state)
{
    struct fixture *fixture = mem_new(struct fixture);
    fixture->dir = support_temp_dir();
    fixture->store = file_join(fixture->dir, HOME_GAZETTEER);
    *state = fixture;
    return 0;
}

static inline int fixture_remove(void **state)
{
    struct fixture *fixture = *state;
    support_temp_dir_remove(fixture->dir);
    free(fixture->store);
    free(fixture);
    return 0;
}

/* Path of a file with this content; caller frees. */
static inline char *file_of(const struct fixture *fixture, const char *name, const char *content)
{
    char *path = file_join(fixture->dir, name);
    struct err err = {0};
    assert_true(file_write(path, content, strlen(content), 0600, &err));
    return path;
}

static inline bool import_paths(const struct fixture *fixture, const char *const *paths,
                                size_t count, bool replace, struct gazetteer_report *report,
                                struct err *err)
{
    const struct gazetteer_import_options options = {.replace = replace};
    return gazetteer_import(fixture->store, paths, count, &options, report, err);
}

/* Imports one file of this content; the report of its only source. */
static inline struct gazetteer_source imported(const struct fixture *fixture, const char *content)
{
    char *path = file_of(fixture, "file.csv", content);
    const char *const paths[] = {path};
    struct gazetteer_report report = {0};
    struct err err = {0};
    if (!import_paths(fixture, paths, 1, false, &report, &err)) {
        fail_msg("%s: %s", err.field, err.text);
    }
    assert_int_equal(report.count, 1);
    struct gazetteer_source source = report.sources[0];
    const struct gazetteer_tally *t = &source.tally;
    assert_true(t->rows == t->taken + t->no_reference + t->other_grid + t->outside + t->other_type +
                               t->malformed);
    gazetteer_report_free(&report);
    free(path);
    return source;
}

/* Expects that a file of this content is refused with such words, and nothing changes. */
static inline void not_imported(const struct fixture *fixture, const char *content,
                                const char *says)
{
    char *path = file_of(fixture, "file.csv", content);
    const char *const paths[] = {path};
    struct gazetteer_report report = {0};
    struct err err = {0};
    assert_false(import_paths(fixture, paths, 1, false, &report, &err));
    assert_int_equal(err.code, ERR_INVALID);
    assert_string_equal(err.field, "file.csv");
    if (!strstr(err.text, says)) fail_msg("'%s' instead of '%s'", err.text, says);
    gazetteer_report_free(&report);
    free(path);
}

static inline struct gazetteer *opened(const struct fixture *fixture)
{
    struct gazetteer *gazetteer = NULL;
    struct err err = {0};
    if (!gazetteer_open(fixture->store, &gazetteer, &err)) fail_msg("%s", err.text);
    return gazetteer;
}

static inline struct postcode code_of(const char *text)
{
    struct postcode code;
    if (!postcode_parse(text, &code)) fail_msg("'%s' is no postcode", text);
    return code;
}

static inline bool has_unit(struct gazetteer *gazetteer, const char *text,
                            struct gazetteer_unit *out)
{
    struct postcode code = code_of(text);
    struct err err = {0};
    bool found = false;
    if (!gazetteer_unit(gazetteer, &code, out, &found, &err)) fail_msg("%s", err.text);
    return found;
}

static inline void unit_is(struct gazetteer *gazetteer, const char *text, int east, int north,
                           const char *ended)
{
    struct gazetteer_unit unit;
    char month[GAZETTEER_MONTH_TEXT] = "";
    if (!has_unit(gazetteer, text, &unit)) fail_msg("%s is not there", text);
    if (unit.ended) (void)gazetteer_month_text(unit.ended, month);
    if (unit.at.east != east || unit.at.north != north || strcmp(month, ended) != 0) {
        fail_msg("%s: %d %d '%s'", text, unit.at.east, unit.at.north, month);
    }
}

static inline bool has_area(struct gazetteer *gazetteer, const char *text,
                            struct gazetteer_area *out)
{
    struct postcode code = code_of(text);
    struct err err = {0};
    bool found = false;
    if (!gazetteer_area(gazetteer, &code, out, &found, &err)) fail_msg("%s", err.text);
    return found;
}

static inline void area_is(struct gazetteer *gazetteer, const char *text, int east, int north,
                           enum gazetteer_point point, unsigned live, unsigned ended)
{
    struct gazetteer_area area;
    if (!has_area(gazetteer, text, &area)) fail_msg("%s is not there", text);
    if (area.at.east != east || area.at.north != north || area.point != point ||
        area.live != live || area.ended != ended) {
        fail_msg("%s: %d %d, %d, %u live, %u ended", text, area.at.east, area.at.north, area.point,
                 (unsigned)area.live, (unsigned)area.ended);
    }
}

#define FIXED(test) cmocka_unit_test_setup_teardown(test, fixture_make, fixture_remove)

#endif
