/* SPDX-License-Identifier: Apache-2.0
 * A second, independent score: written from docs/domain.md with codes as texts and the whole map
 * walked cell by cell, and compared with the plan's on thousands of random requests and households.
 * Slow and simple on purpose; it shares no code with proto/domain but the names of the criteria.
 */
#include <jansson.h>
#include <sodium.h>

#include "proto/domain/referral.h"
#include "tests/unit/proto/domain/domain_check.h"

enum { DAY = 20500, HOUSEHOLDS = 24, REQUESTS = 1200 };

/* ---- a household in words ---- */

struct home {
    char codes[260][16];
    size_t count;
    long east, north; /* centre of its cell */
    bool placeable;
    struct slot_set set; /* what the product makes of the same record */
};

static bool holds(const struct home *home, const char *code)
{
    for (size_t i = 0; i < home->count; i++) {
        if (strcmp(home->codes[i], code) == 0) return true;
    }
    return false;
}

static void give(struct home *home, const char *format, int number)
{
    char *code = home->codes[home->count++];
    (void)snprintf(code, sizeof home->codes[0], "%s", format);
    if (number >= 0) (void)snprintf(code, sizeof home->codes[0], "%s%02d", format, number);
}

static bool is_offer(const struct criterion *c)
{
    static const char *const fields[] = {"AGE_", "SEX_", "NUM_", "AVL_", "PQ_", "PC_"};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        if (strncmp(c->code, fields[i], strlen(fields[i])) == 0) return false;
    }
    return true;
}

static void random_status(struct dice *dice, struct home *home, struct profile *profile)
{
    int age = (int)roll(dice, 40), ahead = (int)roll(dice, 12) - 2;
    profile->status = (enum status)roll(dice, 10);
    if (profile->status > STATUS_NOT_AVAILABLE) profile->status = STATUS_AVAILABLE;
    profile->status_date = roll(dice, 8) ? DAY - age : NO_DAY;
    bool from = profile->status == STATUS_AVAILABLE_FROM;
    profile->available_from = from ? DAY + ahead : NO_DAY;

    const char *status = status_name(profile->status);
    bool known = profile->status_date != NO_DAY && age <= 28 && strcmp(status, "unknown") != 0;
    home->placeable = true;
    if (!known) {
        give(home, "AVL_UNCONF", -1);
    } else if (strcmp(status, "available") == 0 || (from && ahead <= 0)) {
        give(home, "AVL_TODAY", -1);
    } else if (from) {
        give(home, ahead <= 5 ? "AVL_5D" : "AVL_LATER", -1);
    } else {
        home->placeable = false;
    }
}

static void random_place(struct dice *dice, struct home *home, struct profile *profile)
{
    /* Around Yorkshire, so that requests below often reach it. */
    long column = 70 + (long)roll(dice, 32), row = 76 + (long)roll(dice, 26);
    home->east = column * 5000 + 2500;
    home->north = row * 5000 + 2500;
    profile->cell = (uint16_t)(row * 140 + column);
}

static void random_home(struct dice *dice, struct home *home)
{
    static const char *const numbers[] = {"NUM_1", "NUM_2", "NUM_3", "NUM_4", "NUM_5P"};
    struct profile profile = {.ref = "x"};
    memset(home, 0, sizeof *home);
    for (int age = 0; age <= 17; age++) {
        if (roll(dice, 10) == 0) continue;
        profile.ages |= 1u << age;
        give(home, "AGE_", age);
    }
    if (roll(dice, 3)) {
        profile.ages |= 1u << PROFILE_AGE_UNBORN_BIT;
        give(home, "AGE_UB", -1);
    }
    profile.takes_m = roll(dice, 8) > 0;
    profile.takes_f = roll(dice, 8) > 0;
    if (profile.takes_m) give(home, "SEX_M", -1);
    if (profile.takes_f) give(home, "SEX_F", -1);
    profile.places = (uint8_t)roll(dice, 8);
    for (int i = 0; i < profile.places && i < 5; i++) give(home, numbers[i], -1);
    const struct catalogue *catalogue = catalogue_one();
    uint32_t rate = 2 + roll(dice, 20);
    for (size_t i = 0; i < catalogue->count; i++) {
        const struct criterion *c = &catalogue->criteria[i];
        if (!is_offer(c) || roll(dice, rate) == 0) continue;
        profile_hold(&profile, c->slot);
        give(home, c->code, -1);
    }
    random_status(dice, home, &profile);
    random_place(dice, home, &profile);
    profile_slots(&profile, catalogue, DAY, 28, &home->set);
}

