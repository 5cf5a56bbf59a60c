/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "keys/certificate.h"
#include "keys/x509_internal.h"

void x509_uri(enum role role, const char *id, char out[X509_URI_CHARS])
{
    (void)snprintf(out, X509_URI_CHARS, "hearth:%s/%s", role_name(role), id);
}

static bool is_ip(const char *text)
{
    uint8_t address[16];
    return inet_pton(AF_INET, text, address) == 1 || inet_pton(AF_INET6, text, address) == 1;
}

/* Labels of [A-Za-z0-9-], 1 to 63 characters, not at the edge of a '-', joined by dots. */
static bool is_dns_name(const char *text)
{
    static const char legal[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";
    for (;;) {
        size_t label = strspn(text, legal);
        if (label == 0 || label > 63 || text[0] == '-' || text[label - 1] == '-') return false;
        if (text[label] == '\0') return true;
        if (text[label] != '.') return false;
        text += label + 1;
    }
}

bool x509_addresses_add(struct x509_addresses *addresses, const char *text, struct err *err)
{
    size_t len = strlen(text);
    if (addresses->count == X509_ADDRESSES_MAX) {
        return err_set(err, ERR_INVALID, "address", "more than %d addresses", X509_ADDRESSES_MAX);
    }
    if (len > X509_ADDRESS_CHARS || (!is_ip(text) && !is_dns_name(text))) {
        return err_set(err, ERR_INVALID, "address",
                       "\"%.60s\" is neither a DNS name nor an IP address", text);
    }
    memcpy(addresses->text[addresses->count++], text, len + 1);
    return true;
}

static bool add_name(GENERAL_NAMES *names, int type, const char *text)
{
    GENERAL_NAME *name = a2i_GENERAL_NAME(NULL, NULL, NULL, type, text, 0);
    if (name && sk_GENERAL_NAME_push(names, name) > 0) return true;
    GENERAL_NAME_free(name);
    return false;
}

static bool add_alternative_names(X509 *leaf, const struct x509_leaf *plan)
{
    const struct certificate *certificate = plan->certificate;
    char uri[X509_URI_CHARS];
    x509_uri(certificate->role, certificate->organisation, uri);
    GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();
    bool ok = names && add_name(names, GEN_URI, uri) &&
              add_name(names, GEN_DNS, certificate->organisation);
    for (size_t i = 0; ok && plan->addresses && i < plan->addresses->count; i++) {
        const char *text = plan->addresses->text[i];
        ok = add_name(names, is_ip(text) ? GEN_IPADD : GEN_DNS, text);
    }
    ok = ok && X509_add1_ext_i2d(leaf, NID_subject_alt_name, names, 0, X509V3_ADD_DEFAULT) == 1;
    GENERAL_NAMES_free(names);
    return ok;
}

/* All values are constants of this file, never text from outside. */
static bool add_extension(X509 *certificate, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509V3_set_ctx_nodb(&context);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    bool ok = extension && X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return ok;
}

/* Times in whole seconds: the start rounded down, the end as well. */
static bool set_times(X509 *certificate, int64_t not_before, int64_t not_after)
{
    return ASN1_TIME_set(X509_getm_notBefore(certificate), not_before / 1000) &&
           ASN1_TIME_set(X509_getm_notAfter(certificate), not_after / 1000);
}

static bool set_name(X509 *certificate, const char *common_name)
{
    return X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                                      (const unsigned char *)common_name, -1, -1, 0) == 1;
}

static bool set_serial(X509 *certificate, uint64_t serial)
{
    return ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial) == 1 &&
           X509_set_version(certificate, X509_VERSION_3) == 1;
}

static bool append_der(X509 *certificate, struct buf *out)
{
    unsigned char *der = NULL;
    int len = i2d_X509(certificate, &der);
    if (len <= 0) return false;
    buf_append(out, der, (size_t)len);
    OPENSSL_free(der);
    return true;
}

static bool fill_ca(X509 *ca, EVP_PKEY *key, const char *name)
{
    return set_serial(ca, 1) && set_name(ca, name) &&
           X509_set_issuer_name(ca, X509_get_subject_name(ca)) == 1 &&
           X509_set_pubkey(ca, key) == 1 &&
           add_extension(ca, ca, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
           add_extension(ca, ca, NID_key_usage, "critical,keyCertSign,cRLSign") &&
           add_extension(ca, ca, NID_subject_key_identifier, "hash");
}

bool x509_ca_make(const struct secret *key, const char *name, int64_t not_before, int64_t not_after,
                  struct buf *out, struct err *err)
{
    EVP_PKEY *private_key = x509_private_key(key, err);
    if (!private_key) return false;
    X509 *ca = X509_new();
    bool ok = ca && fill_ca(ca, private_key, name) && set_times(ca, not_before, not_after) &&
              X509_sign(ca, private_key, EVP_sha256()) > 0 && append_der(ca, out);
    X509_free(ca);
    EVP_PKEY_free(private_key);
    return ok || x509_fail(err, ERR_INTERNAL, "cannot make the TLS CA");
}

static bool fill_leaf(X509 *leaf, X509 *ca, EVP_PKEY *key, const struct x509_leaf *plan)
{
    const struct certificate *certificate = plan->certificate;
    const char *usage = role_serves(certificate->role) ? "serverAuth,clientAuth" : "clientAuth";
    return set_serial(leaf, certificate->serial) && set_name(leaf, certificate->organisation) &&
           X509_set_issuer_name(leaf, X509_get_subject_name(ca)) == 1 &&
           X509_set_pubkey(leaf, key) == 1 &&
           set_times(leaf, certificate->not_before - CLOCK_SKEW_MS, certificate->not_after) &&
           add_extension(leaf, ca, NID_basic_constraints, "critical,CA:FALSE") &&
           add_extension(leaf, ca, NID_key_usage, "critical,digitalSignature") &&
           add_extension(leaf, ca, NID_ext_key_usage, usage) &&
           add_extension(leaf, ca, NID_subject_key_identifier, "hash") &&
           add_extension(leaf, ca, NID_authority_key_identifier, "keyid") &&
           add_alternative_names(leaf, plan);
}

bool x509_leaf_make(const struct x509_leaf *plan, const struct secret *ca_key,
                    const struct buf *ca_der, struct buf *out, struct err *err)
{
    X509 *ca = x509_parse(ca_der, err);
    EVP_PKEY *private_key = ca ? x509_private_key(ca_key, err) : NULL;
    const unsigned char *at = plan->public_key->data;
    EVP_PKEY *key = private_key ? d2i_PUBKEY(NULL, &at, (long)plan->public_key->len) : NULL;
    X509 *leaf = X509_new();
    bool ready = ca && private_key;
    bool ok = ready && key && leaf && fill_leaf(leaf, ca, key, plan) &&
              X509_sign(leaf, private_key, EVP_sha256()) > 0 && append_der(leaf, out);
    X509_free(leaf);
    EVP_PKEY_free(key);
    EVP_PKEY_free(private_key);
    X509_free(ca);
    if (ready && !ok) return x509_fail(err, ERR_INTERNAL, "cannot make the TLS certificate");
    return ok;
}
