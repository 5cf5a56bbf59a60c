/* SPDX-License-Identifier: Apache-2.0
 * The cache of look-ups says what the catalogue says, the first time and every other.
 */
#include "agent/code_cache.h"
#include "tests/unit/agent/carers.h"

static void expect_same(struct code_cache *cache, const char *group, const char *text)
{
    const struct catalogue *catalogue = catalogue_get(CATALOGUE_VERSION);
    const struct criterion *wanted = NULL;
    struct err why = {0};
    bool ok = catalogue_match(catalogue, group, text, &wanted, &why);
    for (int i = 0; i < 2; i++) {
        const struct criterion *found = NULL;
        struct err err = {0};
        assert_int_equal(code_cache_match(cache, group, text, &found, &err), ok);
        assert_ptr_equal(found, wanted);
        assert_int_equal(err.code, why.code);
        assert_string_equal(err.text, why.text);
    }
}

static void test_as_the_catalogue(void **state)
{
    (void)state;
    const struct catalogue *catalogue = catalogue_get(CATALOGUE_VERSION);
    static const char *const groups[] = {NULL, "placement_type"};
    struct code_cache *cache = code_cache_new(catalogue);
    for (size_t i = 0; i < catalogue->count; i++) {
        for (int g = 0; g < 2; g++) {
            expect_same(cache, groups[g], catalogue->criteria[i].code);
            expect_same(cache, groups[g], catalogue->criteria[i].label);
            expect_same(cache, groups[g], catalogue->criteria[i].standard_code);
        }
    }
    expect_same(cache, NULL, "");
    expect_same(cache, NULL, "J1");
    code_cache_free(cache);
    code_cache_free(NULL);
}

/* More different texts than it remembers, and longer ones. */
static void test_bounds(void **state)
{
    (void)state;
    struct code_cache *cache = code_cache_new(catalogue_get(CATALOGUE_VERSION));
    for (int i = 0; i < 3000; i++) {
        const struct criterion *found = NULL;
        struct err err = {0};
        char text[16];
        (void)snprintf(text, sizeof text, "%d", i);
        assert_false(code_cache_match(cache, NULL, text, &found, &err));
    }
    expect_same(cache, NULL, "DS_AUT");
    expect_same(cache, NULL, "2999");
    char longest[200];
    memset(longest, 'x', sizeof longest);
    for (size_t len = 94; len < 100; len++) {
        longest[len] = '\0';
        expect_same(cache, NULL, longest);
        longest[len] = 'x';
    }
    code_cache_free(cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_as_the_catalogue),
        cmocka_unit_test(test_bounds),
    };
    return cmocka_run_group_tests(tests, start_sodium, NULL);
}
