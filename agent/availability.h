/* SPDX-License-Identifier: Apache-2.0
 * A household's availability changed on its own: by a row of an availability file, or by
 * `hearth-agent set`.
 */
#ifndef HEARTH_AGENT_AVAILABILITY_H
#define HEARTH_AGENT_AVAILABILITY_H

#include "agent/import_columns.h"

struct availability_change {
    bool has_status, has_places, has_approved_places;
    enum status status;
    int32_t status_date, available_from; /* NO_DAY where not given */
    uint8_t places, approved_places;
};

/* Changes what is given and leaves the rest. A status needs the day on which it was true (unknown
 * does not), and takes the place of an earlier available_from; a day alone confirms the status that
 * is held. ERR_INVALID, with *at the column that is wrong, where the day of status available_from
 * is missing, or there is one without that status; then the profile is as before. */
MUST_CHECK bool availability_apply(const struct availability_change *change,
                                   struct profile *profile, enum column *at, struct err *err);

#endif