/* ---- a random request as JSON ---- */

static json_t *random_anchor(struct dice *dice, bool weighed)
{
    /* Corners of 100 km squares, worked out by hand. */
    static const char *const squares[] = {"SE", "SD", "TA", "NZ", "SK", "SJ"};
    char at[32];
    (void)snprintf(at, sizeof at, "%s %03u %03u", squares[roll(dice, 3) ? 0 : roll(dice, 6)],
                   roll(dice, 1000), roll(dice, 1000));
    json_t *anchor = json_pack("{s:s, s:i}", "at", at, "within_km", (int)(1 + roll(dice, 90)));
    if (weighed && roll(dice, 3)) {
        assert_int_equal(json_object_set_new(anchor, "weight", json_integer(roll(dice, 6))), 0);
    }
    return anchor;
}

static json_t *random_location(struct dice *dice)
{
    json_t *location = json_object();
    if (roll(dice, 5) == 0) {
        json_object_set_new(location, "squares",
                            roll(dice, 2) ? json_pack("[s]", "SE")
                                          : json_pack("[s,s]", "TA", "SE"));
    } else {
        json_t *anchors = json_array();
        for (uint32_t i = 0, n = 1 + roll(dice, 3); i < n; i++) {
            json_array_append_new(anchors, random_anchor(dice, true));
        }
        json_object_set_new(location, "anchors", anchors);
        if (roll(dice, 2)) {
            json_object_set_new(location, "combine", json_string(roll(dice, 2) ? "any" : "all"));
        }
    }
    if (roll(dice, 3) == 0) {
        json_t *avoid = json_pack("[o]", random_anchor(dice, false));
        json_object_set_new(location, "avoid", avoid);
    }
    return location;
}

static void random_codes(struct dice *dice, json_t *request)
{
    const struct catalogue *catalogue = catalogue_one();
    json_t *must = json_array(), *prefer = json_object();
    uint32_t musts = roll(dice, 4), preferences = roll(dice, 3) ? roll(dice, 12) : 0;
    for (size_t i = 0; i < catalogue->count; i++) {
        const struct criterion *c = &catalogue->criteria[roll(dice, (uint32_t)catalogue->count)];
        if (!is_offer(c) || strncmp(c->code, "PT_", 3) == 0) continue;
        bool used = json_object_get(prefer, c->code) != NULL;
        for (size_t j = 0; j < json_array_size(must); j++) {
            used = used || strcmp(json_string_value(json_array_get(must, j)), c->code) == 0;
        }
        if (used) continue;
        if (json_array_size(must) < musts && (c->kind == KIND_HARD || c->kind == KIND_BOTH)) {
            json_array_append_new(must, json_string(c->code));
        } else if (json_object_size(prefer) < preferences && c->kind != KIND_HARD) {
            json_object_set_new(prefer, c->code, json_integer(1 + roll(dice, 5)));
        }
    }
    json_object_set_new(request, "must", must);
    json_object_set_new(request, "prefer", prefer);
}

static json_t *random_request(struct dice *dice)
{
    static const char *const sexes[] = {"M", "F", "U"};
    static const char *const types[] = {"PT_LONG", "PT_SHORT", "PT_WKEND", "PT_EMERG"};
    static const char *const needs[] = {"today", "within_5_days", "later"};
    json_t *children = json_array();
    uint32_t count = roll(dice, 2) ? 1 : 1 + roll(dice, 5);
    for (uint32_t i = 0; i < count; i++) {
        json_t *age = roll(dice, 12) ? json_integer(roll(dice, 18)) : json_string("unborn");
        json_array_append_new(children,
                              json_pack("{s:o, s:s}", "age", age, "sex", sexes[roll(dice, 3)]));
    }
    json_t *request =
        json_pack("{s:s, s:o, s:{s:s, s:s}}", "search_ref", "random", "children", children,
                  "placement", "type", types[roll(dice, 4)], "needed_by", needs[roll(dice, 3)]);
    if (roll(dice, 2)) {
        json_object_set_new(json_object_get(request, "placement"), "accept_unconfirmed",
                            json_boolean(roll(dice, 2)));
    }
    random_codes(dice, request);
    if (roll(dice, 4)) json_object_set_new(request, "location", random_location(dice));
    return request;
}

