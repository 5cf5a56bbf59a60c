/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HEARTH_FIGURES_CONTRIBUTION_INTERNAL_H
#define HEARTH_FIGURES_CONTRIBUTION_INTERNAL_H

#include "proto/figures/contribution.h"

enum { CELLS_A_TASK = 32 };

/* The d[i] of a contribution's proof; caller frees. commitment: T, encoded. */
uint8_t *contribution_coefficients_new(const struct point *joint, const uint8_t *ciphertexts,
                                       size_t count, const void *statement, size_t statement_len,
                                       const uint8_t commitment[POINT_BYTES]);
/* ERR_INVALID or ERR_UNAUTHENTICATED for cell i of the array `name`. Returns false. */
bool refuse_cell(struct err *err, enum err_code code, const char *name, size_t i, const char *why);

#endif
