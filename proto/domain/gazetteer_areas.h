/* SPDX-License-Identifier: Apache-2.0
 * The points of sectors and districts.
 */
#ifndef HEARTH_DOMAIN_GAZETTEER_AREAS_H
#define HEARTH_DOMAIN_GAZETTEER_AREAS_H

#include "proto/domain/gazetteer_batch.h"
#include "proto/store/store.h"

/* Works out all sectors and districts anew, after the units: the mean of their postcodes in use
 * (whole metres, rounded down), else what a file of sectors or districts says (an earlier one, or
 * the batch), else, of a district, the mean of the sectors that such a file has, else the mean of
 * the ended ones. */
MUST_CHECK bool gazetteer_areas_rebuild(struct store_txn *txn, const struct gazetteer_batch *batch,
                                        struct err *err);

#endif
