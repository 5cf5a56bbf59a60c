/* SPDX-License-Identifier: Apache-2.0
 * A reply opened for an auditor (docs/audit.md "A reply opened"): one JSON object with all that it
 * is recomputed from but the query. Confidential: it says what the agency's carers offered, though
 * not who they are.
 *   {"hearth_reply":1,"query":hex,"la":id,"answered_at":ms,"catalogue":n,"carers":n,"seed":hex,
 *    "slot_sets":hex,"reply":hex of Signed,"certificate":hex of Signed}
 */
#ifndef HEARTH_AGENT_REPLY_PACKAGE_H
#define HEARTH_AGENT_REPLY_PACKAGE_H

#include <jansson.h>

#include "agent/replies.h"

enum { REPLY_PACKAGE_FORM = 1, REPLY_PACKAGE_MAX = 2 * SLOT_SETS_BYTES_MAX + (1 << 20) };

/* Caller's reference; what jansson frees is wiped. */
json_t *reply_package_json(const struct kept_reply *kept, const struct certificate *agent);
/* The bounded decoder: ERR_INVALID with the field, ERR_VERSION. Nothing is verified.
 * kept_reply_free and certificate_free. */
MUST_CHECK bool reply_package_parse(const uint8_t *text, size_t len, struct kept_reply *out,
                                    struct certificate *agent, struct err *err);

#endif
