/* SPDX-License-Identifier: Apache-2.0
 * How much one peer may make the audit log grow. A full log refuses all searches, so nobody may
 * fill it by being refused, or by attaching and leaving, as fast as the network allows.
 */
#ifndef HEARTH_MATCHER_NOISE_H
#define HEARTH_MATCHER_NOISE_H

#include <stdbool.h>
#include <stdint.h>

#include "keys/identity.h"

enum { NOISE_MAX = 256, NOISE_PERIOD_MS = 3600000 };

struct noise;
struct noise *noise_new(void);
void noise_free(struct noise *noise);
/* Counts one entry about that peer (ROLE_NONE and "" where it is unknown). False where NOISE_MAX
 * have been counted in this period of the steady clock: it is not to be written. *last: it is, and
 * is the last one. Thread-safe. */
bool noise_admit(struct noise *noise, enum role role, const char *id, int64_t steady_ms,
                 bool *last);

#endif
