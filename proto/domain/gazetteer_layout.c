/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/domain/gazetteer_layout.h"

#include <string.h>
#include <strings.h>

enum { NAMES_MAX = 6, OPEN_NAMES_COLUMNS = 34, CODE_POINT_COLUMNS = 10 };

/* Headings of all editions, the best first where a file has several of them. */
struct heading {
    enum gazetteer_column column;
    bool needed;
    const char *names[NAMES_MAX];
};

/* The columns were renamed in 2025: oseast1m to east1m and so on. */
static const struct heading ONSPD[] = {
    {COLUMN_CODE, true, {"pcds", "pcd8", "pcd7", "pcd2", "pcd"}},
    {COLUMN_EAST, true, {"oseast1m", "east1m"}},
    {COLUMN_NORTH, true, {"osnrth1m", "north1m"}},
    {COLUMN_QUALITY, false, {"osgrdind", "gridind"}},
    {COLUMN_ENDED, true, {"doterm"}},
};
static const struct heading AREAS[] = {
    {COLUMN_CODE, true, {"code", "sector", "district", "postcode_sector", "postcode_district"}},
    {COLUMN_EAST, true, {"easting", "eastings"}},
    {COLUMN_NORTH, true, {"northing", "northings"}},
};
static const struct heading CODE_POINT[] = {
    {COLUMN_CODE, true, {"postcode", "pc"}},
    {COLUMN_EAST, true, {"eastings", "easting", "ea"}},
    {COLUMN_NORTH, true, {"northings", "northing", "no"}},
    {COLUMN_QUALITY, false, {"positional_quality_indicator", "pq"}},
};
static const struct heading OPEN_NAMES[] = {
    {COLUMN_ID, true, {"id"}},
    {COLUMN_NAME1, true, {"name1"}},
    {COLUMN_NAME2, false, {"name2"}},
    {COLUMN_TYPE, true, {"type"}},
    {COLUMN_LOCAL_TYPE, true, {"local_type"}},
    {COLUMN_EAST, true, {"geometry_x"}},
    {COLUMN_NORTH, true, {"geometry_y"}},
    {COLUMN_OUTWARD, false, {"postcode_district"}},
    {COLUMN_DISTRICT, false, {"district_borough"}},
    {COLUMN_COUNTY, false, {"county_unitary"}},
    {COLUMN_REGION, false, {"region"}},
};

#define COUNT(array) (sizeof(array) / sizeof *(array))
static const struct known {
    enum gazetteer_file_kind kind;
    const struct heading *headings;
    size_t count;
} KNOWN[] = {
    {FILE_ONSPD, ONSPD, COUNT(ONSPD)},
    {FILE_OPEN_NAMES, OPEN_NAMES, COUNT(OPEN_NAMES)},
    {FILE_CODE_POINT, CODE_POINT, COUNT(CODE_POINT)},
    {FILE_AREAS, AREAS, COUNT(AREAS)},
};
enum { KINDS_KNOWN = sizeof KNOWN / sizeof *KNOWN };

static int find_heading(const struct gazetteer_row *row, const struct heading *heading)
{
    for (size_t n = 0; n < NAMES_MAX && heading->names[n]; n++) {
        for (size_t i = 0; i < row->count; i++) {
            if (strcasecmp(row->fields[i], heading->names[n]) == 0) return (int)i;
        }
    }
    return -1;
}

static void no_columns(struct gazetteer_layout *layout, enum gazetteer_file_kind kind)
{
    *layout = (struct gazetteer_layout){.kind = kind};
    for (size_t i = 0; i < COLUMNS; i++) layout->columns[i] = -1;
}

/* Fills the layout; returns the first needed heading that is missing. */
static const struct heading *match(const struct gazetteer_row *row, const struct known *known,
                                   struct gazetteer_layout *out)
{
    const struct heading *missing = NULL;
    no_columns(out, known->kind);
    out->heading = true;
    for (size_t i = 0; i < known->count; i++) {
        const struct heading *heading = &known->headings[i];
        out->columns[heading->column] = find_heading(row, heading);
        if (out->columns[heading->column] < 0 && heading->needed && !missing) missing = heading;
    }
    return missing;
}

