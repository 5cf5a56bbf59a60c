/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "keys/certificate.h"
#include "keys/pins.h"
#include "keys/revocations.h"
#include "keys/x509.h"
#include "proto/base/clock.h"
#include "proto/base/file.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"

struct trust {
    struct authority_root root; /* constant once open */
    char *tls_ca_pem;
    char *revocations_path; /* NULL: no list is read */
    pthread_mutex_t mutex;  /* guards what follows */
    bool looked;            /* at the file, good or bad, when it had this stamp: */
    uint64_t revocations_stamp;
    struct revocations revocations;
    struct pins pins;
};

/* Adopts a newer list, or says why not. Called with the mutex held. */
static bool adopt_list(struct trust *trust, bool *changed, struct err *err)
{
    struct revocations list = {0};
    uint64_t least = trust->pins.revocation_number;
    if (!revocations_load(trust->revocations_path, &trust->root.certificate, &list, err)) {
        return false;
    }
    if (list.number < least || list.number < trust->revocations.number) {
        (void)err_set(err, ERR_DENIED, HOME_REVOCATIONS,
                      "list %llu is older than list %llu, which has been in force here",
                      (unsigned long long)list.number, (unsigned long long)least);
        revocations_free(&list);
        return false;
    }
    pins_raise_revocation(&trust->pins, list.number);
    *changed = list.number > trust->revocations.number;
    revocations_free(&trust->revocations);
    trust->revocations = list;
    return true;
}

/* No file is an empty list, but not where a list has been in force before. */
static bool missing_list(const struct trust *trust, struct err *err)
{
    uint64_t least = trust->pins.revocation_number;
    if (least == 0) return true;
    return err_set(err, ERR_NOT_FOUND, HOME_REVOCATIONS,
                   "%s is missing, and list %llu has been in force here", trust->revocations_path,
                   (unsigned long long)least);
}

static bool look_at_list(struct trust *trust, bool *changed, struct err *err)
{
    *changed = false;
    if (!trust->revocations_path) return true;
    uint64_t stamp = file_stamp(trust->revocations_path);
    if (trust->looked && stamp == trust->revocations_stamp) return true;
    trust->looked = true;
    trust->revocations_stamp = stamp;
    return stamp == 0 ? missing_list(trust, err) : adopt_list(trust, changed, err);
}

static char *copy_or_null(const char *text)
{
    return text ? mem_string(text) : NULL;
}

bool trust_open(const char *root_path, const char *revocations_path, const char *pins_path,
                struct trust **out, struct err *err)
{
    struct trust *trust = mem_new(struct trust);
    bool changed = false;
    (void)pthread_mutex_init(&trust->mutex, NULL);
    trust->revocations_path = copy_or_null(revocations_path);
    trust->pins.path = copy_or_null(pins_path);
    bool ok = authority_root_load(root_path, &trust->root, err) &&
              x509_ca_check(&trust->root.tls_ca, err) && pins_load(&trust->pins, err) &&
              look_at_list(trust, &changed, err) && pins_flush(&trust->pins, err);
    if (!ok) {
        trust_close(trust);
        return false;
    }
    trust->tls_ca_pem = x509_certificate_pem(&trust->root.tls_ca);
    *out = trust;
    return true;
}

bool trust_open_home(const char *home, struct trust **out, struct err *err)
{
    char *root = file_join(home, HOME_ROOT);
    char *revocations = file_join(home, HOME_REVOCATIONS);
    char *pins = file_join(home, HOME_PINS);
    bool ok = trust_open(root, revocations, pins, out, err);
    free(root);
    free(revocations);
    free(pins);
    return ok;
}

void trust_close(struct trust *trust)
{
    struct err err;
    if (!trust) return;
    if (!pins_flush(&trust->pins, &err)) log_err(LOG_LEVEL_WARN, "pins", &err);
    authority_root_free(&trust->root);
    free(trust->tls_ca_pem);
    free(trust->revocations_path);
    revocations_free(&trust->revocations);
    pins_free(&trust->pins);
    (void)pthread_mutex_destroy(&trust->mutex);
    free(trust);
}

static void lock(struct trust *trust)
{
    int failed = pthread_mutex_lock(&trust->mutex);
    REQUIRE(!failed);
}

