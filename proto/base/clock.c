/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const int64_t MS_PER_DAY = 86400000;
static const int64_t MS_PER_HOUR = 3600000;

static int64_t read_us(clockid_t id)
{
    struct timespec now;
    REQUIRE(clock_gettime(id, &now) == 0);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static const char OFFSET_VARIABLE[] = "HEARTH_CLOCK_OFFSET";
static const char LINK_VARIABLE[] = "HEARTH_CLOCK_LINK";

bool clock_is_moved(void)
{
    return getenv(OFFSET_VARIABLE) || getenv(LINK_VARIABLE);
}

/* A link's target is read without a descriptor, and changes in one step by a rename. */
static int64_t linked_ms(void)
{
    char text[32] = "";
    const char *path = getenv(LINK_VARIABLE);
    ssize_t len = path ? readlink(path, text, sizeof text - 1) : -1;
    return len > 0 ? strtoll(text, NULL, 10) * 1000 : 0;
}

/* Re-read at each call: the environment of a process does not change, and so no global is needed.
 */
static int64_t offset_ms(void)
{
    const char *text = getenv(OFFSET_VARIABLE);
    return (text ? strtoll(text, NULL, 10) * 1000 : 0) + linked_ms();
}

int64_t clock_wall_ms(void)
{
    return read_us(CLOCK_REALTIME) / 1000 + offset_ms();
}

int64_t clock_steady_us(void)
{
    return read_us(CLOCK_MONOTONIC);
}

int64_t clock_steady_ms(void)
{
    return clock_steady_us() / 1000;
}

int64_t clock_cpu_us(void)
{
    return read_us(CLOCK_PROCESS_CPUTIME_ID);
}

void clock_format(int64_t wall_ms, char out[CLOCK_TEXT])
{
    time_t seconds = (time_t)(wall_ms / 1000 - (wall_ms % 1000 < 0 ? 1 : 0));
    struct tm parts;
    if (!gmtime_r(&seconds, &parts) ||
        strftime(out, CLOCK_TEXT, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0) {
        (void)snprintf(out, CLOCK_TEXT, "(no date)");
    }
}

/* Howard Hinnant's days_from_civil, for the proleptic Gregorian calendar. */
int32_t clock_day(int year, int month, int day)
{
    int y = month <= 2 ? year - 1 : year;
    int era = (y >= 0 ? y : y - 399) / 400;
    int year_of_era = y - era * 400;
    int day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

void clock_day_parts(int32_t day, int *year, int *month, int *day_of_month)
{
    int z = day + 719468;
    int era = (z >= 0 ? z : z - 146096) / 146097;
    int day_of_era = z - era * 146097;
    int year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int shifted = (5 * day_of_year + 2) / 153;
    *day_of_month = day_of_year - (153 * shifted + 2) / 5 + 1;
    *month = shifted < 10 ? shifted + 3 : shifted - 9;
    *year = year_of_era + era * 400 + (*month <= 2 ? 1 : 0);
}

static bool digits(const char *text, size_t count, int *value)
{
    *value = 0;
    for (size_t i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9') return false;
        *value = *value * 10 + (text[i] - '0');
    }
    return true;
}

bool clock_parse_day(const char *text, int32_t *day)
{
    int year = 0, month = 0, dom = 0;
    if (strlen(text) != 10 || text[4] != '-' || text[7] != '-' || !digits(text, 4, &year) ||
        !digits(text + 5, 2, &month) || !digits(text + 8, 2, &dom) || month < 1 || month > 12 ||
        dom < 1) {
        return false;
    }
    int32_t candidate = clock_day(year, month, dom);
    int back_year = 0, back_month = 0, back_dom = 0;
    clock_day_parts(candidate, &back_year, &back_month, &back_dom);
    if (back_year != year || back_month != month || back_dom != dom) return false;
    *day = candidate;
    return true;
}

/* 01:00 UTC on the last Sunday of a month with 31 days. */
static int64_t last_sunday_ms(int year, int month)
{
    int32_t last = clock_day(year, month, 31);
    int32_t weekday = ((last % 7) + 11) % 7; /* 1970-01-01 was a Thursday; 0 is Sunday */
    return (int64_t)(last - weekday) * MS_PER_DAY + MS_PER_HOUR;
}

static int32_t day_of_ms(int64_t ms)
{
    return (int32_t)(ms >= 0 ? ms / MS_PER_DAY : (ms - MS_PER_DAY + 1) / MS_PER_DAY);
}

int32_t clock_london_day(int64_t wall_ms)
{
    int year = 0, month = 0, dom = 0;
    clock_day_parts(day_of_ms(wall_ms), &year, &month, &dom);
    bool summer = wall_ms >= last_sunday_ms(year, 3) && wall_ms < last_sunday_ms(year, 10);
    return day_of_ms(wall_ms + (summer ? MS_PER_HOUR : 0));
}
