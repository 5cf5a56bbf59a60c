/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>
#include <sodium.h>

#include "keys/x509_internal.h"
#include "proto/base/mem.h"

bool x509_fail(struct err *err, enum err_code code, const char *what)
{
    char reason[160] = "";
    unsigned long first = ERR_get_error();
    if (first != 0) ERR_error_string_n(first, reason, sizeof reason);
    ERR_clear_error();
    return err_set(err, code, "tls", "%s%s%s", what, reason[0] ? ": " : "", reason);
}

bool x509_key_make(struct secret *out, struct err *err)
{
    unsigned char *der = NULL;
    EVP_PKEY *key = EVP_EC_gen("P-256");
    PKCS8_PRIV_KEY_INFO *info = key ? EVP_PKEY2PKCS8(key) : NULL;
    int len = info ? i2d_PKCS8_PRIV_KEY_INFO(info, &der) : -1;
    if (len > 0) {
        *out = secret_take(der, (size_t)len);
        OPENSSL_free(der);
    }
    PKCS8_PRIV_KEY_INFO_free(info);
    EVP_PKEY_free(key);
    return len > 0 || x509_fail(err, ERR_INTERNAL, "cannot make a TLS key");
}

EVP_PKEY *x509_private_key(const struct secret *key, struct err *err)
{
    const unsigned char *at = key->data;
    PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, (long)key->len);
    EVP_PKEY *made = info ? EVP_PKCS82PKEY(info) : NULL;
    PKCS8_PRIV_KEY_INFO_free(info);
    if (!made) (void)x509_fail(err, ERR_CORRUPT, "the TLS key is not readable");
    return made;
}

static bool set_common_name(X509_REQ *request, const char *id)
{
    return X509_NAME_add_entry_by_txt(X509_REQ_get_subject_name(request), "CN", MBSTRING_UTF8,
                                      (const unsigned char *)id, -1, -1, 0) == 1;
}

bool x509_request_make(const struct secret *key, const char *id, struct buf *out, struct err *err)
{
    EVP_PKEY *private_key = x509_private_key(key, err);
    if (!private_key) return false;
    unsigned char *der = NULL;
    X509_REQ *request = X509_REQ_new();
    bool ok = request && X509_REQ_set_version(request, X509_REQ_VERSION_1) == 1 &&
              set_common_name(request, id) && X509_REQ_set_pubkey(request, private_key) == 1 &&
              X509_REQ_sign(request, private_key, EVP_sha256()) > 0;
    int len = ok ? i2d_X509_REQ(request, &der) : -1;
    if (len > 0) buf_append(out, der, (size_t)len);
    OPENSSL_free(der);
    X509_REQ_free(request);
    EVP_PKEY_free(private_key);
    return len > 0 || x509_fail(err, ERR_INTERNAL, "cannot make a TLS request");
}

static bool is_p256(const EVP_PKEY *key)
{
    char group[32] = "";
    return EVP_PKEY_is_a(key, "EC") &&
           EVP_PKEY_get_group_name(key, group, sizeof group, NULL) == 1 &&
           strcmp(group, SN_X9_62_prime256v1) == 0;
}

static bool request_public_key(X509_REQ *request, struct buf *public_key, struct err *err)
{
    EVP_PKEY *key = X509_REQ_get0_pubkey(request);
    if (!key || !is_p256(key)) {
        return x509_fail(err, ERR_INVALID, "the request's key is not ECDSA P-256");
    }
    if (X509_REQ_verify(request, key) != 1) {
        return x509_fail(err, ERR_UNAUTHENTICATED, "the request is not signed by its own key");
    }
    unsigned char *der = NULL;
    int len = i2d_PUBKEY(key, &der);
    if (len <= 0) return x509_fail(err, ERR_INVALID, "the request's key is not readable");
    buf_append(public_key, der, (size_t)len);
    OPENSSL_free(der);
    return true;
}

bool x509_request_check(const uint8_t *der, size_t len, struct buf *public_key, struct err *err)
{
    if (len == 0 || len > X509_REQUEST_MAX) {
        return err_set(err, ERR_INVALID, "tls_request", "1 to %d bytes of PKCS #10 are wanted",
                       X509_REQUEST_MAX);
    }
    const unsigned char *at = der;
    X509_REQ *request = d2i_X509_REQ(NULL, &at, (long)len);
    bool ok = request && at == der + len;
    ok = ok ? request_public_key(request, public_key, err)
            : x509_fail(err, ERR_INVALID, "the request is no PKCS #10 structure");
    X509_REQ_free(request);
    ERR_clear_error();
    return ok;
}

/* Straight from one guarded block to another: PEM routines would leave copies. */
struct secret x509_key_pem(const struct secret *key)
{
    static const char begin[] = "-----BEGIN PRIVATE KEY-----\n";
    static const char end[] = "-----END PRIVATE KEY-----\n";
    size_t cap = sodium_base64_encoded_len(key->len, sodium_base64_VARIANT_ORIGINAL);
    struct secret base64 = secret_new(cap);
    (void)sodium_bin2base64((char *)base64.data, cap, key->data, key->len,
                            sodium_base64_VARIANT_ORIGINAL);
    size_t chars = cap - 1, lines = (chars + 63) / 64;
    struct secret pem = secret_new(sizeof begin - 1 + chars + lines + sizeof end);
    uint8_t *at = pem.data;
    memcpy(at, begin, sizeof begin - 1);
    at += sizeof begin - 1;
    for (size_t i = 0; i < chars; i += 64) {
        size_t line = chars - i < 64 ? chars - i : 64;
        memcpy(at, base64.data + i, line);
        at[line] = '\n';
        at += line + 1;
    }
    memcpy(at, end, sizeof end - 1);
    pem.len--; /* the NUL stays behind the text */
    secret_free(&base64);
    return pem;
}

char *x509_certificate_pem(const struct buf *der)
{
    size_t cap = sodium_base64_encoded_len(der->len, sodium_base64_VARIANT_ORIGINAL);
    char *base64 = mem_array(cap, 1);
    (void)sodium_bin2base64(base64, cap, der->data, der->len, sodium_base64_VARIANT_ORIGINAL);
    struct buf pem = {0};
    buf_text(&pem, "-----BEGIN CERTIFICATE-----\n");
    for (size_t i = 0; i + 1 < cap; i += 64) buf_format(&pem, "%.64s\n", base64 + i);
    buf_text(&pem, "-----END CERTIFICATE-----\n");
    buf_u8(&pem, 0);
    free(base64);
    return (char *)pem.data;
}