/* ---- the score, straight from the document ---- */

static void place_of(json_t *anchor, long *east, long *north)
{
    static const struct {
        const char *square;
        long east, north;
    } corners[] = {{"SE", 400, 400}, {"SD", 300, 400}, {"TA", 500, 400},
                   {"NZ", 400, 500}, {"SK", 400, 300}, {"SJ", 300, 300}};
    const char *at = json_string_value(json_object_get(anchor, "at"));
    for (size_t i = 0; i < 6; i++) {
        if (strncmp(at, corners[i].square, 2) != 0) continue;
        *east = corners[i].east * 1000 + strtol(at + 3, NULL, 10) * 100;
        *north = corners[i].north * 1000 + strtol(at + 7, NULL, 10) * 100;
        return;
    }
    fail();
}

static bool is_within(json_t *anchor, long east, long north, long *distance)
{
    long x = 0, y = 0,
         reach = 1000 * (long)json_integer_value(json_object_get(anchor, "within_km"));
    place_of(anchor, &x, &y);
    long long square = (long long)(x - east) * (x - east) + (long long)(y - north) * (y - north);
    long low = 0, high = 2000000; /* the root by halving */
    while (high - low > 1) {
        long middle = (low + high) / 2;
        if ((long long)middle * middle <= square)
            low = middle;
        else
            high = middle;
    }
    *distance = low;
    return square <= (long long)reach * reach;
}

static bool in_square(const char *square, long east, long north)
{
    long column = strcmp(square, "SE") == 0 ? 4 : 5; /* SE or TA */
    return east / 100000 == column && north / 100000 == 4;
}

static bool acceptable(json_t *location, long east, long north)
{
    size_t i = 0, near = 0;
    long distance = 0;
    json_t *each = NULL, *anchors = json_object_get(location, "anchors");
    const char *combine = json_string_value(json_object_get(location, "combine"));
    json_array_foreach(json_object_get(location, "avoid"), i, each)
    {
        if (is_within(each, east, north, &distance)) return false;
    }
    if (!anchors) {
        json_array_foreach(json_object_get(location, "squares"), i, each)
        {
            if (in_square(json_string_value(each), east, north)) return true;
        }
        return false;
    }
    json_array_foreach(anchors, i, each) near += is_within(each, east, north, &distance);
    return combine && strcmp(combine, "any") == 0 ? near > 0 : near == json_array_size(anchors);
}

static long long loc(json_t *location, long east, long north)
{
    size_t i = 0;
    json_t *anchor = NULL;
    long long sum = 0;
    json_array_foreach(json_object_get(location, "anchors"), i, anchor)
    {
        long distance = 0;
        long long weight = json_integer_value(json_object_get(anchor, "weight"));
        long long reach = 1000 * json_integer_value(json_object_get(anchor, "within_km"));
        (void)is_within(anchor, east, north, &distance);
        if (distance < reach) sum += 1000000 * weight * (reach - distance) / reach;
    }
    return sum;
}

/* What of a request is the same for every household. */
struct view {
    json_t *request, *location;
    long long best;
    size_t cells, quadrants;
};

static struct view view_of(json_t *request)
{
    struct view view = {.request = request, .location = json_object_get(request, "location")};
    json_t *accept = json_object_get(json_object_get(request, "placement"), "accept_unconfirmed");
    const char *code = NULL;
    json_t *weight = NULL;
    long long sum = json_is_false(accept) ? 0 : 1, most = 0;
    bool quadrants[26][14] = {{false}};
    json_object_foreach(json_object_get(request, "prefer"), code, weight)
    {
        sum += json_integer_value(weight);
    }
    /* All that the anchors of random_anchor can reach, 90 km around their squares. */
    for (long north = 202500; view.location && north < 700000; north += 5000) {
        for (long east = 202500; east < 700000; east += 5000) {
            if (!acceptable(view.location, east, north)) continue;
            long long value = loc(view.location, east, north);
            if (value > most) most = value;
            view.cells++;
            if (!quadrants[north / 50000][east / 50000]) view.quadrants++;
            quadrants[north / 50000][east / 50000] = true;
        }
    }
    view.best = 1000000 * sum + most;
    return view;
}

