/* SPDX-License-Identifier: Apache-2.0
 * `gazetteer status`, and what its sisters share with it.
 */
#include "proto/domain/gazetteer_command.h"

#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "proto/base/clock.h"
#include "proto/base/file.h"

int gazetteer_fail(const char *command, const struct cli_common *common, const struct err *err)
{
    cli_print_error(command, common->json, err);
    switch (err->code) {
    case ERR_INVALID:
    case ERR_NOT_FOUND:
    case ERR_BUDGET: return GAZETTEER_WRONG;
    default: return GAZETTEER_FAILED;
    }
}

json_t *gazetteer_counts_json(const struct gazetteer_counts *counts)
{
    return json_pack("{s:I,s:I,s:I,s:I,s:I}", "postcodes", (json_int_t)counts->live, "ended",
                     (json_int_t)counts->ended, "sectors", (json_int_t)counts->sectors, "districts",
                     (json_int_t)counts->districts, "names", (json_int_t)counts->names);
}

void gazetteer_counts_print(const struct gazetteer_counts *counts)
{
    (void)printf(
        "%llu postcodes in use, %llu ended, %llu sectors, %llu districts, %llu place names\n",
        (unsigned long long)counts->live, (unsigned long long)counts->ended,
        (unsigned long long)counts->sectors, (unsigned long long)counts->districts,
        (unsigned long long)counts->names);
}

static void print_json(const char *path, const struct gazetteer_counts *counts,
                       const struct gazetteer_import_entry *entries, size_t count)
{
    json_t *imports = json_array();
    for (size_t i = 0; i < count; i++) {
        const struct gazetteer_import_entry *entry = &entries[i];
        char at[CLOCK_TEXT];
        clock_format(entry->at_ms, at);
        json_t *item = json_pack("{s:s,s:s,s:s,s:I,s:I}", "at", at, "name", entry->name, "kind",
                                 gazetteer_file_kind_name(entry->kind), "rows",
                                 (json_int_t)entry->rows, "taken", (json_int_t)entry->taken);
        REQUIRE(item && json_array_append_new(imports, item) == 0);
    }
    cli_print_json(json_pack("{s:s,s:o,s:o}", "gazetteer", path, "holds",
                             gazetteer_counts_json(counts), "imports", imports));
}

static void print_words(const char *path, const struct gazetteer_counts *counts,
                        const struct gazetteer_import_entry *entries, size_t count)
{
    (void)printf("%s\n", path);
    gazetteer_counts_print(counts);
    for (size_t i = 0; i < count; i++) {
        const struct gazetteer_import_entry *entry = &entries[i];
        char at[CLOCK_TEXT];
        clock_format(entry->at_ms, at);
        (void)printf("%s  %s: %s, %llu of %llu rows\n", at, entry->name,
                     gazetteer_file_kind_label(entry->kind), (unsigned long long)entry->taken,
                     (unsigned long long)entry->rows);
    }
}

static int status(const struct cli_common *common, const char *command, const char *path)
{
    struct gazetteer *gazetteer = NULL;
    struct gazetteer_counts counts = {0};
    struct gazetteer_import_entry *entries = NULL;
    size_t count = 0;
    struct err err = {0};
    bool ok = gazetteer_open(path, &gazetteer, &err) && gazetteer_count(gazetteer, &counts, &err) &&
              gazetteer_imports(gazetteer, &entries, &count, &err);
    gazetteer_close(gazetteer);
    if (!ok) {
        int code = gazetteer_fail(command, common, &err);
        return err.code == ERR_NOT_FOUND ? GAZETTEER_NONE : code;
    }
    if (common->json) {
        print_json(path, &counts, entries, count);
    } else {
        print_words(path, &counts, entries, count);
    }
    free(entries);
    return GAZETTEER_DONE;
}

int gazetteer_command_status(int argc, char **argv, gazetteer_home_fn home)
{
    struct cli_common common = {0};
    int code = cli_parse_common("Says what the gazetteer holds and which files it was made from. "
                                "Exit code 3 where there is none.",
                                argc, argv, &common);
    if (code != 0) return code;
    char *directory = home(&common), *path = file_join(directory, HOME_GAZETTEER);
    code = status(&common, argv[0], path);
    free(path);
    free(directory);
    return code;
}
