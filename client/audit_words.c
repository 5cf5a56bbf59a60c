/* SPDX-License-Identifier: Apache-2.0 */
#include "client/audit_words.h"

#include "client/thread_report.h"
#include "proto/base/clock.h"
#include "proto/base/text.h"

static const struct catalogue *newest(void)
{
    return catalogue_get(CATALOGUE_VERSION);
}

static const char *const needed_words[] = {"today", "within 5 days", "later"};
static const char *const needed_codes[] = {"today", "within_5_days", "later"};
static const char *const judgement_codes[] = {NULL, "outstanding", "good", "requires_improvement"};

/* ---- in words ---- */

static void print_children(FILE *out, const struct request *request)
{
    (void)fprintf(out, "Children   ");
    for (size_t i = 0; i < request->child_count; i++) {
        const struct child *child = &request->children[i];
        const char *sex = child->sex == 'M' ? "male" : child->sex == 'F' ? "female" : "any sex";
        if (child->age == AGE_UNBORN) {
            (void)fprintf(out, "%sunborn", i ? "; " : "");
        } else {
            (void)fprintf(out, "%saged %d", i ? "; " : "", child->age);
        }
        (void)fprintf(out, ", %s", sex);
    }
    (void)fputc('\n', out);
}

static void print_needs(FILE *out, const struct request *request)
{
    const struct criterion *type = catalogue_slot(newest(), request->placement_type);
    (void)fprintf(out, "Placement  %s (%s), needed %s%s\n", type->label, type->code,
                  needed_words[request->needed_by],
                  request->accept_unconfirmed ? "; unconfirmed availability accepted" : "");
    for (size_t i = 0; i < request->must_count; i++) {
        const struct criterion *must = catalogue_slot(newest(), request->must[i]);
        (void)fprintf(out, "Must       %s (%s)\n", must->label, must->code);
    }
    for (size_t i = 0; i < request->prefer_count; i++) {
        const struct criterion *prefer = catalogue_slot(newest(), request->prefer[i]);
        (void)fprintf(out, "Prefer     %s (%s), weight %u\n", prefer->label, prefer->code,
                      request->prefer_weight[i]);
    }
}

static void print_places(FILE *out, const char *what, const struct anchor *places, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct anchor *place = &places[i];
        (void)fprintf(out, "%-9s  %s%seasting %d, northing %d, within %d km", what, place->name,
                      place->name[0] ? ": " : "", (int)place->place.at.east,
                      (int)place->place.at.north, (int)place->within_km);
        if (place->weight > 0) (void)fprintf(out, ", weight %d", (int)place->weight);
        (void)fputc('\n', out);
    }
}

static void print_where(FILE *out, const struct request *request)
{
    if (!request->has_location) (void)fprintf(out, "Place      anywhere\n");
    print_places(out, "Near", request->anchors, request->anchor_count);
    print_places(out, "Avoid", request->avoid, request->avoid_count);
    if (request->has_area) {
        (void)fprintf(out, "Area       an outline that holds %zu cells of 5 km\n",
                      area_count(&request->area));
    }
    for (size_t i = 0; i < request->square_quadrants; i++) {
        char name[GRID_NAME];
        grid_quadrant_name(request->squares[i], name);
        (void)fprintf(out, "%s%s%s", i ? " " : "Squares    ", name,
                      i + 1 == request->square_quadrants ? "\n" : "");
    }
}

static void print_filters(FILE *out, const struct request *request)
{
    const char *judgement = judgement_codes[request->min_judgement];
    if (judgement) (void)fprintf(out, "Only       judged %s or better\n", judgement);
    for (size_t i = 0; i < request->framework_count; i++) {
        (void)fprintf(out, "%s%s%s", i ? " or " : "Only       on framework ",
                      request->frameworks[i], i + 1 == request->framework_count ? "\n" : "");
    }
}

static void print_logged(FILE *out, const struct package_report *report)
{
    char when[CLOCK_TEXT];
    if (!report->logged) {
        (void)fprintf(out, "Log        not shown: the package has no part of the matcher's log\n");
        return;
    }
    clock_format(report->entry_time_ms, when);
    (void)fprintf(out,
                  "Log        entry %llu, logged at %s; leads to the head that the matcher "
                  "signed\n",
                  (unsigned long long)report->entry, when);
}

static void print_result(FILE *out, const struct package_report *report)
{
    const struct result *result = &report->result;
    if (!report->has_result) {
        (void)fprintf(out, "Result     none is in the package\n");
        return;
    }
    (void)fprintf(out, "Result     signed by %s: %u asked, %u answered", report->matcher,
                  result->asked, result->answered);
    if (result->choice != CHOICE_UNTOLD) {
        (void)fprintf(out, "; a question of an explanation, agencies: %s\n",
                      choice_name(result->choice));
        return;
    }
    (void)fputc('\n', out);
    for (size_t i = 0; i < result->agency_count; i++) {
        (void)fprintf(out, "           %2zu  %s  %s\n", i + 1, result->agencies[i].id,
                      band_name(result->agencies[i].band));
    }
}

