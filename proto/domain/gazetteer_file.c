/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/domain/gazetteer_file.h"

#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "proto/base/mem.h"
#include "proto/base/text.h"
#include "proto/domain/gazetteer_layout.h"
#include "proto/domain/shown.h"

/* ONSPD's and Code-Point Open's marks for "no grid reference", and how many in a hundred rows may
 * be malformed. */
enum { ONSPD_NO_REFERENCE = 9, CODE_POINT_NO_REFERENCE = 90, MALFORMED_PERCENT = 10 };

struct gazetteer_file {
    struct gazetteer_batch *batch;
    struct gazetteer_csv *csv;
    struct gazetteer_layout layout;
    struct gazetteer_tally tally;
    bool recognised;
};

static const char *field(const struct gazetteer_file *file, const struct gazetteer_row *row,
                         enum gazetteer_column column)
{
    int at = file->layout.columns[column];
    return at >= 0 && (size_t)at < row->count ? row->fields[at] : "";
}

/* Counts a malformed row; returns true, because the reading goes on. */
static bool malformed(struct gazetteer_file *file, const struct gazetteer_row *row,
                      const char *what, const char *value)
{
    struct gazetteer_tally *tally = &file->tally;
    char text[SHOWN_MAX];
    tally->malformed++;
    if (tally->problem_count == GAZETTEER_PROBLEMS) return true;
    struct gazetteer_problem *problem = &tally->problems[tally->problem_count++];
    problem->line = row->line;
    (void)snprintf(problem->text, sizeof problem->text, "'%s' is not %s", shown(value, text), what);
    return true;
}

/* Counts what became of a row; returns true, because the reading goes on. */
static bool counted(uint64_t *counter)
{
    (*counter)++;
    return true;
}

static bool too_much(struct err *err)
{
    return err_set(err, ERR_BUDGET, "", "more entries than a gazetteer of Great Britain can have");
}

/* ---- points ---- */

enum point_state { POINT_GOOD, POINT_NONE, POINT_OUTSIDE, POINT_WRONG_EAST, POINT_WRONG_NORTH };

static enum point_state read_point(const char *east, const char *north, struct grid_point *out)
{
    if (!*east && !*north) return POINT_NONE;
    if (!gazetteer_metres(east, &out->east)) return POINT_WRONG_EAST;
    if (!gazetteer_metres(north, &out->north)) return POINT_WRONG_NORTH;
    if (out->east == 0 && out->north == 0) return POINT_NONE;
    return grid_contains(*out) ? POINT_GOOD : POINT_OUTSIDE;
}

/* True where the row has a good point; else it is counted as what it is. */
static bool take_point(struct gazetteer_file *file, const struct gazetteer_row *row,
                       struct grid_point *out)
{
    const char *east = field(file, row, COLUMN_EAST), *north = field(file, row, COLUMN_NORTH);
    switch (read_point(east, north, out)) {
    case POINT_GOOD: return true;
    case POINT_NONE: file->tally.no_reference++; break;
    case POINT_OUTSIDE: file->tally.outside++; break;
    case POINT_WRONG_EAST: (void)malformed(file, row, "an easting in metres", east); break;
    case POINT_WRONG_NORTH: (void)malformed(file, row, "a northing in metres", north); break;
    }
    return false;
}

/* ---- rows with postcodes ---- */

static bool on_other_grid(const struct postcode *code)
{
    const char *area = code->outward;
    return strncmp(area, "BT", 2) == 0 || strncmp(area, "JE", 2) == 0 ||
           strncmp(area, "GY", 2) == 0;
}

static bool without_reference(const struct gazetteer_file *file, const struct gazetteer_row *row)
{
    int32_t quality = 0;
    int32_t none = file->layout.kind == FILE_ONSPD ? ONSPD_NO_REFERENCE : CODE_POINT_NO_REFERENCE;
    return gazetteer_metres(field(file, row, COLUMN_QUALITY), &quality) && quality == none;
}

static bool take_unit(struct gazetteer_file *file, const struct gazetteer_row *row, struct err *err)
{
    struct gazetteer_unit unit = {0};
    struct postcode code;
    const char *text = field(file, row, COLUMN_CODE), *ended = field(file, row, COLUMN_ENDED);
    if (!postcode_parse(text, &code) || postcode_kind(&code) != POSTCODE_UNIT) {
        return malformed(file, row, "a postcode", text);
    }
    if (on_other_grid(&code)) return counted(&file->tally.other_grid);
    if (without_reference(file, row)) return counted(&file->tally.no_reference);
    if (*ended && !gazetteer_month_parse(ended, &unit.ended)) {
        return malformed(file, row, "the month of an end (yyyymm)", ended);
    }
    if (!take_point(file, row, &unit.at)) return true;
    if (!batch_add_unit(file->batch, &code, &unit)) return too_much(err);
    return counted(&file->tally.taken);
}

static bool take_area(struct gazetteer_file *file, const struct gazetteer_row *row, struct err *err)
{
    struct postcode code;
    struct grid_point at;
    const char *text = field(file, row, COLUMN_CODE);
    if (!postcode_parse(text, &code) || postcode_kind(&code) == POSTCODE_UNIT) {
        return malformed(file, row, "a postcode sector or district", text);
    }
    if (on_other_grid(&code)) return counted(&file->tally.other_grid);
    if (!take_point(file, row, &at)) return true;
    if (!batch_add_area(file->batch, &code, at)) return too_much(err);
    return counted(&file->tally.taken);
}

/* ---- rows with places ---- */

