/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/subject_access.h"

#include <string.h>

#include "agent/carer_text.h"
#include "agent/subject_access_notes.h"
#include "proto/base/secret.h"

enum { WIDTH = 96 };

/* ---- text ---- */

/* Words up to WIDTH columns, each line indented. */
static void put_prose(struct buf *out, int indent, const char *text)
{
    size_t room = (size_t)(WIDTH - indent);
    while (*text) {
        size_t len = strlen(text);
        if (len > room) {
            len = room;
            while (len > 1 && text[len] != ' ') len--;
        }
        buf_format(out, "%*s%.*s\n", indent, "", (int)len, text);
        text += len;
        while (*text == ' ') text++;
    }
}

static void put_notes(struct buf *out, const char *title, const struct subject_note *notes)
{
    buf_format(out, "\n%s\n", title);
    for (const struct subject_note *note = notes; note->name; note++) {
        buf_format(out, "\n  %s\n", note->name);
        put_prose(out, 4, note->text);
    }
}

/* Wipes the value. */
static void put_field(struct buf *out, const char *label, const char *field, struct buf *value)
{
    buf_format(out, "\n  %s: %.*s\n", label, (int)value->len,
               value->data ? (const char *)value->data : "");
    put_prose(out, 4, subject_purpose(field));
    buf_wipe(value);
}

static void put_text_field(struct buf *out, const char *label, const char *field, const char *text)
{
    struct buf value = {0};
    buf_text(&value, text);
    put_field(out, label, field, &value);
}

static bool is_special(const struct criterion *criterion)
{
    return strcmp(criterion->special, "none") != 0;
}

static void put_criterion(struct buf *out, const struct criterion *criterion)
{
    buf_format(out, "    %-10s %s", criterion->code, criterion->label);
    if (is_special(criterion)) buf_format(out, " (UK GDPR %s)", criterion->special);
    buf_text(out, "\n");
}

static bool is_placement_type(const struct criterion *criterion)
{
    return strncmp(criterion->code, "PT_", 3) == 0;
}

static void put_codes(struct buf *out, const struct subject_access *access, bool placement_types)
{
    for (uint16_t slot = 0; slot < access->catalogue->slots; slot++) {
        const struct criterion *criterion = catalogue_slot(access->catalogue, slot);
        if (profile_holds(access->profile, slot) &&
            is_placement_type(criterion) == placement_types) {
            put_criterion(out, criterion);
        }
    }
}

static void put_people(struct buf *out, const struct profile *profile)
{
    struct buf value = {0};
    put_text_field(out, "Reference", "ref", profile->ref);
    put_text_field(out, "Name", "name", profile->name);
    put_text_field(out, "Location", "location", profile->location);
    carer_ages(profile, &value);
    put_field(out, "Ages of children", "ages", &value);
    carer_sexes(profile, &value);
    put_field(out, "Sexes of children", "sexes", &value);
    buf_format(&value, "%d", profile->places);
    put_field(out, "Places free", "places", &value);
    buf_format(&value, "%d", profile->approved_places);
    put_field(out, "Places approved", "approved_places", &value);
}

static void put_held(struct buf *out, const struct subject_access *access)
{
    struct buf value = {0};
    put_people(out, access->profile);
    put_text_field(out, "Status", "status", status_name(access->profile->status));
    carer_day(access->profile->status_date, &value);
    put_field(out, "Status as of", "status_date", &value);
    carer_day(access->profile->available_from, &value);
    put_field(out, "Available from", "available_from", &value);
    put_text_field(out, "Kinds of placement", "placement_types", "");
    put_codes(out, access, true);
    put_text_field(out, "Offers", "offers", "");
    put_codes(out, access, false);
}

/* ---- what is derived ---- */

/* The slots of today in guarded memory; the caller frees. */
static struct secret slots_of(const struct subject_access *access)
{
    struct secret room = secret_new(sizeof(struct slot_set));
    profile_slots(access->profile, access->catalogue, access->today, access->fresh_days,
                  (struct slot_set *)(void *)room.data);
    return room;
}

