/* SPDX-License-Identifier: Apache-2.0
 * Organisation ids from names: "The Children's Family Trust" becomes the-childrens-family-trust.
 */
#ifndef HEARTH_MATCHER_DIRECTORY_IMPORT_ID_H
#define HEARTH_MATCHER_DIRECTORY_IMPORT_ID_H

#include <stddef.h>

#include "proto/crypto/message.h"

/* The name as an id of at most `longest` (8 to ID_MAX) characters: letters and figures in lower
 * case, "and" for &, no apostrophes, a hyphen for anything else, cut at the end of a word where one
 * ends in its second half. "agency" where nothing of the name is left. */
void import_id_of_name(const char *name, size_t longest, char out[ID_MAX + 1]);

/* Whether an id must not be given out. */
typedef bool (*import_id_taken_fn)(const char *id, void *ctx);
/* The id of an agency that shares its name's id with another, or whose name's id is taken: the
 * name with the URN behind it; with a number from 2 where it has no URN or that is taken too. */
void import_id_told_apart(const char *name, const char *urn, import_id_taken_fn taken, void *ctx,
                          char out[ID_MAX + 1]);

#endif
