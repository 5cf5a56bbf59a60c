/* SPDX-License-Identifier: Apache-2.0
 * A subject-access copy holds every field of the record, says of each what it is for, and shows the
 * slots that a match would use; the text holds what the data hold.
 */
#include "agent/carer_text.h"
#include "agent/subject_access.h"
#include "agent/subject_access_notes.h"
#include "tests/unit/agent/carers.h"

enum { FRESH_DAYS = 28, ROUNDS = 50 };

static struct subject_access access_of(const struct profile *profile)
{
    return (struct subject_access){.profile = profile,
                                   .catalogue = catalogue_get(CATALOGUE_VERSION),
                                   .agency = "ifa-001",
                                   .agency_name = "An Agency",
                                   .today = TODAY,
                                   .fresh_days = FRESH_DAYS};
}

static bool is_listed(const json_t *notes, const char *name, const char *value)
{
    for (size_t i = 0; i < json_array_size(notes); i++) {
        const char *text = json_string_value(json_object_get(json_array_get(notes, i), name));
        if (text && strcmp(text, value) == 0) return true;
    }
    return false;
}

static void test_every_field_is_there_with_its_purpose(void **state)
{
    (void)state;
    const struct profile profile = random_profile(3);
    const struct subject_access access = access_of(&profile);
    json_t *copy = subject_access_json(&access);
    json_t *held = json_object_get(copy, "held");
    json_t *whole = carer_json(&profile, access.catalogue);
    const char *field = NULL;
    json_t *value = NULL;
    json_object_foreach(whole, field, value)
    {
        assert_true(json_equal(json_object_get(held, field), value));
        assert_true(is_listed(json_object_get(copy, "purposes"), "field", field));
        assert_true(strlen(subject_purpose(field)) > 10);
    }
    assert_int_equal(json_array_size(json_object_get(copy, "purposes")), json_object_size(whole));
    json_decref(whole);
    json_decref(copy);
}

static void test_the_slots_are_those_of_a_match(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ROUNDS; i++) {
        const struct profile profile = random_profile(i);
        const struct subject_access access = access_of(&profile);
        struct slot_set set;
        char cell[GRID_NAME];
        profile_slots(&profile, access.catalogue, TODAY, FRESH_DAYS, &set);
        grid_cell_name(profile.cell, cell);
        json_t *copy = subject_access_json(&access);
        json_t *derived = json_object_get(copy, "derived");
        json_t *slots = json_object_get(derived, "slots_today");
        assert_int_equal(json_array_size(slots), set.count);
        for (size_t j = 0; j < set.count; j++) {
            assert_true(
                is_listed(slots, "code", catalogue_slot(access.catalogue, set.slots[j])->code));
        }
        assert_true(json_is_true(json_object_get(derived, "placeable_today")) == set.placeable);
        assert_string_equal(json_string_value(json_object_get(derived, "cell")), cell);
        json_decref(copy);
    }
}

static void expect(const struct buf *text, const char *what)
{
    if (!memmem(text->data, text->len, what, strlen(what))) fail_msg("\"%s\" is missing", what);
}

static void expect_words(const struct buf *text, const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        expect(text, json_string_value(json_object_get(one, "code")));
        expect(text, json_string_value(json_object_get(one, "label")));
        const char *special = json_string_value(json_object_get(one, "special"));
        if (strcmp(special, "none") != 0) expect(text, special);
    }
}

static void test_the_text_says_the_same(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ROUNDS; i++) {
        const struct profile profile = random_profile(i);
        const struct subject_access access = access_of(&profile);
        struct buf text = {0};
        json_t *copy = subject_access_json(&access);
        subject_access_text(&access, &text);
        expect(&text, profile.ref);
        expect(&text, profile.name);
        expect(&text, profile.location);
        expect(&text, "2026-11-22");
        expect(&text, "An Agency (ifa-001)");
        expect_words(&text, json_object_get(json_object_get(copy, "held"), "words"));
        expect_words(&text, json_object_get(json_object_get(copy, "derived"), "slots_today"));
        size_t column = 0;
        for (size_t at = 0; at < text.len; at++) {
            column = text.data[at] == '\n' ? 0 : column + 1;
            assert_true(column <= 160); /* the longest label of a criterion */
        }
        buf_wipe(&text);
        json_decref(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_field_is_there_with_its_purpose),
        cmocka_unit_test(test_the_slots_are_those_of_a_match),
        cmocka_unit_test(test_the_text_says_the_same),
    };
    return cmocka_run_group_tests(tests, start_sodium, NULL);
}
