/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as a file of carers: problems, or profiles that can be stored and exported, and whose
 * export imports again to the same.
 */
#include <string.h>

#include "agent/carer_text.h"
#include "agent/import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check_again(const struct profile_list *list)
{
    struct profile_list again = {0};
    struct import_report report = {0};
    struct buf text = {0};
    struct err err = {0};
    carer_csv(list, catalogue_get(CATALOGUE_VERSION), &text);
    REQUIRE(import_parse(text.data, text.len, catalogue_get(CATALOGUE_VERSION), 20779, &again,
                         &report, &err));
    REQUIRE(report.problem_total == 0 && again.count == list->count);
    for (size_t i = 0; i < list->count; i++) {
        struct buf a = {0};
        struct buf b = {0};
        struct profile decoded;
        profile_encode(&list->items[i], &a);
        profile_encode(&again.items[i], &b);
        REQUIRE(a.len == b.len && memcmp(a.data, b.data, a.len) == 0);
        REQUIRE(profile_decode(a.data, a.len, &decoded, &err));
        buf_free(&a);
        buf_free(&b);
    }
    profile_list_free(&again);
    import_report_free(&report);
    buf_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct profile_list list = {0};
    struct import_report report = {0};
    struct err err = {0};
    REQUIRE(sodium_init() >= 0);
    if (!import_parse(data, len, catalogue_get(CATALOGUE_VERSION), 20779, &list, &report, &err)) {
        REQUIRE(err.code == ERR_INVALID && err.text[0] != '\0');
        return 0;
    }
    REQUIRE(report.bad_headings || report.rows == report.bad_rows + list.count);
    REQUIRE((report.problem_total == 0) == (report.bad_rows == 0 && !report.bad_headings));
    if (list.count > 0) check_again(&list);
    profile_list_free(&list);
    import_report_free(&report);
    return 0;
}
