/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as a message of a matcher or a hub that serves figures: refused, or with every part
 * that is used.
 */
#include "proto/figures/dial_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    Hearth__V1__ToFigures *message = dial_unpack(data, len);
    if (!message) return 0;
    REQUIRE(message->welcome); /* one union of pointers */
    switch ((int)message->kind_case) {
    case HEARTH__V1__TO_FIGURES__KIND_MANIFEST:
        REQUIRE(message->manifest->manifest && message->manifest->hub &&
                message->manifest->release_key);
        break;
    case HEARTH__V1__TO_FIGURES__KIND_PASSED:
        REQUIRE(message->passed->contribution && message->passed->certificate);
        break;
    case HEARTH__V1__TO_FIGURES__KIND_OPENED: REQUIRE(message->opened->release); break;
    case HEARTH__V1__TO_FIGURES__KIND_REFUSED:
        REQUIRE(message->refused->code && message->refused->text);
        break;
    default: break;
    }
    hearth__v1__to_figures__free_unpacked(message, NULL);
    return 0;
}
