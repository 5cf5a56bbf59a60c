/* SPDX-License-Identifier: Apache-2.0
 * An agency as a contributor of figures: its vault is what is counted.
 */
#ifndef HEARTH_AGENT_FIGURES_H
#define HEARTH_AGENT_FIGURES_H

#include "agent/figures_count.h"
#include "agent/home.h"
#include "proto/figures/contributor.h"

struct figures {
    struct contributor *contributor;
    struct figures_vault counted;
};
/* Opens HOME/figures. home (opened) and `out` stay where they are until figures_close. Errors as
 * contributor_open. */
MUST_CHECK bool figures_open(struct home *home, struct figures *out, struct err *err);
void figures_close(struct figures *figures); /* a zeroed one is fine */

#endif
