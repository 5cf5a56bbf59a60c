/* SPDX-License-Identifier: Apache-2.0
 * What a request asks for that an older version of the catalogue does not have (docs/protocol.md
 * "Versions").
 */
#ifndef HEARTH_CLIENT_ADDED_H
#define HEARTH_CLIENT_ADDED_H

#include "proto/domain/request.h"

struct added {
    uint16_t slots[SLOTS_MAX]; /* ascending, without repeats */
    size_t count;
};
/* Placement type, musts and preferences of `request` whose slot is `first` or later. */
void added_from(const struct request *request, uint16_t first, struct added *out);

/* ERR_VERSION, naming a criterion, where `request` asks for one that `catalogue` does not have;
 * `who` has no newer version: "the matcher". */
MUST_CHECK bool added_none(const struct request *request, const struct catalogue *catalogue,
                           const char *who, struct err *err);

#endif
