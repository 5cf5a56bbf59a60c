/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/domain/england.h"
#include "tests/unit/proto/domain/domain_check.h"

static const uint8_t KEY[HASH_KEY_BYTES] = {1, 2, 3};

static uint16_t quadrant(const char *name)
{
    uint16_t out = 0;
    assert_true(grid_parse_quadrant(name, &out));
    return out;
}

static struct plan *plan_over(const char *const *names, size_t count)
{
    struct plan *plan = mem_new(struct plan);
    plan->catalogue = catalogue_one();
    plan->quadrant_count = count;
    for (size_t i = 0; i < count; i++) plan->quadrants[i] = quadrant(names[i]);
    for (size_t i = 1; i < count; i++) assert_true(plan->quadrants[i] > plan->quadrants[i - 1]);
    return plan;
}

static bool in_england(uint16_t number)
{
    for (size_t i = 0; i < ENGLAND_QUADRANTS; i++) {
        if (quadrant(england_quadrants[i]) == number) return true;
    }
    return false;
}

static bool within(const uint16_t *list, size_t count, uint16_t number)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i] == number) return true;
    }
    return false;
}

/* A connected blob of quadrants grown from England at random. */
static struct plan *random_plan(struct dice *dice, size_t count)
{
    struct plan *plan = mem_new(struct plan);
    plan->catalogue = catalogue_one();
    plan->quadrants[0] = quadrant(england_quadrants[roll(dice, ENGLAND_QUADRANTS)]);
    plan->quadrant_count = 1;
    static const int steps[] = {1, -1, QUADRANT_COLUMNS, -QUADRANT_COLUMNS};
    while (plan->quadrant_count < count) {
        int next =
            plan->quadrants[roll(dice, (uint32_t)plan->quadrant_count)] + steps[roll(dice, 4)];
        if (next < 0 || next >= QUADRANTS) continue;
        if (within(plan->quadrants, plan->quadrant_count, (uint16_t)next)) continue;
        size_t at = plan->quadrant_count++;
        for (; at > 0 && plan->quadrants[at - 1] > next; at--) {
            plan->quadrants[at] = plan->quadrants[at - 1];
        }
        plan->quadrants[at] = (uint16_t)next;
    }
    return plan;
}

static void no_location_sends_no_cells(void **state)
{
    (void)state;
    struct plan *plan = plan_over(NULL, 0);
    uint16_t out[FOOTPRINT_MAX];
    assert_int_equal(plan_footprint(plan, "R", KEY, out), 0);
    free(plan);
}

static void footprints_keep_their_promises(void **state)
{
    (void)state;
    struct dice dice = {5};
    for (int run = 0; run < 2000; run++) {
        size_t count = 1 + roll(&dice, 16);
        struct plan *plan = random_plan(&dice, count);
        uint16_t out[FOOTPRINT_MAX] = {0}, again[FOOTPRINT_MAX] = {0};
        char ref[32];
        (void)snprintf(ref, sizeof ref, "R-%u", roll(&dice, 1000));
        size_t total = plan_footprint(plan, ref, KEY, out);
        assert_int_equal(total, count <= 4 ? 4 : count <= 8 ? 8 : 16);
        for (size_t i = 1; i < total; i++) assert_true(out[i] > out[i - 1]);
        for (size_t i = 0; i < count; i++) assert_true(within(out, total, plan->quadrants[i]));
        for (size_t i = 0; i < total; i++) {
            assert_true(within(plan->quadrants, count, out[i]) || in_england(out[i]));
        }
        assert_int_equal(plan_footprint(plan, ref, KEY, again), total);
        assert_memory_equal(out, again, sizeof out);
        free(plan);
    }
}

static void another_reference_or_key_gives_other_decoys(void **state)
{
    (void)state;
    static const char *const names[] = {"SE.SW"};
    struct plan *plan = plan_over(names, 1);
    uint8_t other_key[HASH_KEY_BYTES] = {1, 2, 4};
    int same_ref = 0, same_key = 0;
    uint16_t first[FOOTPRINT_MAX];
    (void)plan_footprint(plan, "R-0", KEY, first);
    for (int i = 1; i <= 200; i++) {
        char ref[16];
        uint16_t a[FOOTPRINT_MAX], b[FOOTPRINT_MAX];
        (void)snprintf(ref, sizeof ref, "R-%d", i);
        (void)plan_footprint(plan, ref, KEY, a);
        (void)plan_footprint(plan, ref, other_key, b);
        same_ref += memcmp(a, first, 4 * sizeof *a) == 0;
        same_key += memcmp(a, b, 4 * sizeof *a) == 0;
    }
    assert_true(same_ref <= 1 && same_key <= 1);
    free(plan);
}

