/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/rpc/rpc_internal.h"

#include <stdio.h>
#include <string.h>

#include <grpc/support/alloc.h>

#include "keys/x509.h"
#include "proto/base/text.h"

static const char uri_scheme[] = "hearth:";

/* The private key as a C string, in guarded memory. gRPC makes a copy of its own. */
static struct secret key_text(const struct identity *identity)
{
    const struct secret *pem = identity_tls_key_pem(identity);
    struct secret text = secret_new(pem->len + 1);
    memcpy(text.data, pem->data, pem->len);
    return text;
}

grpc_ssl_server_certificate_config *rpc_tls_server_config(const struct identity *identity,
                                                          const struct trust *trust)
{
    struct secret key = key_text(identity);
    const grpc_ssl_pem_key_cert_pair pair = {
        .private_key = (const char *)key.data,
        .cert_chain = identity_tls_certificate_pem(identity),
    };
    grpc_ssl_server_certificate_config *config =
        grpc_ssl_server_certificate_config_create(trust_tls_ca_pem(trust), &pair, 1);
    secret_free(&key);
    return config;
}

grpc_channel_credentials *rpc_tls_channel_credentials(const struct identity *identity,
                                                      const struct trust *trust)
{
    struct secret key = key_text(identity);
    grpc_ssl_pem_key_cert_pair pair = {
        .private_key = (const char *)key.data,
        .cert_chain = identity_tls_certificate_pem(identity),
    };
    grpc_channel_credentials *credentials =
        grpc_ssl_credentials_create_ex(trust_tls_ca_pem(trust), &pair, NULL, NULL);
    secret_free(&key);
    return credentials;
}

/* Reads hearth:ROLE/ID; false where the text is anything else. */
static bool read_uri(const char *uri, size_t len, struct rpc_peer *out)
{
    char text[sizeof uri_scheme + 16 + ID_MAX + 1];
    size_t scheme = sizeof uri_scheme - 1;
    if (len >= sizeof text || len < scheme || strncmp(uri, uri_scheme, scheme) != 0) return false;
    memcpy(text, uri, len);
    text[len] = '\0';
    char *id = strchr(text, '/');
    if (strlen(text) != len || !id) return false;
    *id++ = '\0';
    enum role role = role_from_name(text + scheme);
    if (role == ROLE_NONE || !text_is_id(id)) return false;
    out->role = role;
    (void)snprintf(out->id, sizeof out->id, "%s", id);
    return true;
}

static uint64_t read_serial(const grpc_auth_context *context)
{
    grpc_auth_property_iterator all =
        grpc_auth_context_find_properties_by_name(context, GRPC_X509_PEM_CERT_PROPERTY_NAME);
    const grpc_auth_property *pem = grpc_auth_property_iterator_next(&all);
    uint64_t serial = 0;
    if (!pem || !x509_pem_serial(pem->value, pem->value_length, &serial)) return 0;
    return serial;
}

/* The one hearth: URI of the certificate. Two of them would leave open who it is, so then nobody.
 */
static void read_certificate(const grpc_auth_context *context, struct rpc_peer *out)
{
    grpc_auth_property_iterator all =
        grpc_auth_context_find_properties_by_name(context, GRPC_PEER_URI_PROPERTY_NAME);
    const grpc_auth_property *property = NULL;
    struct rpc_peer found = {0};
    size_t count = 0;
    while ((property = grpc_auth_property_iterator_next(&all))) {
        if (read_uri(property->value, property->value_length, &found)) count++;
    }
    if (count != 1) return;
    out->role = found.role;
    out->serial = read_serial(context);
    memcpy(out->id, found.id, sizeof out->id);
}

void rpc_tls_peer(grpc_call *call, struct rpc_peer *out)
{
    *out = (struct rpc_peer){.role = ROLE_NONE};
    grpc_auth_context *context = grpc_call_auth_context(call);
    if (context && grpc_auth_context_peer_is_authenticated(context)) read_certificate(context, out);
    grpc_auth_context_release(context);
    char *address = grpc_call_get_peer(call);
    (void)snprintf(out->address, sizeof out->address, "%s", address);
    gpr_free(address);
}
