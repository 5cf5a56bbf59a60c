/* SPDX-License-Identifier: Apache-2.0
 * The tables that the build makes from the catalogue-N.csv files. Use catalogue.h, not this.
 */
#ifndef HEARTH_DOMAIN_CATALOGUE_DATA_H
#define HEARTH_DOMAIN_CATALOGUE_DATA_H

#include "proto/domain/catalogue.h"

extern const struct catalogue catalogue_versions[];
extern const size_t catalogue_version_count;

#endif
