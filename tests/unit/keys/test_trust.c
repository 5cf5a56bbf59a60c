/* SPDX-License-Identifier: Apache-2.0
 * Whom to trust: root, role, time, revocation, pins, and reloading.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "keys/authority.h"
#include "proto/base/clock.h"
#include "proto/base/file.h"
#include "proto/base/mem.h"
#include "tests/unit/support/temp_dir.h"
#include "tests/unit/support_keys/parties.h"

static void expect(struct trust *trust, const struct certificate *certificate, enum role role,
                   int64_t now, enum err_code code)
{
    struct err err = {0};
    bool ok = trust_check(trust, certificate, role, now, &err);
    assert_int_equal(ok, code == ERR_NONE);
    if (!ok) assert_int_equal(err.code, code);
}

static void put(const char *home, const char *name, const void *data, size_t len)
{
    struct err err = {0};
    char *path = file_join(home, name);
    assert_true(file_write(path, data, len, 0600, &err));
    free(path);
}

static void get(const char *home, const char *name, struct buf *out)
{
    struct err err = {0};
    char *path = file_join(home, name);
    assert_true(file_read(path, 1 << 20, out, &err));
    free(path);
}

static struct trust *open_trust(const char *home, struct err *err)
{
    struct trust *trust = NULL;
    return trust_open_home(home, &trust, err) ? trust : NULL;
}

static void checks_role_and_time(void **state)
{
    struct party agent = parties_add(*state, ROLE_AGENT, "agency-1");
    struct party la = parties_add(*state, ROLE_LA, "la-1");
    const struct certificate *c = identity_certificate(agent.identity);
    expect(la.trust, c, ROLE_AGENT, c->not_before, ERR_NONE);
    expect(la.trust, c, ROLE_NONE, c->not_after, ERR_NONE);
    expect(la.trust, c, ROLE_LA, c->not_before, ERR_DENIED);
    expect(la.trust, c, ROLE_MATCHER, c->not_before, ERR_DENIED);
    expect(la.trust, c, ROLE_AGENT, c->not_before - CLOCK_SKEW_MS, ERR_NONE);
    expect(la.trust, c, ROLE_AGENT, c->not_before - CLOCK_SKEW_MS - 1, ERR_EXPIRED);
    expect(la.trust, c, ROLE_AGENT, c->not_after + 1, ERR_EXPIRED);
    party_close(&la);
    party_close(&agent);
}

static void expect_at(struct trust *trust, const struct certificate *certificate, enum role role,
                      int64_t at, enum err_code code)
{
    struct err err = {0};
    bool ok = trust_check_at(trust, certificate, role, at, &err);
    assert_int_equal(ok, code == ERR_NONE);
    if (!ok) assert_int_equal(err.code, code);
}

/* For audits: what was signed long ago is judged as of then, and nothing is remembered of it. */
static void judges_the_past_as_of_then(void **state)
{
    struct parties *parties = *state;
    struct party first = parties_add(parties, ROLE_AGENT, "agency-1");
    struct party la = parties_add(parties, ROLE_LA, "la-1");
    parties_revoke(parties, &first, &la);
    struct party second = parties_add(parties, ROLE_AGENT, "agency-1");
    struct err err = {0};
    assert_true(trust_reload(la.trust, NULL, &err));
    const struct certificate *old = identity_certificate(first.identity);
    const struct certificate *new = identity_certificate(second.identity);
    expect_at(la.trust, new, ROLE_AGENT, new->not_before, ERR_NONE);
    expect(la.trust, old, ROLE_AGENT, old->not_before, ERR_DENIED); /* revoked */
    expect_at(la.trust, old, ROLE_AGENT, old->not_before, ERR_NONE);
    expect_at(la.trust, old, ROLE_LA, old->not_before, ERR_DENIED);
    expect_at(la.trust, old, ROLE_AGENT, old->not_after + 1, ERR_EXPIRED);
    expect_at(la.trust, old, ROLE_AGENT, old->not_before - CLOCK_SKEW_MS - 1, ERR_EXPIRED);
    struct certificate forged = *old;
    forged.raw.signature[0] ^= 1;
    expect_at(la.trust, &forged, ROLE_AGENT, old->not_before, ERR_UNAUTHENTICATED);
    /* A newer serial that was only looked at so is not pinned. */
    struct party older = parties_add(parties, ROLE_AGENT, "agency-2");
    struct party newer = parties_add(parties, ROLE_AGENT, "agency-2");
    old = identity_certificate(older.identity);
    new = identity_certificate(newer.identity);
    expect_at(la.trust, new, ROLE_AGENT, new->not_before, ERR_NONE);
    expect(la.trust, old, ROLE_AGENT, old->not_before, ERR_NONE);
    party_close(&older);
    party_close(&newer);
    party_close(&first);
    party_close(&second);
    party_close(&la);
}

