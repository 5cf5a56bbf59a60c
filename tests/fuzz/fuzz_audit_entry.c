/* SPDX-License-Identifier: Apache-2.0
 * Entries of the audit log: the hash that is stored behind an entry is put right first, so that the
 * decoder behind it (audit_inner_decode) is reached; what it accepts lies inside the input.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/audit/entry.h"
#include "proto/base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { BEFORE = 8 + HASH_BYTES };

static void check_fields(const struct audit_entry *entry, const uint8_t *data, size_t len)
{
    REQUIRE(entry->field_count <= AUDIT_FIELDS_MAX);
    REQUIRE(audit_kind_name(entry->kind)[0] != '\0');
    for (size_t i = 0; i < entry->field_count; i++) {
        const struct audit_field *field = &entry->fields[i];
        REQUIRE(strlen(field->name) <= AUDIT_NAME_MAX);
        if (field->type == AUDIT_TYPE_NUMBER) continue;
        REQUIRE(field->data >= data && field->data + field->len <= data + len);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct audit_entry entry;
    struct err err = {0};
    bool plain = audit_entry_decode(data, len, &entry, &err);
    if (!plain) {
        REQUIRE((err.code == ERR_CORRUPT || err.code == ERR_VERSION) && err.text[0] != '\0');
    }
    if (len < BEFORE + HASH_BYTES) return 0;
    uint8_t *fixed = mem_copy(data, len), hash[HASH_BYTES];
    size_t inner_len = len - BEFORE - HASH_BYTES;
    struct reader reader = reader_of(data, len);
    uint64_t number = reader_u64(&reader);
    audit_inner_hash(hash, data + BEFORE, inner_len);
    audit_entry_hash(fixed + len - HASH_BYTES, number, data + 8, hash);
    if (audit_entry_decode(fixed, len, &entry, &err)) check_fields(&entry, fixed, len);
    free(fixed);
    return 0;
}
