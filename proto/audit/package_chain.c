/* SPDX-License-Identifier: Apache-2.0
 * The part of the matcher's log in a package: from the query's entry to the head in the result.
 */
#include <string.h>

#include "proto/audit/log_line.h"
#include "proto/audit/package_internal.h"

struct links {
    const struct package_parts *parts;
    struct package_report *report;
    uint64_t next;
    uint8_t hash[HASH_BYTES]; /* of the entry before the next */
};

static bool number_is(const struct audit_entry *entry, const char *name, uint64_t value)
{
    const struct audit_field *field = audit_field_find(entry, AUDIT_TYPE_NUMBER, name);
    return field && field->number == value;
}

/* What the matcher logged, against what the package says. */
static bool compare(const struct links *links, const struct audit_entry *entry, struct err *err)
{
    const struct package_report *report = links->report;
    const char *what = NULL;
    if (entry->kind != AUDIT_QUERY) {
        what = "is not one of a query";
    } else if (!audit_bytes_are(entry, "query", report->query_hash, HASH_BYTES)) {
        what = "names another query";
    } else if (!audit_text_is(entry, "la", report->la)) {
        what = "names another LA";
    } else if (!audit_bytes_are(entry, "search_tag", report->options.search_tag, HASH_BYTES)) {
        what = "has another search tag";
    } else if (!number_is(entry, "epoch", report->epoch_record.epoch)) {
        what = "has another epoch";
    } else if (!number_is(entry, "run", report->run)) {
        what = "has another run than the result";
    } else if ((audit_field_find(entry, AUDIT_TYPE_BYTES, "group") != NULL) !=
               links->parts->is_member) {
        what = "and the package do not agree whether the query was one of an explanation";
    }
    return !what || err_set(err, ERR_CORRUPT, NULL, "entry %llu, where it begins, %s",
                            (unsigned long long)entry->number, what);
}

static bool check_first(struct links *links, const struct log_line *line, struct err *err)
{
    struct audit_entry entry;
    if (!line->shown) {
        return err_set(err, ERR_CORRUPT, NULL, "begins with an entry that is not shown");
    }
    if (!audit_inner_decode(line->inner.data, line->inner.len, line->number, links->hash, &entry,
                            err)) {
        return false;
    }
    if (!compare(links, &entry, err)) return false;
    links->report->entry = entry.number;
    links->report->entry_time_ms = entry.time_ms;
    links->next = entry.number;
    return true;
}

static bool follow(struct links *links, const struct log_line *line, struct err *err)
{
    uint8_t hash[HASH_BYTES];
    if (line->number != links->next) {
        return err_set(err, ERR_CORRUPT, NULL,
                       "entry %llu was removed or put elsewhere: number %llu is in its place",
                       (unsigned long long)links->next, (unsigned long long)line->number);
    }
    audit_entry_hash(hash, line->number, links->hash, line->inner_hash);
    if (sodium_memcmp(hash, line->hash, HASH_BYTES) != 0) {
        return err_set(err, ERR_CORRUPT, NULL,
                       "entry %llu was altered: it does not have the hash it had",
                       (unsigned long long)line->number);
    }
    memcpy(links->hash, hash, HASH_BYTES);
    links->next++;
    return true;
}

static bool walk(struct links *links, const json_t *entries, struct err *err)
{
    for (size_t i = 0; i < json_array_size(entries); i++) {
        struct log_line line;
        if (!log_line_parse(json_array_get(entries, i), &line, err)) return err_in(err, "entries");
        bool ok = (i > 0 || check_first(links, &line, err)) && follow(links, &line, err);
        log_line_free(&line);
        if (!ok) return false;
    }
    return true;
}

static bool check_end(const struct links *links, struct err *err)
{
    const struct result *result = &links->report->result;
    if (links->next - 1 != result->log_length) {
        return err_set(err, ERR_CORRUPT, NULL,
                       "ends at entry %llu, and the result names the head of %llu",
                       (unsigned long long)links->next - 1, (unsigned long long)result->log_length);
    }
    return sodium_memcmp(links->hash, result->log_head, HASH_BYTES) == 0 ||
           err_set(err, ERR_CORRUPT, NULL,
                   "does not lead to the head of %llu entries that the matcher signed: one of its "
                   "entries was replaced",
                   (unsigned long long)result->log_length);
}

bool package_check_chain(const struct package_parts *parts, const json_t *chain,
                         struct package_report *report, struct err *err)
{
    static const char *const names[] = {"previous", "entries", NULL};
    struct links links = {.parts = parts, .report = report};
    const json_t *entries = json_object_get(chain, "entries");
    bool ok = members_known(chain, names, err) &&
              member_hex(chain, "previous", links.hash, HASH_BYTES, err);
    if (ok && (json_array_size(entries) == 0 || json_array_size(entries) > CHAIN_MAX)) {
        ok = err_set(err, ERR_INVALID, "entries", "must be a list of 1 to %d entries", CHAIN_MAX);
    }
    if (ok && !report->has_result) {
        ok = err_set(err, ERR_INVALID, NULL, "needs a result whose head it leads to");
    }
    ok = ok && walk(&links, entries, err) && check_end(&links, err);
    report->logged = ok;
    return ok || err_in(err, "chain");
}