/* With a fixed key, which quadrants come out must not depend on chance or on the machine. */
static void decoys_are_a_fixed_function(void **state)
{
    (void)state;
    static const char *const names[] = {"SE.SW", "SE.SE"};
    struct plan *plan = plan_over(names, 2);
    uint16_t out[FOOTPRINT_MAX];
    char text[64] = "";
    assert_int_equal(plan_footprint(plan, "LCC-2026-0042", KEY, out), 4);
    for (size_t i = 0; i < 4; i++) {
        char name[GRID_NAME];
        grid_quadrant_name(out[i], name);
        (void)snprintf(text + strlen(text), sizeof text - strlen(text), "%s ", name);
    }
    assert_string_equal(text, "SJ.NE SK.NW SE.SW SE.SE ");
    free(plan);
}

static void decoys_of_a_pair_are_a_pair(void **state)
{
    (void)state;
    static const char *const names[] = {"SE.SW", "SE.SE"};
    struct plan *plan = plan_over(names, 2);
    for (int i = 0; i < 200; i++) {
        char ref[16];
        uint16_t out[FOOTPRINT_MAX], decoys[4];
        size_t count = 0;
        (void)snprintf(ref, sizeof ref, "R-%d", i);
        assert_int_equal(plan_footprint(plan, ref, KEY, out), 4);
        for (size_t j = 0; j < 4; j++) {
            if (!within(plan->quadrants, 2, out[j])) decoys[count++] = out[j];
        }
        assert_int_equal(count, 2);
        assert_int_equal(decoys[1], decoys[0] + 1); /* side by side, as the real ones */
    }
    free(plan);
}

static void a_remainder_touches_what_is_there(void **state)
{
    (void)state;
    static const char *const names[] = {"SP.SW", "SP.SE", "SP.NW"};
    struct plan *plan = plan_over(names, 3);
    for (int i = 0; i < 200; i++) {
        char ref[16];
        uint16_t out[FOOTPRINT_MAX];
        (void)snprintf(ref, sizeof ref, "R-%d", i);
        assert_int_equal(plan_footprint(plan, ref, KEY, out), 4);
        for (size_t j = 0; j < 4; j++) {
            if (within(plan->quadrants, 3, out[j])) continue;
            bool touches = false;
            for (size_t k = 0; k < 3; k++) {
                int apart = abs(out[j] - plan->quadrants[k]);
                touches = touches || apart == 1 || apart == QUADRANT_COLUMNS;
            }
            assert_true(touches);
        }
    }
    free(plan);
}

/* Every quadrant of England must be able to serve, or a footprint would tell decoys from real ones.
 */
static void all_of_england_serves(void **state)
{
    (void)state;
    static const char *const names[] = {"SE.SW"};
    struct plan *plan = plan_over(names, 1);
    bool seen[QUADRANTS] = {false};
    for (int i = 0; i < 3000; i++) {
        char ref[16];
        uint16_t out[FOOTPRINT_MAX];
        (void)snprintf(ref, sizeof ref, "R-%d", i);
        size_t total = plan_footprint(plan, ref, KEY, out);
        for (size_t j = 0; j < total; j++) seen[out[j]] = true;
    }
    for (size_t i = 0; i < ENGLAND_QUADRANTS; i++) {
        if (!seen[quadrant(england_quadrants[i])]) fail_msg("%s never", england_quadrants[i]);
    }
    free(plan);
}

static void the_list_is_in_order(void **state)
{
    (void)state;
    for (size_t i = 1; i < ENGLAND_QUADRANTS; i++) {
        assert_true(quadrant(england_quadrants[i]) > quadrant(england_quadrants[i - 1]));
    }
    static const char *const outside[] = {"NS.NE", "SH.NW", "SN.SE", "TL.NE"};
    for (size_t i = 0; i < 3; i++) assert_false(in_england(quadrant(outside[i])));
    assert_true(in_england(quadrant(outside[3])));
}

