/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keys/armour.h"
#include "keys/authority.h"
#include "keys/commands.h"
#include "keys/facts.h"
#include "keys/options.h"
#include "proto/base/file.h"
#include "proto/base/mem.h"

static const struct argp_option table[] = {
    {"days", OPTION_DAYS, "N", 0, "Validity: 1 to 1100, default 365", 0},
    {"out", OPTION_OUT, "DIR", 0, "Where ROLE-ID.cert files are written (default: here)", 0},
    {0}};

struct batch {
    const struct keys_options *options;
    struct certificate_request *requests;
    struct credentials *issued;
    size_t count;
    int days;
};

static bool same_party(const struct certificate_request *a, const struct certificate_request *b)
{
    return a->role == b->role && strcmp(a->organisation, b->organisation) == 0;
}

static bool load_requests(struct batch *batch, struct err *err)
{
    for (size_t i = 0; i < batch->options->file_count; i++) {
        const char *path = batch->options->files[i];
        if (!certificate_request_load(path, &batch->requests[i], err)) {
            (void)fprintf(stderr, PROGRAM ": %s is refused; nothing is issued\n", path);
            return false;
        }
        batch->count++;
        for (size_t j = 0; j < i; j++) {
            if (!same_party(&batch->requests[i], &batch->requests[j])) continue;
            return err_set(err, ERR_INVALID, "request", "%s and %s are both for %s %s", path,
                           batch->options->files[j], role_name(batch->requests[i].role),
                           batch->requests[i].organisation);
        }
    }
    return batch->count > 0 || err_set(err, ERR_INVALID, "request", "no request is given");
}

/* What the person at the Authority has to decide on, before the passphrase is asked for. */
static void print_plan(const struct batch *batch, const struct issued *before)
{
    for (size_t i = 0; i < batch->count; i++) {
        const struct certificate_request *request = &batch->requests[i];
        const struct certificate *last =
            issued_newest(before, request->role, request->organisation);
        struct facts facts = facts_new();
        facts_of_request(&facts, request);
        (void)printf("%s\n", batch->options->files[i]);
        facts_print(&facts, stdout);
        if (!last) {
            (void)printf("  %-13s first certificate: compare the fingerprint by telephone\n",
                         "history");
        } else if (sodium_memcmp(last->sign_key, request->sign_key, SIGN_KEY_BYTES) == 0 &&
                   sodium_memcmp(last->seal_key, request->seal_key, SEAL_KEY_BYTES) == 0) {
            (void)printf("  %-13s renews serial %llu, the same keys\n", "history",
                         (unsigned long long)last->serial);
        } else {
            (void)printf("  %-13s OTHER KEYS than serial %llu: ask why, compare by telephone\n",
                         "history", (unsigned long long)last->serial);
        }
        facts_free(&facts);
    }
    (void)printf("%zu certificates for %d days\n", batch->count, batch->days);
    (void)fflush(stdout);
}

static bool plan(const struct batch *batch, struct err *err)
{
    struct authority_root root = {0};
    struct issued before = {0};
    char *path = file_join(batch->options->common.home, HOME_ROOT);
    char *issued_path = file_join(batch->options->common.home, AUTHORITY_ISSUED);
    bool ok = authority_root_load(path, &root, err) &&
              issued_load(issued_path, &root.certificate, &before, err);
    if (ok && !batch->options->common.json) print_plan(batch, &before);
    free(issued_path);
    free(path);
    issued_free(&before);
    authority_root_free(&root);
    return ok;
}

static bool issue(struct batch *batch, struct err *err)
{
    struct secret passphrase = {0};
    struct authority *authority = NULL;
    const char *home = batch->options->common.home;
    char *key_path = file_join(home, HOME_KEY);
    bool ok =
        ask_passphrase(batch->options, key_path, &passphrase, err) &&
        authority_open(home, &passphrase, &authority, err) &&
        authority_issue(authority, batch->requests, batch->count, batch->days, batch->issued, err);
    authority_close(authority);
    secret_free(&passphrase);
    free(key_path);
    return ok;
}

static bool write_certificate(const char *dir, const struct credentials *credentials, json_t *list,
                              struct err *err)
{
    const struct certificate *certificate = &credentials->certificate;
    struct buf message = {0}, text = {0};
    char *path =
        mem_format("%s/%s-%s.cert", dir, role_name(certificate->role), certificate->organisation);
    credentials_encode(credentials, &message);
    armour_write(ARMOUR_CERTIFICATE, message.data, message.len, &text);
    bool ok = file_write(path, text.data, text.len, 0644, err);
    if (ok) {
        struct facts facts = facts_new();
        facts_text(&facts, "file", "file", path);
        facts_of_certificate(&facts, certificate, certificate->not_before);
        (void)json_array_append(list, facts.object);
        facts_free(&facts);
    }
    buf_free(&message);
    buf_free(&text);
    free(path);
    return ok;
}

static bool write_all(const struct batch *batch, struct err *err)
{
    const char *dir = batch->options->out ? batch->options->out : ".";
    json_t *list = json_array();
    bool ok = file_make_dirs(dir, 0755, err);
    for (size_t i = 0; ok && i < batch->count; i++) {
        ok = write_certificate(dir, &batch->issued[i], list, err);
    }
    if (ok && batch->options->common.json) {
        json_t *object = json_pack("{s:O}", "issued", list);
        cli_print_json(object);
    } else if (ok) {
        for (size_t i = 0; i < batch->count; i++) {
            (void)printf("serial %llu: %s\n",
                         (unsigned long long)batch->issued[i].certificate.serial,
                         json_string_value(json_object_get(json_array_get(list, i), "file")));
        }
    }
    json_decref(list);
    return ok;
}

static bool run(const struct keys_options *options, struct err *err)
{
    struct batch batch = {
        .options = options,
        .requests = mem_array(options->file_count, sizeof *batch.requests),
        .issued = mem_array(options->file_count, sizeof *batch.issued),
    };
    bool ok = keys_options_home(options, err) &&
              keys_options_days(options, CERTIFICATE_DAYS_DEFAULT, CERTIFICATE_DAYS_MAX,
                                &batch.days, err) &&
              load_requests(&batch, err) && plan(&batch, err) && issue(&batch, err) &&
              write_all(&batch, err);
    for (size_t i = 0; i < options->file_count; i++) {
        certificate_request_free(&batch.requests[i]);
        credentials_free(&batch.issued[i]);
    }
    free(batch.requests);
    free(batch.issued);
    return ok;
}

int keys_command_issue(int argc, char **argv)
{
    struct keys_options options;
    struct err err = {0};
    int code =
        keys_options_parse(table, "REQUEST...",
                           "Certifies requests with the Authority's key in the directory -C: all "
                           "of them, or none. Prints what each one asks for before it asks for "
                           "the passphrase.",
                           argc, argv, &options);
    return code ? code : keys_finish(&options, run(&options, &err), &err);
}
