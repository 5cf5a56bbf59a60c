/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/decline.h"

const char *decline_word(enum decline reason)
{
    switch (reason) {
    case DECLINE_NONE: return "none";
    case DECLINE_NOT_ALLOWED: return "not_allowed";
    case DECLINE_BUDGET: return "budget";
    case DECLINE_EXPIRED: return "expired";
    case DECLINE_EPOCH: return "epoch";
    case DECLINE_SIGNATURE: return "signature";
    case DECLINE_PROOF: return "proof";
    case DECLINE_REPLAY: return "replay";
    case DECLINE_VERSION: return "version";
    case DECLINE_INVALID: return "invalid";
    case DECLINE_BUSY: return "busy";
    case DECLINE_UNAVAILABLE: return "unavailable";
    }
    return "invalid";
}
