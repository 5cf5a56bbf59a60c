/* SPDX-License-Identifier: Apache-2.0 */
#include "client/hub/link.h"

bool link_open(const struct hub *hub, struct dial **out, struct err *err)
{
    const struct dial_parts parts = {.identity = hub->identity,
                                     .trust = hub->trust,
                                     .target = hub->config.matcher,
                                     .role = ROLE_MATCHER,
                                     .id = hub->config.matcher_id};
    if (dial_open(&parts, out, err)) return true;
    struct err why = *err;
    if (why.code != ERR_UNAVAILABLE) return false;
    return err_set(err, why.code, why.field, "the matcher at %s gives no answer: %s",
                   hub->config.matcher, why.text);
}