/* The two that come without a heading: OS puts the headings into a file of their own. */
static bool is_code_point(const struct gazetteer_row *row)
{
    struct postcode code;
    int32_t number = 0;
    if (row->count != CODE_POINT_COLUMNS || !postcode_parse(row->fields[0], &code)) return false;
    for (size_t i = 1; i <= 3; i++) {
        if (!gazetteer_metres(row->fields[i], &number)) return false;
    }
    return postcode_kind(&code) == POSTCODE_UNIT;
}

static bool is_open_names(const struct gazetteer_row *row)
{
    int32_t number = 0;
    return row->count == OPEN_NAMES_COLUMNS && gazetteer_metres(row->fields[8], &number) &&
           gazetteer_metres(row->fields[9], &number) && row->fields[6][0] != '\0';
}

static void code_point_columns(struct gazetteer_layout *out)
{
    no_columns(out, FILE_CODE_POINT);
    out->columns[COLUMN_CODE] = 0;
    out->columns[COLUMN_QUALITY] = 1;
    out->columns[COLUMN_EAST] = 2;
    out->columns[COLUMN_NORTH] = 3;
}

static void open_names_columns(struct gazetteer_layout *out)
{
    no_columns(out, FILE_OPEN_NAMES);
    out->columns[COLUMN_ID] = 0;
    out->columns[COLUMN_NAME1] = 2;
    out->columns[COLUMN_NAME2] = 4;
    out->columns[COLUMN_TYPE] = 6;
    out->columns[COLUMN_LOCAL_TYPE] = 7;
    out->columns[COLUMN_EAST] = 8;
    out->columns[COLUMN_NORTH] = 9;
    out->columns[COLUMN_OUTWARD] = 16;
    out->columns[COLUMN_DISTRICT] = 21;
    out->columns[COLUMN_COUNTY] = 24;
    out->columns[COLUMN_REGION] = 27;
}

static bool unknown(struct gazetteer_layout *out, struct err *err)
{
    no_columns(out, FILE_UNKNOWN);
    return err_set(err, ERR_INVALID, "",
                   "this does not look like the ONS Postcode Directory, Code-Point Open, OS Open "
                   "Names, or a list of postcode sectors or districts (code,easting,northing)");
}

bool gazetteer_layout_find(const struct gazetteer_row *first, struct gazetteer_layout *out,
                           struct err *err)
{
    for (size_t i = 0; i < KINDS_KNOWN; i++) {
        if (!match(first, &KNOWN[i], out)) return true;
    }
    if (is_code_point(first)) {
        code_point_columns(out);
        return true;
    }
    if (is_open_names(first)) {
        open_names_columns(out);
        return true;
    }
    const struct heading *missing = match(first, &KNOWN[0], out);
    if (out->columns[COLUMN_CODE] < 0) return unknown(out, err);
    return err_set(err, ERR_INVALID, "",
                   "a file with postcodes of ONS, but without the column '%s'%s%s%s that the ONS "
                   "Postcode Directory has",
                   missing->names[0], missing->names[1] ? " or '" : "",
                   missing->names[1] ? missing->names[1] : "", missing->names[1] ? "'" : "");
}

bool gazetteer_metres(const char *text, int32_t *out)
{
    enum { DIGITS_MAX = 9 };
    bool negative = *text == '-';
    const char *p = text + negative;
    int32_t value = 0;
    size_t digits = 0;
    for (; *p >= '0' && *p <= '9'; p++, digits++) {
        if (digits == DIGITS_MAX) return false;
        value = value * 10 + (*p - '0');
    }
    if (digits == 0) return false;
    if (*p == '.') {
        if (p[1] >= '5' && p[1] <= '9') value++;
        p++;
        while (*p >= '0' && *p <= '9') p++;
    }
    if (*p != '\0') return false;
    *out = negative ? -value : value;
    return true;
}
