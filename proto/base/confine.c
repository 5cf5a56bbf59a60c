/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/base/confine.h"

#include "proto/base/err.h"
#include "proto/base/log.h"

void confine_start(const struct confine_rights *rights, int argc, char **argv)
{
    const unsigned needs = rights->needs;
    REQUIRE(needs & (CONFINE_OFFLINE | CONFINE_DIALS | CONFINE_SERVES));
    REQUIRE(!(needs & CONFINE_OFFLINE) || !(needs & (CONFINE_DIALS | CONFINE_SERVES)));
    /* Files first: the calls for that are not among those that are left. */
    if (!confine_files(rights, argc, argv)) log_debug("confine", "landlock=0");
    (void)confine_calls(needs);
}
