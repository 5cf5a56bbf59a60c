/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "keys/commands.h"
#include "keys/facts.h"
#include "keys/issued.h"
#include "keys/options.h"
#include "keys/revocations.h"
#include "proto/base/clock.h"
#include "proto/base/file.h"

static void print_json(const struct issued *issued, const struct revocations *revoked, int64_t now)
{
    json_t *list = json_array();
    for (size_t i = 0; i < issued->count; i++) {
        struct facts facts = facts_new();
        facts_of_certificate(&facts, &issued->list[i], now);
        (void)json_object_set_new(
            facts.object, "revoked",
            json_boolean(revocations_contain(revoked, issued->list[i].serial)));
        (void)json_array_append(list, facts.object);
        facts_free(&facts);
    }
    json_t *object = json_pack("{s:o}", "certificates", list);
    cli_print_json(object);
}

static void print_table(const struct issued *issued, const struct revocations *revoked, int64_t now)
{
    (void)printf("%8s  %-8s %-32s %-10s %-13s %s\n", "SERIAL", "ROLE", "ID", "UNTIL", "STATE",
                 "NAME");
    for (size_t i = 0; i < issued->count; i++) {
        const struct certificate *each = &issued->list[i];
        char until[CLOCK_TEXT];
        clock_format(each->not_after, until);
        (void)printf("%8llu  %-8s %-32s %.10s %-13s %s\n", (unsigned long long)each->serial,
                     role_name(each->role), each->organisation, until,
                     revocations_contain(revoked, each->serial) ? "revoked"
                                                                : validity_name(each, now),
                     each->name);
    }
}

static bool run(const struct keys_options *options, struct err *err)
{
    struct authority_root root = {0};
    struct issued issued = {0};
    struct revocations revoked = {0};
    if (!keys_options_home(options, err)) return false;
    char *root_path = file_join(options->common.home, HOME_ROOT);
    char *issued_path = file_join(options->common.home, AUTHORITY_ISSUED);
    char *list_path = file_join(options->common.home, HOME_REVOCATIONS);
    bool ok = authority_root_load(root_path, &root, err) &&
              revocations_load(list_path, &root.certificate, &revoked, err) &&
              issued_load(issued_path, &root.certificate, &issued, err);
    if (ok && options->common.json) {
        print_json(&issued, &revoked, clock_wall_ms());
    } else if (ok) {
        print_table(&issued, &revoked, clock_wall_ms());
    }
    issued_free(&issued);
    revocations_free(&revoked);
    authority_root_free(&root);
    free(issued_path);
    free(list_path);
    free(root_path);
    return ok;
}

int keys_command_list(int argc, char **argv)
{
    struct keys_options options;
    struct err err = {0};
    int code = keys_options_parse(NULL, NULL,
                                  "Lists every certificate that the Authority in the directory -C "
                                  "issued. No passphrase is needed.",
                                  argc, argv, &options);
    return code ? code : keys_finish(&options, run(&options, &err), &err);
}
