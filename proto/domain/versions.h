/* SPDX-License-Identifier: Apache-2.0
 * How parties with neighbouring versions of the catalogue read one query (docs/protocol.md
 * "Versions"). Version N+1 begins with the criteria of version N, so the slots of an older version
 * are the first ones of a newer layout.
 */
#ifndef HEARTH_DOMAIN_VERSIONS_H
#define HEARTH_DOMAIN_VERSIONS_H

#include "proto/crypto/message.h"
#include "proto/domain/catalogue.h"

/* The newest catalogue that a party uses whose configuration says `version`; 0 = the newest that
 * the program knows. NULL where there is none of that version. */
const struct catalogue *catalogue_chosen(uint32_t version);

struct reading {
    const struct catalogue *catalogue; /* whose slots are looked at: the query's, or an older one */
    struct blind_layout layout;        /* the query's */
};
/* How a party whose newest catalogue is `newest` reads `query`. A version that it has: the numbers
 * of slots must be that version's. The version after its newest: they must be at least its own and
 * at most SLOTS_MAX, and it looks at the slots that it knows. Else ERR_VERSION, ERR_INVALID with
 * the field. `peer` names the asker in the text. */
MUST_CHECK bool reading_of(const struct catalogue *newest, const struct query *query,
                           const char *peer, struct reading *out, struct err *err);

/* The slots that `catalogue` added to the version before it begin here; for the first version, at
 * its end: it added none. */
uint16_t catalogue_first_added(const struct catalogue *catalogue);

#endif
