/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/availability.h"

/* The dates and the status that the profile would have. */
struct dated {
    enum status status;
    int32_t status_date, available_from;
};

static bool check(const struct availability_change *change, const struct dated *new,
                  enum column *at, struct err *err)
{
    *at = COLUMN_STATUS_DATE;
    if (change->has_status && new->status != STATUS_UNKNOWN &&new->status_date == NO_DAY) {
        return err_set(err, ERR_INVALID, NULL, "the day on which the status was true is wanted");
    }
    *at = COLUMN_AVAILABLE_FROM;
    if (new->status == STATUS_AVAILABLE_FROM &&new->available_from == NO_DAY) {
        return err_set(err, ERR_INVALID, NULL, "status available_from needs a date here");
    }
    if (new->status != STATUS_AVAILABLE_FROM && change->available_from != NO_DAY) {
        return err_set(err, ERR_INVALID, NULL,
                       "a date is wanted only with status available_from, and the status is %s",
                       status_name(new->status));
    }
    return true;
}

bool availability_apply(const struct availability_change *change, struct profile *profile,
                        enum column *at, struct err *err)
{
    struct dated new = {profile->status, profile->status_date, profile->available_from};
    if (change->has_status) {
        new = (struct dated){change->status, change->status_date, NO_DAY};
    } else if (change->status_date != NO_DAY) {
        new.status_date = change->status_date;
    }
    if (change->available_from != NO_DAY) new.available_from = change->available_from;
    if (!check(change, &new, at, err)) return false;
    profile->status = new.status;
    profile->status_date = new.status_date;
    profile->available_from = new.available_from;
    if (change->has_places) profile->places = change->places;
    if (change->has_approved_places) profile->approved_places = change->approved_places;
    return true;
}
