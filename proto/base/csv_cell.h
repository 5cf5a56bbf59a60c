/* SPDX-License-Identifier: Apache-2.0
 * Cells of CSV files that are written, safe to open in a spreadsheet.
 */
#ifndef HEARTH_BASE_CSV_CELL_H
#define HEARTH_BASE_CSV_CELL_H

#include "proto/base/buf.h"

/* Appends one cell, quoted where it needs to be, and where it holds semicolons or tabs, which some
 * spreadsheets take for separators too. A text that a spreadsheet would take for a formula
 * (it begins with = + - or @, with or without apostrophes before it) gets an apostrophe in front:
 * OWASP "CSV Injection". */
void csv_cell(struct buf *out, const char *text);
/* Takes away the apostrophe that csv_cell puts in front of such a text: the start inside `text`. */
char *csv_cell_text(char *text);

#endif
