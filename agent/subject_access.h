/* SPDX-License-Identifier: Apache-2.0
 * The copy of everything that is held on one household, for a request under UK GDPR article 15.
 */
#ifndef HEARTH_AGENT_SUBJECT_ACCESS_H
#define HEARTH_AGENT_SUBJECT_ACCESS_H

#include <jansson.h>

#include "proto/domain/profile.h"

struct subject_access {
    const struct profile *profile;
    const struct catalogue *catalogue;
    const char *agency, *agency_name; /* id and name of its certificate */
    int32_t today;                    /* Europe/London */
    int fresh_days;                   /* a status that is older counts as unknown */
};
/* Appends the copy as text for people. The caller wipes. */
void subject_access_text(const struct subject_access *access, struct buf *out);
/* The same as data; caller's reference. */
json_t *subject_access_json(const struct subject_access *access);

#endif
