/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/proto/crypto/match.h"

static void places_every_ciphertext_once(void **state)
{
    (void)state;
    const struct blind_layout layout = {.hard_slots = 7, .soft_slots = 5, .cells = 100};
    size_t next = 0;
    assert_int_equal(blind_layout_count(&layout), 214);
    /* The order on the wire is the order of these loops. */
    for (size_t i = 0; i < 7; i++) assert_int_equal(blind_position_hard(&layout, i), next++);
    for (size_t i = 0; i < 5; i++) assert_int_equal(blind_position_soft(&layout, i), next++);
    for (size_t i = 0; i < 100; i++) assert_int_equal(blind_position_hard_cell(&layout, i), next++);
    for (size_t i = 0; i < 100; i++) assert_int_equal(blind_position_soft_cell(&layout, i), next++);
    assert_int_equal(blind_position_gate(&layout), next++);
    assert_int_equal(blind_position_base(&layout), next++);
    assert_int_equal(next, 214);
}

static void size_classes_follow_the_rule(void **state)
{
    (void)state;
    static const uint32_t classes[] = {16,  32,  48,  64,  80,  96,  112, 128, 160,
                                       192, 240, 288, 352, 432, 528, 656, 816, 1008};
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
        assert_int_equal(blind_size_class(classes[i]), classes[i]);
        assert_true(blind_is_size_class(classes[i]));
        assert_false(blind_is_size_class(classes[i] - 1));
        if (i > 0) assert_int_equal(blind_size_class(classes[i - 1] + 1), classes[i]);
    }
    assert_int_equal(blind_size_class(0), 16);
    assert_int_equal(blind_size_class(1), 16);
}

static void size_classes_hold_every_count(void **state)
{
    (void)state;
    for (size_t held = 0; held <= BLIND_ITEMS_MAX / 4 * 3; held++) {
        uint32_t class = blind_size_class(held);
        assert_true(class >= held && class >= 16 && class % 16 == 0 && class <= BLIND_ITEMS_MAX);
        if (held > 128) assert_true(class <= held + held / 4);
        if (held % 97 == 0) assert_true(blind_is_size_class(class));
    }
    assert_false(blind_is_size_class(0));
    assert_false(blind_is_size_class(UINT32_MAX));
    assert_false(blind_is_size_class(UINT32_MAX - 15));
    uint32_t above = 16;
    while (above <= BLIND_ITEMS_MAX)
        above = above < 128 ? above + 16 : (above + above / 4) / 16 * 16;
    assert_false(blind_is_size_class(above));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_every_ciphertext_once),
        cmocka_unit_test(size_classes_follow_the_rule),
        cmocka_unit_test(size_classes_hold_every_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
