/* SPDX-License-Identifier: Apache-2.0 */
#include "client/report.h"

#include <stddef.h>
#include <stdlib.h>

#include <jansson.h>

#include "client/notes.h"
#include "client/report_explain.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"

enum exit_code exit_code_of(const struct err *err)
{
    switch (err->code) {
    case ERR_NONE: return EXIT_FOUND;
    case ERR_INVALID: return EXIT_BAD_REQUEST;
    case ERR_UNAVAILABLE:
    case ERR_VERSION:
    case ERR_EXISTS: return EXIT_UNREACHABLE;
    case ERR_UNAUTHENTICATED:
    case ERR_DENIED:
    case ERR_EXPIRED:
    case ERR_BUDGET: return EXIT_REFUSED;
    case ERR_NOT_FOUND:
    case ERR_CORRUPT:
    case ERR_IO:
    case ERR_INTERNAL: return EXIT_OTHER;
    }
    return EXIT_OTHER;
}

static json_t *agency_json(const struct ranked_agency *agency, size_t rank)
{
    json_t *frameworks = json_array();
    for (size_t i = 0; i < agency->framework_count; i++) {
        (void)json_array_append_new(frameworks, json_string(agency->frameworks[i]));
    }
    return json_pack("{s:I,s:s,s:s,s:s,s:s,s:s,s:o,s:s,s:s}", "rank", (json_int_t)rank, "id",
                     agency->id, "name", agency->name, "urn", agency->urn, "band",
                     band_name(agency->band), "judgement", agency->judgement, "frameworks",
                     frameworks, "sector", agency->sector, "contact", agency->contact);
}

static void add_explained(json_t *object, const struct report_explained *explained)
{
    if (explained->explanation) {
        report_explain_json(object, explained->explanation, explained->catalogue);
    } else {
        report_explain_error_json(object, explained->err);
    }
}

void report_json(FILE *out, const struct report *report)
{
    const struct search_outcome *outcome = report->outcome;
    const struct result *result = &outcome->result;
    char hash[2 * HASH_BYTES + 1];
    (void)text_hex(result->query_hash, HASH_BYTES, hash);
    json_t *agencies = json_array();
    for (size_t i = 0; i < result->agency_count; i++) {
        (void)json_array_append_new(agencies, agency_json(&result->agencies[i], i + 1));
    }
    json_t *object =
        json_pack("{s:s,s:s,s:I,s:I,s:I,s:b,s:I,s:o,s:o}", "query_hash", hash, "search_ref",
                  report->request->search_ref, "asked", (json_int_t)result->asked, "answered",
                  (json_int_t)result->answered, "declined", (json_int_t)result->declined, "more",
                  (int)result->more, "elapsed_ms", (json_int_t)outcome->elapsed_ms, "notes",
                  notes_json(report->request), "agencies", agencies);
    REQUIRE(object != NULL);
    report_facts_json(object, report);
    if (report->explained) add_explained(object, report->explained);
    (void)json_dumpf(object, out, JSON_COMPACT);
    (void)fputc('\n', out);
    json_decref(object);
}

/* Characters, not bytes: names are UTF-8. */
static int width_of(const char *text)
{
    int width = 0;
    for (; *text; text++) width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

static void cell(FILE *out, const char *text, int width)
{
    (void)fprintf(out, "%s%*s", text, width - width_of(text) + 2, "");
}

static char *joined_frameworks(const struct ranked_agency *agency)
{
    struct buf text = {0};
    for (size_t i = 0; i < agency->framework_count; i++) {
        buf_format(&text, "%s%s", i ? ", " : "", agency->frameworks[i]);
    }
    buf_u8(&text, 0);
    return (char *)text.data;
}

static int widest(const struct result *result, size_t offset, const char *heading)
{
    int width = width_of(heading);
    for (size_t i = 0; i < result->agency_count; i++) {
        int w = width_of((const char *)&result->agencies[i] + offset);
        if (w > width) width = w;
    }
    return width;
}

static void print_rows(FILE *out, const struct result *result)
{
    int id = widest(result, offsetof(struct ranked_agency, id), "Id");
    int name = widest(result, offsetof(struct ranked_agency, name), "Agency");
    int urn = widest(result, offsetof(struct ranked_agency, urn), "URN");
    int judgement = widest(result, offsetof(struct ranked_agency, judgement), "Judgement");
    int sector = widest(result, offsetof(struct ranked_agency, sector), "Sector");
    int contact = widest(result, offsetof(struct ranked_agency, contact), "Contact");
    (void)fprintf(out, "%4s  ", "Rank");
    cell(out, "Id", id);
    cell(out, "Agency", name);
    cell(out, "Band", 8);
    cell(out, "Judgement", judgement);
    cell(out, "Sector", sector);
    cell(out, "URN", urn);
    cell(out, "Contact", contact);
    (void)fprintf(out, "Frameworks\n");
    for (size_t i = 0; i < result->agency_count; i++) {
        const struct ranked_agency *agency = &result->agencies[i];
        char *frameworks = joined_frameworks(agency);
        (void)fprintf(out, "%4zu  ", i + 1);
        cell(out, agency->id, id);
        cell(out, agency->name, name);
        cell(out, band_name(agency->band), 8);
        cell(out, agency->judgement, judgement);
        cell(out, agency->sector, sector);
        cell(out, agency->urn, urn);
        cell(out, agency->contact, contact);
        (void)fprintf(out, "%s\n", frameworks);
        free(frameworks);
    }
}

void report_table(FILE *out, const struct report *report)
{
    const struct search_outcome *outcome = report->outcome;
    const struct result *result = &outcome->result;
    char hash[2 * HASH_BYTES + 1];
    (void)text_hex(result->query_hash, HASH_BYTES, hash);
    uint32_t late = result->asked - result->answered - result->declined;
    (void)fprintf(out, "Search %s: %u agencies asked, %u answered, %u declined, %u late (%.1f s)\n",
                  report->request->search_ref, result->asked, result->answered, result->declined,
                  late, (double)outcome->elapsed_ms / 1000);
    (void)fprintf(out, "Query  %s\n", hash);
    report_facts(out, report);
    (void)fputc('\n', out);
    if (result->agency_count == 0) {
        const struct request *request = report->request;
        bool filtered = request->min_judgement > 0 || request->framework_count > 0;
        (void)fprintf(out, "No agency that answered%s has a carer who meets every must.\n",
                      filtered ? " and passes the provider filters" : "");
        return;
    }
    print_rows(out, result);
    if (result->more) {
        (void)fprintf(out, "\nMore agencies have carers; the first %zu are shown.\n",
                      result->agency_count);
    }
}
