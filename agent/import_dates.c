/* SPDX-License-Identifier: Apache-2.0
 * Dates as case systems and spreadsheets here write them.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "agent/import_columns.h"
#include "proto/base/clock.h"

enum { YEAR_MIN = 1900, YEAR_MAX = 2199 };

struct date {
    int year, month, day;
};

/* One to `most` digits: moves *at behind them. False where there are none, or more. */
static bool take_number(const char **at, size_t most, int *out)
{
    size_t n = 0;
    int value = 0;
    while (isdigit((unsigned char)(*at)[n]) && n <= most) value = value * 10 + (*at)[n++] - '0';
    if (n == 0 || n > most) return false;
    *at += n;
    *out = value;
    return true;
}

/* "Nov", "november", "Sept". */
static bool take_month(const char **at, int *out)
{
    static const char *const names[] = {"january",   "february", "march",    "april",
                                        "may",       "june",     "july",     "august",
                                        "september", "october",  "november", "december"};
    size_t n = 0;
    while (isalpha((unsigned char)(*at)[n])) n++;
    for (int i = 0; i < 12; i++) {
        bool whole = n == strlen(names[i]);
        if ((n == 3 || whole || (i == 8 && n == 4)) && strncasecmp(*at, names[i], n) == 0) {
            *at += n;
            *out = i + 1;
            return true;
        }
    }
    return false;
}

/* The separator at *at, which the second one must repeat. */
static bool take_separator(const char **at, const char *allowed, char *out)
{
    if (!**at || !strchr(allowed, **at)) return false;
    *out = *(*at)++;
    return true;
}

static bool take_iso(const char **at, struct date *date)
{
    const char *p = *at;
    if (strspn(p, "0123456789") != 4 || !take_number(&p, 4, &date->year) || *p++ != '-' ||
        strspn(p, "0123456789") != 2 || !take_number(&p, 2, &date->month) || *p++ != '-' ||
        strspn(p, "0123456789") != 2 || !take_number(&p, 2, &date->day)) {
        return false;
    }
    *at = p;
    return true;
}

/* Day, month, year; *short_year where the year has two digits. */
static bool take_british(const char **at, struct date *date, bool *short_year)
{
    const char *p = *at;
    char first = 0;
    char second = 0;
    if (!take_number(&p, 2, &date->day) || !take_separator(&p, "/-. ", &first)) return false;
    bool named = isalpha((unsigned char)*p);
    if (named ? !take_month(&p, &date->month) : first == ' ' || !take_number(&p, 2, &date->month)) {
        return false;
    }
    if (!take_separator(&p, "/-. ", &second) || second != first) return false;
    size_t digits = strspn(p, "0123456789");
    *short_year = digits == 2;
    if ((digits != 4 && digits != 2) || !take_number(&p, 4, &date->year)) return false;
    *at = p;
    return true;
}

/* "", "T00:00:00Z", " 09:30", " 09:30:00.000": what a case system puts behind a date. */
static bool is_time(const char *text)
{
    if (*text == '\0') return true;
    if (*text != ' ' && *text != 'T') return false;
    int hours = 0;
    int minutes = 0;
    text++;
    return take_number(&text, 2, &hours) && *text++ == ':' && take_number(&text, 2, &minutes) &&
           hours < 24 && minutes < 60 && strspn(text, ":.0123456789Z") == strlen(text);
}

static bool no_date(const char *text, bool read, struct err *err)
{
    size_t digits = strspn(text, "0123456789");
    if (read) {
        return err_set(err, ERR_INVALID, NULL,
                       "there is no such day: year-month-day as 2026-11-30, or day/month/year as "
                       "30/11/2026, is wanted");
    }
    if (digits == 5 && text[digits] == '\0') {
        return err_set(err, ERR_INVALID, NULL,
                       "a spreadsheet's number of a day: format the column as dates; "
                       "day/month/year as 30/11/2026 is wanted");
    }
    return err_set(err, ERR_INVALID, NULL,
                   "a date as 2026-11-30 (year-month-day), 30/11/2026 (day/month/year) or 30 Nov "
                   "2026 is wanted");
}

bool column_date(const char *text, int32_t *day, struct err *err)
{
    struct date date = {0};
    bool short_year = false;
    const char *at = text;
    bool read = (take_iso(&at, &date) || take_british(&at, &date, &short_year)) && is_time(at);
    if (read && short_year) {
        return err_set(err, ERR_INVALID, NULL, "a year of four digits is wanted, as in 30/11/2026");
    }
    char iso[11];
    read = read && date.year >= YEAR_MIN && date.year <= YEAR_MAX;
    if (read) {
        (void)snprintf(iso, sizeof iso, "%04u-%02u-%02u", (unsigned)date.year % 10000U,
                       (unsigned)date.month % 100U, (unsigned)date.day % 100U);
    }
    return (read && clock_parse_day(iso, day)) || no_date(text, read, err);
}
