/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/home.h"

#include <stdlib.h>
#include <string.h>

#include "keys/armour.h"
#include "keys/revocations.h"
#include "proto/base/clock.h"
#include "proto/base/file.h"
#include "proto/base/mem.h"

/* ---- requests ---- */

static void fill_empty(char *field, const char *value)
{
    if (field[0] == '\0') memcpy(field, value, strlen(value) + 1);
}

bool home_request_defaults(const char *home, struct certificate_request *fields, struct err *err)
{
    char *path = file_join(home, HOME_CERTIFICATE);
    struct credentials present = {0};
    bool ok = true;
    if (file_exists(path)) {
        const struct certificate *certificate = &present.certificate;
        ok = credentials_load(path, &present, err);
        if (ok && fields->role == ROLE_NONE) fields->role = certificate->role;
        if (ok) {
            fill_empty(fields->organisation, certificate->organisation);
            fill_empty(fields->name, certificate->name);
            fill_empty(fields->urn, certificate->urn);
        }
        if (ok && fields->addresses.count == 0) {
            ok = x509_leaf_addresses(&present.tls_certificate, &fields->addresses, err);
        }
        credentials_free(&present);
    }
    free(path);
    return ok;
}

bool home_check_role(const char *home, enum role role, struct err *err)
{
    char *path = file_join(home, HOME_CERTIFICATE);
    struct credentials present = {0};
    bool ok = !file_exists(path) || credentials_load(path, &present, err);
    enum role found = present.certificate.role;
    if (ok && found != ROLE_NONE && found != role) {
        ok = err_set(err, ERR_DENIED, "home",
                     "%s belongs to %s, role %s, and this command is for role %s; -C names another "
                     "home directory",
                     home, present.certificate.organisation, role_name(found), role_name(role));
    }
    credentials_free(&present);
    free(path);
    return ok;
}

static bool load_or_make_keys(const char *home, const struct key_cost *cost,
                              const struct secret *passphrase, struct private_keys *keys,
                              struct err *err)
{
    char *path = file_join(home, HOME_KEY);
    bool ok = false;
    if (file_exists(path)) {
        ok = key_file_load(path, passphrase, keys, err);
    } else if (file_make_dirs(home, 0700, err) && private_keys_make(keys, err)) {
        ok = key_file_save(path, keys, cost, passphrase, false, err);
        if (!ok) private_keys_free(keys);
    }
    free(path);
    return ok;
}

bool home_make_request(const char *home, const struct certificate_request *fields,
                       const struct key_cost *cost, const struct secret *passphrase,
                       struct certificate_request *out, struct err *err)
{
    struct private_keys keys = {0};
    struct buf text = {0};
    if (!certificate_request_fields_check(fields, err) ||
        !load_or_make_keys(home, cost, passphrase, &keys, err)) {
        return false;
    }
    char *path = file_join(home, HOME_REQUEST);
    bool ok = certificate_request_write(fields, &keys, &text, err) &&
              file_write(path, text.data, text.len, 0644, err) &&
              certificate_request_load(path, out, err);
    free(path);
    buf_free(&text);
    private_keys_free(&keys);
    return ok;
}

/* ---- installing ---- */

/* A home keeps the root that it first met: another one is never put over it silently. */
static bool check_root(const char *pinned_path, const char *given_path, struct err *err)
{
    struct authority_root pinned = {0}, given = {0};
    if (!given_path || !file_exists(pinned_path)) return true;
    bool ok = authority_root_load(pinned_path, &pinned, err) &&
              authority_root_load(given_path, &given, err);
    if (ok && sodium_memcmp(pinned.fingerprint, given.fingerprint, FINGERPRINT_BYTES) != 0) {
        ok = err_set(err, ERR_DENIED, HOME_ROOT,
                     "%s belongs to another Authority than %s, which this home trusts", given_path,
                     pinned_path);
    }
    authority_root_free(&pinned);
    authority_root_free(&given);
    return ok;
}

/* The private keys need no opening for this: the public halves stand in the readable header. */
static bool check_own_key(const char *home, const struct certificate *certificate, struct err *err)
{
    struct key_file_header header;
    struct buf data = {0};
    char *path = file_join(home, HOME_KEY);
    bool ok = armour_read_file(ARMOUR_KEY, path, &data, err) &&
              key_file_inspect(data.data, data.len, &header, err);
    if (ok && (sodium_memcmp(header.sign_key, certificate->sign_key, SIGN_KEY_BYTES) != 0 ||
               sodium_memcmp(header.seal_key, certificate->seal_key, SEAL_KEY_BYTES) != 0)) {
        ok = err_set(err, ERR_INVALID, HOME_CERTIFICATE, "was issued for another key file than %s",
                     path);
    }
    buf_free(&data);
    free(path);
    return ok;
}

