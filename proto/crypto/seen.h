/* SPDX-License-Identifier: Apache-2.0
 * A set of encoded points, for telling that one was seen before. Not thread-safe.
 */
#ifndef HEARTH_CRYPTO_SEEN_H
#define HEARTH_CRYPTO_SEEN_H

#include "proto/crypto/group.h"

struct seen;
struct seen *seen_new(void);
void seen_free(struct seen *seen); /* NULL is allowed */
/* The identity (32 zero bytes) stands for an empty place and must not be asked for or added. */
bool seen_has(const struct seen *seen, const uint8_t point[POINT_BYTES]);
/* Returns false where it was there already. */
bool seen_add(struct seen *seen, const uint8_t point[POINT_BYTES]);

#endif
