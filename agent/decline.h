/* SPDX-License-Identifier: Apache-2.0
 * Why an agent does not answer a query: the constant words of docs/agent.md.
 */
#ifndef HEARTH_AGENT_DECLINE_H
#define HEARTH_AGENT_DECLINE_H

enum decline {
    DECLINE_NONE, /* it answers */
    DECLINE_NOT_ALLOWED,
    DECLINE_BUDGET,
    DECLINE_EXPIRED,
    DECLINE_EPOCH,
    DECLINE_SIGNATURE,
    DECLINE_PROOF,
    DECLINE_REPLAY,
    DECLINE_VERSION,
    DECLINE_INVALID,
    DECLINE_BUSY,
    DECLINE_UNAVAILABLE /* the vault cannot be read, or the reply not be kept; the log says why */
};
const char *decline_word(enum decline reason);

#endif
