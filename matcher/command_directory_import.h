/* SPDX-License-Identifier: Apache-2.0
 * What `hearth-matcher directory import` tells.
 */
#ifndef HEARTH_MATCHER_COMMAND_DIRECTORY_IMPORT_H
#define HEARTH_MATCHER_COMMAND_DIRECTORY_IMPORT_H

#include "matcher/directory_import.h"

struct import_told {
    const char *out_file, *missing_file; /* missing_file: NULL where none was asked for */
    const struct ofsted_list *list;
    const struct fill *fill; /* rows that nobody took are named */
    const struct directory_import *import;
};

/* On standard output, for people and as one JSON object. */
void import_tell(const struct import_told *told);
void import_tell_json(const struct import_told *told);

#endif
