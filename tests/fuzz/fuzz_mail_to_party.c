/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as a message of the mailbox to a party: refused, or with every part that is used.
 */
#include "proto/mail/exchange_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    Hearth__V1__ToParty *message = exchange_unpack(data, len);
    if (!message) return 0;
    if (message->kind_case == HEARTH__V1__TO_PARTY__KIND_ITEM &&
        message->item->kind_case == HEARTH__V1__MAIL_ITEM__KIND_DELIVERY) {
        REQUIRE(message->item->delivery->mail && message->item->delivery->certificate);
    }
    hearth__v1__to_party__free_unpacked(message, NULL);
    return 0;
}