static bool has_musts(json_t *request, const struct home *home)
{
    static const char *const numbers[] = {"NUM_1", "NUM_2", "NUM_3", "NUM_4", "NUM_5P"};
    size_t i = 0;
    json_t *each = NULL, *children = json_object_get(request, "children");
    json_array_foreach(children, i, each)
    {
        json_t *age = json_object_get(each, "age");
        const char *sex = json_string_value(json_object_get(each, "sex"));
        char code[16];
        (void)snprintf(code, sizeof code, "AGE_%02d", (int)json_integer_value(age));
        if (!holds(home, json_is_string(age) ? "AGE_UB" : code)) return false;
        (void)snprintf(code, sizeof code, "SEX_%s", sex);
        if (*sex != 'U' && !holds(home, code)) return false;
    }
    if (!holds(home, numbers[json_array_size(children) - 1])) return false;
    json_array_foreach(json_object_get(request, "must"), i, each)
    {
        if (!holds(home, json_string_value(each))) return false;
    }
    json_t *placement = json_object_get(request, "placement");
    return holds(home, json_string_value(json_object_get(placement, "type")));
}

/* 0: not accepted, 1: accepted, 2: accepted and confirmed */
static int availability(json_t *request, const struct home *home)
{
    json_t *placement = json_object_get(request, "placement");
    const char *needed = json_string_value(json_object_get(placement, "needed_by"));
    bool today = strcmp(needed, "today") == 0, later = strcmp(needed, "later") == 0;
    if (holds(home, "AVL_UNCONF")) {
        return json_is_false(json_object_get(placement, "accept_unconfirmed")) ? 0 : 1;
    }
    if (holds(home, "AVL_TODAY")) return 2;
    if (holds(home, "AVL_5D")) return today ? 0 : 2;
    return later && holds(home, "AVL_LATER") ? 2 : 0;
}

static int own_score(const struct view *view, const struct home *home)
{
    json_t *placement = json_object_get(view->request, "placement");
    bool prefers_confirmed = !json_is_false(json_object_get(placement, "accept_unconfirmed"));
    int available = availability(view->request, home);
    if (!home->placeable || available == 0 || !has_musts(view->request, home)) return -1;
    if (view->location && !acceptable(view->location, home->east, home->north)) return -1;
    if (view->best == 0) return 1000;
    long long score = 0;
    const char *code = NULL;
    json_t *weight = NULL;
    json_object_foreach(json_object_get(view->request, "prefer"), code, weight)
    {
        long long share = 1000LL * 1000000 * json_integer_value(weight) / view->best;
        if (holds(home, code)) score += share;
    }
    if (prefers_confirmed && available == 2) score += 1000LL * 1000000 / view->best;
    if (view->location) score += 1000 * loc(view->location, home->east, home->north) / view->best;
    return (int)score;
}

/* ---- comparing ---- */

/* GATE plus the hard values is 0 exactly for who is eligible; BASE plus the soft values is the
 * score. */
static void sums_agree(const struct plan *plan, const uint16_t *footprint, size_t count,
                       const int16_t *values, const struct home *home, int score)
{
    struct blind_layout layout = catalogue_layout(catalogue_one(), count);
    uint16_t hard[SLOTS_MAX + 1], soft[SLOTS_MAX + 1];
    size_t hards = 0, softs = 0;
    bool inside = slot_set_positions(&home->set, catalogue_one(), &layout, footprint, count, hard,
                                     &hards, soft, &softs);
    if (!inside || !home->placeable) {
        assert_int_equal(score, SCORE_NONE);
        return;
    }
    int gate = values[blind_position_gate(&layout)], sum = values[blind_position_base(&layout)];
    for (size_t i = 0; i < hards; i++) {
        if (i > 0) assert_true(hard[i] > hard[i - 1]);
        gate += values[hard[i]];
    }
    for (size_t i = 0; i < softs; i++) {
        if (i > 0) assert_true(soft[i] > soft[i - 1]);
        sum += values[soft[i]];
    }
    assert_int_equal(gate == 0, score != SCORE_NONE);
    assert_true(gate <= 0);
    assert_in_range(sum, 0, SCORE_MAX);
    if (gate == 0) assert_int_equal(sum, score);
    assert_int_equal(plan_score(plan, &home->set), score);
}

