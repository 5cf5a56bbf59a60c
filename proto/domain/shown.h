/* SPDX-License-Identifier: Apache-2.0
 * Values that somebody else wrote, made fit for an error message.
 */
#ifndef HEARTH_DOMAIN_SHOWN_H
#define HEARTH_DOMAIN_SHOWN_H

enum { SHOWN_MAX = 48 };

/* Copies `text` (UTF-8) into out without control characters, cut with "..." at a character's end;
 * returns out. What is not UTF-8 becomes '?'. */
const char *shown(const char *text, char out[SHOWN_MAX]);

#endif
