/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as a package of a search, or as what an LA keeps of one: refused with a reason, or read
 * and written back the same.
 */
#include "proto/audit/package.h"
#include "tests/fuzz/audit_root.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void as_parts(const uint8_t *data, size_t len)
{
    struct package_parts parts;
    struct err err = {0};
    struct buf again = {0};
    if (!package_parts_decode(data, len, &parts, &err)) {
        REQUIRE((err.code == ERR_CORRUPT || err.code == ERR_VERSION) && err.text[0] != '\0');
        return;
    }
    package_parts_encode(&parts, &again);
    REQUIRE(again.len == len && memcmp(again.data, data, len) == 0);
    json_decref(package_json(&parts, NULL));
    package_parts_free(&parts);
    buf_free(&again);
}

static void as_json(const uint8_t *data, size_t len)
{
    struct package_parts parts, second;
    struct err err = {0};
    json_t *chain = NULL, *again = NULL;
    if (!package_read(data, len, &parts, &chain, &err)) {
        REQUIRE((err.code == ERR_INVALID || err.code == ERR_VERSION) && err.text[0] != '\0');
        return;
    }
    json_t *object = package_json(&parts, chain);
    json_decref(chain);
    char *text = json_dumps(object, 0);
    REQUIRE(package_read((uint8_t *)text, strlen(text), &second, &chain, &err));
    again = package_json(&second, chain);
    REQUIRE(json_equal(object, again));
    json_decref(chain);
    json_decref(object);
    json_decref(again);
    free(text);
    package_parts_free(&parts);
    package_parts_free(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct package_report report;
    struct err err = {0};
    if (len > 0 && data[0] == PACKAGE_FORM) {
        as_parts(data, len);
        return 0;
    }
    as_json(data, len);
    if (package_check(data, len, audit_root_trust(), &report, &err)) {
        REQUIRE(report.request && report.query.len > 0 && report.la[0] != '\0');
        package_report_free(&report);
    } else {
        REQUIRE(err.text[0] != '\0');
    }
    return 0;
}
