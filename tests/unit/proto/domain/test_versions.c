/* SPDX-License-Identifier: Apache-2.0
 * Who reads which query by which slots. The newest catalogue here is number 3 and has ten slots
 * more than number 1: only its numbers matter.
 */
#include "proto/domain/versions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct catalogue three(void)
{
    struct catalogue catalogue = *catalogue_get(1);
    catalogue.version = 3;
    catalogue.hard_slots = (uint16_t)(catalogue.hard_slots + 10);
    catalogue.soft_slots = (uint16_t)(catalogue.soft_slots + 10);
    return catalogue;
}

static struct query asked(uint32_t version, uint32_t hard, uint32_t soft)
{
    return (struct query){.protocol = PROTOCOL_VERSION,
                          .catalogue = version,
                          .footprint_count = 2,
                          .hard_slots = hard,
                          .soft_slots = soft};
}

static void reads_as(const struct query *query, const struct catalogue *catalogue)
{
    struct catalogue newest = three();
    struct reading reading;
    struct err err;
    assert_true(reading_of(&newest, query, "the LA", &reading, &err));
    assert_int_equal(reading.catalogue->version, catalogue->version);
    assert_int_equal(reading.layout.hard_slots, query->hard_slots);
    assert_int_equal(reading.layout.soft_slots, query->soft_slots);
    assert_int_equal(reading.layout.cells, 200);
}

static void refused(const struct query *query, enum err_code code, const char *field,
                    const char *text)
{
    struct catalogue newest = three();
    struct reading reading;
    struct err err;
    assert_false(reading_of(&newest, query, "the LA", &reading, &err));
    assert_int_equal(err.code, code);
    assert_string_equal(err.field, field);
    assert_non_null(strstr(err.text, text));
}

static void own_and_older_versions_have_their_own_slots(void **state)
{
    (void)state;
    struct catalogue newest = three();
    const struct catalogue *one = catalogue_get(1);
    struct query query = asked(3, newest.hard_slots, newest.soft_slots);
    reads_as(&query, &newest);
    query = asked(1, one->hard_slots, one->soft_slots);
    reads_as(&query, one);
    query = asked(1, newest.hard_slots, newest.soft_slots);
    refused(&query, ERR_INVALID, "hard_slots", "catalogue 1");
    query = asked(3, newest.hard_slots, newest.soft_slots - 1u);
    refused(&query, ERR_INVALID, "soft_slots", "catalogue 3");
}

static void the_next_version_is_read_by_the_slots_that_are_known(void **state)
{
    (void)state;
    struct catalogue newest = three();
    struct query query = asked(4, newest.hard_slots, newest.soft_slots);
    reads_as(&query, &newest);
    query = asked(4, newest.hard_slots + 7u, SLOTS_MAX);
    reads_as(&query, &newest);
    query = asked(4, newest.hard_slots - 1u, newest.soft_slots);
    refused(&query, ERR_INVALID, "hard_slots", "catalogue 4");
    query = asked(4, SLOTS_MAX + 1, newest.soft_slots);
    refused(&query, ERR_INVALID, "hard_slots", "512");
    query = asked(4, newest.hard_slots, UINT32_MAX);
    refused(&query, ERR_INVALID, "soft_slots", "512");
}

static void others_do_not_talk(void **state)
{
    (void)state;
    struct query query = asked(5, SLOTS_MAX, SLOTS_MAX);
    refused(&query, ERR_VERSION, "catalogue", "this side must be updated");
    query = asked(0, SLOTS_MAX, SLOTS_MAX);
    refused(&query, ERR_VERSION, "catalogue", "it must be updated");
    query = asked(3, SLOTS_MAX, SLOTS_MAX);
    query.protocol++;
    refused(&query, ERR_VERSION, "protocol", "the LA");
}

/* What append-only means: all that an older version has stands at the same place in a newer one. */
static void each_version_begins_with_the_one_before(void **state)
{
    (void)state;
    assert_int_equal(catalogue_first_added(catalogue_get(1)), catalogue_get(1)->slots);
    for (uint32_t version = 2; version <= CATALOGUE_VERSION; version++) {
        const struct catalogue *before = catalogue_get(version - 1), *now = catalogue_get(version);
        assert_true(now->count >= before->count);
        assert_int_equal(catalogue_first_added(now), before->slots);
        for (size_t i = 0; i < before->count; i++) {
            const struct criterion *old = &before->criteria[i], *same = &now->criteria[i];
            assert_string_equal(old->code, same->code);
            assert_string_equal(old->group, same->group);
            assert_int_equal(old->scope, same->scope);
            assert_int_equal(old->kind, same->kind);
            assert_int_equal(old->one_of, same->one_of);
            assert_int_equal(old->slot, same->slot);
            assert_int_equal(old->hard, same->hard);
            assert_int_equal(old->soft, same->soft);
        }
    }
    assert_null(catalogue_get(CATALOGUE_VERSION + 1));
    assert_ptr_equal(catalogue_chosen(0), catalogue_get(CATALOGUE_VERSION));
    assert_ptr_equal(catalogue_chosen(1), catalogue_get(1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(own_and_older_versions_have_their_own_slots),
        cmocka_unit_test(the_next_version_is_read_by_the_slots_that_are_known),
        cmocka_unit_test(others_do_not_talk),
        cmocka_unit_test(each_version_begins_with_the_one_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