static enum gazetteer_place_kind place_kind(const char *local_type)
{
    static const struct {
        const char *text;
        enum gazetteer_place_kind kind;
    } known[] = {{"City", PLACE_CITY},
                 {"Town", PLACE_TOWN},
                 {"Suburban Area", PLACE_SUBURB},
                 {"Village", PLACE_VILLAGE},
                 {"Hamlet", PLACE_HAMLET}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcasecmp(local_type, known[i].text) == 0) return known[i].kind;
    }
    return PLACE_SETTLEMENT;
}

/* Ordnance Survey's ids are text; eight bytes of a hash are as good and shorter. */
static uint64_t id_number(const char *id)
{
    uint8_t hash[crypto_generichash_BYTES_MIN];
    uint64_t number = 0;
    (void)crypto_generichash(hash, sizeof hash, (const uint8_t *)id, strlen(id), NULL, 0);
    for (size_t i = 0; i < 8; i++) number = number << 8 | hash[i];
    return number;
}

static bool printable(const char *text)
{
    return text_is_printable_utf8(text, strlen(text));
}

static bool fill_place(struct gazetteer_file *file, const struct gazetteer_row *row,
                       struct gazetteer_place *place)
{
    static const enum gazetteer_column texts[] = {COLUMN_NAME1, COLUMN_NAME2, COLUMN_DISTRICT,
                                                  COLUMN_COUNTY, COLUMN_REGION};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const char *text = field(file, row, texts[i]);
        if (!printable(text)) return !malformed(file, row, "UTF-8 text", text);
    }
    if (!take_point(file, row, &place->at)) return false;
    place->id = id_number(field(file, row, COLUMN_ID));
    place->kind = place_kind(field(file, row, COLUMN_LOCAL_TYPE));
    text_copy_cut(place->district, sizeof place->district, field(file, row, COLUMN_DISTRICT));
    text_copy_cut(place->county, sizeof place->county, field(file, row, COLUMN_COUNTY));
    text_copy_cut(place->region, sizeof place->region, field(file, row, COLUMN_REGION));
    struct postcode code;
    if (postcode_parse(field(file, row, COLUMN_OUTWARD), &code)) {
        memcpy(place->outward, code.outward, sizeof place->outward);
    }
    return true;
}

/* A place with a second name (Welsh, Gaelic) is found under both. */
static bool take_place(struct gazetteer_file *file, const struct gazetteer_row *row,
                       struct err *err)
{
    const char *type = field(file, row, COLUMN_TYPE);
    const char *names[2] = {field(file, row, COLUMN_NAME1), field(file, row, COLUMN_NAME2)};
    struct gazetteer_place place = {0};
    if (strcasecmp(type, "populatedPlace") != 0) {
        if (row->count < 10) return malformed(file, row, "a row of OS Open Names", type);
        return counted(&file->tally.other_type);
    }
    if (!*names[0]) return malformed(file, row, "the name of a place", names[0]);
    if (!fill_place(file, row, &place)) return true;
    for (size_t i = 0; i < 2; i++) {
        if (!*names[i]) continue;
        text_copy_cut(place.name, sizeof place.name, names[i]);
        if (!batch_add_place(file->batch, &place)) return too_much(err);
    }
    return counted(&file->tally.taken);
}

/* ---- the file ---- */

static bool take_row(const struct gazetteer_row *row, void *ctx, struct err *err)
{
    struct gazetteer_file *file = ctx;
    if (!file->recognised) {
        if (!gazetteer_layout_find(row, &file->layout, err)) return false;
        file->recognised = true;
        gazetteer_csv_keep(file->csv, file->layout.columns, COLUMNS);
        if (file->layout.heading) return true;
    }
    file->tally.rows++;
    switch (file->layout.kind) {
    case FILE_ONSPD:
    case FILE_CODE_POINT: return take_unit(file, row, err);
    case FILE_AREAS: return take_area(file, row, err);
    case FILE_OPEN_NAMES: return take_place(file, row, err);
    case FILE_UNKNOWN:
    case FILE_KINDS: break;
    }
    REQUIRE(false && "a recognised file has a kind");
    return false;
}

struct gazetteer_file *gazetteer_file_new(struct gazetteer_batch *batch)
{
    struct gazetteer_file *file = mem_new(struct gazetteer_file);
    file->batch = batch;
    file->csv = gazetteer_csv_new(take_row, file);
    return file;
}

void gazetteer_file_free(struct gazetteer_file *file)
{
    if (!file) return;
    gazetteer_csv_free(file->csv);
    free(file);
}

bool gazetteer_file_feed(struct gazetteer_file *file, const void *data, size_t len, struct err *err)
{
    return gazetteer_csv_feed(file->csv, data, len, err);
}

bool gazetteer_file_end(struct gazetteer_file *file, struct err *err)
{
    const struct gazetteer_tally *tally = &file->tally;
    if (!gazetteer_csv_end(file->csv, err)) return false;
    if (tally->malformed * 100 <= tally->rows * MALFORMED_PERCENT) return true;
    const struct gazetteer_problem *first = &tally->problems[0];
    return err_set(err, ERR_INVALID, "",
                   "this does not look like %s: %llu of %llu rows are malformed, the first on line "
                   "%u (%s)",
                   gazetteer_file_kind_label(file->layout.kind),
                   (unsigned long long)tally->malformed, (unsigned long long)tally->rows,
                   (unsigned)first->line, first->text);
}

enum gazetteer_file_kind gazetteer_file_kind(const struct gazetteer_file *file)
{
    return file->layout.kind;
}

const struct gazetteer_tally *gazetteer_file_tally(const struct gazetteer_file *file)
{
    return &file->tally;
}
