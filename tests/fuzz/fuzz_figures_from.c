/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as a message of a contributor or a hub: refused, or of a kind that has a place in the
 * table of legal messages.
 */
#include "proto/figures/serve_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    Hearth__V1__FromFigures *message = figures_unpack(data, len);
    if (!message) return 0;
    REQUIRE(message->kind_case >= HEARTH__V1__FROM_FIGURES__KIND_HELLO &&
            message->kind_case <= HEARTH__V1__FROM_FIGURES__KIND_RELEASE);
    REQUIRE(message->hello); /* one union of pointers */
    if (message->kind_case == HEARTH__V1__FROM_FIGURES__KIND_PUT) {
        struct signed_bytes raw;
        struct contribution contribution;
        struct err err = {0};
        if (signed_bytes_of_message(message->put->contribution, "contribution", &raw, &err)) {
            (void)!contribution_decode(raw.body.data, raw.body.len, &contribution, &err);
            signed_bytes_free(&raw);
        }
    }
    hearth__v1__from_figures__free_unpacked(message, NULL);
    return 0;
}