static void put_derived(struct buf *out, const struct subject_access *access)
{
    struct secret room = slots_of(access);
    const struct slot_set *set = (const struct slot_set *)(const void *)room.data;
    char cell[GRID_NAME];
    grid_cell_name(set->cell, cell);
    put_text_field(out, "Cell", "cell", cell);
    buf_format(out, "\n  Can be placed with today: %s\n", set->placeable ? "yes" : "no");
    buf_format(out, "    A status older than %d days counts as unknown.\n", access->fresh_days);
    buf_text(out, "\n  Compared with requests today (slots):\n");
    for (size_t i = 0; i < set->count; i++) {
        put_criterion(out, catalogue_slot(access->catalogue, set->slots[i]));
    }
    secret_free(&room);
}

void subject_access_text(const struct subject_access *access, struct buf *out)
{
    buf_text(out, "Everything that is held on one household (UK GDPR article 15)\n\n");
    buf_format(out, "Agency: %s (%s)\nDate: ", access->agency_name, access->agency);
    carer_day(access->today, out);
    buf_text(out, "\n\nHELD IN THE RECORD\n");
    put_held(out, access);
    buf_text(out, "\nWORKED OUT FROM IT\n");
    put_derived(out, access);
    put_notes(out, "WHO CAN HAVE LEARNT OF IT", subject_recipients);
    put_notes(out, "HOW LONG IT IS KEPT", subject_retention);
    put_notes(out, "SOURCE, DECISIONS, RIGHTS", subject_rights);
}

/* ---- data ---- */

static void append(json_t *array, json_t *value)
{
    REQUIRE(json_array_append_new(array, value) == 0);
}

static json_t *notes_json(const struct subject_note *notes, const char *name)
{
    json_t *list = json_array();
    for (const struct subject_note *note = notes; note->name; note++) {
        append(list, json_pack("{s:s,s:s}", name, note->name, "text", note->text));
    }
    return list;
}

static json_t *criterion_json(const struct criterion *criterion)
{
    return json_pack("{s:s,s:s,s:s}", "code", criterion->code, "label", criterion->label, "special",
                     criterion->special);
}

static json_t *derived_json(const struct subject_access *access)
{
    struct secret room = slots_of(access);
    const struct slot_set *set = (const struct slot_set *)(const void *)room.data;
    char cell[GRID_NAME];
    json_t *slots = json_array();
    grid_cell_name(set->cell, cell);
    for (size_t i = 0; i < set->count; i++) {
        append(slots, criterion_json(catalogue_slot(access->catalogue, set->slots[i])));
    }
    json_t *derived =
        json_pack("{s:s,s:b,s:i,s:o}", "cell", cell, "placeable_today", set->placeable,
                  "fresh_days", access->fresh_days, "slots_today", slots);
    secret_free(&room);
    return derived;
}

static json_t *held_json(const struct subject_access *access)
{
    json_t *words = json_array();
    for (uint16_t slot = 0; slot < access->catalogue->slots; slot++) {
        if (!profile_holds(access->profile, slot)) continue;
        append(words, criterion_json(catalogue_slot(access->catalogue, slot)));
    }
    json_t *held = carer_json(access->profile, access->catalogue);
    REQUIRE(json_object_set_new(held, "words", words) == 0);
    return held;
}

json_t *subject_access_json(const struct subject_access *access)
{
    struct buf date = {0};
    carer_day(access->today, &date);
    json_t *json = json_pack(
        "{s:{s:s,s:s},s:s%,s:o,s:o,s:o,s:o,s:o,s:o}", "agency", "id", access->agency, "name",
        access->agency_name, "date", (const char *)date.data, date.len, "held", held_json(access),
        "derived", derived_json(access), "purposes", notes_json(subject_purposes, "field"),
        "recipients", notes_json(subject_recipients, "who"), "retention",
        notes_json(subject_retention, "what"), "rights", notes_json(subject_rights, "what"));
    buf_free(&date);
    REQUIRE(json != NULL);
    return json;
}