/* Must not replace a newer certificate; a different organisation or role is a mix-up of files. */
static bool check_succession(const char *home, const struct certificate *next, struct err *err)
{
    char *path = file_join(home, HOME_CERTIFICATE);
    struct credentials present = {0};
    const struct certificate *now = &present.certificate;
    bool ok = true;
    if (file_exists(path)) {
        ok = credentials_load(path, &present, err);
        if (ok && (now->role != next->role || strcmp(now->organisation, next->organisation) != 0)) {
            ok = err_set(err, ERR_INVALID, HOME_CERTIFICATE, "is for %s %s, this home is %s %s",
                         role_name(next->role), next->organisation, role_name(now->role),
                         now->organisation);
        } else if (ok && now->serial > next->serial) {
            ok = err_set(err, ERR_DENIED, HOME_CERTIFICATE,
                         "serial %llu is older than serial %llu, which is installed",
                         (unsigned long long)next->serial, (unsigned long long)now->serial);
        }
        credentials_free(&present);
    }
    free(path);
    return ok;
}

static bool check_certificate(const char *home, const char *path, struct trust *trust,
                              struct err *err)
{
    struct credentials credentials = {0};
    if (!credentials_load(path, &credentials, err)) return false;
    const struct certificate *certificate = &credentials.certificate;
    bool ok = check_own_key(home, certificate, err) && check_succession(home, certificate, err) &&
              trust_check(trust, certificate, ROLE_NONE, clock_wall_ms(), err) &&
              x509_leaf_check(&credentials.tls_certificate, &trust_root(trust)->tls_ca, certificate,
                              NULL, err);
    credentials_free(&credentials);
    return ok;
}

/* The list to install must be there, signed (trust_open has seen to that) and not older than the
 * present one. */
static bool check_list(const struct trust *trust, const char *given, const char *present,
                       uint64_t number, struct err *err)
{
    struct revocations now = {0};
    if (!given) return true;
    if (number == 0) return err_set(err, ERR_NOT_FOUND, HOME_REVOCATIONS, "there is no %s", given);
    if (!file_exists(present)) return true;
    if (!revocations_load(present, &trust_root(trust)->certificate, &now, err)) return false;
    uint64_t installed = now.number;
    revocations_free(&now);
    return number >= installed ||
           err_set(err, ERR_DENIED, HOME_REVOCATIONS,
                   "list %llu is older than list %llu, installed", (unsigned long long)number,
                   (unsigned long long)installed);
}

/* Without the pins: what is only being checked must not yet bind this home. */
static bool check_parts(const char *home, const char *root_path, const char *present_list,
                        const struct home_parts *parts, struct err *err)
{
    struct trust *trust = NULL;
    const char *list = parts->revocations_path ? parts->revocations_path : present_list;
    if (!trust_open(root_path, list, NULL, &trust, err)) return false;
    bool ok =
        check_list(trust, parts->revocations_path, present_list, trust_revocation_number(trust),
                   err) &&
        (!parts->certificate_path || check_certificate(home, parts->certificate_path, trust, err));
    trust_close(trust);
    return ok;
}

static bool copy_into(const char *from, const char *home, const char *name, struct err *err)
{
    struct buf text = {0};
    char *to = file_join(home, name);
    bool ok = !from || (file_read(from, ARMOUR_REVOCATIONS_MAX, &text, err) &&
                        file_write(to, text.data, text.len, 0644, err));
    free(to);
    buf_free(&text);
    return ok;
}

bool home_install(const char *home, const struct home_parts *parts, struct err *err)
{
    char *pinned = file_join(home, HOME_ROOT);
    char *list = file_join(home, HOME_REVOCATIONS);
    const char *root = parts->root_path ? parts->root_path : pinned;
    bool ok = check_root(pinned, parts->root_path, err) &&
              check_parts(home, root, list, parts, err) &&
              copy_into(parts->root_path, home, HOME_ROOT, err) &&
              copy_into(parts->revocations_path, home, HOME_REVOCATIONS, err) &&
              copy_into(parts->certificate_path, home, HOME_CERTIFICATE, err);
    free(list);
    free(pinned);
    return ok;
}
