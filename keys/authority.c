/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/authority.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "keys/armour.h"
#include "keys/lock.h"
#include "keys/restored.h"
#include "proto/base/clock.h"
#include "proto/base/file.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"

static const int64_t DAY_MS = INT64_C(86400000);

struct authority {
    char *dir;
    char *issued_path;
    int lock; /* descriptor, -1 where not held */
    struct private_keys keys;
    struct authority_root root;
    struct issued issued;
    struct revocations revocations;
    struct restored restored;
};

/* ---- making one ---- */

static bool make_root(const struct private_keys *keys, const char *name, int days,
                      struct authority_root *out, struct err *err)
{
    int64_t now = clock_wall_ms();
    char ca_name[64] = "Hearth Authority ", digits[17];
    uint8_t fingerprint[FINGERPRINT_BYTES];
    struct certificate *certificate = &out->certificate;
    certificate->serial = 1;
    certificate->role = ROLE_AUTHORITY;
    certificate->not_before = now;
    certificate->not_after = now + days * DAY_MS;
    memcpy(certificate->organisation, AUTHORITY_ID, sizeof AUTHORITY_ID);
    memcpy(certificate->name, name, strlen(name));
    memcpy(certificate->sign_key, keys->sign_key, SIGN_KEY_BYTES);
    memcpy(certificate->seal_key, keys->seal_key, SEAL_KEY_BYTES);
    certificate_sign(certificate, keys->sign.data);
    /* Two Authorities must not share an issuer name, or TLS tries the wrong one. */
    fingerprint_of_keys(keys->sign_key, keys->seal_key, fingerprint);
    strncat(ca_name, text_hex(fingerprint, 8, digits), sizeof digits);
    return x509_ca_make(&keys->tls, ca_name, now - CLOCK_SKEW_MS, certificate->not_after,
                        &out->tls_ca, err);
}

static bool write_in(const char *dir, const char *name, const struct buf *text, unsigned mode,
                     struct err *err)
{
    char *path = file_join(dir, name);
    bool ok = file_write(path, text->data, text->len, mode, err);
    free(path);
    return ok;
}

static bool write_root(const char *dir, const struct authority_root *root, struct err *err)
{
    struct buf message = {0}, text = {0};
    authority_root_encode(root, &message);
    armour_write(ARMOUR_ROOT, message.data, message.len, &text);
    bool ok = write_in(dir, HOME_ROOT, &text, 0644, err);
    buf_free(&text);
    buf_free(&message);
    return ok;
}

static bool write_revocations(const char *dir, const struct revocations *list,
                              const struct private_keys *keys, struct err *err)
{
    struct buf text = {0};
    revocations_write(list, keys->sign.data, &text);
    bool ok = write_in(dir, HOME_REVOCATIONS, &text, 0644, err);
    buf_free(&text);
    return ok;
}

static bool make_in(const char *dir, const char *key_path, const char *name, int days,
                    const struct key_cost *cost, const struct secret *passphrase, struct err *err)
{
    struct private_keys keys = {0};
    struct authority_root root = {0};
    struct revocations empty = {.number = 1, .issued_at = clock_wall_ms()};
    bool ok = private_keys_make(&keys, err) && make_root(&keys, name, days, &root, err) &&
              write_root(dir, &root, err) && write_revocations(dir, &empty, &keys, err) &&
              key_file_save(key_path, &keys, cost, passphrase, false, err);
    authority_root_free(&root);
    private_keys_free(&keys);
    return ok;
}

bool authority_may_be_made(const char *dir, const char *name, struct err *err)
{
    if (!identity_fields_check(ROLE_AUTHORITY, AUTHORITY_ID, name, "", err)) return false;
    char *key_path = file_join(dir, HOME_KEY);
    bool ok = !file_exists(key_path) ||
              err_set(err, ERR_EXISTS, "", "%s is there already: one directory holds one Authority",
                      key_path);
    free(key_path);
    return ok;
}

bool authority_make(const char *dir, const char *name, int days, const struct key_cost *cost,
                    const struct secret *passphrase, struct err *err)
{
    char *key_path = file_join(dir, HOME_KEY);
    bool ok = authority_may_be_made(dir, name, err) && file_make_dirs(dir, 0700, err) &&
              make_in(dir, key_path, name, days, cost, passphrase, err);
    free(key_path);
    return ok;
}

/* ---- opening ---- */

static bool keys_fit_root(const struct authority *authority, struct err *err)
{
    const struct certificate *certificate = &authority->root.certificate;
    if (sodium_memcmp(certificate->sign_key, authority->keys.sign_key, SIGN_KEY_BYTES) == 0)
        return true;
    return err_set(err, ERR_INVALID, HOME_ROOT, "belongs to another key file than %s", HOME_KEY);
}

static bool open_files(struct authority *authority, const struct secret *passphrase,
                       struct err *err)
{
    char *key_path = file_join(authority->dir, HOME_KEY);
    char *root_path = file_join(authority->dir, HOME_ROOT);
    char *list_path = file_join(authority->dir, HOME_REVOCATIONS);
    const struct certificate *root = &authority->root.certificate;
    bool ok = authority_root_load(root_path, &authority->root, err) &&
              key_file_load(key_path, passphrase, &authority->keys, err) &&
              keys_fit_root(authority, err) &&
              revocations_load(list_path, root, &authority->revocations, err) &&
              issued_load(authority->issued_path, root, &authority->issued, err) &&
              restored_load(authority->dir, &authority->restored, err);
    free(list_path);
    free(root_path);
    free(key_path);
    return ok;
}

