/* SPDX-License-Identifier: Apache-2.0
 * Every kind of file that a gazetteer is made from: good, borderline and bad.
 */
#include <sys/stat.h>
#include <unistd.h>
#include <zip.h>

#include "proto/domain/gazetteer_csv.h"
#include "tests/unit/proto/domain/gazetteer_check.h"

/* The headings of four editions of the Postcode Directory and the Lookup: only the columns that
 * count are filled in. */
static void every_edition_of_onspd_is_read(void **state)
{
    const struct fixture *fixture = *state;
    static const char *const editions[] = {
        /* 2011, easting and northing with leading zeros */
        "pcd,pcd2,pcds,dointr,doterm,oscty,oslaua,osward,usertype,oseast1m,osnrth1m,osgrdind,ctry\n"
        "\"LS6 3AA\",\"LS6  3AA\",\"LS6 3AA\",\"198001\",\"\",\"\",\"\",\"\",\"0\",\"428000\","
        "\"0436000\",\"1\",\"E\"\n",
        /* without pcds; byte order mark, CRLF, upper case */
        "\xef\xbb\xbfPCD,DOTERM,OSEAST1M,OSNRTH1M\r\nLS6 3AA,,428000,436000\r\n",
        /* the portal's export: X and Y first, all quoted, no end of the last line */
        "\"X\",\"Y\",\"objectid\",\"pcd\",\"pcd2\",\"pcds\",\"doterm\",\"oseast1m\",\"osnrth1m\","
        "\"osgrdind\"\n\"-1.5\",\"53.8\",\"1\",\"LS63AA\",\"LS6  3AA\",\"LS6 3AA\",\"\",\"428000\","
        "\"436000\",\"1\"",
        /* since 2025 */
        "pcd7,pcd8,pcds,dointr,doterm,usrtypind,east1m,north1m,gridind,oa21cd,lat,long\n"
        "\"LS6 3AA\",\"LS6  3AA\",\"LS6 3AA\",\"198001\",\"\",\"0\",\"428000\",\"436000\",\"1\","
        "\"E\",\"53.8\",\"-1.5\"\n",
    };
    for (size_t i = 0; i < sizeof editions / sizeof *editions; i++) {
        struct gazetteer_source source = imported(fixture, editions[i]);
        assert_int_equal(source.kind, FILE_ONSPD);
        assert_true(source.tally.rows == 1 && source.tally.taken == 1);
        struct gazetteer *g = opened(fixture);
        unit_is(g, "LS6 3AA", 428000, 436000, "");
        gazetteer_close(g);
    }
}

static void rows_without_a_place_on_the_grid_are_counted(void **state)
{
    const struct fixture *fixture = *state;
    struct gazetteer_source source = imported(
        fixture, ONSPD_HEAD "LS6 3AA,,LS6 3AA,198001,,428000,436000,1,\n"
                            "LS6 3AB,,LS6 3AB,198001,202001,428000,436000,1,\n"
                            "LS6 3AD,,LS6 3AD,198001,,,,9,\n"
                            "LS6 3AE,,LS6 3AE,198001,,0,0,9,\n"
                            "LS6 3AF,,LS6 3AF,198001,,,,1,\n"
                            "BT1 1AA,,BT1 1AA,198001,,333000,374000,1,\n" /* the Irish grid's */
                            "JE2 3AA,,JE2 3AA,198001,,,,9,\n"
                            "GY1 1AA,,GY1 1AA,198001,,365000,5400000,1,\n"
                            "LS6 3AG,,LS6 3AG,198001,,700000,436000,1,\n"
                            "LS6 3AH,,LS6 3AH,198001,,428000,1300000,1,\n"
                            "LS6 3AJ,,LS6 3AJ,198001,,-5,436000,1,\n"
                            "IM1 1AA,,IM1 1AA,198001,,238000,476000,1,\n"
                            "LS6 3AK,,LS6 3AK,198001,,699999,1299999,1,\n");
    const struct gazetteer_tally *t = &source.tally;
    assert_true(t->rows == 13 && t->taken == 4 && t->no_reference == 3 && t->other_grid == 3);
    assert_true(t->outside == 3 && t->malformed == 0);
    struct gazetteer *g = opened(fixture);
    struct gazetteer_unit unit;
    unit_is(g, "LS6 3AB", 428000, 436000, "2020-01");
    unit_is(g, "LS6 3AK", 699999, 1299999, "");
    unit_is(g, "IM1 1AA", 238000, 476000, "");
    assert_false(has_unit(g, "LS6 3AD", &unit));
    assert_false(has_unit(g, "BT1 1AA", &unit));
    gazetteer_close(g);
}

