/* SPDX-License-Identifier: Apache-2.0
 * What the check of an opened query found, for people and for scripts.
 */
#ifndef HEARTH_CLIENT_AUDIT_WORDS_H
#define HEARTH_CLIENT_AUDIT_WORDS_H

#include <stdio.h>

#include <jansson.h>

#include "proto/audit/package.h"

/* In words: who asked when, for which children, where and with which needs; what of it holds. */
void audit_report_words(FILE *out, const struct package_report *report);
/* The same as one object, as docs/man/hearth.1 promises it; new reference. */
json_t *audit_report_json(const struct package_report *report);

#endif
