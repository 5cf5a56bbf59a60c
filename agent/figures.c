/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/figures.h"

bool figures_open(struct home *home, struct figures *out, struct err *err)
{
    out->counted = (struct figures_vault){home->vault, home->config.fresh_days};
    const struct contributor_parts parts = {.home = home->path,
                                            .identity = home->identity,
                                            .trust = home->trust,
                                            .count = figures_count_vault,
                                            .count_ctx = &out->counted};
    return contributor_open(&parts, &out->contributor, err);
}

void figures_close(struct figures *figures)
{
    contributor_close(figures->contributor);
    *figures = (struct figures){0};
}
