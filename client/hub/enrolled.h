/* SPDX-License-Identifier: Apache-2.0
 * Who contributes to a hub's figures: HOME/enrolled.csv, role,id,code, where the code is that of an
 * LA's authority.
 */
#ifndef HEARTH_CLIENT_HUB_ENROLLED_H
#define HEARTH_CLIENT_HUB_ENROLLED_H

#include "proto/figures/manifest.h"

#define HOME_ENROLLED "enrolled.csv"

#endif