static void compare(struct plan *plan, const struct view *view, const struct home *homes,
                    size_t *eligible)
{
    static const uint8_t key[HASH_KEY_BYTES] = {9};
    uint16_t footprint[FOOTPRINT_MAX];
    size_t count = plan_footprint(plan, "random", key, footprint);
    int16_t *values = plan_values(plan, footprint, count);
    assert_int_equal(plan->quadrant_count, view->quadrants);
    for (size_t i = 0; i < HOUSEHOLDS; i++) {
        int expected = own_score(view, &homes[i]);
        int got = plan_score(plan, &homes[i].set);
        if (got != expected) {
            char *text = json_dumps(view->request, 0);
            fail_msg("home %zu: %d instead of %d for %s", i, got, expected, text);
        }
        if (expected >= 0) eligible[expected >= 700 ? 2 : expected >= 400 ? 1 : 0]++;
        sums_agree(plan, footprint, count, values, &homes[i], expected);
    }
    free(values);
}

/* What an agency is told, there and back, and its own scores by it: exact at the full stage, within
 * what the profile stage promises before it. */
static void told_scores_agree(const struct request *request, const struct plan *plan,
                              const struct home *homes, enum referral_stage stage)
{
    struct referral *told = mem_new(struct referral), *read = mem_new(struct referral);
    struct plan *theirs = mem_new(struct plan);
    struct buf bytes = {0}, again = {0};
    struct err err = {0};
    referral_make(request, plan, stage, told);
    referral_encode(told, &bytes);
    if (!referral_decode(bytes.data, bytes.len, read, &err)) fail_msg("%s %s", err.field, err.text);
    referral_encode(read, &again);
    assert_int_equal(bytes.len, again.len);
    assert_memory_equal(bytes.data, again.data, bytes.len);
    referral_plan(read, theirs);
    int more = referral_place_points(read) + (int)request->prefer_count + 1;
    for (size_t i = 0; i < HOUSEHOLDS; i++) {
        int match = plan_score(plan, &homes[i].set), own = plan_score(theirs, &homes[i].set);
        if (stage == STAGE_FULL) {
            assert_int_equal(own, match);
        } else if (own == SCORE_NONE) {
            assert_int_equal(match, SCORE_NONE);
        } else if (match != SCORE_NONE) {
            assert_true(own <= match && match <= own + more);
        }
        if (!request->has_location && request->prefer_count == 0) assert_int_equal(own, match);
    }
    buf_free(&bytes);
    buf_free(&again);
    free(told);
    free(read);
    free(theirs);
}

static void plans_agree_with_the_document(void **state)
{
    (void)state;
    struct dice dice = {20261122};
    size_t eligible[3] = {0}, planned = 0, nowhere = 0, too_wide = 0;
    struct home *homes = mem_array(HOUSEHOLDS, sizeof *homes);
    for (int i = 0; i < REQUESTS; i++) {
        for (size_t j = 0; j < HOUSEHOLDS; j++) random_home(&dice, &homes[j]);
        json_t *json = random_request(&dice);
        char *text = json_dumps(json, 0);
        struct request *request = parsed(text);
        struct plan *plan = mem_new(struct plan);
        struct view view = view_of(json);
        struct err err = {0};
        bool good = plan_make(request, catalogue_one(), plan, &err);
        bool sensible = !view.location || (view.cells > 0 && view.quadrants <= 16);
        assert_int_equal(good, sensible);
        if (good) {
            compare(plan, &view, homes, eligible);
            told_scores_agree(request, plan, homes, STAGE_PROFILE);
            told_scores_agree(request, plan, homes, STAGE_FULL);
        }
        planned += good;
        nowhere += !good && view.cells == 0;
        too_wide += !good && view.cells > 0;
        free(plan);
        free(request);
        free(text);
        json_decref(json);
    }
    free(homes);
    print_message("%zu plans, %zu nowhere, %zu too wide; eligible %zu possible, %zu good, %zu "
                  "strong\n",
                  planned, nowhere, too_wide, eligible[0], eligible[1], eligible[2]);
    /* The comparison must have met every kind of case. */
    assert_true(planned > REQUESTS / 2 && nowhere > 20 && too_wide > 5);
    assert_true(eligible[0] > 100 && eligible[1] > 100 && eligible[2] > 100);
}

int main(void)
{
    if (sodium_init() < 0) return 1;
    const struct CMUnitTest tests[] = {cmocka_unit_test(plans_agree_with_the_document)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
