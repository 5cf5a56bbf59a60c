/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/proto/domain/domain_check.h"

enum { TODAY = 20000 };

static struct profile example(void)
{
    struct profile profile = {.ref = "H-17",
                              .name = "A. Nother",
                              .location = "SE23NW",
                              .takes_f = true,
                              .places = 2,
                              .approved_places = 3,
                              .status = STATUS_AVAILABLE,
                              .status_date = TODAY - 3,
                              .available_from = NO_DAY};
    struct grid_point at;
    assert_true(grid_parse(profile.location, &at));
    profile.cell = grid_cell_of(at);
    profile.ages = 1u << 0 | 1u << 17 | 1u << PROFILE_AGE_UNBORN_BIT;
    profile_hold(&profile, slot_named("PT_LONG"));
    profile_hold(&profile, slot_named("DS_AUT"));
    return profile;
}

static struct slot_set slots_on(const struct profile *profile, int32_t today)
{
    struct slot_set set;
    profile_slots(profile, catalogue_one(), today, STATUS_FRESH_DAYS, &set);
    return set;
}

static bool has(const struct slot_set *set, const char *code)
{
    for (size_t i = 0; i < set->count; i++) {
        if (set->slots[i] == slot_named(code)) return true;
    }
    return false;
}

/* The one availability that is held. */
static const char *availability_of(const struct slot_set *set)
{
    static const char *const codes[] = {"AVL_TODAY", "AVL_5D", "AVL_LATER", "AVL_UNCONF"};
    const char *found = NULL;
    for (size_t i = 0; i < 4; i++) {
        if (!has(set, codes[i])) continue;
        assert_null(found);
        found = codes[i];
    }
    assert_non_null(found);
    return found;
}

static void slots_are_exactly_those_held(void **state)
{
    (void)state;
    struct profile profile = example();
    struct slot_set set = slots_on(&profile, TODAY);
    static const char *const codes[] = {"AGE_UB", "AGE_00",  "AGE_17",    "SEX_F", "NUM_1",
                                        "NUM_2",  "PT_LONG", "AVL_TODAY", "DS_AUT"};
    assert_int_equal(set.count, sizeof codes / sizeof *codes);
    for (size_t i = 0; i < set.count; i++) {
        assert_int_equal(set.slots[i], slot_named(codes[i]));
        if (i > 0) assert_true(set.slots[i] > set.slots[i - 1]);
    }
    assert_true(set.placeable);
    assert_int_equal(set.cell, profile.cell);
    slot_set_wipe(&set);
    assert_int_equal(set.count, 0);
}

static void places_give_each_smaller_number_too(void **state)
{
    (void)state;
    static const char *const codes[] = {"NUM_1", "NUM_2", "NUM_3", "NUM_4", "NUM_5P"};
    for (int places = 0; places <= 9; places++) {
        struct profile profile = example();
        profile.places = (uint8_t)places;
        struct slot_set set = slots_on(&profile, TODAY);
        for (int i = 0; i < 5; i++) assert_int_equal(has(&set, codes[i]), i < places);
    }
}

