/* SPDX-License-Identifier: Apache-2.0
 * What the `status` commands make of what a running program has written.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/cli.h"
#include "proto/base/clock.h"
#include "proto/base/file.h"
#include "proto/metrics/daemon_status.h"

enum { STATUS_MAX = 1 << 20, FINDING_MAX = 256, NOT_RUNNING = 3, MIB = 1 << 20 };

/* Who names the wrong home is told so. Programs of before do not say which they are. */
static bool check_program(const json_t *status, const char *program, struct err *err)
{
    const char *whose = json_string_value(json_object_get(status, "program"));
    return !whose || strcmp(whose, program) == 0 ||
           err_set(err, ERR_INVALID, HOME_STATUS,
                   "what runs with this home is %.40s, not %s; -C names another home", whose,
                   program);
}

bool daemon_status_read(const char *home, const char *program, json_t **out, struct err *err)
{
    char *path = file_join(home, HOME_STATUS);
    struct buf text = {0};
    json_t *status = NULL;
    bool ok = file_read(path, STATUS_MAX, &text, err);
    if (ok) status = json_loadb((const char *)text.data, text.len, 0, NULL);
    if (ok && !json_is_object(status)) {
        ok = err_set(err, ERR_CORRUPT, HOME_STATUS, "is no JSON object");
    }
    ok = ok && check_program(status, program, err);
    if (ok) {
        (void)json_object_set_new(status, "running", json_true());
        (void)json_object_set_new(status, "findings", json_array());
        *out = status;
    } else {
        json_decref(status);
    }
    buf_free(&text);
    free(path);
    return ok;
}

const char *daemon_text(const json_t *status, const char *key)
{
    const char *text = json_string_value(json_object_get(status, key));
    return text ? text : "-";
}

long long daemon_number(const json_t *status, const char *key)
{
    return json_integer_value(json_object_get(status, key));
}

/* ---- findings ---- */

void daemon_finding(json_t *status, enum finding kind, const char *fmt, ...)
{
    char text[FINDING_MAX];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    (void)json_array_append_new(json_object_get(status, "findings"),
                                json_pack("{s:s,s:s}", "kind",
                                          kind == FINDING_TROUBLE ? "trouble" : "warning", "text",
                                          text));
}

static void judge_certificate(json_t *status)
{
    long long days = daemon_number(status, "certificate_days");
    if (!json_is_integer(json_object_get(status, "certificate_days"))) return;
    if (days < CERTIFICATE_WARNING_DAYS) {
        daemon_finding(status, days < CERTIFICATE_TROUBLE_DAYS ? FINDING_TROUBLE : FINDING_WARNING,
                       days < 0 ? "the certificate has expired %lld days ago"
                                : "the certificate expires within %lld days",
                       days < 0 ? -days : days + 1);
    }
}

void daemon_findings(json_t *status)
{
    /* The steady clock is the same for all programs since the machine was started. */
    long long silent_ms = clock_steady_ms() - daemon_number(status, "steady_ms");
    if (silent_ms > STATUS_STALE_MS || silent_ms < 0) {
        daemon_finding(status, FINDING_TROUBLE, "has not written its status for %lld s",
                       silent_ms / 1000);
    }
    judge_certificate(status);
}

void daemon_store_findings(json_t *status)
{
    enum { NEARLY = 90, FULL = 98 };
    const char *name = NULL;
    json_t *store = NULL;
    json_object_foreach(json_object_get(status, "stores"), name, store)
    {
        long long used = daemon_number(store, "bytes"), limit = daemon_number(store, "limit_bytes");
        long long percent = limit > 0 ? used / (limit / 100 + 1) : 0;
        if (percent < NEARLY) continue;
        daemon_finding(status, percent >= FULL ? FINDING_TROUBLE : FINDING_WARNING,
                       "the store \"%s\" is %lld %% full", name, percent);
    }
}

int daemon_verdict(json_t *status)
{
    size_t i = 0;
    json_t *finding = NULL;
    bool well = true;
    json_array_foreach(json_object_get(status, "findings"), i, finding)
    {
        if (strcmp(daemon_text(finding, "kind"), "trouble") == 0) well = false;
    }
    (void)json_object_set_new(status, "well", json_boolean(well));
    return well ? 0 : 1;
}

/* ---- for a person ---- */

static void print_head(const json_t *status, const char *program)
{
    (void)printf("%s: %s is running since %s (process %lld, version %s)\n", program,
                 daemon_text(status, "id"), daemon_text(status, "started_at"),
                 daemon_number(status, "pid"), daemon_text(status, "version"));
}

static void print_stores(json_t *stores)
{
    const char *name = NULL;
    json_t *store = NULL;
    json_object_foreach(stores, name, store)
    {
        (void)printf("store        %s: %.1f MiB in use, %.1f MiB on disk, limit %.0f MiB\n", name,
                     (double)daemon_number(store, "bytes") / MIB,
                     (double)daemon_number(store, "file_bytes") / MIB,
                     (double)daemon_number(store, "limit_bytes") / MIB);
    }
}

static void print_tail(const json_t *status)
{
    const json_t *last = json_object_get(status, "last_error");
    size_t i = 0;
    json_t *finding = NULL;
    print_stores(json_object_get(status, "stores"));
    (void)printf("certificate  until %s, %lld days left\n",
                 daemon_text(status, "certificate_until"),
                 daemon_number(status, "certificate_days"));
    (void)printf("metrics      %s\n", daemon_text(status, "metrics"));
    if (json_is_object(last)) {
        (void)printf("last error   %s %s %s (of %lld)\n", daemon_text(last, "at"),
                     daemon_text(last, "event"), daemon_text(last, "fields"),
                     daemon_number(status, "errors"));
    } else {
        (void)printf("last error   none\n");
    }
    json_array_foreach(json_object_get(status, "findings"), i, finding)
    {
        (void)printf("%-12s %s\n", daemon_text(finding, "kind"), daemon_text(finding, "text"));
    }
}

static int not_running(bool json, const char *program, const char *home)
{
    if (json) {
        cli_print_json(json_pack("{s:b,s:b}", "running", 0, "well", 0));
    } else {
        (void)printf("%s: not running in %s\n", program, home);
    }
    return NOT_RUNNING;
}

bool daemon_status_show(const struct daemon_command *command, const char *home, bool json,
                        int *code, struct err *err)
{
    json_t *status = NULL;
    if (!daemon_runs(home)) {
        *code = not_running(json, command->program, home);
        return true;
    }
    if (!daemon_status_read(home, command->program, &status, err)) return false;
    daemon_findings(status);
    daemon_store_findings(status);
    if (command->judge) command->judge(status);
    *code = daemon_verdict(status);
    if (json) {
        cli_print_json(status);
        return true;
    }
    print_head(status, command->program);
    command->print(status);
    print_tail(status);
    json_decref(status);
    return true;
}
