/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/home_check.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keys/identity.h"
#include "keys/key_file.h"
#include "keys/pins.h"
#include "keys/revocations.h"
#include "keys/x509.h"
#include "proto/base/clock.h"
#include "proto/base/file.h"
#include "proto/base/mem.h"

static const int64_t DAY_MS = 86400000;

struct looking {
    const char *home;
    enum role role;
    struct checks *checks;
    int64_t now_ms;
    struct key_file_header key;
    struct authority_root root;
    struct credentials own;
    struct revocations list;
    struct pins pins;
    bool has_key, has_root, has_own, has_list, has_pins;
};

/* Runs `load` on HOME/NAME, and says what a missing one means where it is needed. */
static bool load(struct looking *l, const char *name, const char *missing,
                 bool (*from)(struct looking *l, const char *path, struct err *err))
{
    struct err err = {0};
    char *path = file_join(l->home, name);
    bool there = file_exists(path), ok = there && from(l, path, &err);
    if (!there && missing) checks_add(l->checks, CHECK_FAULT, name, "is missing: %s", missing);
    if (there && !ok) (void)checks_take(l->checks, false, err.field[0] ? NULL : name, &err);
    free(path);
    return ok;
}

static bool load_key(struct looking *l, const char *path, struct err *err)
{
    return key_file_look(path, &l->key, err);
}

static bool load_root(struct looking *l, const char *path, struct err *err)
{
    return authority_root_load(path, &l->root, err);
}

static bool load_own(struct looking *l, const char *path, struct err *err)
{
    return credentials_load(path, &l->own, err);
}

static bool load_list(struct looking *l, const char *path, struct err *err)
{
    return revocations_load(path, l->has_root ? &l->root.certificate : NULL, &l->list, err);
}

static bool load_pins(struct looking *l, const char *path, struct err *err)
{
    l->pins.path = mem_string(path);
    return pins_load(&l->pins, err);
}

static bool check_directory(const struct looking *l)
{
    struct stat info;
    if (stat(l->home, &info) != 0 || !S_ISDIR(info.st_mode)) {
        checks_add(l->checks, CHECK_FAULT, "home",
                   "%s is no directory, or cannot be read; -C names another home", l->home);
        return false;
    }
    if (access(l->home, R_OK | W_OK | X_OK) != 0) {
        checks_add(l->checks, CHECK_FAULT, "home", "%s cannot be read and written by this user",
                   l->home);
    }
    if (info.st_mode & (S_IRWXG | S_IRWXO)) {
        checks_add(l->checks, CHECK_WARNING, "home",
                   "%s has mode %03o and others can look into it: chmod 700", l->home,
                   (unsigned)info.st_mode & 0777U);
    }
    return true;
}

/* ---- what they say together ---- */

static void check_end(const struct looking *l, const char *name, int64_t not_after, int warn_days)
{
    char until[CLOCK_TEXT];
    int64_t left_ms = not_after - l->now_ms;
    clock_format(not_after, until);
    if (left_ms >= 0 && left_ms < warn_days * DAY_MS) {
        checks_add(l->checks, CHECK_WARNING, name, "ends at %s, in %lld days: renew it", until,
                   (long long)(left_ms / DAY_MS));
    }
}

static void check_own(const struct looking *l)
{
    const struct certificate *own = &l->own.certificate;
    struct trust *trust = NULL;
    struct err err = {0};
    char *root = file_join(l->home, HOME_ROOT), *list = file_join(l->home, HOME_REVOCATIONS);
    /* Without pins: what only looks must not write any. */
    bool ok = trust_open(root, l->has_list ? list : NULL, NULL, &trust, &err) &&
              trust_check(trust, own, l->role, l->now_ms, &err);
    (void)checks_take(l->checks, ok, HOME_CERTIFICATE, &err);
    if (trust) {
        ok = x509_leaf_check(&l->own.tls_certificate, &trust_root(trust)->tls_ca, own, NULL, &err);
        (void)checks_take(l->checks, ok, HOME_CERTIFICATE, &err);
    }
    trust_close(trust);
    free(root);
    free(list);
    if (l->has_pins && own->serial < pins_serial(&l->pins, own->role, own->organisation)) {
        checks_add(l->checks, CHECK_FAULT, HOME_CERTIFICATE,
                   "serial %llu was replaced by serial %llu, which " HOME_PINS " has seen",
                   (unsigned long long)own->serial,
                   (unsigned long long)pins_serial(&l->pins, own->role, own->organisation));
    }
}

