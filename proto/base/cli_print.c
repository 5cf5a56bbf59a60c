/* SPDX-License-Identifier: Apache-2.0
 * Errors and JSON, as all programs print them.
 */
#include <stdio.h>

#include "proto/base/cli.h"
#include "proto/base/clock.h"
#include "proto/base/text.h"

enum { REAL_DIGITS = 9 }; /* degrees to a metre; no noise of binary fractions */

void cli_print_json(json_t *object)
{
    REQUIRE(object != NULL);
    (void)json_dumpf(object, stdout, JSON_COMPACT | JSON_REAL_PRECISION(REAL_DIGITS));
    (void)fputc('\n', stdout);
    json_decref(object);
}

/* It may quote a peer or a file: nothing of that may steer a terminal or break the JSON. */
static struct err printable(const struct err *err)
{
    struct err shown = *err;
    text_make_printable(shown.field);
    text_make_printable(shown.text);
    return shown;
}

static int64_t seconds_of(const struct err *err)
{
    return err->retry_ms / 1000 + (err->retry_ms % 1000 > 0);
}

json_t *cli_error_json(const struct err *err)
{
    struct err shown = printable(err);
    json_t *object = json_pack("{s:s,s:s,s:s}", "code", err_code_name(shown.code), "field",
                               shown.field, "message", shown.text);
    if (err->retry_ms > 0) {
        (void)json_object_set_new(object, "retry_after_s", json_integer(seconds_of(err)));
    }
    return object;
}

/* "; try again in 40 s", with the unit that people count in; "" where nothing is known. */
static void retry_text(const struct err *err, char out[64])
{
    int64_t seconds = seconds_of(err);
    out[0] = '\0';
    if (err->retry_ms <= 0) return;
    if (seconds < 120) {
        (void)snprintf(out, 64, "; try again in %lld s", (long long)seconds);
    } else if (seconds < 7200) {
        (void)snprintf(out, 64, "; try again in %lld minutes", (long long)(seconds + 59) / 60);
    } else {
        (void)snprintf(out, 64, "; try again in %lld hours", (long long)(seconds + 3599) / 3600);
    }
}

json_t *instant_json(int64_t ms)
{
    char text[CLOCK_TEXT];
    if (ms == 0) return json_null();
    clock_format(ms, text);
    return json_string(text);
}

void cli_print_error(const char *program, bool json, const struct err *err)
{
    if (!json) {
        struct err shown = printable(err);
        char retry[64];
        retry_text(err, retry);
        (void)fprintf(stderr, "%s: %s%s%s%s\n", program, shown.field, shown.field[0] ? ": " : "",
                      shown.text, retry);
        return;
    }
    json_t *object = json_pack("{s:o}", "error", cli_error_json(err));
    if (object) cli_print_json(object);
}
