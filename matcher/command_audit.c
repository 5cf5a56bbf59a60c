/* SPDX-License-Identifier: Apache-2.0
 * `hearth-matcher audit verify` and `audit show`: both work while the matcher runs, and without a
 * passphrase.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "matcher/audit.h"
#include "matcher/commands.h"
#include "proto/base/clock.h"
#include "proto/base/file.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"

enum { OPTION_AT = 0x2000, OPTION_LAST };

struct options {
    struct cli_common common;
    bool has_at;
    struct log_head at;
    int64_t last; /* 0: all */
};

/* LENGTH:HASH, as results and receipts carry them. */
static bool parse_head(const char *text, struct log_head *out)
{
    const char *colon = strchr(text, ':');
    char digits[24];
    int64_t length = 0;
    if (!colon || (size_t)(colon - text) >= sizeof digits) return false;
    (void)snprintf(digits, sizeof digits, "%.*s", (int)(colon - text), text);
    if (!text_integer(digits, 0, INT64_MAX, &length)) return false;
    out->length = (uint64_t)length;
    return text_unhex(colon + 1, out->hash, HASH_BYTES);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &options->common; return 0;
    case OPTION_AT:
        if (!parse_head(arg, &options->at))
            argp_error(state, "--at %s: LENGTH:HASH is wanted", arg);
        options->has_at = true;
        return 0;
    case OPTION_LAST:
        if (!text_integer(arg, 1, INT64_MAX, &options->last)) {
            argp_error(state, "--last %s: a number of entries is wanted", arg);
        }
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* ---- verify ---- */

/* The root that certificates of checkpoints must have; NULL where the home has none yet, or it
 * cannot be read. Revocations and pins are left alone: what was signed was signed. */
static struct trust *open_root(const struct cli_common *common)
{
    struct trust *trust = NULL;
    struct err err = {0};
    char *path = file_join(command_home(common), HOME_ROOT);
    if (!trust_open(path, NULL, NULL, &trust, &err) && !common->quiet) {
        (void)fprintf(stderr, "hearth-matcher audit verify: checkpoints are not checked: %s\n",
                      err.text);
    }
    free(path);
    return trust;
}

static int report_intact(const struct options *options, const struct audit_report *report)
{
    char head[2 * HASH_BYTES + 1];
    (void)text_hex(report->head.hash, HASH_BYTES, head);
    bool missing = options->has_at && !report->known_found;
    if (options->common.json) {
        json_t *object = json_pack("{s:b,s:I,s:s,s:I}", "intact", !missing, "length",
                                   (json_int_t)report->head.length, "head", head, "checkpoints",
                                   (json_int_t)report->checkpoints);
        if (missing) {
            (void)json_object_set_new(object, "reason",
                                      json_string("the head that was given is not in this log"));
        }
        cli_print_json(object);
    } else if (missing) {
        (void)printf("broken: the head that was given is not in this log of %llu entries\n",
                     (unsigned long long)report->head.length);
    } else {
        (void)printf("intact: %llu entries, head %s, %zu signed checkpoints\n",
                     (unsigned long long)report->head.length, head, report->checkpoints);
    }
    return missing ? EXIT_FAILED : EXIT_DONE;
}

static int report_broken(const struct options *options, const struct audit_report *report)
{
    if (options->common.json) {
        json_t *object = json_pack("{s:b,s:I,s:s}", "intact", 0, "entry", (json_int_t)report->bad,
                                   "reason", report->reason);
        cli_print_json(object);
    } else if (report->bad == 0) {
        (void)printf("broken: %s\n", report->reason);
    } else {
        (void)printf("broken: entry %llu %s\n", (unsigned long long)report->bad, report->reason);
    }
    return EXIT_FAILED;
}

int command_audit_verify(int argc, char **argv)
{
    static const struct argp_option entries[] = {
        {"at", OPTION_AT, "LENGTH:HASH", 0,
         "Also check that the log had this head when it was LENGTH entries long", 0},
        {0}};
    static const struct argp argp = {
        .options = entries,
        .parser = parse,
        .doc = "Walks the chain from its first entry and checks the signed checkpoints: 0 where it "
               "is intact, 1 where it is broken."};
    struct options options = {0};
    struct err err = {0};
    struct store *store = NULL;
    struct audit_report report;
    if (cli_parse(&argp, argc, argv, &options, &options.common) != 0) return EXIT_BAD_USAGE;
    struct trust *trust = open_root(&options.common);
    bool ok = audit_store_open(command_home(&options.common), false, AUDIT_MAP_MIB, &store, &err) &&
              audit_verify(store, options.has_at ? &options.at : NULL, trust, &report, &err);
    if (store) store_close(store);
    trust_close(trust);
    if (!ok) return command_failed("audit verify", &options.common, &err);
    return report.intact ? report_intact(&options, &report) : report_broken(&options, &report);
}

/* ---- show ---- */

static json_t *field_json(const struct audit_field *field)
{
    if (field->type == AUDIT_TYPE_NUMBER) return json_integer((json_int_t)field->number);
    if (field->type == AUDIT_TYPE_TEXT) return json_stringn((const char *)field->data, field->len);
    char *hex = mem_array(2 * field->len + 1, 1);
    json_t *text = json_string(text_hex(field->data, field->len, hex));
    free(hex);
    return text;
}

static void print_json(const struct audit_entry *entry, const char *when)
{
    char hash[2 * HASH_BYTES + 1];
    json_t *object =
        json_pack("{s:I,s:s,s:s,s:s}", "number", (json_int_t)entry->number, "time", when, "kind",
                  audit_kind_name(entry->kind), "hash", text_hex(entry->hash, HASH_BYTES, hash));
    json_t *fields = json_object();
    for (size_t i = 0; i < entry->field_count; i++) {
        (void)json_object_set_new(fields, entry->fields[i].name, field_json(&entry->fields[i]));
    }
    (void)json_object_set_new(object, "fields", fields);
    cli_print_json(object);
}

static void print_text(const struct audit_entry *entry, const char *when)
{
    (void)printf("%llu %s %s", (unsigned long long)entry->number, when,
                 audit_kind_name(entry->kind));
    for (size_t i = 0; i < entry->field_count; i++) {
        json_t *value = field_json(&entry->fields[i]);
        char *text = json_dumps(value, JSON_ENCODE_ANY);
        (void)printf(" %s=%s", entry->fields[i].name, text);
        free(text);
        json_decref(value);
    }
    (void)fputc('\n', stdout);
}

static bool print_entry(const uint8_t *key, size_t key_len, const uint8_t *value, size_t len,
                        void *ctx, struct err *err)
{
    const struct options *options = ctx;
    struct audit_entry entry;
    char when[CLOCK_TEXT];
    (void)key;
    (void)key_len;
    if (!audit_entry_decode(value, len, &entry, err)) return err_in(err, "entry");
    clock_format(entry.time_ms, when);
    if (options->common.json) {
        print_json(&entry, when);
    } else {
        print_text(&entry, when);
    }
    return true;
}

static bool show(struct store *store, struct options *options, struct err *err)
{
    struct store_txn *txn = NULL;
    struct log_head head;
    uint8_t from[8];
    if (!store_begin(store, false, &txn, err)) return false;
    bool ok = audit_read_head(txn, &head, err);
    if (ok) {
        uint64_t skip = options->last > 0 && head.length > (uint64_t)options->last
                            ? head.length - (uint64_t)options->last
                            : 0;
        store_key_u64(from, skip + 1);
        ok = store_each(txn, AUDIT_TABLE_LOG, from, sizeof from, print_entry, options, err);
    }
    store_abort(txn);
    return ok;
}

int command_audit_show(int argc, char **argv)
{
    static const struct argp_option entries[] = {
        {"last", OPTION_LAST, "N", 0, "Only the last N entries", 0}, {0}};
    static const struct argp argp = {.options = entries,
                                     .parser = parse,
                                     .doc = "Prints the entries of the audit log, one a line."};
    struct options options = {0};
    struct err err = {0};
    struct store *store = NULL;
    if (cli_parse(&argp, argc, argv, &options, &options.common) != 0) return EXIT_BAD_USAGE;
    bool ok = audit_store_open(command_home(&options.common), false, AUDIT_MAP_MIB, &store, &err) &&
              show(store, &options, &err);
    if (store) store_close(store);
    return ok ? EXIT_DONE : command_failed("audit show", &options.common, &err);
}
