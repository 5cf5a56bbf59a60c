/* SPDX-License-Identifier: Apache-2.0
 * identity.req, which the Authority reads from anybody: as text, as the bytes inside, and its PKCS
 * #10 part.
 */
#include <sodium.h>

#include "keys/armour.h"
#include "keys/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_bytes(const uint8_t *data, size_t size)
{
    struct certificate_request request = {0};
    struct err err;
    if (!certificate_request_decode(data, size, &request, &err)) return;
    REQUIRE(certificate_request_fields_check(&request, &err));
    certificate_request_free(&request);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf bytes = {0};
    struct err err;
    REQUIRE(sodium_init() >= 0);
    try_bytes(data, size);
    if (x509_request_check(data, size, &bytes, &err)) REQUIRE(bytes.len > 0);
    buf_free(&bytes);
    if (armour_read(ARMOUR_REQUEST, data, size, &bytes, &err)) try_bytes(bytes.data, bytes.len);
    buf_free(&bytes);
    return 0;
}
