/* SPDX-License-Identifier: Apache-2.0
 * What Ofsted's list does not say of an agency, as somebody has written it down: the CSV file that
 * `directory import --missing` asks for and `--fill` takes.
 */
#ifndef HEARTH_MATCHER_DIRECTORY_IMPORT_FILL_H
#define HEARTH_MATCHER_DIRECTORY_IMPORT_FILL_H

#include "matcher/directory.h"

struct fill_row {
    struct agency agency; /* id, name, urn, contact, frameworks and tier; "" where blank */
    size_t line;
    bool used; /* for the caller */
};
struct fill {
    struct fill_row *rows; /* in the order of the file; no URN and no id twice */
    size_t count;
};

/* Columns urn and contact, and optionally frameworks, tier, id, name and town (which is not looked
 * at). A row names its agency by URN, or by name where Ofsted's list has no URN. Findings as in
 * directory_parse. */
MUST_CHECK bool fill_parse(const uint8_t *csv, size_t len, directory_finding_fn finding, void *ctx,
                           struct fill *out, struct err *err);
void fill_free(struct fill *fill);

#endif