static void refuses_the_roots_own_certificate_as_a_party(void **state)
{
    struct parties *parties = *state;
    struct party la = parties_add(parties, ROLE_LA, "la-1");
    const struct certificate *root = &authority_root_of(parties->authority)->certificate;
    expect(la.trust, root, ROLE_NONE, root->not_before, ERR_DENIED);
    party_close(&la);
}

static void refuses_a_foreign_root(void **state)
{
    struct parties *ours = *state;
    char *dir = support_temp_dir();
    struct parties *theirs = parties_new(dir);
    struct party here = parties_add(ours, ROLE_AGENT, "agency-1");
    struct party there = parties_add(theirs, ROLE_AGENT, "agency-1");
    struct err err = {0};
    struct identity *identity = NULL;
    struct secret passphrase = parties_passphrase();
    expect(here.trust, identity_certificate(there.identity), ROLE_AGENT, clock_wall_ms(),
           ERR_UNAUTHENTICATED);
    assert_false(identity_open(there.home, &passphrase, here.trust, ROLE_AGENT, &identity, &err));
    assert_int_equal(err.code, ERR_UNAUTHENTICATED);
    secret_free(&passphrase);
    party_close(&there);
    party_close(&here);
    parties_free(theirs);
    support_temp_dir_remove(dir);
}

static void notices_every_changed_byte(void **state)
{
    struct party agent = parties_add(*state, ROLE_AGENT, "agency-1");
    struct certificate copy = *identity_certificate(agent.identity);
    for (size_t i = 0; i < copy.raw.body.len; i++) {
        copy.raw.body.data[i] ^= 1;
        expect(agent.trust, &copy, ROLE_AGENT, clock_wall_ms(), ERR_UNAUTHENTICATED);
        copy.raw.body.data[i] ^= 1;
    }
    for (size_t i = 0; i < SIGNATURE_BYTES; i++) {
        copy.raw.signature[i] ^= 1;
        expect(agent.trust, &copy, ROLE_AGENT, clock_wall_ms(), ERR_UNAUTHENTICATED);
        copy.raw.signature[i] ^= 1;
    }
    party_close(&agent);
}

static void reloads_revocations(void **state)
{
    struct parties *parties = *state;
    struct party agent = parties_add(parties, ROLE_AGENT, "agency-1");
    struct party other = parties_add(parties, ROLE_AGENT, "agency-2");
    struct party matcher = parties_add(parties, ROLE_MATCHER, "matcher");
    const struct certificate *c = identity_certificate(agent.identity);
    struct err err = {0};
    bool changed = true;
    assert_int_equal(trust_revocation_number(matcher.trust), 1);
    expect(matcher.trust, c, ROLE_AGENT, clock_wall_ms(), ERR_NONE);
    assert_true(trust_reload(matcher.trust, &changed, &err));
    assert_false(changed);
    parties_revoke(parties, &agent, &matcher);
    assert_true(trust_reload(matcher.trust, &changed, &err));
    assert_true(changed);
    assert_int_equal(trust_revocation_number(matcher.trust), 2);
    assert_true(trust_is_revoked(matcher.trust, c->serial));
    expect(matcher.trust, c, ROLE_AGENT, clock_wall_ms(), ERR_DENIED);
    expect(matcher.trust, identity_certificate(other.identity), ROLE_AGENT, clock_wall_ms(),
           ERR_NONE);
    assert_true(trust_reload(matcher.trust, NULL, &err));
    party_close(&matcher);
    party_close(&other);
    party_close(&agent);
}

