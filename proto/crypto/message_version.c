/* SPDX-License-Identifier: Apache-2.0
 * Protocol and catalogue versions, compared when two parties meet. */
#include "proto/crypto/message.h"

bool version_check(uint32_t theirs_protocol, uint32_t theirs_catalogue, uint32_t ours_catalogue,
                   const char *peer, struct err *err)
{
    if (theirs_protocol != PROTOCOL_VERSION) {
        return err_set(err, ERR_VERSION, "protocol",
                       "%s speaks protocol %u, this side %d; %s must be updated", peer,
                       theirs_protocol, PROTOCOL_VERSION,
                       theirs_protocol < PROTOCOL_VERSION ? "it" : "this side");
    }
    if (theirs_catalogue == 0 || theirs_catalogue - 1 > ours_catalogue) {
        return err_set(err, ERR_VERSION, "catalogue",
                       "%s has catalogue %u, this side %u: they may be one version apart; %s must "
                       "be updated",
                       peer, theirs_catalogue, ours_catalogue,
                       theirs_catalogue < ours_catalogue ? "it" : "this side");
    }
    return true;
}
