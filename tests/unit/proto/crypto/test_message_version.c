/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/proto/crypto/bodies.h"

static void refused(uint32_t protocol, uint32_t catalogue, const char *field, const char *who)
{
    struct err err;
    assert_false(version_check(protocol, catalogue, 5, "the matcher", &err));
    assert_int_equal(err.code, ERR_VERSION);
    assert_string_equal(err.field, field);
    assert_non_null(strstr(err.text, "the matcher"));
    assert_non_null(strstr(err.text, who));
}

static void neighbours_talk(void **state)
{
    (void)state;
    struct err err;
    for (uint32_t theirs = 1; theirs <= 6; theirs++) {
        assert_true(version_check(PROTOCOL_VERSION, theirs, 5, "the matcher", &err));
    }
}

static void versions_too_far_apart_get_a_clear_error(void **state)
{
    (void)state;
    refused(PROTOCOL_VERSION + 1, 5, "protocol", "protocol 2, this side 1; this side must");
    refused(PROTOCOL_VERSION - 1, 5, "protocol", "protocol 0, this side 1; it must");
    refused(PROTOCOL_VERSION, 7, "catalogue", "catalogue 7, this side 5");
    refused(PROTOCOL_VERSION, 7, "catalogue", "this side must be updated");
    refused(PROTOCOL_VERSION, UINT32_MAX, "catalogue", "this side must be updated");
    refused(PROTOCOL_VERSION, 0, "catalogue", "it must be updated");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(neighbours_talk),
        cmocka_unit_test(versions_too_far_apart_get_a_clear_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
