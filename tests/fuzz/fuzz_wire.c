/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as each message that travels whole, of the kind that the first byte picks, without the
 * bounds of the real decoders (wire_decode, unpack_to_la and others): refused, or packed again to
 * something that is the same message, or that nobody can unpack.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/base/mem.h"
#include "proto/crypto/wire.h"
#include "proto/figures.pb-c.h"
#include "proto/health.pb-c.h"
#include "proto/mail.pb-c.h"
#include "proto/match.pb-c.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const ProtobufCMessageDescriptor *const kinds[] = {
        &hearth__v1__from_la__descriptor,      &hearth__v1__to_la__descriptor,
        &hearth__v1__from_agent__descriptor,   &hearth__v1__to_agent__descriptor,
        &hearth__v1__from_party__descriptor,   &hearth__v1__to_party__descriptor,
        &hearth__v1__from_figures__descriptor, &hearth__v1__to_figures__descriptor,
        &hearth__v1__signed__descriptor,       &grpc__health__v1__health_check_request__descriptor};
    struct buf once = {0}, twice = {0};
    if (len == 0) return 0;
    const ProtobufCMessageDescriptor *kind = kinds[data[0] % (sizeof kinds / sizeof kinds[0])];
    ProtobufCMessage *message = protobuf_c_message_unpack(kind, NULL, len - 1, data + 1);
    if (!message) return 0;
    wire_pack(message, &once);
    protobuf_c_message_free_unpacked(message, NULL);
    message = protobuf_c_message_unpack(kind, NULL, once.len, once.data ? once.data : data);
    if (!message) { /* a surplus field of number 0: why nothing is passed on that was not signed */
        buf_free(&once);
        return 0;
    }
    wire_pack(message, &twice);
    REQUIRE(once.len == twice.len &&
            (once.len == 0 || memcmp(once.data, twice.data, once.len) == 0));
    protobuf_c_message_free_unpacked(message, NULL);
    buf_free(&once);
    buf_free(&twice);
    return 0;
}
