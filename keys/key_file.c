/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/key_file.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include <sodium.h>

#include "keys/armour.h"
#include "proto/base/declassify.h"
#include "proto/base/file.h"

enum {
    KEY_FILE_VERSION = 1,
    KEY_FILE_ALGORITHM = crypto_pwhash_ALG_ARGON2ID13,
    SEED_OF_SIGN = crypto_sign_SEEDBYTES,
    NONCE_BYTES = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    AEAD_KEY_BYTES = crypto_aead_xchacha20poly1305_ietf_KEYBYTES,
    AEAD_TAG_BYTES = crypto_aead_xchacha20poly1305_ietf_ABYTES,
    /* version, algorithm, operations, memory, salt, two public keys, nonce */
    HEADER_BYTES = 1 + 1 + 8 + 8 + KEY_SALT_BYTES + SIGN_KEY_BYTES + SEAL_KEY_BYTES + NONCE_BYTES,
    /* seed, seal secret, root secret, length of the TLS key */
    PLAIN_FIXED = SEED_OF_SIGN + 32 + HASH_KEY_BYTES + 4,
    TLS_KEY_MAX = 1024
};

bool key_cost_from_name(const char *name, struct key_cost *out)
{
    if (strcmp(name, "interactive") == 0) {
        *out = (struct key_cost){crypto_pwhash_OPSLIMIT_INTERACTIVE,
                                 crypto_pwhash_MEMLIMIT_INTERACTIVE};
    } else if (strcmp(name, "moderate") == 0) {
        *out = (struct key_cost){crypto_pwhash_OPSLIMIT_MODERATE, crypto_pwhash_MEMLIMIT_MODERATE};
    } else if (strcmp(name, "sensitive") == 0) {
        *out =
            (struct key_cost){crypto_pwhash_OPSLIMIT_SENSITIVE, crypto_pwhash_MEMLIMIT_SENSITIVE};
    } else {
        return false;
    }
    return true;
}

static bool cost_is_legal(const struct key_cost *cost)
{
    return cost->operations >= 1 && cost->operations <= KEY_COST_OPERATIONS_MAX &&
           cost->memory >= KEY_COST_MEMORY_MIN && cost->memory <= KEY_COST_MEMORY_MAX;
}

/* The key that the passphrase opens the file with. */
static bool stretch(const struct secret *passphrase, const struct key_file_header *header,
                    struct secret *out, struct err *err)
{
    struct secret key = secret_new(AEAD_KEY_BYTES);
    if (crypto_pwhash(key.data, key.len, (const char *)passphrase->data, passphrase->len,
                      header->salt, header->cost.operations, (size_t)header->cost.memory,
                      KEY_FILE_ALGORITHM) != 0) {
        secret_free(&key);
        (void)err_set(err, ERR_UNAVAILABLE, "", "Argon2id needs %llu MiB of memory",
                      (unsigned long long)(header->cost.memory >> 20));
        return false;
    }
    *out = key;
    return true;
}

static void header_write(const struct key_file_header *header, struct buf *out)
{
    buf_u8(out, KEY_FILE_VERSION);
    buf_u8(out, KEY_FILE_ALGORITHM);
    buf_u64(out, header->cost.operations);
    buf_u64(out, header->cost.memory);
    buf_append(out, header->salt, KEY_SALT_BYTES);
    buf_append(out, header->sign_key, SIGN_KEY_BYTES);
    buf_append(out, header->seal_key, SEAL_KEY_BYTES);
    randombytes_buf(buf_reserve(out, NONCE_BYTES), NONCE_BYTES);
}

static struct secret plain_write(const struct private_keys *keys)
{
    struct secret plain = secret_new(PLAIN_FIXED + keys->tls.len);
    uint8_t *at = plain.data;
    memcpy(at, keys->sign.data, SEED_OF_SIGN); /* libsodium keeps the seed in front */
    memcpy(at + SEED_OF_SIGN, keys->seal.data, 32);
    memcpy(at + SEED_OF_SIGN + 32, keys->root.data, HASH_KEY_BYTES);
    at[PLAIN_FIXED - 2] = (uint8_t)(keys->tls.len >> 8);
    at[PLAIN_FIXED - 1] = (uint8_t)keys->tls.len;
    memcpy(at + PLAIN_FIXED, keys->tls.data, keys->tls.len);
    return plain;
}