bool authority_open(const char *dir, const struct secret *passphrase, struct authority **out,
                    struct err *err)
{
    struct authority *authority = mem_new(struct authority);
    authority->dir = mem_string(dir);
    authority->issued_path = file_join(dir, AUTHORITY_ISSUED);
    authority->lock = -1;
    if (!lock_directory(dir, &authority->lock, err) || !open_files(authority, passphrase, err)) {
        authority_close(authority);
        return false;
    }
    *out = authority;
    return true;
}

void authority_close(struct authority *authority)
{
    if (!authority) return;
    private_keys_free(&authority->keys);
    authority_root_free(&authority->root);
    issued_free(&authority->issued);
    revocations_free(&authority->revocations);
    if (authority->lock >= 0) (void)close(authority->lock);
    free(authority->issued_path);
    free(authority->dir);
    free(authority);
}

const struct authority_root *authority_root_of(const struct authority *authority)
{
    return &authority->root;
}

const struct issued *authority_issued(const struct authority *authority)
{
    return &authority->issued;
}

const struct revocations *authority_revocations(const struct authority *authority)
{
    return &authority->revocations;
}

/* ---- issuing ---- */

/* Above every serial that was ever used, the root's 1 included. */
static uint64_t next_serial(const struct authority *authority)
{
    const struct issued *issued = &authority->issued;
    const struct revocations *revoked = &authority->revocations;
    uint64_t last = authority->root.certificate.serial;
    if (issued->count > 0 && issued->list[issued->count - 1].serial > last) {
        last = issued->list[issued->count - 1].serial;
    }
    if (revoked->count > 0 && revoked->serials[revoked->count - 1] > last) {
        last = revoked->serials[revoked->count - 1];
    }
    if (authority->restored.to > last) last = authority->restored.to;
    return last + 1;
}

static bool issue_one(struct authority *authority, const struct certificate_request *request,
                      int64_t now, int days, struct credentials *out, struct err *err)
{
    struct certificate made = {.serial = next_serial(authority),
                               .role = request->role,
                               .not_before = now,
                               .not_after = now + days * DAY_MS};
    memcpy(made.organisation, request->organisation, sizeof made.organisation);
    memcpy(made.name, request->name, sizeof made.name);
    memcpy(made.urn, request->urn, sizeof made.urn);
    memcpy(made.sign_key, request->sign_key, SIGN_KEY_BYTES);
    memcpy(made.seal_key, request->seal_key, SEAL_KEY_BYTES);
    struct x509_leaf leaf = {&made, &request->addresses, &request->tls_public_key};
    struct buf tls = {0};
    if (!x509_leaf_make(&leaf, &authority->keys.tls, &authority->root.tls_ca, &tls, err)) {
        return false;
    }
    certificate_sign(&made, authority->keys.sign.data);
    out->tls_certificate = tls;
    out->certificate = made;
    out->certificate.raw.body = (struct buf){0};
    buf_append(&out->certificate.raw.body, made.raw.body.data, made.raw.body.len);
    issued_add(&authority->issued, &made);
    return true;
}

bool authority_issue(struct authority *authority, const struct certificate_request *requests,
                     size_t count, int days, struct credentials *out, struct err *err)
{
    int64_t now = clock_wall_ms();
    const size_t before = authority->issued.count;
    if (now + days * DAY_MS > authority->root.certificate.not_after) {
        char until[CLOCK_TEXT];
        clock_format(authority->root.certificate.not_after, until);
        return err_set(err, ERR_INVALID, "days",
                       "%d days outlast the Authority's root, valid until %s", days, until);
    }
    memset(out, 0, count * sizeof *out);
    bool ok = true;
    for (size_t i = 0; ok && i < count; i++) {
        ok = issue_one(authority, &requests[i], now, days, &out[i], err);
    }
    if (ok) ok = issued_save(authority->issued_path, &authority->issued, err);
    if (ok) return true;
    for (size_t i = 0; i < count; i++) credentials_free(&out[i]);
    while (authority->issued.count > before) {
        certificate_free(&authority->issued.list[--authority->issued.count]);
    }
    return false;
}

/* ---- revoking ---- */

static void insert_serial(struct revocations *list, uint64_t serial)
{
    if (revocations_contain(list, serial)) return;
    list->serials = mem_resize(list->serials, list->count + 1, sizeof *list->serials);
    size_t at = list->count++;
    for (; at > 0 && list->serials[at - 1] > serial; at--)
        list->serials[at] = list->serials[at - 1];
    list->serials[at] = serial;
}

bool authority_revoke(struct authority *authority, const uint64_t *serials, size_t count,
                      struct err *err)
{
    const struct revocations *old = &authority->revocations;
    for (size_t i = 0; i < count; i++) {
        if (issued_by_serial(&authority->issued, serials[i])) continue;
        /* Perhaps after the backup that this directory is from. */
        if (serials[i] > authority->restored.from && serials[i] <= authority->restored.to) continue;
        return err_set(err, ERR_NOT_FOUND, "serial", "%llu was never issued here",
                       (unsigned long long)serials[i]);
    }
    if (old->count + count > REVOKED_MAX) {
        return err_set(err, ERR_BUDGET, "serial", "the list holds %d at most", REVOKED_MAX);
    }
    uint64_t last = old->number;
    if (authority->restored.number > last) last = authority->restored.number;
    struct revocations next = {.number = last + 1,
                               .issued_at = clock_wall_ms(),
                               .serials = mem_copy(old->serials, old->count * sizeof *old->serials),
                               .count = old->count};
    for (size_t i = 0; i < count; i++) insert_serial(&next, serials[i]);
    if (!write_revocations(authority->dir, &next, &authority->keys, err)) {
        revocations_free(&next);
        return false;
    }
    revocations_free(&authority->revocations);
    authority->revocations = next;
    return true;
}
