/* SPDX-License-Identifier: Apache-2.0
 * manifest.json of a backup:
 *   {"hearth_backup":1,"program":"hearth-agent","kind":"agent","version":"0.1.0","begun":ms,
 *    "ended":ms,"items":[{"name":"vault","bytes":N,"hash":"hex","format":2,"written_by":"0.1.0"},
 *    {"name":"identity.key","bytes":N,"hash":"hex"}],"check":"hex"}
 * hash: BLAKE2b-256 of the file, of a store's data.mdb; check: of the object without it, compact
 * and with sorted keys.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "proto/backup/backup_internal.h"
#include "proto/base/file.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"
#include "proto/base/version.h"

enum { FORM = 1, MANIFEST_MAX = 4 << 20 };

void backup_report_free(struct backup_report *report)
{
    free(report->entries);
    free(report->left_out);
    *report = (struct backup_report){0};
}

static void check_of(const json_t *root, char out[2 * BACKUP_HASH_BYTES + 1])
{
    uint8_t hash[BACKUP_HASH_BYTES];
    char *text = json_dumps(root, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENSURE_ASCII);
    REQUIRE(text != NULL);
    (void)crypto_generichash(hash, sizeof hash, (const uint8_t *)text, strlen(text), NULL, 0);
    free(text);
    (void)text_hex(hash, sizeof hash, out);
}

/* ---- writing ---- */

static json_t *entry_json(const struct backup_entry *entry)
{
    char hash[2 * BACKUP_HASH_BYTES + 1];
    json_t *object =
        json_pack("{s:s,s:I,s:s}", "name", entry->name, "bytes", (json_int_t)entry->bytes, "hash",
                  text_hex(entry->hash, sizeof entry->hash, hash));
    REQUIRE(object != NULL);
    if (!entry->item->schema) return object;
    REQUIRE(json_object_set_new(object, "format", json_integer((json_int_t)entry->format)) == 0);
    REQUIRE(json_object_set_new(object, "written_by", json_string(entry->written_by)) == 0);
    return object;
}

bool backup_manifest_write(const struct backup_plan *plan, const char *directory,
                           const struct backup_report *report, struct err *err)
{
    char check[2 * BACKUP_HASH_BYTES + 1];
    json_t *items = json_array();
    for (size_t i = 0; i < report->count; i++) {
        REQUIRE(json_array_append_new(items, entry_json(&report->entries[i])) == 0);
    }
    json_t *root = json_pack("{s:i,s:s,s:s,s:s,s:I,s:I,s:o}", "hearth_backup", FORM, "program",
                             plan->program, "kind", plan->kind, "version", report->version, "begun",
                             (json_int_t)report->begun_ms, "ended", (json_int_t)report->ended_ms,
                             "items", items);
    REQUIRE(root != NULL);
    check_of(root, check);
    REQUIRE(json_object_set_new(root, "check", json_string(check)) == 0);
    char *text = json_dumps(root, JSON_INDENT(1) | JSON_SORT_KEYS | JSON_ENSURE_ASCII);
    REQUIRE(text != NULL);
    char *path = file_join(directory, BACKUP_MANIFEST);
    bool ok = file_create(path, text, strlen(text), 0600, err);
    free(path);
    free(text);
    json_decref(root);
    return ok;
}

/* ---- reading ---- */

static bool malformed(const char *what, struct err *err)
{
    return err_set(err, ERR_CORRUPT, BACKUP_MANIFEST, "is damaged: %s", what);
}

static bool copy_version(const char *text, char out[STORE_PROGRAM_MAX + 1])
{
    if (strlen(text) > STORE_PROGRAM_MAX) return false;
    for (const char *c = text; *c; c++) {
        if (*c <= ' ' || *c > '~') return false;
    }
    memcpy(out, text, strlen(text) + 1);
    return true;
}

/* The form first: what a later version says in another one cannot be checked here. */
static bool check_form(json_t *root, struct err *err)
{
    const json_t *form = json_object_get(root, "hearth_backup");
    const char *by = json_string_value(json_object_get(root, "version"));
    char version[STORE_PROGRAM_MAX + 1] = "";
    if (!json_is_integer(form)) return malformed("it is none of a backup of Hearth", err);
    if (json_integer_value(form) == FORM) return true;
    if (!by || !copy_version(by, version)) (void)copy_version("(unknown)", version);
    return err_set(
        err, ERR_VERSION, BACKUP_MANIFEST,
        "the backup has form %lld, made by version %s of the programs; this one, version "
        "%s, knows form %d",
        (long long)json_integer_value(form), version, HEARTH_VERSION, FORM);
}

static bool check_whole(json_t *root, struct err *err)
{
    char expected[2 * BACKUP_HASH_BYTES + 1];
    json_t *check = json_incref(json_object_get(root, "check"));
    (void)json_object_del(root, "check");
    check_of(root, expected);
    bool ok = json_is_string(check) && strcmp(json_string_value(check), expected) == 0;
    json_decref(check);
    return ok || malformed("it does not have the hash that stands in it", err);
}