static void availability_follows_status_and_day(void **state)
{
    (void)state;
    static const struct {
        enum status status;
        int32_t date, from;
        const char *code;
        bool placeable;
    } cases[] = {
        {STATUS_AVAILABLE, TODAY, NO_DAY, "AVL_TODAY", true},
        {STATUS_AVAILABLE, TODAY - 28, NO_DAY, "AVL_TODAY", true},
        {STATUS_AVAILABLE, TODAY - 29, NO_DAY, "AVL_UNCONF", true},
        {STATUS_AVAILABLE, NO_DAY, NO_DAY, "AVL_UNCONF", true},
        {STATUS_AVAILABLE_FROM, TODAY, TODAY - 1, "AVL_TODAY", true},
        {STATUS_AVAILABLE_FROM, TODAY, TODAY, "AVL_TODAY", true},
        {STATUS_AVAILABLE_FROM, TODAY, TODAY + 1, "AVL_5D", true},
        {STATUS_AVAILABLE_FROM, TODAY, TODAY + 5, "AVL_5D", true},
        {STATUS_AVAILABLE_FROM, TODAY, TODAY + 6, "AVL_LATER", true},
        {STATUS_AVAILABLE_FROM, TODAY - 29, TODAY + 1, "AVL_UNCONF", true},
        {STATUS_AVAILABLE_FROM, TODAY, NO_DAY, "AVL_UNCONF", true},
        {STATUS_UNKNOWN, TODAY, NO_DAY, "AVL_UNCONF", true},
        {STATUS_UNKNOWN, NO_DAY, NO_DAY, "AVL_UNCONF", true},
        {STATUS_FULL, TODAY, NO_DAY, "AVL_UNCONF", false},
        {STATUS_ON_HOLD, TODAY - 28, NO_DAY, "AVL_UNCONF", false},
        {STATUS_NOT_AVAILABLE, TODAY, NO_DAY, "AVL_UNCONF", false},
        {STATUS_FULL, TODAY - 29, NO_DAY, "AVL_UNCONF", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct profile profile = example();
        profile.status = cases[i].status;
        profile.status_date = cases[i].date;
        profile.available_from = cases[i].from;
        struct slot_set set = slots_on(&profile, TODAY);
        assert_string_equal(availability_of(&set), cases[i].code);
        assert_int_equal(set.placeable, cases[i].placeable);
    }
}

static void freshness_is_a_setting(void **state)
{
    (void)state;
    struct profile profile = example();
    struct slot_set set;
    profile_slots(&profile, catalogue_one(), TODAY, 3, &set);
    assert_string_equal(availability_of(&set), "AVL_TODAY");
    profile_slots(&profile, catalogue_one(), TODAY, 2, &set);
    assert_string_equal(availability_of(&set), "AVL_UNCONF");
}

static void status_names_read_back(void **state)
{
    (void)state;
    for (int s = STATUS_UNKNOWN; s <= STATUS_NOT_AVAILABLE; s++) {
        enum status back;
        assert_true(status_from_name(status_name((enum status)s), &back));
        assert_int_equal(back, s);
    }
    enum status out = STATUS_FULL;
    assert_false(status_from_name("Full", &out));
    assert_false(status_from_name("", &out));
    assert_int_equal(out, STATUS_FULL);
}

static void positions_follow_the_layout(void **state)
{
    (void)state;
    struct profile profile = example();
    struct slot_set set = slots_on(&profile, TODAY);
    uint16_t hard[SLOTS_MAX + 1], soft[SLOTS_MAX + 1];
    size_t hards = 0, softs = 0;
    uint16_t quadrant = grid_quadrant_of_cell(set.cell);
    uint16_t footprint[2] = {(uint16_t)(quadrant - 1), quadrant};

    struct blind_layout layout = catalogue_layout(catalogue_one(), 0);
    assert_true(
        slot_set_positions(&set, catalogue_one(), &layout, NULL, 0, hard, &hards, soft, &softs));
    assert_int_equal(hards, 9); /* all nine slots of the example are hard-capable */
    assert_int_equal(softs, 3); /* SEX_F, AVL_TODAY, DS_AUT */
    assert_int_equal(soft[0], 165 + catalogue_find(catalogue_one(), "SEX_F")->soft);

    layout = catalogue_layout(catalogue_one(), 2);
    assert_true(slot_set_positions(&set, catalogue_one(), &layout, footprint, 2, hard, &hards, soft,
                                   &softs));
    assert_int_equal(hards, 10);
    assert_int_equal(softs, 4);
    unsigned index = grid_index_in_quadrant(set.cell);
    assert_int_equal(hard[9], 165 + 158 + 100 + index);
    assert_int_equal(soft[3], 165 + 158 + 200 + 100 + index);

    layout = catalogue_layout(catalogue_one(), 1);
    assert_false(slot_set_positions(&set, catalogue_one(), &layout, footprint, 1, hard, &hards,
                                    soft, &softs));
    assert_int_equal(hards + softs, 0);
}

static void frames_tell_sets_apart(void **state)
{
    (void)state;
    struct profile profile = example();
    struct slot_set set = slots_on(&profile, TODAY), other = set;
    struct buf a = {0}, b = {0};
    slot_set_frame(&set, &a);
    assert_int_equal(a.len, 5 + 2 * set.count);
    other.cell++;
    slot_set_frame(&other, &b);
    assert_int_equal(a.len, b.len);
    assert_memory_not_equal(a.data, b.data, a.len);
    buf_free(&b);
    other = set;
    other.placeable = false;
    slot_set_frame(&other, &b);
    assert_memory_not_equal(a.data, b.data, a.len);
    buf_free(&a);
    buf_free(&b);
}

/* ---- the stored form ---- */

static struct profile random_profile(struct dice *dice)
{
    struct profile p = {.takes_m = roll(dice, 2), .takes_f = roll(dice, 2)};
    (void)snprintf(p.ref, sizeof p.ref, "H-%u \xc3\xa9", roll(dice, 1000000));
    if (roll(dice, 2)) (void)snprintf(p.name, sizeof p.name, "Family %u", roll(dice, 1000));
    (void)snprintf(p.location, sizeof p.location, "SE%04u", roll(dice, 10000));
    p.cell = (uint16_t)roll(dice, CELLS);
    p.ages = roll(dice, 1u << 19);
    p.places = (uint8_t)roll(dice, 10);
    p.approved_places = (uint8_t)roll(dice, 10);
    p.status = (enum status)roll(dice, 6);
    p.status_date = roll(dice, 3) ? (int32_t)roll(dice, 30000) - 5000 : NO_DAY;
    p.available_from = roll(dice, 3) ? (int32_t)roll(dice, 30000) - 5000 : NO_DAY;
    const struct catalogue *catalogue = catalogue_one();
    for (uint16_t slot = 0; slot < catalogue->slots; slot++) {
        const struct criterion *c = catalogue_slot(catalogue, slot);
        bool may = !criterion_has_field(c) || strncmp(c->code, "PT_", 3) == 0;
        if (may && roll(dice, 4) == 0) profile_hold(&p, slot);
    }
    return p;
}

static bool same(const struct profile *a, const struct profile *b)
{
    return strcmp(a->ref, b->ref) == 0 && strcmp(a->name, b->name) == 0 &&
           strcmp(a->location, b->location) == 0 && a->cell == b->cell && a->ages == b->ages &&
           a->takes_m == b->takes_m && a->takes_f == b->takes_f && a->places == b->places &&
           a->approved_places == b->approved_places && a->status == b->status &&
           a->status_date == b->status_date && a->available_from == b->available_from &&
           memcmp(a->held, b->held, sizeof a->held) == 0;
}

static void profiles_survive_the_stored_form(void **state)
{
    (void)state;
    struct dice dice = {77};
    for (int i = 0; i < 3000; i++) {
        struct profile before = random_profile(&dice), after = {0};
        struct buf bytes = {0}, again = {0};
        struct err err = {0};
        profile_encode(&before, &bytes);
        if (!profile_decode(bytes.data, bytes.len, &after, &err)) fail_msg("%s", err.field);
        assert_true(same(&before, &after));
        profile_encode(&after, &again);
        assert_int_equal(bytes.len, again.len);
        assert_memory_equal(bytes.data, again.data, bytes.len);
        buf_free(&bytes);
        buf_free(&again);
    }
}

static void cut_or_long_bytes_are_corrupt(void **state)
{
    (void)state;
    struct profile profile = example(), out = {.cell = 7};
    struct buf bytes = {0};
    struct err err;
    profile_encode(&profile, &bytes);
    for (size_t len = 0; len < bytes.len; len++) {
        uint8_t *copy = mem_copy(bytes.data, len); /* exact size: reading on is seen by ASan */
        assert_false(profile_decode(copy, len, &out, &err));
        assert_int_equal(err.code, ERR_CORRUPT);
        free(copy);
    }
    buf_u8(&bytes, 0);
    assert_false(profile_decode(bytes.data, bytes.len, &out, &err));
    assert_int_equal(err.code, ERR_CORRUPT);
    assert_int_equal(out.cell, 7);
    buf_free(&bytes);
}

/* Encodes after `change` and expects that the decoder names the field. */
static void corrupt(struct profile profile, const char *field)
{
    struct buf bytes = {0};
    struct profile out = {.cell = 7};
    struct err err = {0};
    profile_encode(&profile, &bytes);
    if (profile_decode(bytes.data, bytes.len, &out, &err)) fail_msg("%s accepted", field);
    assert_int_equal(err.code, ERR_CORRUPT);
    assert_string_equal(err.field, field);
    assert_int_equal(out.cell, 7);
    buf_free(&bytes);
}

static void values_out_of_range_are_corrupt(void **state)
{
    (void)state;
    struct profile p = example();
    p.ref[0] = '\0';
    corrupt(p, "ref");
    p = example(), p.ref[1] = '\n';
    corrupt(p, "ref");
    p = example(), p.name[0] = '\xff';
    corrupt(p, "name");
    p = example(), p.location[0] = '\x1b';
    corrupt(p, "location");
    p = example(), p.cell = CELLS;
    corrupt(p, "cell");
    p = example(), p.ages = 1u << 19;
    corrupt(p, "ages");
    p = example(), p.places = 10;
    corrupt(p, "places");
    p = example(), p.approved_places = 255;
    corrupt(p, "approved_places");
    p = example(), p.status = (enum status)(STATUS_NOT_AVAILABLE + 1);
    corrupt(p, "status");
    p = example(), p.status_date = 100001;
    corrupt(p, "status_date");
    p = example(), p.available_from = NO_DAY + 1;
    corrupt(p, "available_from");
    p = example(), profile_hold(&p, slot_named("AVL_TODAY"));
    corrupt(p, "offers");
    p = example(), profile_hold(&p, slot_named("AGE_05"));
    corrupt(p, "offers");
    uint16_t slots = catalogue_get(CATALOGUE_VERSION)->slots;
    if (slots % 8 == 0) return; /* the last byte has no room beyond the last slot */
    p = example(), profile_hold(&p, slots);
    corrupt(p, "offers");
}

static void every_flipped_byte_is_refused_or_sound(void **state)
{
    (void)state;
    struct profile profile = example();
    struct buf bytes = {0};
    profile_encode(&profile, &bytes);
    for (size_t i = 0; i < bytes.len; i++) {
        for (int bit = 0; bit < 8; bit++) {
            struct profile out;
            struct err err;
            bytes.data[i] ^= (uint8_t)(1 << bit);
            if (profile_decode(bytes.data, bytes.len, &out, &err)) {
                assert_true(out.cell < CELLS && out.places <= 9 && out.ref[0] != '\0');
                struct slot_set set = slots_on(&out, TODAY);
                (void)availability_of(&set);
            }
            bytes.data[i] ^= (uint8_t)(1 << bit);
        }
    }
    bytes.data[0]++;
    struct profile out;
    struct err err;
    assert_false(profile_decode(bytes.data, bytes.len, &out, &err)); /* another form */
    bytes.data[0]--;
    bytes.data[4]++;
    assert_false(profile_decode(bytes.data, bytes.len, &out, &err)); /* a later catalogue */
    assert_int_equal(err.code, ERR_VERSION);
    assert_non_null(strstr(err.text, "must be updated"));
    buf_free(&bytes);
}

/* What an older program stored: its slots keep their meaning. */
static void profiles_of_older_catalogues_are_read(void **state)
{
    (void)state;
    struct profile profile = example(), out;
    struct buf bytes = {0};
    struct err err;
    size_t now = (catalogue_get(CATALOGUE_VERSION)->slots + 7u) / 8u;
    profile_encode(&profile, &bytes);
    for (uint32_t version = 1; version <= CATALOGUE_VERSION; version++) {
        size_t then = (catalogue_get(version)->slots + 7u) / 8u;
        bytes.data[4] = (uint8_t)version;
        assert_true(profile_decode(bytes.data, bytes.len - now + then, &out, &err));
        assert_true(same(&profile, &out));
        if (then < now) {
            assert_false(profile_decode(bytes.data, bytes.len, &out, &err));
            assert_int_equal(err.code, ERR_CORRUPT);
        }
    }
    buf_free(&bytes);
}

static void wiping_leaves_nothing(void **state)
{
    (void)state;
    struct profile profile = example(), zero;
    memset(&zero, 0, sizeof zero);
    profile_wipe(&profile);
    assert_memory_equal(&profile, &zero, sizeof zero);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slots_are_exactly_those_held),
        cmocka_unit_test(places_give_each_smaller_number_too),
        cmocka_unit_test(availability_follows_status_and_day),
        cmocka_unit_test(freshness_is_a_setting),
        cmocka_unit_test(status_names_read_back),
        cmocka_unit_test(positions_follow_the_layout),
        cmocka_unit_test(frames_tell_sets_apart),
        cmocka_unit_test(profiles_survive_the_stored_form),
        cmocka_unit_test(cut_or_long_bytes_are_corrupt),
        cmocka_unit_test(values_out_of_range_are_corrupt),
        cmocka_unit_test(every_flipped_byte_is_refused_or_sound),
        cmocka_unit_test(profiles_of_older_catalogues_are_read),
        cmocka_unit_test(wiping_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
