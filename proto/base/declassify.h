/* SPDX-License-Identifier: Apache-2.0
 * Where code decides by something that was computed from a secret, and may, it says so here: a key
 * that is going to be published, whether a signature holds. The tests of constant time put a
 * function of their own in its place, which tells valgrind (tests/unit/proto/crypto/
 * constant_time.h); in the programs it does nothing.
 */
#ifndef HEARTH_BASE_DECLASSIFY_H
#define HEARTH_BASE_DECLASSIFY_H

#include <stddef.h>

/* `len` bytes at `data` are no secret from here on. Each call stands beside its reason. */
void declassify(const void *data, size_t len);

#endif
