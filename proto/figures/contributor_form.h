/* SPDX-License-Identifier: Apache-2.0
 * The stored forms of what a contributor keeps of hubs and of its contributions, and their bounded
 * decoders.
 *
 *   hub  = u8 form, text id ("": what hubs begin with that are not known yet), u8 joined, 32 bytes
 *          terms, 32 bytes offered, u32 offered period, 32 bytes manifest hash, u8 tables that are
 *          off, their names
 *   item = u8 form, 32 bytes hash, 32 bytes manifest hash, text hub, text matcher, u32 period, text
 *          table, u32 epsilon, u64 made, u64 window closes (ms since 1970), u8 state and u64
 * receipt of the matcher, the same of the hub, u8 released, u8 left out Integers are big-endian,
 * texts carry a 32-bit length.
 */
#ifndef HEARTH_FIGURES_CONTRIBUTOR_FORM_H
#define HEARTH_FIGURES_CONTRIBUTOR_FORM_H

#include "proto/figures/contributor.h"

enum { CONTRIBUTOR_FORM = 1 };

struct kept_hub {
    struct contributor_hub hub;
    uint8_t manifest_hash[HASH_BYTES]; /* of the manifest that was seen last */
};
struct kept_item {
    struct contributor_item item; /* its states are never CONTRIBUTION_HELD */
    char matcher[ID_MAX + 1];
};

/* Append the stored form. */
void kept_hub_encode(const struct kept_hub *hub, struct buf *out);
void kept_item_encode(const struct kept_item *item, struct buf *out);
/* ERR_CORRUPT; ERR_VERSION for a form that a later program wrote. Exactly the encoding of what they
 * give. */
MUST_CHECK bool kept_hub_decode(const uint8_t *data, size_t len, struct kept_hub *out,
                                struct err *err);
MUST_CHECK bool kept_item_decode(const uint8_t *data, size_t len, struct kept_item *out,
                                 struct err *err);

#endif