void audit_report_words(FILE *out, const struct package_report *report)
{
    char when[CLOCK_TEXT], hash[2 * HASH_BYTES + 1];
    clock_format(report->issued_at, when);
    (void)fprintf(out,
                  "The query recomputes byte for byte from what is said here, and %s signed "
                  "it.\n",
                  report->la);
    (void)fprintf(out, "Asked by   %s (%s)\nAt         %s\nSearch     %s\nQuery      %s\n",
                  report->la_name, report->la, when, report->search_ref,
                  text_hex(report->query_hash, HASH_BYTES, hash));
    print_children(out, report->request);
    print_needs(out, report->request);
    print_where(out, report->request);
    print_filters(out, report->request);
    print_result(out, report);
    print_logged(out, report);
    (void)fprintf(out, "The search reference and the names of places are the LA's word: a query "
                       "does not hold them.\n");
}

/* ---- for a script ---- */

static json_t *children_json(const struct request *request)
{
    json_t *list = json_array();
    for (size_t i = 0; i < request->child_count; i++) {
        const struct child *child = &request->children[i];
        const char sex[] = {child->sex, '\0'};
        (void)json_array_append_new(list, json_pack("{s:i,s:s}", "age", child->age, "sex", sex));
    }
    return list;
}

static json_t *criterion_json(uint16_t slot)
{
    const struct criterion *criterion = catalogue_slot(newest(), slot);
    return json_pack("{s:s,s:s}", "code", criterion->code, "label", criterion->label);
}

static json_t *musts_json(const struct request *request)
{
    json_t *list = json_array();
    for (size_t i = 0; i < request->must_count; i++) {
        (void)json_array_append_new(list, criterion_json(request->must[i]));
    }
    return list;
}

static json_t *prefers_json(const struct request *request)
{
    json_t *list = json_array();
    for (size_t i = 0; i < request->prefer_count; i++) {
        json_t *item = criterion_json(request->prefer[i]);
        (void)json_object_set_new(item, "weight", json_integer(request->prefer_weight[i]));
        (void)json_array_append_new(list, item);
    }
    return list;
}

static json_t *places_json(const struct anchor *places, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        const struct anchor *place = &places[i];
        (void)json_array_append_new(
            list, json_pack("{s:s,s:i,s:i,s:i,s:i}", "name", place->name, "easting",
                            (int)place->place.at.east, "northing", (int)place->place.at.north,
                            "within_km", (int)place->within_km, "weight", (int)place->weight));
    }
    return list;
}

static json_t *frameworks_json(const struct request *request)
{
    json_t *list = json_array();
    for (size_t i = 0; i < request->framework_count; i++) {
        (void)json_array_append_new(list, json_string(request->frameworks[i]));
    }
    return list;
}

static json_t *request_json(const struct request *request)
{
    return json_pack(
        "{s:o,s:o,s:s,s:b,s:o,s:o,s:b,s:o,s:o,s:b,s:s?,s:o}", "children", children_json(request),
        "placement", criterion_json(request->placement_type), "needed_by",
        needed_codes[request->needed_by], "accept_unconfirmed", (int)request->accept_unconfirmed,
        "must", musts_json(request), "prefer", prefers_json(request), "has_location",
        (int)request->has_location, "near", places_json(request->anchors, request->anchor_count),
        "avoid", places_json(request->avoid, request->avoid_count), "has_area",
        (int)request->has_area, "min_judgement", judgement_codes[request->min_judgement],
        "frameworks", frameworks_json(request));
}

static json_t *logged_json(const struct package_report *report)
{
    if (!report->logged) return json_null();
    return json_pack("{s:I,s:o}", "entry", (json_int_t)report->entry, "at",
                     instant_json(report->entry_time_ms));
}

static json_t *result_json(const struct package_report *report)
{
    const struct result *result = &report->result;
    if (!report->has_result) return json_null();
    json_t *list = json_array();
    for (size_t i = 0; i < result->agency_count; i++) {
        (void)json_array_append_new(list, json_pack("{s:s,s:s}", "id", result->agencies[i].id,
                                                    "band", band_name(result->agencies[i].band)));
    }
    return json_pack("{s:I,s:I,s:s?,s:o}", "asked", (json_int_t)result->asked, "answered",
                     (json_int_t)result->answered, "choice",
                     result->choice != CHOICE_UNTOLD ? choice_name(result->choice) : NULL,
                     "agencies", list);
}

json_t *audit_report_json(const struct package_report *report)
{
    char hash[2 * HASH_BYTES + 1];
    json_t *object = json_pack(
        "{s:b,s:s,s:s,s:s,s:s,s:s,s:o,s:o,s:o,s:o}", "holds", 1, "search_ref", report->search_ref,
        "query_hash", text_hex(report->query_hash, HASH_BYTES, hash), "la", report->la, "la_name",
        report->la_name, "matcher", report->matcher, "asked_at", instant_json(report->issued_at),
        "request", request_json(report->request), "result", result_json(report), "logged",
        logged_json(report));
    REQUIRE(object != NULL);
    return object;
}
