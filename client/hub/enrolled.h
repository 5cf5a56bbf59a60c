/* SPDX-License-Identifier: Apache-2.0
 * Who contributes to a hub's figures: HOME/enrolled.csv with the columns role (agent or la), id and
 * code, an LA's authority.
 */
#ifndef HEARTH_CLIENT_HUB_ENROLLED_H
#define HEARTH_CLIENT_HUB_ENROLLED_H

#include "proto/base/buf.h"
#include "proto/figures/manifest.h"

#define HOME_ENROLLED "enrolled.csv"

struct enrolled_party {
    enum role role; /* ROLE_AGENT or ROLE_LA */
    char id[ID_MAX + 1];
    char code[GEOGRAPHY_CODE]; /* of an LA's authority; "" of an agent */
};
struct enrolled {
    struct enrolled_party *parties; /* ascending by role, then id */
    size_t count;                   /* at most MANIFEST_ENROLLED_MAX */
};
void enrolled_free(struct enrolled *enrolled);

/* Reads HOME/enrolled.csv; none where there is no such file. ERR_CORRUPT (field "enrolled.csv").
 * enrolled_free frees. */
MUST_CHECK bool enrolled_read(const char *home, struct enrolled *out, struct err *err);
/* Atomic. */
MUST_CHECK bool enrolled_write(const char *home, const struct enrolled *enrolled, struct err *err);
/* The text of such a file. ERR_INVALID names line and column. enrolled_free frees. */
MUST_CHECK bool enrolled_parse(const void *csv, size_t len, struct enrolled *out, struct err *err);
/* Appends the text of such a file. */
void enrolled_csv(const struct enrolled *enrolled, struct buf *out);

/* Adds a party, or gives an LA another code. code: NULL of an agent. ERR_INVALID with the field
 * id or code; ERR_BUDGET: there are too many. */
MUST_CHECK bool enrolled_add(struct enrolled *enrolled, enum role role, const char *id,
                             const char *code, struct err *err);
/* ERR_NOT_FOUND (field "party"). */
MUST_CHECK bool enrolled_remove(struct enrolled *enrolled, enum role role, const char *id,
                                struct err *err);
/* NULL where it is not enrolled. */
const struct enrolled_party *enrolled_find(const struct enrolled *enrolled, enum role role,
                                           const char *id);
size_t enrolled_count(const struct enrolled *enrolled, enum role role);

/* Every LA's code is one of the areas. ERR_INVALID (field "code") names the first that is not. */
MUST_CHECK bool enrolled_check(const struct enrolled *enrolled, const struct geography *geography,
                               struct err *err);
/* As a manifest lists them, all of `role` (ROLE_NONE: of both); enrolled_check has passed. Caller
 * frees. */
struct manifest_party *enrolled_parties(const struct enrolled *enrolled, enum role role,
                                        const struct geography *geography, size_t *count);

#endif
