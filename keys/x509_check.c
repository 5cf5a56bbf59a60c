/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <limits.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "keys/x509_internal.h"

X509 *x509_parse(const struct buf *der, struct err *err)
{
    const unsigned char *at = der->data;
    X509 *made = der->len > 0 ? d2i_X509(NULL, &at, (long)der->len) : NULL;
    if (made && at == der->data + der->len) return made;
    X509_free(made);
    (void)x509_fail(err, ERR_INVALID, "is no X.509 certificate");
    return NULL;
}

bool x509_ca_check(const struct buf *ca, struct err *err)
{
    X509 *parsed = x509_parse(ca, err);
    if (!parsed) return false;
    bool ok = X509_check_ca(parsed) == 1 && X509_get0_pubkey(parsed) &&
              X509_verify(parsed, X509_get0_pubkey(parsed)) == 1;
    X509_free(parsed);
    return ok || x509_fail(err, ERR_INVALID, "is no self-signed X.509 CA");
}

/* Text of one name when it is of `type`, else NULL; embedded NULs count as no match. */
static const char *name_text(const GENERAL_NAME *name, int type)
{
    int found = 0;
    const ASN1_STRING *value = GENERAL_NAME_get0_value(name, &found);
    if (found != type || (type != GEN_URI && type != GEN_DNS)) return NULL;
    const char *text = (const char *)ASN1_STRING_get0_data(value);
    return strlen(text) == (size_t)ASN1_STRING_length(value) ? text : NULL;
}

/* Exactly one URI, the one expected; and the id among the DNS names. */
static bool names_fit(X509 *leaf, const struct certificate *certificate)
{
    char uri[X509_URI_CHARS];
    x509_uri(certificate->role, certificate->organisation, uri);
    GENERAL_NAMES *names = X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);
    int uris = 0;
    bool uri_fits = false, id_fits = false;
    for (int i = 0; names && i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        const char *dns = name_text(name, GEN_DNS);
        const char *text = name_text(name, GEN_URI);
        if (name->type == GEN_URI) uris++;
        if (text && strcmp(text, uri) == 0) uri_fits = true;
        if (dns && strcmp(dns, certificate->organisation) == 0) id_fits = true;
    }
    GENERAL_NAMES_free(names);
    return uris == 1 && uri_fits && id_fits;
}

static bool leaf_fits(X509 *leaf, X509 *ca, const struct certificate *certificate, struct err *err)
{
    uint64_t serial = 0;
    EVP_PKEY *ca_key = X509_get0_pubkey(ca);
    if (!ca_key || X509_check_issued(ca, leaf) != X509_V_OK || X509_verify(leaf, ca_key) != 1) {
        return x509_fail(err, ERR_UNAUTHENTICATED, "the TLS certificate is not the Authority's");
    }
    if (X509_check_ca(leaf) != 0) {
        return err_set(err, ERR_UNAUTHENTICATED, "tls", "the TLS certificate is a CA's");
    }
    if (ASN1_INTEGER_get_uint64(&serial, X509_get0_serialNumber(leaf)) != 1 ||
        serial != certificate->serial || !names_fit(leaf, certificate)) {
        return x509_fail(err, ERR_UNAUTHENTICATED,
                         "the TLS certificate has another serial, role or id");
    }
    return true;
}

bool x509_pem_serial(const char *pem, size_t len, uint64_t *serial)
{
    BIO *text = len <= INT_MAX ? BIO_new_mem_buf(pem, (int)len) : NULL;
    X509 *leaf = text ? PEM_read_bio_X509(text, NULL, NULL, NULL) : NULL;
    bool ok = leaf && ASN1_INTEGER_get_uint64(serial, X509_get0_serialNumber(leaf)) == 1;
    X509_free(leaf);
    BIO_free(text);
    ERR_clear_error();
    return ok;
}

static bool key_fits(X509 *leaf, const struct secret *key, struct err *err)
{
    EVP_PKEY *private_key = x509_private_key(key, err);
    if (!private_key) return false;
    bool ok = X509_check_private_key(leaf, private_key) == 1;
    EVP_PKEY_free(private_key);
    return ok ||
           x509_fail(err, ERR_UNAUTHENTICATED, "the TLS certificate belongs to another key file");
}

bool x509_leaf_check(const struct buf *leaf_der, const struct buf *ca_der,
                     const struct certificate *certificate, const struct secret *key,
                     struct err *err)
{
    X509 *leaf = x509_parse(leaf_der, err);
    X509 *ca = leaf ? x509_parse(ca_der, err) : NULL;
    bool ok = ca && leaf_fits(leaf, ca, certificate, err) && (!key || key_fits(leaf, key, err));
    X509_free(leaf);
    X509_free(ca);
    ERR_clear_error();
    return ok;
}

static bool add_address(const GENERAL_NAME *name, struct x509_addresses *out, struct err *err)
{
    char text[INET6_ADDRSTRLEN];
    const char *dns = name_text(name, GEN_DNS);
    if (dns) return x509_addresses_add(out, dns, err);
    if (name->type != GEN_IPADD) return true;
    int len = ASN1_STRING_length(name->d.iPAddress);
    const void *bytes = ASN1_STRING_get0_data(name->d.iPAddress);
    if ((len != 4 && len != 16) ||
        !inet_ntop(len == 4 ? AF_INET : AF_INET6, bytes, text, sizeof text)) {
        return err_set(err, ERR_INVALID, "tls", "an IP address of %d bytes", len);
    }
    return x509_addresses_add(out, text, err);
}

bool x509_leaf_addresses(const struct buf *der, struct x509_addresses *out, struct err *err)
{
    X509 *leaf = x509_parse(der, err);
    if (!leaf) return false;
    struct x509_addresses found = {.count = 0};
    GENERAL_NAMES *names = X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);
    bool ok = true, own_id_seen = false;
    for (int i = 0; ok && names && i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        bool own_id = name->type == GEN_DNS && !own_id_seen; /* the first DNS name is the id */
        if (own_id)
            own_id_seen = true;
        else
            ok = add_address(name, &found, err);
    }
    GENERAL_NAMES_free(names);
    X509_free(leaf);
    ERR_clear_error();
    if (ok) *out = found;
    return ok;
}

bool x509_leaf_has_host(const struct buf *der, const char *host, bool *has, struct err *err)
{
    X509 *leaf = x509_parse(der, err);
    if (!leaf) return false;
    *has =
        X509_check_host(leaf, host, strlen(host), X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, NULL) == 1 ||
        X509_check_ip_asc(leaf, host, 0) == 1;
    X509_free(leaf);
    ERR_clear_error();
    return true;
}