static void unlock(struct trust *trust)
{
    int failed = pthread_mutex_unlock(&trust->mutex);
    REQUIRE(!failed);
}

bool trust_reload(struct trust *trust, bool *changed, struct err *err)
{
    bool new_list = false;
    lock(trust);
    bool told = trust->pins.stuck;
    bool ok = look_at_list(trust, &new_list, err);
    if (ok && !pins_flush(&trust->pins, err)) ok = told;
    unlock(trust);
    if (changed) *changed = new_list;
    return ok;
}

static bool check_time(const struct certificate *certificate, int64_t now_ms, struct err *err)
{
    char when[CLOCK_TEXT];
    if (now_ms < certificate->not_before - CLOCK_SKEW_MS) {
        clock_format(certificate->not_before, when);
        return err_set(err, ERR_EXPIRED, "certificate", "%s %s is valid from %s only",
                       role_name(certificate->role), certificate->organisation, when);
    }
    if (now_ms > certificate->not_after) {
        clock_format(certificate->not_after, when);
        return err_set(err, ERR_EXPIRED, "certificate", "%s %s expired at %s; ask for a new one",
                       role_name(certificate->role), certificate->organisation, when);
    }
    return true;
}

static bool check_issued(const struct trust *trust, const struct certificate *certificate,
                         enum role role, struct err *err)
{
    const struct signed_bytes *raw = &certificate->raw;
    if (!certificate_verify(&trust->root.certificate, TAG_CERTIFICATE, raw->body.data,
                            raw->body.len, raw->signature, SIGNATURE_BYTES, err)) {
        return err_in(err, "certificate");
    }
    /* The root signs its own certificate as well: that one is nobody's identity in a match. */
    if (certificate->role == ROLE_AUTHORITY && role != ROLE_AUTHORITY) {
        return err_set(err, ERR_DENIED, "certificate", "the Authority's is no party's certificate");
    }
    if (role != ROLE_NONE && certificate->role != role) {
        return err_set(err, ERR_DENIED, "certificate", "%s is a certificate of role %s, not %s",
                       certificate->organisation, role_name(certificate->role), role_name(role));
    }
    return true;
}

/* Revocation and pin; called with the mutex held. */
static bool check_seen(struct trust *trust, const struct certificate *certificate, struct err *err)
{
    unsigned long long serial = certificate->serial;
    if (revocations_contain(&trust->revocations, certificate->serial)) {
        return err_set(err, ERR_DENIED, "certificate", "serial %llu of %s %s is revoked", serial,
                       role_name(certificate->role), certificate->organisation);
    }
    unsigned long long pinned =
        pins_serial(&trust->pins, certificate->role, certificate->organisation);
    if (serial < pinned) {
        return err_set(err, ERR_DENIED, "certificate",
                       "serial %llu of %s %s was replaced by serial %llu", serial,
                       role_name(certificate->role), certificate->organisation, pinned);
    }
    return pins_raise(&trust->pins, certificate->role, certificate->organisation,
                      certificate->serial, err);
}

bool trust_check_at(const struct trust *trust, const struct certificate *certificate,
                    enum role role, int64_t at_ms, struct err *err)
{
    return check_issued(trust, certificate, role, err) && check_time(certificate, at_ms, err) &&
           check_time(&trust->root.certificate, at_ms, err);
}

bool trust_check(struct trust *trust, const struct certificate *certificate, enum role role,
                 int64_t now_ms, struct err *err)
{
    if (!trust_check_at(trust, certificate, role, now_ms, err)) return false;
    lock(trust);
    bool ok = check_seen(trust, certificate, err);
    unlock(trust);
    return ok;
}

bool trust_is_revoked(struct trust *trust, uint64_t serial)
{
    lock(trust);
    bool revoked = revocations_contain(&trust->revocations, serial);
    unlock(trust);
    return revoked;
}

uint64_t trust_revocation_number(struct trust *trust)
{
    lock(trust);
    uint64_t number = trust->revocations.number;
    unlock(trust);
    return number;
}

const char *trust_tls_ca_pem(const struct trust *trust)
{
    return trust->tls_ca_pem;
}

const struct authority_root *trust_root(const struct trust *trust)
{
    return &trust->root;
}
