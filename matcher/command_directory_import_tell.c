/* SPDX-License-Identifier: Apache-2.0 */
#include "matcher/command_directory_import.h"

#include <stdio.h>

#include <jansson.h>

#include "proto/base/cli.h"

/* ---- for people ---- */

static const char *what_is_lacking(const struct import_agency *entry, char out[64])
{
    (void)snprintf(
        out, 64, "%s%s%s%s%s", entry->lacks_urn ? "urn" : "",
        entry->lacks_urn && entry->lacks_contact ? ", " : "", entry->lacks_contact ? "contact" : "",
        (entry->lacks_urn || entry->lacks_contact) && entry->lacks_frameworks ? ", " : "",
        entry->lacks_frameworks ? "frameworks" : "");
    return out[0] ? out : NULL;
}

static void tell_changes(const struct directory_import *import)
{
    for (size_t i = 0; i < import->change_count; i++) {
        const struct import_change *change = &import->changes[i];
        (void)printf("  %-9s %-32s %s", import_change_name(change->kind), change->id, change->name);
        if (change->before[0]) {
            (void)printf(": %s -> %s", change->before, change->after);
        } else if (change->after[0]) {
            (void)printf(": %s", change->after);
        }
        (void)printf("\n");
    }
}

static void tell_missing(const struct import_told *told)
{
    const struct directory_import *import = told->import;
    char lacking[64];
    if (import->missing == 0) return;
    (void)printf("%zu agencies lack something that the list does not say:\n", import->missing);
    for (size_t i = 0; i < import->count; i++) {
        const char *words = what_is_lacking(&import->agencies[i], lacking);
        if (!words) continue;
        (void)printf("  %-32s %-8s %s: %s\n", import->agencies[i].agency.id,
                     import->agencies[i].agency.urn, import->agencies[i].agency.name, words);
    }
    if (told->missing_file) {
        (void)printf("Complete %s and give it back with --fill.\n", told->missing_file);
    } else {
        (void)printf("--missing FILE writes a file to complete and to give back with --fill.\n");
    }
}

void import_tell(const struct import_told *told)
{
    const struct ofsted_list *list = told->list;
    (void)printf("%s: %zu agencies, %zu of them from the list, %zu kept services of local "
                 "authorities\n",
                 told->out_file, told->import->count, told->import->count - told->import->kept,
                 told->import->kept);
    for (size_t i = 0; i < list->inactive_count; i++) {
        const struct ofsted_provider *provider = &list->inactive[i];
        (void)printf("  left out: %s, %s: registration \"%s\"\n", provider->urn, provider->name,
                     provider->status);
    }
    if (told->import->change_count > 0) (void)printf("Changes:\n");
    tell_changes(told->import);
    for (size_t i = 0; told->fill && i < told->fill->count; i++) {
        const struct fill_row *row = &told->fill->rows[i];
        if (row->used) continue;
        (void)printf("  not used: line %zu of the --fill file (%s %s) is nobody on the list\n",
                     row->line, row->agency.urn, row->agency.name);
    }
    tell_missing(told);
}

/* ---- for scripts ---- */

static json_t *left_out(const struct ofsted_list *list)
{
    json_t *array = json_array();
    for (size_t i = 0; i < list->inactive_count; i++) {
        const struct ofsted_provider *provider = &list->inactive[i];
        (void)json_array_append_new(array, json_pack("{s:s,s:s,s:s}", "urn", provider->urn, "name",
                                                     provider->name, "status", provider->status));
    }
    return array;
}

static json_t *changes(const struct directory_import *import)
{
    json_t *array = json_array();
    for (size_t i = 0; i < import->change_count; i++) {
        const struct import_change *change = &import->changes[i];
        (void)json_array_append_new(array, json_pack("{s:s,s:s,s:s,s:s,s:s}", "kind",
                                                     import_change_name(change->kind), "id",
                                                     change->id, "name", change->name, "before",
                                                     change->before, "after", change->after));
    }
    return array;
}

static json_t *missing(const struct directory_import *import)
{
    json_t *array = json_array();
    for (size_t i = 0; i < import->count; i++) {
        const struct import_agency *entry = &import->agencies[i];
        if (!entry->lacks_urn && !entry->lacks_contact && !entry->lacks_frameworks) continue;
        json_t *lacks = json_array();
        if (entry->lacks_urn) (void)json_array_append_new(lacks, json_string("urn"));
        if (entry->lacks_contact) (void)json_array_append_new(lacks, json_string("contact"));
        if (entry->lacks_frameworks) (void)json_array_append_new(lacks, json_string("frameworks"));
        (void)json_array_append_new(array,
                                    json_pack("{s:s,s:s,s:s,s:s,s:o}", "id", entry->agency.id,
                                              "urn", entry->agency.urn, "name", entry->agency.name,
                                              "town", entry->town, "lacks", lacks));
    }
    return array;
}

static json_t *not_used(const struct fill *fill)
{
    json_t *array = json_array();
    for (size_t i = 0; fill && i < fill->count; i++) {
        const struct fill_row *row = &fill->rows[i];
        if (row->used) continue;
        (void)json_array_append_new(array,
                                    json_pack("{s:I,s:s,s:s}", "line", (json_int_t)row->line, "urn",
                                              row->agency.urn, "name", row->agency.name));
    }
    return array;
}

void import_tell_json(const struct import_told *told)
{
    json_t *whole = json_pack(
        "{s:I,s:I,s:I,s:o,s:o,s:o,s:o}", "agencies", (json_int_t)told->import->count, "kept",
        (json_int_t)told->import->kept, "other_provisions", (json_int_t)told->list->others,
        "left_out", left_out(told->list), "changes", changes(told->import), "missing",
        missing(told->import), "not_used", not_used(told->fill));
    cli_print_json(whole);
}
