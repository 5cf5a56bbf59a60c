/* SPDX-License-Identifier: Apache-2.0
 * Figures at the matcher (docs/figures.md): its collection in HOME/figures, the streams of hubs and
 * contributors, and what the audit log says of them.
 */
#ifndef HEARTH_MATCHER_FIGURES_H
#define HEARTH_MATCHER_FIGURES_H

#include "proto/base/err.h"

struct matcher;

/* Opens the collection, or makes it, and starts the thread of figures. matcher->pool is there. */
MUST_CHECK bool figures_start(struct matcher *matcher, struct err *err);
/* Does what is queued and joins the thread; no stream may be open any more. */
void figures_stop(struct matcher *matcher);

#endif