bool key_file_seal(const struct private_keys *keys, const struct key_cost *cost,
                   const struct secret *passphrase, struct buf *out, struct err *err)
{
    REQUIRE(cost_is_legal(cost) && keys->tls.len <= TLS_KEY_MAX);
    struct key_file_header header = {.cost = *cost};
    randombytes_buf(header.salt, KEY_SALT_BYTES);
    memcpy(header.sign_key, keys->sign_key, SIGN_KEY_BYTES);
    memcpy(header.seal_key, keys->seal_key, SEAL_KEY_BYTES);
    struct secret key = {0};
    if (!stretch(passphrase, &header, &key, err)) return false;
    struct secret plain = plain_write(keys);
    struct buf file = {0};
    header_write(&header, &file);
    uint8_t *sealed = buf_reserve(&file, plain.len + AEAD_TAG_BYTES);
    const uint8_t *nonce = file.data + HEADER_BYTES - NONCE_BYTES;
    int ok = crypto_aead_xchacha20poly1305_ietf_encrypt(
        sealed, NULL, plain.data, plain.len, file.data, HEADER_BYTES, NULL, nonce, key.data);
    REQUIRE(ok == 0);
    declassify(file.data, file.len); /* ciphertext */
    armour_write(ARMOUR_KEY, file.data, file.len, out);
    buf_free(&file);
    secret_free(&plain);
    secret_free(&key);
    return true;
}

bool key_file_inspect(const uint8_t *data, size_t len, struct key_file_header *out, struct err *err)
{
    struct reader reader = reader_of(data, len);
    uint8_t version = reader_u8(&reader);
    uint8_t algorithm = reader_u8(&reader);
    struct key_cost cost = {.operations = reader_u64(&reader)};
    cost.memory = reader_u64(&reader);
    const uint8_t *salt = reader_take(&reader, KEY_SALT_BYTES);
    const uint8_t *sign_key = reader_take(&reader, SIGN_KEY_BYTES);
    const uint8_t *seal_key = reader_take(&reader, SEAL_KEY_BYTES);
    const uint8_t *nonce = reader_take(&reader, NONCE_BYTES);
    if (len > 0 && version != KEY_FILE_VERSION) {
        return err_set(err, ERR_VERSION, "version", "key file version %u, this reads version %d",
                       version, KEY_FILE_VERSION);
    }
    if (!nonce || len < HEADER_BYTES + PLAIN_FIXED + AEAD_TAG_BYTES ||
        len > HEADER_BYTES + PLAIN_FIXED + TLS_KEY_MAX + AEAD_TAG_BYTES) {
        return err_set(err, ERR_CORRUPT, "", "%zu bytes are no key file", len);
    }
    if (algorithm != KEY_FILE_ALGORITHM || !cost_is_legal(&cost)) {
        return err_set(err, ERR_INVALID, "argon2",
                       "Argon2id with 1 to %d passes over %d KiB to %d MiB is accepted",
                       KEY_COST_OPERATIONS_MAX, KEY_COST_MEMORY_MIN >> 10,
                       KEY_COST_MEMORY_MAX >> 20);
    }
    out->cost = cost;
    memcpy(out->salt, salt, KEY_SALT_BYTES);
    memcpy(out->sign_key, sign_key, SIGN_KEY_BYTES);
    memcpy(out->seal_key, seal_key, SEAL_KEY_BYTES);
    return true;
}

static struct secret secret_part(const uint8_t *data, size_t len)
{
    struct secret part = secret_new(len);
    if (len > 0) memcpy(part.data, data, len);
    return part;
}