/* `bad` rows among `good` ones, the bad ones from line 12 on. */
static char *with_bad_rows(size_t good, size_t bad)
{
    struct buf text = {0};
    buf_text(&text, ONSPD_HEAD);
    for (size_t i = 0; i < good + bad; i++) {
        if (i >= 10 && i < 10 + bad) {
            buf_text(&text, "?,,nonsense,1,,1,1,1,\n");
        } else {
            buf_format(&text, ",,AB1 1%c%c,198001,,428000,436000,1,\n", (int)('A' + i / 26),
                       (int)('A' + i % 26));
        }
    }
    buf_u8(&text, 0);
    return (char *)text.data;
}

static void malformed_rows_are_named_and_too_many_refused(void **state)
{
    const struct fixture *fixture = *state;
    char *some = with_bad_rows(90, 10), *many = with_bad_rows(89, 11);
    struct gazetteer_source source = imported(fixture, some);
    assert_true(source.tally.malformed == 10 && source.tally.taken == 90);
    assert_int_equal(source.tally.problem_count, GAZETTEER_PROBLEMS);
    assert_int_equal(source.tally.problems[0].line, 12);
    assert_int_equal(source.tally.problems[4].line, 16);
    assert_string_equal(source.tally.problems[0].text, "'nonsense' is not a postcode");
    not_imported(fixture, many, "11 of 100 rows are malformed, the first on line 12");
    not_imported(fixture, many, "does not look like ONS Postcode Directory");
    free(some);
    free(many);
}

