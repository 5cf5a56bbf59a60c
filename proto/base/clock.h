/* SPDX-License-Identifier: Apache-2.0
 * All time in the project. The wall clock can be offset by whole seconds for tests through the
 * environment variable HEARTH_CLOCK_OFFSET, and stepped while a program runs: HEARTH_CLOCK_LINK
 * names a symbolic link whose target is a number of seconds more.
 */
#ifndef HEARTH_BASE_CLOCK_H
#define HEARTH_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

#include "proto/base/err.h"

/* Milliseconds since 1970-01-01T00:00:00Z, offset included. */
int64_t clock_wall_ms(void);
/* Whether the environment moves the wall clock: a program that serves says so in its log. */
bool clock_is_moved(void);
/* Milliseconds / microseconds of a clock that never steps; for time-outs and measurements. */
int64_t clock_steady_ms(void);
int64_t clock_steady_us(void);
/* CPU time of this process (all threads) in microseconds. */
int64_t clock_cpu_us(void);

enum { CLOCK_TEXT = 32 };
/* "2026-11-22T05:46:34Z". */
void clock_format(int64_t wall_ms, char out[CLOCK_TEXT]);

/* A calendar day as days since 1970-01-01, and its parts. */
int32_t clock_day(int year, int month, int day);
void clock_day_parts(int32_t day, int *year, int *month, int *day_of_month);
/* Reads exactly YYYY-MM-DD, a date that exists. */
MUST_CHECK bool clock_parse_day(const char *text, int32_t *day);
/* The calendar day in Europe/London at that instant: UTC, one hour ahead from 01:00 UTC on the last
 * Sunday of March to 01:00 UTC on the last Sunday of October (Summer Time Order 2002). */
int32_t clock_london_day(int64_t wall_ms);

#endif
