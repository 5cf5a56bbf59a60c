/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/carer_text.h"

#include <string.h>

#include "proto/base/clock.h"
#include "proto/base/csv_cell.h"
#include "proto/domain/postcode.h"

static void separate(struct buf *out, size_t start)
{
    if (out->len > start) buf_text(out, ";");
}

void carer_ages(const struct profile *profile, struct buf *out)
{
    size_t start = out->len;
    for (int age = 0; age <= AGE_MAX; age++) {
        if (!(profile->ages >> age & 1)) continue;
        int last = age;
        while (last < AGE_MAX && (profile->ages >> (last + 1) & 1)) last++;
        separate(out, start);
        buf_format(out, "%d", age);
        if (last > age) buf_format(out, "-%d", last);
        age = last;
    }
    if (profile->ages >> PROFILE_AGE_UNBORN_BIT & 1) {
        separate(out, start);
        buf_text(out, "unborn");
    }
}

void carer_sexes(const struct profile *profile, struct buf *out)
{
    if (profile->takes_m) buf_text(out, "M");
    if (profile->takes_m && profile->takes_f) buf_text(out, ";");
    if (profile->takes_f) buf_text(out, "F");
}

void carer_day(int32_t day, struct buf *out)
{
    if (day == NO_DAY) return;
    int year = 0;
    int month = 0;
    int day_of_month = 0;
    clock_day_parts(day, &year, &month, &day_of_month);
    buf_format(out, "%04d-%02d-%02d", year, month, day_of_month);
}

void carer_codes(const struct profile *profile, const struct catalogue *catalogue,
                 bool placement_types, struct buf *out)
{
    size_t start = out->len;
    for (uint16_t slot = 0; slot < catalogue->slots; slot++) {
        if (!profile_holds(profile, slot)) continue;
        const char *code = catalogue_slot(catalogue, slot)->code;
        if ((strncmp(code, "PT_", 3) == 0) != placement_types) continue;
        separate(out, start);
        buf_text(out, code);
    }
}

/* ---- where ---- */

bool carer_location_is_postcode(const char *location)
{
    struct postcode postcode;
    char spelt[POSTCODE_TEXT];
    return postcode_parse(location, &postcode) &&
           strcmp(postcode_text(&postcode, spelt), location) == 0;
}

/* ---- CSV ---- */

/* postcode, grid_ref, lat, lon. */
static void put_location(const struct profile *profile, struct buf *out)
{
    const char *comma = strchr(profile->location, ',');
    if (comma) {
        buf_text(out, ",,");
        buf_append(out, profile->location, (size_t)(comma - profile->location));
        buf_text(out, ",");
        buf_text(out, comma + 1);
    } else {
        bool postcode = carer_location_is_postcode(profile->location);
        if (!postcode) buf_text(out, ",");
        csv_cell(out, profile->location);
        buf_text(out, postcode ? ",,," : ",,");
    }
    buf_text(out, ",");
}

/* Wipes the list. */
static void put_list(struct buf *list, struct buf *out)
{
    buf_u8(list, 0);
    csv_cell(out, (char *)list->data);
    buf_wipe(list);
}

static void put_row(const struct profile *profile, const struct catalogue *catalogue,
                    struct buf *out)
{
    struct buf list = {0};
    csv_cell(out, profile->ref);
    buf_text(out, ",");
    csv_cell(out, profile->name);
    buf_text(out, ",");
    put_location(profile, out);
    carer_ages(profile, &list);
    put_list(&list, out);
    buf_text(out, ",");
    carer_sexes(profile, &list);
    put_list(&list, out);
    buf_format(out, ",%d,%d,", profile->places, profile->approved_places);
    carer_codes(profile, catalogue, true, &list);
    put_list(&list, out);
    buf_format(out, ",%s,", status_name(profile->status));
    carer_day(profile->status_date, out);
    buf_text(out, ",");
    carer_day(profile->available_from, out);
    buf_text(out, ",");
    carer_codes(profile, catalogue, false, &list);
    put_list(&list, out);
    buf_text(out, "\r\n");
}

void carer_csv(const struct profile_list *list, const struct catalogue *catalogue, struct buf *out)
{
    buf_text(out,
             "ref,name,postcode,grid_ref,lat,lon,ages,sexes,places,approved_places,placement_types,"
             "status,status_date,available_from,offers\r\n");
    for (size_t i = 0; i < list->count; i++) put_row(&list->items[i], catalogue, out);
}

/* ---- JSON ---- */

static void set(json_t *object, const char *field, json_t *value)
{
    REQUIRE(json_object_set_new(object, field, value) == 0);
}

/* The text of one cell, as a string or, where it is a list, as an array. */
static json_t *take_text(struct buf *text, bool list)
{
    buf_u8(text, 0);
    json_t *value = NULL;
    if (list) {
        value = json_array();
        char *rest = NULL;
        for (char *part = strtok_r((char *)text->data, ";", &rest); part;
             part = strtok_r(NULL, ";", &rest)) {
            REQUIRE(json_array_append_new(value, json_string(part)) == 0);
        }
    } else {
        value = text->len > 1 ? json_string((char *)text->data) : json_null();
    }
    buf_wipe(text);
    return value;
}

json_t *carer_json(const struct profile *profile, const struct catalogue *catalogue)
{
    struct buf text = {0};
    char cell[GRID_NAME];
    grid_cell_name(profile->cell, cell);
    json_t *object = json_pack("{s:s,s:s,s:s,s:s}", "ref", profile->ref, "name", profile->name,
                               "location", profile->location, "cell", cell);
    REQUIRE(object != NULL);
    carer_ages(profile, &text);
    set(object, "ages", take_text(&text, true));
    carer_sexes(profile, &text);
    set(object, "sexes", take_text(&text, true));
    set(object, "places", json_integer(profile->places));
    set(object, "approved_places", json_integer(profile->approved_places));
    carer_codes(profile, catalogue, true, &text);
    set(object, "placement_types", take_text(&text, true));
    set(object, "status", json_string(status_name(profile->status)));
    carer_day(profile->status_date, &text);
    set(object, "status_date", take_text(&text, false));
    carer_day(profile->available_from, &text);
    set(object, "available_from", take_text(&text, false));
    carer_codes(profile, catalogue, false, &text);
    set(object, "offers", take_text(&text, true));
    return object;
}
