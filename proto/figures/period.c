/* SPDX-License-Identifier: Apache-2.0
 * Periods: calendar months in London.
 */
#include <stdio.h>
#include <string.h>

#include "proto/base/clock.h"
#include "proto/domain/shown.h"
#include "proto/figures/manifest.h"

enum { MONTHS = 12, HOUR_MS = 3600000 };
static const int64_t DAY_MS = 86400000;

bool period_valid(uint32_t period)
{
    uint32_t year = period / 100, month = period % 100;
    return year >= 2000 && year <= 2099 && month >= 1 && month <= MONTHS;
}

uint32_t period_next(uint32_t period)
{
    return period % 100 == MONTHS ? period - (MONTHS - 1) + 100 : period + 1;
}

uint32_t period_before(uint32_t period, unsigned months)
{
    uint32_t since = period / 100 * MONTHS + period % 100 - 1;
    REQUIRE(months <= since);
    since -= months;
    return since / MONTHS * 100 + since % MONTHS + 1;
}

uint32_t period_of(int64_t wall_ms)
{
    int year = 0, month = 0, day_of_month = 0;
    clock_day_parts(clock_london_day(wall_ms), &year, &month, &day_of_month);
    REQUIRE(year >= 0);
    return (uint32_t)year * 100 + (uint32_t)month;
}

int64_t period_start_ms(uint32_t period)
{
    int32_t day = clock_day((int)(period / 100), (int)(period % 100), 1);
    int64_t midnight = day * DAY_MS;
    /* In summer the day begins an hour earlier than in UTC. */
    return clock_london_day(midnight - HOUR_MS) == day ? midnight - HOUR_MS : midnight;
}

const char *period_text(uint32_t period, char out[PERIOD_TEXT])
{
    REQUIRE(period / 100 <= 9999);
    (void)snprintf(out, PERIOD_TEXT, "%04u-%02u", period / 100 % 10000, period % 100);
    return out;
}

bool period_parse(const char *text, uint32_t *out, struct err *err)
{
    uint32_t period = 0;
    bool good = strlen(text) == PERIOD_TEXT - 1;
    for (size_t i = 0; good && text[i]; i++) {
        if (i == 4) {
            good = text[i] == '-';
            continue;
        }
        good = text[i] >= '0' && text[i] <= '9';
        period = period * 10 + (uint32_t)(text[i] - '0');
    }
    if (good && period_valid(period)) {
        *out = period;
        return true;
    }
    char seen[SHOWN_MAX];
    return err_set(err, ERR_INVALID, "period",
                   "\"%s\" is no month; must be a year and a month, as in 2026-11, of 2000 to 2099",
                   shown(text, seen));
}
