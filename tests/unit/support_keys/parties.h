/* SPDX-License-Identifier: Apache-2.0
 * An Authority and any number of parties for tests, made in process within milliseconds: real key
 * files, certificates and homes, with the cheapest Argon2id cost. Failures abort with a message.
 */
#ifndef HEARTH_TESTS_PARTIES_H
#define HEARTH_TESTS_PARTIES_H

#include "keys/identity.h"

struct authority;
struct key_cost;

/* The passphrase of every key file. Freed by the caller. */
#define PARTIES_PASSPHRASE "test"
struct secret parties_passphrase(void);
extern const struct key_cost parties_cost;

/* A new Authority in DIR/authority, open. */
struct parties {
    char *dir;
    char *authority_dir;
    struct authority *authority;
};
struct parties *parties_new(const char *dir);
void parties_free(struct parties *parties);
/* For cmocka: *state becomes a struct parties in a temporary directory, which is removed at the
 * end. */
int parties_set_up(void **state);
int parties_tear_down(void **state);

/* A party with its home DIR/ROLE-ID (identity.key, identity.cert, authority.root, revocations),
 * open. The trust reads HOME/revocations and keeps HOME/pins. */
struct party {
    char *home;
    struct trust *trust;
    struct identity *identity;
};
/* Makes the home (or, where it exists, renews the certificate) and opens it. Named "Test ID"; a
 * matcher or hub also gets the addresses 127.0.0.1 and localhost. Valid for `days`. */
struct party parties_add_days(struct parties *parties, enum role role, const char *id, int days);
struct party parties_add(struct parties *parties, enum role role, const char *id);
void party_close(struct party *party);

/* Revokes the party's present certificate and copies the new list into `reader`'s home. */
void parties_revoke(struct parties *parties, const struct party *revoked,
                    const struct party *reader);

/* Aborts, printing err, where `ok` is false. */
void parties_must(bool ok, const struct err *err);

#endif
