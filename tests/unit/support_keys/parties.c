/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support_keys/parties.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keys/armour.h"
#include "keys/authority.h"
#include "proto/base/file.h"
#include "proto/base/mem.h"
#include "tests/unit/support/temp_dir.h"

const struct key_cost parties_cost = {1, KEY_COST_MEMORY_MIN};

void parties_must(bool ok, const struct err *err)
{
    if (!ok) (void)fprintf(stderr, "parties: %s: %s\n", err->field, err->text);
    REQUIRE(ok);
}

struct secret parties_passphrase(void)
{
    char text[] = PARTIES_PASSPHRASE;
    REQUIRE(sodium_init() >= 0);
    return secret_take(text, sizeof text - 1);
}

struct parties *parties_new(const char *dir)
{
    struct err err = {0};
    struct secret passphrase = parties_passphrase();
    struct parties *parties = mem_new(struct parties);
    parties->dir = mem_string(dir);
    parties->authority_dir = file_join(dir, "authority");
    parties_must(authority_make(parties->authority_dir, "Test Authority", ROOT_DAYS_DEFAULT,
                                &parties_cost, &passphrase, &err),
                 &err);
    parties_must(authority_open(parties->authority_dir, &passphrase, &parties->authority, &err),
                 &err);
    secret_free(&passphrase);
    return parties;
}

void parties_free(struct parties *parties)
{
    authority_close(parties->authority);
    free(parties->authority_dir);
    free(parties->dir);
    free(parties);
}

int parties_set_up(void **state)
{
    char *dir = support_temp_dir();
    *state = parties_new(dir);
    free(dir);
    return 0;
}

int parties_tear_down(void **state)
{
    struct parties *parties = *state;
    char *dir = mem_string(parties->dir);
    parties_free(parties);
    support_temp_dir_remove(dir);
    return 0;
}

static void copy_file(const char *from_dir, const char *name, const char *to_dir)
{
    struct err err = {0};
    struct buf data = {0};
    char *from = file_join(from_dir, name), *to = file_join(to_dir, name);
    parties_must(file_read(from, ARMOUR_REVOCATIONS_MAX, &data, &err), &err);
    parties_must(file_write(to, data.data, data.len, 0644, &err), &err);
    buf_free(&data);
    free(from);
    free(to);
}

static void keys_of(const char *home, const struct secret *passphrase, struct private_keys *keys)
{
    struct err err = {0};
    char *path = file_join(home, HOME_KEY);
    if (file_exists(path)) {
        parties_must(key_file_load(path, passphrase, keys, &err), &err);
    } else {
        parties_must(private_keys_make(keys, &err), &err);
        parties_must(key_file_save(path, keys, &parties_cost, passphrase, false, &err), &err);
    }
    free(path);
}

static void certify(struct parties *parties, const struct party *party, enum role role,
                    const char *id, int days, const struct private_keys *keys)
{
    struct err err = {0};
    struct certificate_request fields = {.role = role}, request = {0};
    struct credentials credentials = {0};
    struct buf text = {0}, data = {0};
    REQUIRE(strlen(id) <= ID_MAX);
    memcpy(fields.organisation, id, strlen(id) + 1);
    (void)snprintf(fields.name, sizeof fields.name, "Test %s", id);
    if (role_serves(role)) {
        parties_must(x509_addresses_add(&fields.addresses, "127.0.0.1", &err), &err);
        parties_must(x509_addresses_add(&fields.addresses, "localhost", &err), &err);
    }
    parties_must(certificate_request_write(&fields, keys, &text, &err), &err);
    parties_must(armour_read(ARMOUR_REQUEST, text.data, text.len, &data, &err), &err);
    parties_must(certificate_request_decode(data.data, data.len, &request, &err), &err);
    parties_must(authority_issue(parties->authority, &request, 1, days, &credentials, &err), &err);
    char *path = file_join(party->home, HOME_CERTIFICATE);
    buf_free(&data);
    buf_free(&text);
    credentials_encode(&credentials, &data);
    armour_write(ARMOUR_CERTIFICATE, data.data, data.len, &text);
    parties_must(file_write(path, text.data, text.len, 0644, &err), &err);
    free(path);
    buf_free(&data);
    buf_free(&text);
    credentials_free(&credentials);
    certificate_request_free(&request);
}

static void open_party(struct party *party, enum role role, const struct secret *passphrase)
{
    struct err err = {0};
    parties_must(trust_open_home(party->home, &party->trust, &err), &err);
    parties_must(identity_open(party->home, passphrase, party->trust, role, &party->identity, &err),
                 &err);
}

struct party parties_add_days(struct parties *parties, enum role role, const char *id, int days)
{
    struct err err = {0};
    struct private_keys keys = {0};
    struct secret passphrase = parties_passphrase();
    struct party party = {.home = mem_format("%s/%s-%s", parties->dir, role_name(role), id)};
    parties_must(file_make_dirs(party.home, 0700, &err), &err);
    keys_of(party.home, &passphrase, &keys);
    certify(parties, &party, role, id, days, &keys);
    copy_file(parties->authority_dir, HOME_ROOT, party.home);
    copy_file(parties->authority_dir, HOME_REVOCATIONS, party.home);
    open_party(&party, role, &passphrase);
    private_keys_free(&keys);
    secret_free(&passphrase);
    return party;
}

struct party parties_add(struct parties *parties, enum role role, const char *id)
{
    return parties_add_days(parties, role, id, CERTIFICATE_DAYS_DEFAULT);
}

void party_close(struct party *party)
{
    identity_close(party->identity);
    trust_close(party->trust);
    free(party->home);
    *party = (struct party){0};
}

void parties_revoke(struct parties *parties, const struct party *revoked,
                    const struct party *reader)
{
    struct err err = {0};
    uint64_t serial = identity_certificate(revoked->identity)->serial;
    parties_must(authority_revoke(parties->authority, &serial, 1, &err), &err);
    copy_file(parties->authority_dir, HOME_REVOCATIONS, reader->home);
}