/* Splits what was decrypted; the public halves must be those of the header. */
static bool plain_read(const struct secret *plain, const struct key_file_header *header,
                       struct private_keys *out, struct err *err)
{
    declassify(plain->data + PLAIN_FIXED - 4, 4); /* a length, which the file's own gives away */
    size_t tls_len = (size_t)plain->data[PLAIN_FIXED - 2] << 8 | plain->data[PLAIN_FIXED - 1];
    if (plain->data[PLAIN_FIXED - 4] || plain->data[PLAIN_FIXED - 3] ||
        plain->len != PLAIN_FIXED + tls_len) {
        return err_set(err, ERR_CORRUPT, "", "the key file's content has a wrong length");
    }
    struct private_keys keys = {.sign = secret_new(SIGN_SECRET_BYTES),
                                .seal = secret_part(plain->data + SEED_OF_SIGN, 32),
                                .root =
                                    secret_part(plain->data + SEED_OF_SIGN + 32, HASH_KEY_BYTES),
                                .tls = secret_part(plain->data + PLAIN_FIXED, tls_len)};
    (void)crypto_sign_seed_keypair(keys.sign_key, keys.sign.data, plain->data);
    (void)crypto_scalarmult_base(keys.seal_key, keys.seal.data);
    declassify(keys.sign_key, SIGN_KEY_BYTES); /* public keys */
    declassify(keys.seal_key, SEAL_KEY_BYTES);
    if (sodium_memcmp(keys.sign_key, header->sign_key, SIGN_KEY_BYTES) != 0 ||
        sodium_memcmp(keys.seal_key, header->seal_key, SEAL_KEY_BYTES) != 0) {
        private_keys_free(&keys);
        return err_set(err, ERR_CORRUPT, "", "the key file's public and private keys differ");
    }
    *out = keys;
    return true;
}

static bool open_bytes(const struct buf *file, const struct secret *passphrase,
                       struct private_keys *out, struct err *err)
{
    struct key_file_header header = {0};
    struct secret key = {0};
    if (!key_file_inspect(file->data, file->len, &header, err)) return false;
    if (!stretch(passphrase, &header, &key, err)) return false;
    size_t sealed = file->len - HEADER_BYTES;
    struct secret plain = secret_new(sealed - AEAD_TAG_BYTES);
    const uint8_t *nonce = file->data + HEADER_BYTES - NONCE_BYTES;
    bool ok = crypto_aead_xchacha20poly1305_ietf_decrypt(
                  plain.data, NULL, NULL, file->data + HEADER_BYTES, sealed, file->data,
                  HEADER_BYTES, nonce, key.data) == 0;
    secret_free(&key);
    if (!ok) {
        (void)err_set(err, ERR_DENIED, "passphrase",
                      "the passphrase is wrong, or the key file was changed");
    } else {
        ok = plain_read(&plain, &header, out, err);
    }
    secret_free(&plain);
    return ok;
}

bool key_file_open(const uint8_t *text, size_t len, const struct secret *passphrase,
                   struct private_keys *out, struct err *err)
{
    struct buf file = {0};
    bool ok =
        armour_read(ARMOUR_KEY, text, len, &file, err) && open_bytes(&file, passphrase, out, err);
    buf_free(&file);
    return ok;
}

/* A key file that others can read may have been copied: say so before the passphrase is of any use.
 */
static bool mode_is_private(const char *path, struct err *err)
{
    struct stat info;
    if (stat(path, &info) != 0) return file_cannot_open(path, errno, err);
    if ((info.st_mode & (S_IRWXG | S_IRWXO)) == 0) return true;
    return err_set(err, ERR_DENIED, "", "%s has mode %03o and others can reach it: chmod 600 %s",
                   path, (unsigned)info.st_mode & 0777U, path);
}

bool key_file_look(const char *path, struct key_file_header *out, struct err *err)
{
    struct buf data = {0};
    bool ok = mode_is_private(path, err) && armour_read_file(ARMOUR_KEY, path, &data, err) &&
              key_file_inspect(data.data, data.len, out, err);
    buf_free(&data);
    return ok;
}

bool key_file_load(const char *path, const struct secret *passphrase, struct private_keys *out,
                   struct err *err)
{
    struct buf text = {0};
    bool ok = mode_is_private(path, err) && file_read(path, ARMOUR_FILE_MAX, &text, err) &&
              (key_file_open(text.data, text.len, passphrase, out, err) || err_in(err, HOME_KEY));
    buf_free(&text);
    return ok;
}

bool key_file_save(const char *path, const struct private_keys *keys, const struct key_cost *cost,
                   const struct secret *passphrase, bool replace, struct err *err)
{
    struct buf text = {0};
    bool ok = key_file_seal(keys, cost, passphrase, &text, err);
    if (ok) {
        ok = replace ? file_write(path, text.data, text.len, 0600, err)
                     : file_create(path, text.data, text.len, 0600, err);
    }
    buf_free(&text);
    return ok;
}