static void check_list(const struct looking *l)
{
    uint64_t least = l->has_pins ? l->pins.revocation_number : 0;
    if (l->has_list && l->list.number < least) {
        checks_add(l->checks, CHECK_FAULT, HOME_REVOCATIONS,
                   "list %llu is older than list %llu, which has been in force here",
                   (unsigned long long)l->list.number, (unsigned long long)least);
    }
    char *path = file_join(l->home, HOME_REVOCATIONS);
    if (!file_exists(path)) {
        checks_add(l->checks, least > 0 ? CHECK_FAULT : CHECK_WARNING, HOME_REVOCATIONS,
                   "is missing%s", least > 0 ? ", and a list has been in force here" : "");
    }
    free(path);
}

/* A clock that is behind takes what has expired. It cannot be found by certificates that are old.
 */
static void check_clock(const struct looking *l)
{
    char now[CLOCK_TEXT], newest[CLOCK_TEXT];
    int64_t latest = 0;
    if (l->has_root) latest = l->root.certificate.not_before;
    if (l->has_own && l->own.certificate.not_before > latest) {
        latest = l->own.certificate.not_before;
    }
    if (l->has_list && l->list.issued_at > latest) latest = l->list.issued_at;
    clock_format(l->now_ms, now);
    clock_format(latest, newest);
    if (l->now_ms < latest - CLOCK_SKEW_MS) {
        checks_add(l->checks, CHECK_FAULT, "clock",
                   "says %s, and a file of this home was signed at %s: it is behind", now, newest);
    }
}

static void compare(struct looking *l)
{
    const struct certificate *own = &l->own.certificate;
    if (l->has_own && l->has_key &&
        (sodium_memcmp(l->key.sign_key, own->sign_key, SIGN_KEY_BYTES) != 0 ||
         sodium_memcmp(l->key.seal_key, own->seal_key, SEAL_KEY_BYTES) != 0)) {
        checks_add(l->checks, CHECK_FAULT, HOME_CERTIFICATE,
                   "was issued for another key file than " HOME_KEY);
    }
    if (l->has_own && l->has_root) check_own(l);
    if (l->has_own) check_end(l, HOME_CERTIFICATE, own->not_after, CERTIFICATE_WARN_DAYS);
    if (l->has_root) {
        check_end(l, HOME_ROOT, l->root.certificate.not_after, ROOT_WARN_DAYS);
    }
    check_list(l);
    check_clock(l);
}

static void look(struct looking *l)
{
    l->has_key = load(l, HOME_KEY, "'hearth-keys request' makes it", load_key);
    l->has_root =
        load(l, HOME_ROOT, "'hearth-keys install --root FILE' puts it in place", load_root);
    l->has_own =
        load(l, HOME_CERTIFICATE,
             "send " HOME_REQUEST " to the Authority, then 'hearth-keys install'", load_own);
    l->has_list = load(l, HOME_REVOCATIONS, NULL, load_list);
    l->has_pins = load(l, HOME_PINS, NULL, load_pins);
    compare(l);
    checks_add(l->checks, CHECK_NOTE, HOME_KEY,
               "not checked without the passphrase: that it opens, and that the stores were made "
               "with it");
}

void home_check(const char *home, enum role role, struct checks *checks, struct certificate *own)
{
    struct looking looking = {
        .home = home, .role = role, .checks = checks, .now_ms = clock_wall_ms()};
    struct err ignored;
    *own = (struct certificate){0};
    if (check_directory(&looking)) look(&looking);
    if (looking.has_own && !certificate_of_bytes(&looking.own.certificate.raw, own, &ignored)) {
        *own = (struct certificate){0};
    }
    authority_root_free(&looking.root);
    credentials_free(&looking.own);
    revocations_free(&looking.list);
    pins_free(&looking.pins);
}
