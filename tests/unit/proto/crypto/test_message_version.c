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

static void neighbouring_versions_get_a_clear_error(void **state)
{
    (void)state;
    struct err err;
    assert_true(version_check(PROTOCOL_VERSION, 5, 5, "the matcher", &err));
    refused(PROTOCOL_VERSION + 1, 5, "protocol", "protocol 2, this side 1; this side must");
    refused(PROTOCOL_VERSION - 1, 5, "protocol", "protocol 0, this side 1; it must");
    refused(PROTOCOL_VERSION, 6, "catalogue", "catalogue 6, this side 5; this side must");
    refused(PROTOCOL_VERSION, 4, "catalogue", "catalogue 4, this side 5; it must");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(neighbouring_versions_get_a_clear_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
