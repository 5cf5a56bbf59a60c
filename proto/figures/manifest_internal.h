/* SPDX-License-Identifier: Apache-2.0
 * What the files of manifests share.
 */
#ifndef HEARTH_FIGURES_MANIFEST_INTERNAL_H
#define HEARTH_FIGURES_MANIFEST_INTERNAL_H

#include "proto/figures.pb-c.h"
#include "proto/figures/manifest.h"

/* The statement of the proof of possession of U, and its tag. */
#define TAG_HUB_KEY "hearth v1 figures hub key"
void manifest_key_statement(const struct manifest *manifest, struct buf *out);

/* Everything that manifest_decode promises of a manifest whose fields have been read: times,
 * quorums, the samplers' hashes, the proof. Also counts the enrolled of each side and
 * completes the terms' noise. */
MUST_CHECK bool manifest_check(struct manifest *manifest, struct err *err);
/* From the table, the epsilon and the side's quorum and insiders. */
void manifest_noise(const struct manifest *manifest, struct manifest_term *term);
/* Fills in the hash of each term's sampler. ERR_INVALID, field "terms[i].epsilon": there is none.
 */
MUST_CHECK bool manifest_noise_hashes(const struct manifest *manifest, uint8_t (*out)[HASH_BYTES],
                                      struct err *err);
/* Which side a contributor of that role is on; false for other roles. */
MUST_CHECK bool manifest_side_of(enum role role, enum figures_side *out);
/* ROLE_AGENT or ROLE_LA of a message; ERR_INVALID, field "role". */
MUST_CHECK bool manifest_role(Hearth__V1__Role in, enum role *out, struct err *err);
/* A table of the edition by its name; ERR_INVALID, field "table". */
MUST_CHECK bool manifest_table(const char *name, const struct figures_table **out, struct err *err);
/* Calls err_in with "list[i]"; returns false. */
bool manifest_err_at(struct err *err, const char *list, size_t i);

#endif