/* What an explanation shows: everything that its search showed, what reaches further, and decoys.
 */
static void test_a_wider_footprint_keeps_the_first(void **state)
{
    struct dice dice = {17};
    (void)state;
    size_t refused = 0;
    for (int round = 0; round < 300; round++) {
        struct plan *plan = random_plan(&dice, 1 + roll(&dice, 12));
        struct plan *wider = random_plan(&dice, 1 + roll(&dice, 8));
        uint16_t footprint[FOOTPRINT_MAX], out[FOOTPRINT_MAX], again[FOOTPRINT_MAX];
        size_t count = plan_footprint(plan, "REF", KEY, footprint), added = 0;
        for (size_t i = 0; i < wider->quadrant_count; i++) {
            added += within(footprint, count, wider->quadrants[i]) ? 0 : 1;
        }
        size_t got = plan_widen_footprint(wider, footprint, count, "REF", KEY, out);
        size_t needed = count + added;
        assert_int_equal(got, needed > 16 ? 0 : needed > 8 ? 16 : needed > 4 ? 8 : 4);
        refused += got == 0 ? 1 : 0;
        for (size_t i = 1; i < got; i++) assert_true(out[i] > out[i - 1]);
        for (size_t i = 0; i < count && got > 0; i++) assert_true(within(out, got, footprint[i]));
        for (size_t i = 0; i < wider->quadrant_count && got > 0; i++) {
            assert_true(within(out, got, wider->quadrants[i]));
        }
        if (got > 0) {
            assert_int_equal(plan_widen_footprint(wider, footprint, count, "REF", KEY, again), got);
            assert_memory_equal(out, again, got * sizeof *out);
        }
        if (added == 0) assert_memory_equal(out, footprint, count * sizeof *out);
        free(plan);
        free(wider);
    }
    assert_true(refused > 0 && refused < 250);
}

static bool is_beside(const uint16_t *list, size_t count, uint16_t number)
{
    for (size_t i = 0; i < count; i++) {
        int rows = abs(list[i] / QUADRANT_COLUMNS - number / QUADRANT_COLUMNS);
        int columns = abs(list[i] % QUADRANT_COLUMNS - number % QUADRANT_COLUMNS);
        if (rows + columns == 1) return true;
    }
    return false;
}

/* Else everything that is new would lie beside the real quadrants. */
static void test_new_decoys_lie_beside_decoys(void **state)
{
    (void)state;
    static const char *const one[] = {"SE.SW"}, *const more[] = {"SE.SW", "SE.SE", "SE.NW"};
    struct plan *plan = plan_over(one, 1), *wider = plan_over(more, 3);
    for (int i = 0; i < 50; i++) {
        char ref[16];
        uint16_t footprint[FOOTPRINT_MAX], out[FOOTPRINT_MAX], others[FOOTPRINT_MAX];
        (void)snprintf(ref, sizeof ref, "REF-%d", i);
        size_t count = plan_footprint(plan, ref, KEY, footprint), rest = 0;
        size_t got = plan_widen_footprint(wider, footprint, count, ref, KEY, out);
        for (size_t j = 0; j < got; j++) {
            if (!within(wider->quadrants, 3, out[j])) others[rest++] = out[j];
        }
        for (size_t j = 0; j < rest; j++) {
            if (within(footprint, count, others[j])) continue;
            assert_true(is_beside(others, rest, others[j]));
        }
    }
    free(plan);
    free(wider);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_location_sends_no_cells),
        cmocka_unit_test(footprints_keep_their_promises),
        cmocka_unit_test(another_reference_or_key_gives_other_decoys),
        cmocka_unit_test(decoys_are_a_fixed_function),
        cmocka_unit_test(decoys_of_a_pair_are_a_pair),
        cmocka_unit_test(a_remainder_touches_what_is_there),
        cmocka_unit_test(all_of_england_serves),
        cmocka_unit_test(the_list_is_in_order),
        cmocka_unit_test(test_a_wider_footprint_keeps_the_first),
        cmocka_unit_test(test_new_decoys_lie_beside_decoys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
