/* SPDX-License-Identifier: Apache-2.0
 * A party's own keys: opening a home, signing, deriving.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "keys/authority.h"
#include "keys/key_file.h"
#include "proto/base/file.h"
#include "tests/unit/support/temp_dir.h"
#include "tests/unit/support_keys/parties.h"

struct fixture {
    char *dir;
    struct parties *parties;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->dir = support_temp_dir();
    f->parties = parties_new(f->dir);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    parties_free(f->parties);
    support_temp_dir_remove(f->dir);
    free(f);
    return 0;
}

static void opens_signs_and_verifies(void **state)
{
    struct fixture *f = *state;
    struct err err = {0};
    struct party agent = parties_add(f->parties, ROLE_AGENT, "agency-1");
    struct party la = parties_add(f->parties, ROLE_LA, "la-1");
    const struct certificate *certificate = identity_certificate(agent.identity);
    uint8_t signature[SIGNATURE_BYTES];
    assert_int_equal(certificate->role, ROLE_AGENT);
    assert_string_equal(certificate->organisation, "agency-1");
    assert_string_equal(certificate->name, "Test agency-1");
    identity_sign(agent.identity, TAG_QUERY, (const uint8_t *)"hello", 5, signature);
    assert_true(certificate_verify(certificate, TAG_QUERY, (const uint8_t *)"hello", 5, signature,
                                   SIGNATURE_BYTES, &err));
    assert_false(certificate_verify(certificate, TAG_REPLY, (const uint8_t *)"hello", 5, signature,
                                    SIGNATURE_BYTES, &err));
    assert_int_equal(err.code, ERR_UNAUTHENTICATED);
    assert_false(certificate_verify(certificate, TAG_QUERY, (const uint8_t *)"hellp", 5, signature,
                                    SIGNATURE_BYTES, &err));
    assert_false(certificate_verify(certificate, TAG_QUERY, (const uint8_t *)"hello", 5, signature,
                                    SIGNATURE_BYTES - 1, &err));
    assert_false(certificate_verify(identity_certificate(la.identity), TAG_QUERY,
                                    (const uint8_t *)"hello", 5, signature, SIGNATURE_BYTES, &err));
    party_close(&la);
    party_close(&agent);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(opens_signs_and_verifies, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
