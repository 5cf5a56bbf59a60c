/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "keys/certificate.h"
#include "keys/key_file.h"
#include "keys/x509.h"
#include "proto/base/clock.h"
#include "proto/base/file.h"
#include "proto/base/mem.h"
#include "proto/crypto/envelope.h"

struct identity {
    struct credentials credentials;
    struct private_keys keys;
    char *tls_certificate_pem;
    struct secret tls_key_pem;
};

bool credentials_fit_keys(const struct credentials *credentials, const struct private_keys *keys,
                          const struct authority_root *root, struct err *err)
{
    const struct certificate *certificate = &credentials->certificate;
    if (sodium_memcmp(certificate->sign_key, keys->sign_key, SIGN_KEY_BYTES) != 0 ||
        sodium_memcmp(certificate->seal_key, keys->seal_key, SEAL_KEY_BYTES) != 0) {
        return err_set(err, ERR_INVALID, HOME_CERTIFICATE,
                       "serial %llu was issued for another key file",
                       (unsigned long long)certificate->serial);
    }
    return x509_leaf_check(&credentials->tls_certificate, &root->tls_ca, certificate, &keys->tls,
                           err);
}

static bool load(const char *home, const struct secret *passphrase, struct identity *identity,
                 struct err *err)
{
    char *key_path = file_join(home, HOME_KEY);
    char *certificate_path = file_join(home, HOME_CERTIFICATE);
    bool ok = credentials_load(certificate_path, &identity->credentials, err) &&
              key_file_load(key_path, passphrase, &identity->keys, err);
    free(key_path);
    free(certificate_path);
    return ok;
}

bool identity_open(const char *home, const struct secret *passphrase, struct trust *trust,
                   enum role role, struct identity **out, struct err *err)
{
    struct identity *identity = mem_new(struct identity);
    bool ok =
        load(home, passphrase, identity, err) &&
        credentials_fit_keys(&identity->credentials, &identity->keys, trust_root(trust), err) &&
        trust_check(trust, &identity->credentials.certificate, role, clock_wall_ms(), err);
    if (!ok) {
        identity_close(identity);
        return false;
    }
    identity->tls_certificate_pem = x509_certificate_pem(&identity->credentials.tls_certificate);
    identity->tls_key_pem = x509_key_pem(&identity->keys.tls);
    *out = identity;
    return true;
}

bool identity_open_home(const char *home, int passphrase_fd, enum role role, struct trust **trust,
                        struct identity **out, struct err *err)
{
    struct secret passphrase = {0};
    *trust = NULL;
    *out = NULL;
    bool ok =
        trust_open_home(home, trust, err) &&
        secret_read_passphrase(passphrase_fd, "Passphrase of the key file: ", &passphrase, err) &&
        identity_open(home, &passphrase, *trust, role, out, err);
    secret_free(&passphrase);
    if (passphrase_fd > STDERR_FILENO) (void)close(passphrase_fd);
    if (!ok && *trust) {
        trust_close(*trust);
        *trust = NULL;
    }
    return ok;
}

void identity_close(struct identity *identity)
{
    if (!identity) return;
    credentials_free(&identity->credentials);
    private_keys_free(&identity->keys);
    free(identity->tls_certificate_pem);
    secret_free(&identity->tls_key_pem);
    free(identity);
}

const struct certificate *identity_certificate(const struct identity *identity)
{
    return &identity->credentials.certificate;
}

void identity_sign(const struct identity *identity, const char *tag, const uint8_t *body,
                   size_t body_len, uint8_t signature[SIGNATURE_BYTES])
{
    signature_make(identity->keys.sign.data, tag, body, body_len, signature);
}

void identity_sign_body(const struct identity *identity, const char *tag, struct signed_bytes *s)
{
    identity_sign(identity, tag, s->body.data, s->body.len, s->signature);
}

bool identity_open_envelope(const struct identity *identity, const void *context,
                            size_t context_len, const uint8_t *envelope, size_t len,
                            struct buf *content, struct err *err)
{
    return envelope_open(&identity->keys.seal, identity->keys.seal_key, context, context_len,
                         envelope, len, content, err);
}

struct secret identity_derive(const struct identity *identity, const char *purpose)
{
    struct secret out = secret_new(HASH_BYTES);
    struct hash hash;
    hash_start(&hash, "hearth v1 derive", HASH_BYTES, identity->keys.root.data);
    hash_text(&hash, purpose);
    hash_end(&hash, out.data);
    return out;
}

const char *identity_tls_certificate_pem(const struct identity *identity)
{
    return identity->tls_certificate_pem;
}

const struct secret *identity_tls_key_pem(const struct identity *identity)
{
    return &identity->tls_key_pem;
}
