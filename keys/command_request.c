/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keys/commands.h"
#include "keys/facts.h"
#include "keys/home.h"
#include "keys/options.h"
#include "proto/base/file.h"

static const struct argp_option table[] = {
    {"role", OPTION_ROLE, "ROLE", 0, "matcher, agent, la or hub", 0},
    {"id", OPTION_ID, "ID", 0, "The organisation's id: a-z, 0-9 and -, at most 32", 0},
    {"name", OPTION_NAME, "NAME", 0, "The organisation's name", 0},
    {"urn", OPTION_URN, "URN", 0, "Ofsted's number, where there is one", 0},
    {"address", OPTION_ADDRESS, "NAME_OR_IP", 0,
     "A matcher's or hub's DNS name or IP address (may be repeated)", 0},
    OPTION_ROW_ARGON2,
    {0}};

static bool take_text(const char *given, char *out, size_t cap, const char *field, struct err *err)
{
    if (!given) return true;
    if (strlen(given) >= cap) {
        return err_set(err, ERR_INVALID, field, "%zu bytes; at most %zu are possible",
                       strlen(given), cap - 1);
    }
    memcpy(out, given, strlen(given) + 1);
    return true;
}

static bool fields_of(const struct keys_options *options, struct certificate_request *fields,
                      struct err *err)
{
    if (options->role) {
        fields->role = role_from_name(options->role);
        if (fields->role == ROLE_NONE) {
            return err_set(err, ERR_INVALID, "role", "\"%s\" is not matcher, agent, la or hub",
                           options->role);
        }
    }
    for (size_t i = 0; i < options->address_count; i++) {
        if (!x509_addresses_add(&fields->addresses, options->addresses[i], err)) return false;
    }
    if (!take_text(options->id, fields->organisation, sizeof fields->organisation, "id", err) ||
        !take_text(options->name, fields->name, sizeof fields->name, "name", err) ||
        !take_text(options->urn, fields->urn, sizeof fields->urn, "urn", err) ||
        !home_request_defaults(options->common.home, fields, err)) {
        return false;
    }
    if (fields->role == ROLE_NONE || !fields->organisation[0] || !fields->name[0]) {
        return err_set(err, ERR_INVALID, "",
                       "--role, --id and --name are wanted for a first request");
    }
    return certificate_request_fields_check(fields, err);
}

static void print_request(const struct keys_options *options,
                          const struct certificate_request *request)
{
    struct facts facts = facts_new();
    char *path = file_join(options->common.home, HOME_REQUEST);
    facts_text(&facts, "file", "file", path);
    facts_of_request(&facts, request);
    if (options->common.json) {
        cli_print_json(json_incref(facts.object));
    } else {
        (void)puts(
            "A request for a certificate. Send the file to the Authority, and read the keys' "
            "fingerprint\nto it by telephone.");
        facts_print(&facts, stdout);
    }
    free(path);
    facts_free(&facts);
}

static bool ask(const struct keys_options *options, struct secret *out, struct err *err)
{
    char *path = file_join(options->common.home, HOME_KEY);
    bool ok = file_exists(path) ? ask_passphrase(options, path, out, err)
                                : ask_new_passphrase(options->common.passphrase_fd, path, out, err);
    free(path);
    return ok;
}

static bool run(const struct keys_options *options, struct err *err)
{
    struct certificate_request fields = {0}, made = {0};
    struct secret passphrase = {0};
    struct key_cost cost;
    bool ok = keys_options_home(options, err) &&
              keys_options_cost(options, "moderate", &cost, err) &&
              fields_of(options, &fields, err) && ask(options, &passphrase, err) &&
              home_make_request(options->common.home, &fields, &cost, &passphrase, &made, err);
    if (ok) print_request(options, &made);
    certificate_request_free(&made);
    secret_free(&passphrase);
    return ok;
}

int keys_command_request(int argc, char **argv)
{
    struct keys_options options;
    struct err err = {0};
    int code = keys_options_parse(
        table, NULL,
        "Makes identity.key in the directory -C where there is none, and identity.req for its "
        "keys. "
        "To renew a certificate give -C alone: what is not given is taken from the present one.",
        argc, argv, &options);
    return code ? code : keys_finish(&options, run(&options, &err), &err);
}
