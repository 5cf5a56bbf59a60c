/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdarg.h>
#include <string.h>

#include <jansson.h>

#include "proto/base/cli.h"
#include "tests/soak/soak.h"

enum { WRONG_SHOWN = 5 };

void soak_check(struct soak *soak, bool ok, const char *name, const char *fmt, ...)
{
    char period[PERIOD_TEXT];
    if (ok) {
        soak->checks_passed++;
        return;
    }
    soak->checks_failed++;
    (void)fprintf(stderr,
                  "FAIL %s %s: ", period_text(soak_period(soak, soak->period_index), period), name);
    va_list args;
    va_start(args, fmt);
    (void)vfprintf(stderr, fmt, args);
    va_end(args);
    (void)fputc('\n', stderr);
}

bool soak_wrong(struct soak_party *party, const char *fmt, ...)
{
    if (party->wrong[0]) return false;
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(party->wrong, sizeof party->wrong, fmt, args);
    va_end(args);
    return false;
}

void soak_check_parties(struct soak *soak, const char *name)
{
    size_t wrong = 0, first = 0;
    for (size_t i = soak_party_count(soak); i-- > 0;) {
        struct soak_party *party = &soak->parties[i];
        if (!party->wrong[0]) continue;
        if (wrong++ < WRONG_SHOWN) (void)fprintf(stderr, "  %s: %s\n", party->id, party->wrong);
        first = i;
    }
    soak_check(soak, wrong == 0, name, "%zu parties, the first of them %s", wrong,
               soak->parties[first].id);
    for (size_t i = 0; i < soak_party_count(soak); i++) soak->parties[i].wrong[0] = '\0';
}

/* ---- at the end ---- */

static json_t *row_json(const struct soak_row *row)
{
    char period[PERIOD_TEXT];
    return json_pack("{s:s,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:f,s:f,s:I,s:f,s:f,s:f,s:f}", "period",
                     period_text(row->period, period), "enrolled", (json_int_t)row->enrolled,
                     "contributed", (json_int_t)row->contributed, "late", (json_int_t)row->late,
                     "passed", (json_int_t)row->passed, "released", (json_int_t)row->released,
                     "given_up", (json_int_t)row->given_up, "cells", (json_int_t)row->cells,
                     "shown", (json_int_t)row->shown, "mean", row->mean, "variance", row->variance,
                     "bytes", (json_int_t)row->bytes, "contributing_s", row->contributing_s,
                     "checking_s", row->checking_s, "opening_s", row->opening_s, "seconds",
                     row->seconds);
}

static json_t *tables_json(const struct soak *soak)
{
    json_t *list = json_array();
    for (size_t i = 0; i < figures_table_count; i++) {
        const struct soak_moments *m = &soak->of_tables[i];
        if (m->cells == 0) continue;
        (void)json_array_append_new(
            list, json_pack("{s:s,s:I,s:f,s:f,s:f}", "table", figures_tables[i].name, "cells",
                            (json_int_t)m->cells, "mean", m->z / (double)m->cells, "variance",
                            m->z2 / (double)m->cells, "largest", m->largest));
    }
    return list;
}

static void print_json(const struct soak *soak)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < soak->periods; i++) {
        (void)json_array_append_new(rows, row_json(&soak->rows[i]));
    }
    cli_print_json(json_pack("{s:I,s:I,s:o,s:o,s:I,s:I}", "agencies", (json_int_t)soak->agencies,
                             "las", (json_int_t)soak->las, "periods", rows, "tables",
                             tables_json(soak), "passed", (json_int_t)soak->checks_passed, "failed",
                             (json_int_t)soak->checks_failed));
}

static void print_row(const struct soak_row *row)
{
    char period[PERIOD_TEXT];
    (void)printf("%s %8zu %11zu %5zu %7zu %8zu %6zu %7.3f %8.3f %6.1f %12.1f %9.1f %8.1f %6.0f\n",
                 period_text(row->period, period), row->enrolled, row->contributed, row->late,
                 row->passed, row->released, row->cells, row->mean, row->variance,
                 (double)row->bytes / (1 << 20), row->contributing_s, row->checking_s,
                 row->opening_s, row->seconds);
}

void soak_print(const struct soak *soak, bool json)
{
    if (json) {
        print_json(soak);
        return;
    }
    (void)printf("%zu agencies, %zu LAs; mean and variance of the residuals in units of the stated "
                 "deviation; CPU seconds\n",
                 soak->agencies, soak->las);
    (void)printf("%-7s %8s %11s %5s %7s %8s %6s %7s %8s %6s %12s %9s %8s %6s\n", "period",
                 "enrolled", "contributed", "late", "passed", "released", "cells", "mean",
                 "variance", "MiB", "contributing", "checking", "opening", "s");
    for (size_t i = 0; i < soak->periods; i++) print_row(&soak->rows[i]);
    if (soak->moments.cells == 0) return;
    (void)printf("all periods: %zu cells, mean %.4f, variance %.4f, largest %.1f deviations\n",
                 soak->moments.cells, soak->moments.z / (double)soak->moments.cells,
                 soak->moments.z2 / (double)soak->moments.cells, soak->moments.largest);
}
