/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as a file of carers: problems, or profiles that can be stored and exported, and whose
 * export imports again to the same.
 */
#include <string.h>

#include "agent/carer_text.h"
#include "agent/import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const char MAPPING[] = "{\"headings\":{\"Vac\":\"places\",\"Tel\":null,\"Dogs\":\"PE_CAN\"},"
                              "\"values\":{\"status\":{\"Live\":\"available\"},"
                              "\"ages\":{\"baby\":\"unborn;0-1\"},\"yes_no\":{\"x\":\"Y\"}}}";

static void check_again(const struct profile_list *list, const struct import_rules *rules)
{
    struct import_result again;
    struct buf text = {0};
    struct err err = {0};
    carer_csv(list, rules->catalogue, &text);
    REQUIRE(import_parse(text.data, text.len, rules, &again, &err));
    REQUIRE(again.report.problems == 0 && again.list.count == list->count);
    for (size_t i = 0; i < list->count; i++) {
        struct buf a = {0};
        struct buf b = {0};
        struct profile decoded;
        profile_encode(&list->items[i], &a);
        profile_encode(&again.list.items[i], &b);
        REQUIRE(a.len == b.len && memcmp(a.data, b.data, a.len) == 0);
        REQUIRE(profile_decode(a.data, a.len, &decoded, &err));
        buf_free(&a);
        buf_free(&b);
    }
    import_result_free(&again);
    buf_free(&text);
}

/* What is written of the headings is read again, where none is unknown. */
static void check_mapping(const struct import_result *result, const struct import_rules *rules)
{
    struct buf text = {0};
    struct mapping again = {0};
    struct err err = {0};
    mapping_write(&result->headings, rules->mapping, &text);
    REQUIRE(mapping_parse(text.data, text.len, rules->catalogue, &again, &err));
    mapping_free(&again);
    buf_free(&text);
}

/* Made once. */
static const struct mapping *the_mapping(void)
{
    static struct mapping mapping;
    struct err err = {0};
    if (mapping.heading_count > 0) return &mapping;
    REQUIRE(sodium_init() >= 0);
    REQUIRE(mapping_parse(MAPPING, sizeof MAPPING - 1, catalogue_get(CATALOGUE_VERSION), &mapping,
                          &err));
    return &mapping;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct import_rules rules = {
        .catalogue = catalogue_get(CATALOGUE_VERSION), .mapping = the_mapping(), .today = 20779};
    struct import_result result;
    struct err err = {0};
    /* The first byte chooses the kind of file. */
    if (len > 0 && data[0] == '@') {
        rules.kind = IMPORT_AVAILABILITY;
        data++;
        len--;
    }
    if (!import_parse(data, len, &rules, &result, &err)) {
        REQUIRE(err.code == ERR_INVALID && err.text[0] != '\0');
        return 0;
    }
    const struct import_report *report = &result.report;
    REQUIRE(report->bad_headings || report->rows == report->bad_rows + result.list.count);
    REQUIRE((report->problems == 0) == (report->bad_rows == 0 && !report->bad_headings));
    if (!report->bad_headings) check_mapping(&result, &rules);
    if (result.list.count > 0 && rules.kind == IMPORT_CARERS) check_again(&result.list, &rules);
    import_result_free(&result);
    return 0;
}