static bool check_version(const struct backup_entry *entry, const char *made_by, struct err *err)
{
    const struct store_schema *schema = entry->item->schema;
    if (entry->format > schema->format) {
        return err_set(err, ERR_VERSION, entry->name,
                       "the backup's store has format %llu, written by version %s of the programs; "
                       "this one, version %s, knows formats up to %lu: restore it with that "
                       "version or a later one",
                       (unsigned long long)entry->format,
                       entry->written_by[0] ? entry->written_by : made_by, HEARTH_VERSION,
                       (unsigned long)schema->format);
    }
    return entry->format >= schema->oldest ||
           err_set(err, ERR_VERSION, entry->name,
                   "the backup's store has format %llu, and this program, version %s, upgrades "
                   "from format %lu on",
                   (unsigned long long)entry->format, HEARTH_VERSION,
                   (unsigned long)schema->oldest);
}

static bool read_entry(const struct backup_plan *plan, json_t *object, const char *made_by,
                       struct backup_entry *out, struct err *err)
{
    const char *name = NULL, *hash = NULL, *by = "";
    json_int_t bytes = -1, format = 0;
    if (json_unpack(object, "{s:s,s:I,s:s,s?I,s?s}", "name", &name, "bytes", &bytes, "hash", &hash,
                    "format", &format, "written_by", &by) != 0 ||
        bytes < 0 || format < 0 || strlen(name) > BACKUP_NAME_MAX ||
        !text_unhex(hash, out->hash, sizeof out->hash) || !copy_version(by, out->written_by)) {
        return malformed("an item is malformed", err);
    }
    (void)snprintf(out->name, sizeof out->name, "%s", name);
    out->item = backup_find_item(plan, name);
    out->bytes = (uint64_t)bytes;
    out->format = (uint64_t)format;
    if (!out->item) {
        (void)err_set(err, ERR_VERSION, BACKUP_MANIFEST,
                      "the backup holds %s, which this program, version %s, does not know", name,
                      HEARTH_VERSION);
        text_make_printable(err->text);
        return false;
    }
    return !out->item->schema || check_version(out, made_by, err);
}

static bool read_entries(const struct backup_plan *plan, json_t *items, struct backup_report *out,
                         struct err *err)
{
    size_t i = 0;
    json_t *item = NULL;
    if (!json_is_array(items) || json_array_size(items) > BACKUP_ITEMS_MAX) {
        return malformed("a list of items is wanted", err);
    }
    out->entries = mem_array(json_array_size(items), sizeof *out->entries);
    json_array_foreach(items, i, item)
    {
        if (!read_entry(plan, item, out->version, &out->entries[i], err)) return false;
        for (size_t j = 0; j < i; j++) {
            if (strcmp(out->entries[j].name, out->entries[i].name) == 0) {
                return malformed("an item stands twice", err);
            }
        }
        out->count = i + 1;
    }
    return true;
}

static bool check_needed(const struct backup_plan *plan, const struct backup_report *report,
                         struct err *err)
{
    for (size_t i = 0; i < plan->count; i++) {
        bool found = !plan->items[i].needed;
        for (size_t j = 0; !found && j < report->count; j++) {
            found = report->entries[j].item == &plan->items[i];
        }
        if (!found) {
            return err_set(err, ERR_CORRUPT, BACKUP_MANIFEST, "the backup has no %s",
                           plan->items[i].name);
        }
    }
    return true;
}

static bool read_object(const struct backup_plan *plan, json_t *root, struct backup_report *out,
                        struct err *err)
{
    const char *program = NULL, *kind = NULL, *version = NULL;
    json_int_t begun = 0, ended = 0;
    json_t *items = NULL;
    if (!check_form(root, err) || !check_whole(root, err)) return false;
    if (json_unpack(root, "{s:s,s:s,s:s,s:I,s:I,s:o}", "program", &program, "kind", &kind,
                    "version", &version, "begun", &begun, "ended", &ended, "items", &items) != 0 ||
        begun <= 0 || ended < 0 || !copy_version(version, out->version)) {
        return malformed("program, kind, version, begun, ended and items are wanted", err);
    }
    if (strcmp(program, plan->program) != 0 || strcmp(kind, plan->kind) != 0) {
        (void)err_set(err, ERR_DENIED, BACKUP_MANIFEST,
                      "is a backup of %s (home of kind %s); this is %s (%s)", program, kind,
                      plan->program, plan->kind);
        text_make_printable(err->text);
        return false;
    }
    out->begun_ms = begun;
    out->ended_ms = ended;
    return read_entries(plan, items, out, err) && check_needed(plan, out, err);
}

static bool read_file(const char *directory, struct buf *out, struct err *err)
{
    char *path = file_join(directory, BACKUP_MANIFEST);
    bool ok = file_read(path, MANIFEST_MAX, out, err);
    free(path);
    if (ok || err->code != ERR_NOT_FOUND) return ok;
    return err_set(err, ERR_NOT_FOUND, BACKUP_MANIFEST,
                   "there is none in %s: it is no backup, or not all of one", directory);
}

bool backup_manifest_read(const struct backup_plan *plan, const char *directory,
                          struct backup_report *out, struct err *err)
{
    struct buf text = {0};
    json_error_t why;
    *out = (struct backup_report){0};
    if (!read_file(directory, &text, err)) return false;
    json_t *root = json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, &why);
    bool ok = root ? read_object(plan, root, out, err) : malformed("it is no JSON", err);
    json_decref(root);
    buf_free(&text);
    if (!ok) backup_report_free(out);
    return ok;
}
