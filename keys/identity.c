/* SPDX-License-Identifier: Apache-2.0 */
#include <stdatomic.h>
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

/* A certificate that is or was this party's. Those before stay until the end: any thread may hold a
 * pointer to one. */
struct held {
    struct credentials credentials;
    char *tls_certificate_pem;
    struct held *before;
};

struct identity {
    _Atomic(struct held *) held;
    uint64_t stamp; /* of the certificate's file when it was looked at last */
    struct private_keys keys;
    struct secret tls_key_pem;
};

static const struct held *held_of(const struct identity *identity)
{
    return atomic_load(&identity->held);
}

static void held_free(struct held *held)
{
    while (held) {
        struct held *before = held->before;
        credentials_free(&held->credentials);
        free(held->tls_certificate_pem);
        free(held);
        held = before;
    }
}

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

/* The certificate's file, and when it was looked at. */
static bool load_held(const char *home, struct identity *identity, struct held **out,
                      struct err *err)
{
    char *path = file_join(home, HOME_CERTIFICATE);
    struct held *held = mem_new(struct held);
    identity->stamp = file_stamp(path);
    bool ok = credentials_load(path, &held->credentials, err);
    free(path);
    if (ok) {
        held->tls_certificate_pem = x509_certificate_pem(&held->credentials.tls_certificate);
        *out = held;
    } else {
        held_free(held);
    }
    return ok;
}

static bool load(const char *home, const struct secret *passphrase, struct identity *identity,
                 struct err *err)
{
    char *path = file_join(home, HOME_KEY);
    struct held *held = NULL;
    bool ok = load_held(home, identity, &held, err);
    atomic_init(&identity->held, held);
    ok = ok && key_file_load(path, passphrase, &identity->keys, err);
    free(path);
    return ok;
}

static bool check_held(const struct held *held, const struct identity *identity,
                       struct trust *trust, enum role role, struct err *err)
{
    return credentials_fit_keys(&held->credentials, &identity->keys, trust_root(trust), err) &&
           trust_check(trust, &held->credentials.certificate, role, clock_wall_ms(), err);
}

bool identity_open(const char *home, const struct secret *passphrase, struct trust *trust,
                   enum role role, struct identity **out, struct err *err)
{
    struct identity *identity = mem_new(struct identity);
    if (!load(home, passphrase, identity, err) ||
        !check_held(held_of(identity), identity, trust, role, err)) {
        identity_close(identity);
        return false;
    }
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

static bool is_renewal(const struct certificate *fresh, const struct certificate *own,
                       struct err *err)
{
    return strcmp(fresh->organisation, own->organisation) == 0 ||
           err_set(err, ERR_INVALID, HOME_CERTIFICATE, "was issued to %s, this is %s",
                   fresh->organisation, own->organisation);
}

bool identity_reload(struct identity *identity, const char *home, struct trust *trust,
                     bool *changed, struct err *err)
{
    const struct certificate *own = identity_certificate(identity);
    char *path = file_join(home, HOME_CERTIFICATE);
    uint64_t stamp = file_stamp(path);
    struct held *fresh = NULL;
    free(path);
    *changed = false;
    if (stamp == identity->stamp) return true;
    if (!load_held(home, identity, &fresh, err)) return false;
    const struct certificate *certificate = &fresh->credentials.certificate;
    bool same = certificate->serial == own->serial;
    bool ok = same || (is_renewal(certificate, own, err) &&
                       check_held(fresh, identity, trust, own->role, err));
    if (!ok || same) {
        held_free(fresh);
        return ok;
    }
    fresh->before = atomic_load(&identity->held);
    atomic_store(&identity->held, fresh);
    *changed = true;
    return true;
}

void identity_close(struct identity *identity)
{
    if (!identity) return;
    held_free(atomic_load(&identity->held));
    private_keys_free(&identity->keys);
    secret_free(&identity->tls_key_pem);
    free(identity);
}

const struct certificate *identity_certificate(const struct identity *identity)
{
    return &held_of(identity)->credentials.certificate;
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
    return held_of(identity)->tls_certificate_pem;
}

const struct secret *identity_tls_key_pem(const struct identity *identity)
{
    return &identity->tls_key_pem;
}
