/* SPDX-License-Identifier: Apache-2.0
 * identity.cert and authority.root, as text and as the bytes inside: certificate_decode,
 * signed_bytes_unpack.
 */
#include <sodium.h>

#include "keys/armour.h"
#include "keys/certificate.h"
#include "keys/x509.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_bytes(const uint8_t *data, size_t size)
{
    struct credentials credentials = {0};
    struct authority_root root = {0};
    struct certificate certificate = {0};
    struct x509_addresses addresses;
    struct err err;
    if (credentials_decode(data, size, &credentials, &err)) {
        struct buf again = {0};
        credentials_encode(&credentials, &again);
        REQUIRE(again.len <= ARMOUR_FILE_MAX);
        (void)!x509_leaf_addresses(&credentials.tls_certificate, &addresses, &err);
        (void)!x509_ca_check(&credentials.tls_certificate, &err);
        (void)!x509_leaf_check(&credentials.tls_certificate, &credentials.tls_certificate,
                               &credentials.certificate, NULL, &err);
        buf_free(&again);
        credentials_free(&credentials);
    }
    if (authority_root_decode(data, size, &root, &err)) authority_root_free(&root);
    if (certificate_unpack(data, size, &certificate, &err)) certificate_free(&certificate);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf bytes = {0};
    struct err err;
    REQUIRE(sodium_init() >= 0);
    try_bytes(data, size);
    struct buf der = {.data = (uint8_t *)(uintptr_t)data, .len = size};
    struct x509_addresses addresses;
    (void)!x509_leaf_addresses(&der, &addresses, &err);
    if (armour_read(ARMOUR_CERTIFICATE, data, size, &bytes, &err)) {
        try_bytes(bytes.data, bytes.len);
    }
    buf_free(&bytes);
    return 0;
}