static void what_is_malformed_in_a_row(void **state)
{
    const struct fixture *fixture = *state;
    static const struct {
        const char *row, *says;
    } cases[] = {
        {",,LS6 3,198001,,428000,436000,1,", "'LS6 3' is not a postcode"},
        {",,LS6 3AA,198001,,4280O0,436000,1,", "'4280O0' is not an easting in metres"},
        {",,LS6 3AA,198001,,428000,,1,", "'' is not a northing in metres"},
        {",,LS6 3AA,198001,20201,428000,436000,1,", "'20201' is not the month of an end (yyyymm)"},
        {",,LS6 3AA,198001,,9999999999,436000,1,", "'9999999999' is not an easting in metres"},
        {",,LS6 3AA", "" /* a short row has no reference */},
        {",,\"LS6\x1b[2J\",,,,,1,", "'LS6?[2J' is not a postcode"},
        {",,\"LS6\n3AA\",,,,,1,", "'LS6?3AA' is not a postcode"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *good = with_bad_rows(20, 0);
        char *text = mem_format("%s%s\n,,AB1 1ZZ,198001,,428000,436000,1,\n", good, cases[i].row);
        struct gazetteer_source source = imported(fixture, text);
        bool bad = cases[i].says[0] != '\0';
        assert_int_equal(source.tally.malformed, bad);
        assert_int_equal(source.tally.taken, 21);
        if (bad) assert_int_equal(source.tally.problems[0].line, 22);
        if (bad) assert_string_equal(source.tally.problems[0].text, cases[i].says);
        free(good);
        free(text);
    }
}

static void lines_are_counted_as_an_editor_does(void **state)
{
    const struct fixture *fixture = *state;
    static const char *const ends[] = {"\n", "\r\n", "\r"};
    for (size_t i = 0; i < 3; i++) {
        struct buf text = {0};
        const char *end = ends[i];
        buf_format(&text, "code,easting,northing,note%s", end);
        for (int row = 0; row < 20; row++) buf_format(&text, "LS%d,1,1,x%s", row + 10, end);
        buf_format(&text, "%s%sLS6,1,1,\"two%slines\"%sbad,1,1,x%s", end, end, "\n", end, end);
        buf_u8(&text, 0);
        struct gazetteer_source source = imported(fixture, (const char *)text.data);
        assert_int_equal(source.tally.malformed, 1);
        assert_int_equal(source.tally.problems[0].line, 26);
        buf_free(&text);
    }
}

static void code_point_open_is_read_without_headings(void **state)
{
    const struct fixture *fixture = *state;
    struct gazetteer_source source = imported(
        fixture, "\"LS63AA\",10,428000,436000,\"E92000001\",\"E19000001\",\"E18000002\",\"\","
                 "\"E08000035\",\"E05011404\"\n"
                 "\"LS6 3AB\",10,428300,436600,\"E92000001\",,,,,\n"
                 "\"LS6 3AD\",90,0,0,\"E92000001\",,,,,\n");
    assert_int_equal(source.kind, FILE_CODE_POINT);
    assert_true(source.tally.rows == 3 && source.tally.taken == 2);
    assert_int_equal(source.tally.no_reference, 1);
    struct gazetteer *g = opened(fixture);
    unit_is(g, "LS6 3AA", 428000, 436000, "");
    area_is(g, "LS6 3", 428150, 436300, POINT_LIVE, 2, 0);
    gazetteer_close(g);
    source = imported(fixture, "Postcode,Positional_quality_indicator,Eastings,Northings\n"
                               "LS6 3AX,10,1,2\n");
    assert_int_equal(source.kind, FILE_CODE_POINT);
}

#define NAMES_TAIL ",,,,,LS6,,,,,Leeds,,,West Yorkshire,,,Yorkshire and the Humber,,England,,,,\n"

static void open_names_gives_populated_places(void **state)
{
    const struct fixture *fixture = *state;
    struct gazetteer_source source = imported(
        fixture,
        "osgb1,http://x,Headingley,,,,populatedPlace,Suburban Area,427900.4,435999.6,1," NAMES_TAIL
        "osgb2,http://x,Otley Road,,,,transportNetwork,Named Road,427900,436000,1," NAMES_TAIL
        "osgb3,http://x,LS6 3AA,,,,other,Postcode,427900,436000,1," NAMES_TAIL
        "osgb4,http://x,Abertawe,cym,Swansea,eng,populatedPlace,City,265000,193000,1," NAMES_TAIL
        "osgb5,http://x,Nowhere,,,,populatedPlace,Moon Base,800000,193000,1," NAMES_TAIL);
    const struct gazetteer_tally *t = &source.tally;
    assert_int_equal(source.kind, FILE_OPEN_NAMES);
    assert_true(t->rows == 5 && t->taken == 2 && t->other_type == 2 && t->outside == 1);
    struct gazetteer *g = opened(fixture);
    struct gazetteer_place *places = NULL;
    size_t count = 0;
    struct err err = {0};
    assert_true(gazetteer_places(g, "HEADINGLEY", &places, &count, &err));
    assert_int_equal(count, 1);
    assert_int_equal(places[0].at.east, 427900);
    assert_int_equal(places[0].at.north, 436000);
    assert_string_equal(places[0].district, "Leeds");
    assert_string_equal(places[0].county, "West Yorkshire");
    assert_string_equal(places[0].region, "Yorkshire and the Humber");
    assert_string_equal(places[0].outward, "LS6");
    free(places);
    static const char *const both[] = {"abertawe", "swansea"};
    for (size_t i = 0; i < 2; i++) {
        assert_true(gazetteer_places(g, both[i], &places, &count, &err));
        assert_int_equal(count, 1);
        assert_int_equal(places[0].kind, PLACE_CITY);
        free(places);
    }
    gazetteer_close(g);
}

static void other_files_are_refused(void **state)
{
    const struct fixture *fixture = *state;
    not_imported(fixture, "a,b,c\n1,2,3\n", "does not look like the ONS Postcode Directory");
    not_imported(fixture, "", "has no rows");
    not_imported(fixture, "\xef\xbb\xbf", "has no rows");
    not_imported(fixture, "\n\n\n", "has no rows");
    not_imported(fixture, "pcds,doterm,lat\nLS6 3AA,,5\n",
                 "without the column 'oseast1m' or 'east1m'");
    not_imported(fixture, "pcd,oseast1m,osnrth1m\nLS6 3AA,1,1\n", "without the column 'doterm'");
    not_imported(fixture, ONSPD_HEAD, "has no rows");
    not_imported(fixture, ONSPD_HEAD ",,BT1 1AA,198001,,1,1,1,\n", "no row of it lies on");
    not_imported(fixture, ONSPD_HEAD ",,LS6 3AA,198001,,1,1,\"1,\n", "quoted field never ends");
    char *long_field = mem_array(GAZETTEER_FIELD_MAX + 100, 1);
    memset(long_field, 'x', GAZETTEER_FIELD_MAX + 90);
    not_imported(fixture, long_field, "longer than 4096 bytes");
    free(long_field);
    char *commas = mem_array(GAZETTEER_COLUMNS_MAX + 100, 1);
    memset(commas, ',', GAZETTEER_COLUMNS_MAX + 10);
    not_imported(fixture, commas, "more than 256 columns");
    free(commas);
    assert_false(file_exists(fixture->store));
}

static void refused_paths(const struct fixture *fixture, const char *path, enum err_code code,
                          const char *says)
{
    struct gazetteer_report report = {0};
    struct err err = {0};
    assert_false(import_paths(fixture, &path, 1, false, &report, &err));
    assert_int_equal(err.code, code);
    if (!strstr(err.text, says)) fail_msg("%s", err.text);
    gazetteer_report_free(&report);
}

/* ---- directories and ZIP files ---- */

static const char CODE_POINT_ROW[] = "\"LS63AA\",10,428000,436000,E,,,,,\n";

static void directories_are_read_through(void **state)
{
    const struct fixture *fixture = *state;
    struct err err = {0};
    char *deep = file_join(fixture->dir, "cpo/Data/CSV"), *doc = file_join(fixture->dir, "cpo/Doc");
    assert_true(file_make_dirs(deep, 0700, &err) && file_make_dirs(doc, 0700, &err));
    free(file_of(fixture, "cpo/Data/CSV/ls.csv", CODE_POINT_ROW));
    free(file_of(fixture, "cpo/Data/CSV/bd.CSV", "\"BD11AA\",10,416000,433000,E,,,,,\n"));
    free(file_of(fixture, "cpo/Data/CSV/notes.txt", "anything"));
    free(file_of(fixture, "cpo/Doc/Code-Point_Open_Column_Headers.csv",
                 "PC,PQ,EA,NO,CY,RH,LH,CC,DC,WC\n"
                 "Postcode,Positional_quality_indicator,Eastings,Northings,a,b,c,d,e,f\n"));
    free(file_of(fixture, "cpo/Doc/guide.csv", "County,Code\nYork,1\n"));
    char *path = file_join(fixture->dir, "cpo/");
    const char *const paths[] = {path};
    struct gazetteer_report report = {0};
    if (!import_paths(fixture, paths, 1, false, &report, &err)) fail_msg("%s", err.text);
    assert_int_equal(report.count, 1);
    assert_true(report.sources[0].files == 2 && report.sources[0].tally.taken == 2);
    assert_true(report.files_left_out == 2);
    assert_string_equal(report.sources[0].name, "cpo");
    gazetteer_report_free(&report);
    free(path);
    free(deep);
    path = file_join(fixture->dir, "cpo/Doc");
    refused_paths(fixture, path, ERR_INVALID, "none of the 2 CSV files is");
    free(path);
    path = file_join(fixture->dir, "nothing");
    refused_paths(fixture, path, ERR_NOT_FOUND, "No such file");
    free(path);
    refused_paths(fixture, "/dev/null", ERR_INVALID, "neither a file nor a directory");
    refused_paths(fixture, "-", ERR_INVALID, "standard input");
    free(doc);
}

struct member {
    const char *name, *text;
    size_t len; /* 0: of the text */
};

static char *zip_of(const struct fixture *fixture, const struct member *members, size_t count)
{
    char *path = file_join(fixture->dir, "data.zip");
    (void)unlink(path);
    int code = 0;
    zip_t *archive = zip_open(path, ZIP_CREATE | ZIP_EXCL, &code);
    assert_non_null(archive);
    for (size_t i = 0; i < count; i++) {
        size_t len = members[i].len ? members[i].len : strlen(members[i].text);
        zip_source_t *source = zip_source_buffer(archive, members[i].text, len, 0);
        assert_non_null(source);
        assert_true(zip_file_add(archive, members[i].name, source, 0) >= 0);
    }
    assert_int_equal(zip_close(archive), 0);
    return path;
}

static void zips_are_read_as_published(void **state)
{
    const struct fixture *fixture = *state;
    static const char whole[] = ONSPD_HEAD "LS6 3AA,,LS6 3AA,198001,,428000,436000,1,\n"
                                           "BD1 1AA,,BD1 1AA,198001,,416000,433000,1,\n";
    static const char part[] = ONSPD_HEAD "LS6 3AA,,LS6 3AA,198001,,428000,436000,1,\n";
    static const struct member onspd[] = {{"Data/ONSPD_UK.csv", whole, 0},
                                          {"Data/multi_csv/ONSPD_UK_LS.csv", part, 0},
                                          {"Documents/Region names.csv", "RGN,NAME\nE1,North\n", 0},
                                          {"User Guide/guide.pdf", "%PDF", 0}};
    char *path = zip_of(fixture, onspd, 4);
    const char *const paths[] = {path};
    struct gazetteer_report report = {0};
    struct err err = {0};
    if (!import_paths(fixture, paths, 1, false, &report, &err)) fail_msg("%s", err.text);
    assert_true(report.count == 1 && report.sources[0].files == 1);
    assert_true(report.sources[0].tally.rows == 2 && report.files_left_out == 1);
    assert_string_equal(report.sources[0].name, "data.zip");
    gazetteer_report_free(&report);
    free(path);
    path = zip_of(fixture, onspd + 1, 1); /* the parts alone are read */
    report = (struct gazetteer_report){0};
    const char *const parts[] = {path};
    assert_true(import_paths(fixture, parts, 1, false, &report, &err));
    assert_int_equal(report.sources[0].tally.rows, 1);
    gazetteer_report_free(&report);
    free(path);
    path = zip_of(fixture, onspd + 3, 1);
    refused_paths(fixture, path, ERR_INVALID, "holds no CSV file");
    free(path);
}

/* 64 MiB of one character in a few kilobytes, and a ZIP that is cut or changed. */
static void zips_that_are_no_data_are_refused(void **state)
{
    const struct fixture *fixture = *state;
    enum { BOMB = 64 << 20 };
    char *zeros = mem_array(BOMB, 1);
    memset(zeros, '0', BOMB);
    const struct member bomb[] = {{"bomb.csv", zeros, BOMB}};
    char *path = zip_of(fixture, bomb, 1);
    refused_paths(fixture, path, ERR_INVALID, "none of the 1 CSV files");
    free(zeros);
    struct err err = {0};
    struct buf bytes = {0};
    assert_true(file_read(path, 1 << 20, &bytes, &err));
    for (size_t len = 4; len < bytes.len; len += bytes.len / 7) {
        assert_true(file_write(path, bytes.data, len, 0600, &err));
        refused_paths(fixture, path, ERR_CORRUPT, "ZIP");
    }
    /* The size that the directory at the end declares: 5 GiB do not fit. */
    for (size_t i = bytes.len - 1; i > 0; i--) {
        if (bytes.data[i] == 1 && bytes.data[i + 1] == 2 && bytes.data[i - 2] == 'P') {
            memset(bytes.data + i + 22, 0xf0, 4);
            break;
        }
    }
    assert_true(file_write(path, bytes.data, bytes.len, 0600, &err));
    struct gazetteer_report report = {0};
    const char *const paths[] = {path};
    assert_false(import_paths(fixture, paths, 1, false, &report, &err));
    gazetteer_report_free(&report);
    buf_free(&bytes);
    free(path);
    assert_false(file_exists(fixture->store));
}

/* Three small files whose directory declares 3.8 GiB each. */
static void zips_that_declare_too_much_are_refused(void **state)
{
    const struct fixture *fixture = *state;
    const struct member members[] = {
        {"a.csv", CODE_POINT_ROW, 0}, {"b.csv", CODE_POINT_ROW, 0}, {"c.csv", CODE_POINT_ROW, 0}};
    char *path = zip_of(fixture, members, 3);
    struct err err = {0};
    struct buf bytes = {0};
    size_t changed = 0;
    assert_true(file_read(path, 1 << 20, &bytes, &err));
    for (size_t i = 0; i + 46 < bytes.len; i++) {
        if (strncmp((const char *)bytes.data + i, "PK\x01\x02", 4) != 0) continue;
        memset(bytes.data + i + 24, 0xf0, 4); /* size before compression */
        changed++;
    }
    assert_int_equal(changed, 3);
    assert_true(file_write(path, bytes.data, bytes.len, 0600, &err));
    refused_paths(fixture, path, ERR_BUDGET, "unpacks to more than 8 GiB");
    buf_free(&bytes);
    free(path);
}

/* As it comes from a disk or a ZIP: what is cut between two pieces is read as if it were not. */
static void pieces_of_any_size_give_the_same(void **state)
{
    (void)state;
    static const char text[] = "\xef\xbb\xbfpcds,doterm,oseast1m,osnrth1m,osgrdind\r\n"
                               "\"LS6 3AA\",\"\",\"428000\",\"0436000\",\"1\"\r\n"
                               "LS6 3AB,201905,428300,436600,1\r\nbad\r\n\"LS6 3\"\"AD\",,1,1,1\r\n"
                               "LS6 3AE,,1,1,1\r\nLS6 3AF,,1,1,1\r\nLS6 3AG,,1,1,1";
    for (size_t piece = 1; piece < sizeof text; piece++) {
        struct gazetteer_batch batch = {0};
        struct gazetteer_file *file = gazetteer_file_new(&batch);
        struct err err = {0};
        for (size_t at = 0; at < sizeof text - 1; at += piece) {
            size_t left = sizeof text - 1 - at;
            assert_true(gazetteer_file_feed(file, text + at, left < piece ? left : piece, &err));
        }
        assert_false(gazetteer_file_end(file, &err)); /* 2 of 7 are malformed */
        const struct gazetteer_tally *tally = gazetteer_file_tally(file);
        assert_true(tally->rows == 7 && tally->taken == 5 && tally->malformed == 2);
        assert_true(tally->problems[0].line == 4 && tally->problems[1].line == 5);
        assert_string_equal(tally->problems[1].text, "'LS6 3\"AD' is not a postcode");
        gazetteer_file_free(file);
        batch_free(&batch);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXED(every_edition_of_onspd_is_read),
        FIXED(rows_without_a_place_on_the_grid_are_counted),
        FIXED(malformed_rows_are_named_and_too_many_refused),
        FIXED(what_is_malformed_in_a_row),
        FIXED(lines_are_counted_as_an_editor_does),
        FIXED(code_point_open_is_read_without_headings),
        FIXED(open_names_gives_populated_places),
        FIXED(other_files_are_refused),
        FIXED(directories_are_read_through),
        FIXED(zips_are_read_as_published),
        FIXED(zips_that_are_no_data_are_refused),
        FIXED(zips_that_declare_too_much_are_refused),
        cmocka_unit_test(pieces_of_any_size_give_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
