/* SPDX-License-Identifier: Apache-2.0
 * The key file: an organisation's private keys under an Argon2id passphrase and XChaCha20-Poly1305.
 * docs/keys.md has the layout.
 */
#ifndef HEARTH_KEYS_KEY_FILE_H
#define HEARTH_KEYS_KEY_FILE_H

#include "keys/certificate.h"

/* Work that a passphrase guess costs (Argon2id, RFC 9106). */
struct key_cost {
    uint64_t operations; /* passes over the memory */
    uint64_t memory;     /* bytes */
};
/* The limits within which a stored cost is believed: a hostile file cannot ask for more. */
enum { KEY_COST_OPERATIONS_MAX = 16, KEY_COST_MEMORY_MIN = 8 << 10, KEY_COST_MEMORY_MAX = 1 << 30 };
/* "interactive", "moderate", "sensitive" as libsodium defines them. */
MUST_CHECK bool key_cost_from_name(const char *name, struct key_cost *out);

struct private_keys {
    struct secret sign; /* SIGN_SECRET_BYTES, Ed25519 */
    struct secret seal; /* 32, X25519 */
    struct secret root; /* 32, what identity_derive starts from */
    struct secret tls;  /* PKCS #8 DER, ECDSA P-256 */
    uint8_t sign_key[SIGN_KEY_BYTES], seal_key[SEAL_KEY_BYTES]; /* the public halves */
};
/* Fresh keys. ERR_INTERNAL where libcrypto fails. */
MUST_CHECK bool private_keys_make(struct private_keys *out, struct err *err);
void private_keys_free(struct private_keys *keys);

/* The part that is readable without the passphrase. */
enum { KEY_SALT_BYTES = 16 };
struct key_file_header {
    struct key_cost cost;
    uint8_t salt[KEY_SALT_BYTES];
    uint8_t sign_key[SIGN_KEY_BYTES], seal_key[SEAL_KEY_BYTES];
};

/* Appends the armoured key file; salt and nonce are fresh each time. ERR_UNAVAILABLE: not enough
 * memory for Argon2id. */
MUST_CHECK bool key_file_seal(const struct private_keys *keys, const struct key_cost *cost,
                              const struct secret *passphrase, struct buf *out, struct err *err);
/* ERR_DENIED: wrong passphrase, or the file was changed; ERR_CORRUPT, ERR_INVALID, ERR_VERSION. */
MUST_CHECK bool key_file_open(const uint8_t *text, size_t len, const struct secret *passphrase,
                              struct private_keys *out, struct err *err);
/* The readable part alone, not authenticated. `data`: the bytes inside the armour. */
MUST_CHECK bool key_file_inspect(const uint8_t *data, size_t len, struct key_file_header *out,
                                 struct err *err);

/* That certificate, TLS certificate and private keys belong together and to the root's CA.
 * Signature, role, time and revocation are trust_check's. */
MUST_CHECK bool credentials_fit_keys(const struct credentials *credentials,
                                     const struct private_keys *keys,
                                     const struct authority_root *root, struct err *err);

/* The readable part of a file, not authenticated. Errors as key_file_load, but for the passphrase.
 */
MUST_CHECK bool key_file_look(const char *path, struct key_file_header *out, struct err *err);
/* Reads and opens; ERR_DENIED where group or others may read the file. */
MUST_CHECK bool key_file_load(const char *path, const struct secret *passphrase,
                              struct private_keys *out, struct err *err);
/* Seals and writes, mode 0600; with `replace` over an existing file, else ERR_EXISTS. */
MUST_CHECK bool key_file_save(const char *path, const struct private_keys *keys,
                              const struct key_cost *cost, const struct secret *passphrase,
                              bool replace, struct err *err);

#endif
