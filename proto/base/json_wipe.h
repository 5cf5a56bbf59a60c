/* SPDX-License-Identifier: Apache-2.0
 * What jansson frees is wiped: a request's needs and a carer's record pass through it.
 */
#ifndef HEARTH_BASE_JSON_WIPE_H
#define HEARTH_BASE_JSON_WIPE_H

/* Once a process, before the first use of jansson (cli_main does). What jansson returns stays to be
 * freed by free(), which does not wipe it. */
void json_wipe_setup(void);

#endif