/* The present list stays; each bad state of the file is told once. */
static void keeps_the_list_when_the_new_one_is_bad(void **state)
{
    struct parties *parties = *state;
    struct party agent = parties_add(parties, ROLE_AGENT, "agency-1");
    struct party matcher = parties_add(parties, ROLE_MATCHER, "matcher");
    uint64_t serial = identity_certificate(agent.identity)->serial;
    struct buf old = {0}, new = {0};
    struct err err = {0};
    bool changed = true;
    get(matcher.home, HOME_REVOCATIONS, &old);
    parties_revoke(parties, &agent, &matcher);
    assert_true(trust_reload(matcher.trust, NULL, &err));
    get(matcher.home, HOME_REVOCATIONS, &new);

    put(matcher.home, HOME_REVOCATIONS, old.data, old.len);
    assert_false(trust_reload(matcher.trust, &changed, &err));
    assert_int_equal(err.code, ERR_DENIED);
    assert_false(changed);
    assert_true(trust_is_revoked(matcher.trust, serial));
    assert_true(trust_reload(matcher.trust, &changed, &err));

    put(matcher.home, HOME_REVOCATIONS, new.data, new.len / 2);
    assert_false(trust_reload(matcher.trust, NULL, &err));
    assert_true(trust_is_revoked(matcher.trust, serial));

    put(matcher.home, HOME_REVOCATIONS, "", 0);
    assert_false(trust_reload(matcher.trust, NULL, &err));
    assert_true(trust_is_revoked(matcher.trust, serial));

    char *path = file_join(matcher.home, HOME_REVOCATIONS);
    assert_int_equal(remove(path), 0);
    assert_false(trust_reload(matcher.trust, NULL, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
    assert_true(trust_is_revoked(matcher.trust, serial));
    free(path);

    put(matcher.home, HOME_REVOCATIONS, new.data, new.len);
    assert_true(trust_reload(matcher.trust, &changed, &err));
    assert_false(changed);
    buf_free(&old);
    buf_free(&new);
    party_close(&matcher);
    party_close(&agent);
}

static void refuses_a_list_signed_by_another_root(void **state)
{
    char *dir = support_temp_dir();
    struct parties *theirs = parties_new(dir);
    struct party matcher = parties_add(*state, ROLE_MATCHER, "matcher");
    struct buf foreign = {0};
    struct err err = {0};
    get(theirs->authority_dir, HOME_REVOCATIONS, &foreign);
    put(matcher.home, HOME_REVOCATIONS, foreign.data, foreign.len);
    assert_false(trust_reload(matcher.trust, NULL, &err));
    assert_int_equal(err.code, ERR_UNAUTHENTICATED);
    assert_int_equal(trust_revocation_number(matcher.trust), 1);
    buf_free(&foreign);
    party_close(&matcher);
    parties_free(theirs);
    support_temp_dir_remove(dir);
}

/* A restart must not be a way back to an older list, or to none. */
static void remembers_the_list_number_across_restarts(void **state)
{
    struct parties *parties = *state;
    struct party agent = parties_add(parties, ROLE_AGENT, "agency-1");
    struct party matcher = parties_add(parties, ROLE_MATCHER, "matcher");
    struct buf old = {0};
    struct err err = {0};
    get(matcher.home, HOME_REVOCATIONS, &old);
    parties_revoke(parties, &agent, &matcher);
    assert_true(trust_reload(matcher.trust, NULL, &err));
    put(matcher.home, HOME_REVOCATIONS, old.data, old.len);
    assert_null(open_trust(matcher.home, &err));
    assert_int_equal(err.code, ERR_DENIED);
    char *path = file_join(matcher.home, HOME_REVOCATIONS);
    assert_int_equal(remove(path), 0);
    assert_null(open_trust(matcher.home, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
    free(path);
    buf_free(&old);
    party_close(&matcher);
    party_close(&agent);
}

static void starts_without_a_list(void **state)
{
    struct parties *parties = *state;
    struct party agent = parties_add(parties, ROLE_AGENT, "agency-1");
    struct err err = {0};
    struct buf root = {0};
    char *home = mem_format("%s/fresh", parties->dir);
    bool changed = false;
    assert_true(file_make_dirs(home, 0700, &err));
    get(agent.home, HOME_ROOT, &root);
    put(home, HOME_ROOT, root.data, root.len);
    struct trust *trust = open_trust(home, &err);
    assert_non_null(trust);
    assert_int_equal(trust_revocation_number(trust), 0);
    struct party fresh = {.home = home, .trust = trust};
    parties_revoke(parties, &agent, &fresh);
    assert_true(trust_reload(trust, &changed, &err));
    assert_true(changed);
    expect(trust, identity_certificate(agent.identity), ROLE_AGENT, clock_wall_ms(), ERR_DENIED);
    trust_close(trust);
    free(home);
    buf_free(&root);
    party_close(&agent);
}

static void refuses_serials_below_the_highest_seen(void **state)
{
    struct parties *parties = *state;
    struct party old = parties_add(parties, ROLE_AGENT, "agency-1");
    struct party matcher = parties_add(parties, ROLE_MATCHER, "matcher");
    const struct certificate *first = identity_certificate(old.identity);
    expect(matcher.trust, first, ROLE_AGENT, clock_wall_ms(), ERR_NONE);
    struct party renewed = parties_add(parties, ROLE_AGENT, "agency-1");
    const struct certificate *second = identity_certificate(renewed.identity);
    assert_true(second->serial > first->serial);
    expect(matcher.trust, first, ROLE_AGENT, clock_wall_ms(), ERR_NONE);
    expect(matcher.trust, second, ROLE_AGENT, clock_wall_ms(), ERR_NONE);
    expect(matcher.trust, first, ROLE_AGENT, clock_wall_ms(), ERR_DENIED);
    /* A certificate that is refused for another reason raises no pin. */
    struct party third = parties_add(parties, ROLE_AGENT, "agency-1");
    expect(matcher.trust, identity_certificate(third.identity), ROLE_LA, clock_wall_ms(),
           ERR_DENIED);
    expect(matcher.trust, second, ROLE_AGENT, clock_wall_ms(), ERR_NONE);
    /* Nor does the same id in another role count. */
    struct party la = parties_add(parties, ROLE_LA, "agency-1");
    expect(matcher.trust, identity_certificate(la.identity), ROLE_LA, clock_wall_ms(), ERR_NONE);
    expect(matcher.trust, second, ROLE_AGENT, clock_wall_ms(), ERR_NONE);

    struct err err = {0};
    assert_true(trust_reload(matcher.trust, NULL, &err));
    struct trust *restarted = open_trust(matcher.home, &err);
    assert_non_null(restarted);
    expect(restarted, first, ROLE_AGENT, clock_wall_ms(), ERR_DENIED);
    expect(restarted, second, ROLE_AGENT, clock_wall_ms(), ERR_NONE);
    trust_close(restarted);
    party_close(&la);
    party_close(&third);
    party_close(&renewed);
    party_close(&matcher);
    party_close(&old);
}

/* Two processes with one pins file: each keeps what the other wrote. */
static void merges_pins_of_two_processes(void **state)
{
    struct parties *parties = *state;
    struct party matcher = parties_add(parties, ROLE_MATCHER, "matcher");
    struct party a = parties_add(parties, ROLE_AGENT, "agency-1");
    struct party b = parties_add(parties, ROLE_AGENT, "agency-2");
    struct err err = {0};
    struct trust *second = open_trust(matcher.home, &err);
    struct buf text = {0};
    assert_non_null(second);
    expect(matcher.trust, identity_certificate(a.identity), ROLE_AGENT, clock_wall_ms(), ERR_NONE);
    expect(second, identity_certificate(b.identity), ROLE_AGENT, clock_wall_ms(), ERR_NONE);
    assert_true(trust_reload(matcher.trust, NULL, &err));
    assert_true(trust_reload(second, NULL, &err));
    get(matcher.home, HOME_PINS, &text);
    buf_u8(&text, 0);
    assert_non_null(strstr((char *)text.data, "agent agency-1 3\n"));
    assert_non_null(strstr((char *)text.data, "agent agency-2 4\n"));
    assert_non_null(strstr((char *)text.data, "matcher matcher 2\n"));
    assert_non_null(strstr((char *)text.data, "revocations 1\n"));
    buf_free(&text);
    char *path = file_join(matcher.home, HOME_PINS);
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    free(path);
    trust_close(second);
    party_close(&b);
    party_close(&a);
    party_close(&matcher);
}

static void refuses_a_corrupt_pins_file(void **state)
{
    static const char *const bad[] = {"",
                                      "hearth pins 2\n",
                                      "hearth pins 1\nagent agency-1\n",
                                      "hearth pins 1\nagent agency-1 0\n",
                                      "hearth pins 1\nagent agency-1 -4\n",
                                      "hearth pins 1\nagent agency-1 1 2\n",
                                      "hearth pins 1\nwizard agency-1 1\n",
                                      "hearth pins 1\nagent AGENCY 1\n",
                                      "hearth pins 1\nagent agency-1 3",
                                      "hearth pins 1\nrevocations\n",
                                      "hearth pins 1\nrevocations 1 1\n"};
    struct party agent = parties_add(*state, ROLE_AGENT, "agency-1");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct err err = {0};
        put(agent.home, HOME_PINS, bad[i], strlen(bad[i]));
        assert_null(open_trust(agent.home, &err));
        assert_int_equal(err.code, ERR_CORRUPT);
    }
    static const char empty[] = "hearth pins 1\n";
    struct err err = {0};
    put(agent.home, HOME_PINS, empty, sizeof empty - 1);
    struct trust *trust = open_trust(agent.home, &err);
    assert_non_null(trust);
    trust_close(trust);
    party_close(&agent);
}

/* While pins cannot be kept nobody new is accepted; the failure is told once. */
static void fails_closed_where_pins_cannot_be_written(void **state)
{
    struct parties *parties = *state;
    struct party seen = parties_add(parties, ROLE_AGENT, "agency-1");
    struct party new = parties_add(parties, ROLE_AGENT, "agency-2");
    const struct certificate *first = identity_certificate(seen.identity);
    const struct certificate *second = identity_certificate(new.identity);
    struct err err = {0};
    struct trust *trust = NULL;
    char *root = file_join(seen.home, HOME_ROOT);
    char *missing = file_join(parties->dir, "missing");
    char *pins = file_join(missing, HOME_PINS);
    assert_true(trust_open(root, NULL, pins, &trust, &err));
    expect(trust, first, ROLE_AGENT, clock_wall_ms(), ERR_NONE);
    assert_false(trust_reload(trust, NULL, &err));
    assert_true(trust_reload(trust, NULL, &err));
    expect(trust, first, ROLE_AGENT, clock_wall_ms(), ERR_NONE);
    expect(trust, second, ROLE_AGENT, clock_wall_ms(), ERR_IO);
    assert_true(file_make_dirs(missing, 0700, &err));
    assert_true(trust_reload(trust, NULL, &err));
    assert_true(file_exists(pins));
    expect(trust, second, ROLE_AGENT, clock_wall_ms(), ERR_NONE);
    trust_close(trust);
    struct buf text = {0};
    get(missing, HOME_PINS, &text);
    assert_int_equal(text.len, strlen("hearth pins 1\nagent agency-1 2\nagent agency-2 3\n"));
    buf_free(&text);
    free(pins);
    free(missing);
    free(root);
    party_close(&new);
    party_close(&seen);
}

struct racing {
    struct trust *trust;
    const struct certificate *certificate;
    size_t failures;
};

static void *race(void *context)
{
    struct racing *racing = context;
    for (int i = 0; i < 50; i++) {
        struct err err = {0};
        if (!trust_check(racing->trust, racing->certificate, ROLE_AGENT, clock_wall_ms(), &err) ||
            !trust_reload(racing->trust, NULL, &err)) {
            racing->failures++;
        }
        (void)trust_is_revoked(racing->trust, 3);
    }
    return NULL;
}

static void is_thread_safe(void **state)
{
    struct party matcher = parties_add(*state, ROLE_MATCHER, "matcher");
    struct party a = parties_add(*state, ROLE_AGENT, "agency-1");
    struct party b = parties_add(*state, ROLE_AGENT, "agency-2");
    struct racing first = {matcher.trust, identity_certificate(a.identity), 0};
    struct racing second = {matcher.trust, identity_certificate(b.identity), 0};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, race, &first), 0);
    (void)race(&second);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(first.failures + second.failures, 0);
    party_close(&b);
    party_close(&a);
    party_close(&matcher);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, parties_set_up, parties_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(checks_role_and_time),
        TEST(judges_the_past_as_of_then),
        TEST(refuses_the_roots_own_certificate_as_a_party),
        TEST(refuses_a_foreign_root),
        TEST(notices_every_changed_byte),
        TEST(reloads_revocations),
        TEST(keeps_the_list_when_the_new_one_is_bad),
        TEST(refuses_a_list_signed_by_another_root),
        TEST(remembers_the_list_number_across_restarts),
        TEST(starts_without_a_list),
        TEST(refuses_serials_below_the_highest_seen),
        TEST(merges_pins_of_two_processes),
        TEST(refuses_a_corrupt_pins_file),
        TEST(fails_closed_where_pins_cannot_be_written),
        TEST(is_thread_safe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
