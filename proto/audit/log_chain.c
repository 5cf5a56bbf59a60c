/* SPDX-License-Identifier: Apache-2.0
 * Cutting the part of the chain that belongs to one search out of an export.
 */
#include <string.h>

#include "proto/audit/log_walk.h"

struct cut {
    struct log_walk walk;
    const uint8_t *query_hash;
    const struct log_head *until;
    json_t *entries; /* NULL until the query's entry was met */
    size_t bytes;    /* of their lines */
    uint8_t previous[HASH_BYTES];
};

static bool is_query(const struct cut *cut, const struct log_line *line)
{
    struct audit_entry entry;
    struct err err = {0};
    return line->shown &&
           audit_inner_decode(line->inner.data, line->inner.len, line->number, cut->walk.before,
                              &entry, &err) &&
           entry.kind == AUDIT_QUERY &&
           audit_bytes_are(&entry, "query", cut->query_hash, HASH_BYTES);
}

static bool add(struct cut *cut, const struct log_line *line, struct err *err)
{
    if (!cut->entries) {
        if (!is_query(cut, line)) return true;
        cut->entries = json_array();
        memcpy(cut->previous, cut->walk.before, HASH_BYTES);
    }
    cut->bytes += strlen(cut->walk.text);
    if (json_array_size(cut->entries) == CHAIN_MAX || cut->bytes > CHAIN_BYTES_MAX) {
        return err_set(err, ERR_BUDGET, NULL,
                       "more than %d entries or %d bytes lie between the query and its result",
                       CHAIN_MAX, CHAIN_BYTES_MAX);
    }
    json_t *object = json_loads(cut->walk.text, 0, NULL);
    return json_array_append_new(cut->entries, object) == 0 ||
           err_set(err, ERR_INTERNAL, NULL, "a line could not be kept");
}

static bool walk_until(struct cut *cut, struct err *err)
{
    struct log_line line;
    while (cut->walk.next <= cut->until->length) {
        switch (log_walk_next(&cut->walk, &line, err)) {
        case STEP_ENTRY: break;
        case STEP_FAILED: return false;
        case STEP_BAD:
            return err_set(err, ERR_CORRUPT, NULL, "entry %llu of the log %.300s",
                           (unsigned long long)cut->walk.bad, cut->walk.reason);
        case STEP_END:
            return err_set(err, ERR_NOT_FOUND, NULL,
                           "the export ends at entry %llu, and the result names the head of %llu: "
                           "a later export is wanted",
                           (unsigned long long)cut->walk.next - 1,
                           (unsigned long long)cut->until->length);
        }
        bool ok = add(cut, &line, err);
        log_line_free(&line);
        if (!ok) return false;
    }
    if (!cut->entries) {
        return err_set(err, ERR_NOT_FOUND, NULL,
                       "the export does not show the entry of this query: it has to be one for the "
                       "LA that asked, from before the search");
    }
    return sodium_memcmp(cut->walk.hash, cut->until->hash, HASH_BYTES) == 0 ||
           err_set(err, ERR_CORRUPT, NULL,
                   "entry %llu of the log is not the one that the result names: it, or entries "
                   "before it, were replaced",
                   (unsigned long long)cut->until->length);
}

bool package_chain(FILE *in, const uint8_t query_hash[HASH_BYTES], const struct log_head *until,
                   json_t **out, struct err *err)
{
    struct cut cut = {.query_hash = query_hash, .until = until};
    bool ok = log_walk_open(in, &cut.walk, err) && walk_until(&cut, err);
    log_walk_close(&cut.walk);
    if (ok) {
        *out = json_pack("{s:o,s:o}", "previous", hex_json(cut.previous, HASH_BYTES), "entries",
                         cut.entries);
        return true;
    }
    json_decref(cut.entries);
    return false;
}
