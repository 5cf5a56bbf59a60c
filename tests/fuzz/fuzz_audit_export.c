/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as an export of the log: no export, broken with a reason, or intact; the same for the
 * part of a search that is cut out of it.
 */
#include "proto/audit/log_export.h"
#include "tests/fuzz/audit_root.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void see(const struct audit_entry *entry, void *ctx)
{
    size_t *seen = ctx;
    REQUIRE(audit_kind_name(entry->kind)[0] != '\0' && entry->field_count <= AUDIT_FIELDS_MAX);
    ++*seen;
}

static void cut_out(FILE *in, const struct log_head *until)
{
    uint8_t query[HASH_BYTES] = {0}; /* as in the seed */
    struct err err = {0};
    json_t *chain = NULL;
    if (package_chain(in, query, until, &chain, &err)) {
        REQUIRE(json_array_size(json_object_get(chain, "entries")) > 0);
    } else {
        REQUIRE(err.text[0] != '\0');
    }
    json_decref(chain);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct known_head known = {.head.length = 3, .from = "a receipt"};
    struct log_check check;
    struct err err = {0};
    size_t seen = 0;
    if (len == 0) return 0;
    FILE *in = fmemopen((void *)(uintptr_t)data, len, "r");
    REQUIRE(in != NULL);
    if (log_export_check(in, audit_root_trust(), &known, len % 2, see, &seen, &check, &err)) {
        REQUIRE(check.intact == (check.reason[0] == '\0') && seen <= check.own);
        rewind(in);
        cut_out(in, &check.head);
    } else {
        REQUIRE((err.code == ERR_INVALID || err.code == ERR_VERSION) && err.text[0] != '\0');
    }
    (void)fclose(in);
    return 0;
}
