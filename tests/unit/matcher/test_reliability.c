/* SPDX-License-Identifier: Apache-2.0
 * Answer reliability: which threads count, the classes at their borders, and what the mailboxes
 * make of real messages.
 */
#include "matcher/rank.h"
#include "matcher/reliability.h"
#include "tests/unit/matcher/letters.h"

static const int64_t NOW = 1800000000000;
enum { LIMIT = 72 };

/* Hours before now; negative: never. */
static struct mail_thread thread_of(double opened, double answered, double closed)
{
    struct mail_thread thread = {.opened_at = NOW - (int64_t)(opened * 3600000)};
    if (answered >= 0) thread.answered_at = NOW - (int64_t)(answered * 3600000);
    if (closed >= 0) thread.closed_at = NOW - (int64_t)(closed * 3600000);
    return thread;
}

static void threads_that_count(void **state)
{
    static const struct {
        double opened, answered, closed;
        unsigned counted, in_time;
    } cases[] = {
        {1, -1, -1, 0, 0},                  /* there is time yet */
        {71.999, -1, -1, 0, 0},             /* still */
        {72, -1, -1, 1, 0},                 /* over */
        {1, 0.5, -1, 1, 1},                 /* answered at once */
        {100, 28, -1, 1, 1},                /* in the last moment */
        {100, 27.999, -1, 1, 0},            /* a little late */
        {100, 99, 50, 1, 1},                /* withdrawn after the answer */
        {100, -1, 50, 0, 0},                /* withdrawn before an answer was due */
        {100, -1, 28, 1, 0},                /* when it was due */
        {100, -1, 1, 1, 0},                 /* after it was due */
        {100, 40, 50, 0, 0},                /* the answer crossed with the withdrawal */
        {100, 10, 50, 0, 0},                /* an answer to what was withdrawn is not late */
        {180 * 24, 180 * 24 - 1, -1, 1, 1}, /* just young enough */
        {180.001 * 24, 180 * 24, -1, 0, 0}, /* too old */
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct reliability_tally tally = {0};
        struct mail_thread thread = thread_of(cases[i].opened, cases[i].answered, cases[i].closed);
        reliability_add(&tally, &thread, LIMIT, NOW);
        if (tally.counted != cases[i].counted || tally.in_time != cases[i].in_time) {
            fail_msg("case %zu: %u counted, %u in time", i, tally.counted, tally.in_time);
        }
    }
}

static void classes(void **state)
{
    static const struct {
        unsigned counted, in_time, class;
    } cases[] = {
        {0, 0, 0},
        {1, 0, 0},
        {2, 0, 0},
        {3, 0, 3},
        {3, 1, 3},
        {3, 2, 2},
        {3, 3, 0},
        {4, 2, 2},
        {4, 3, 1},
        {10, 9, 0},
        {10, 8, 1},
        {20, 15, 1},
        {20, 14, 2},
        {100, 90, 0},
        {100, 89, 1},
        {100, 75, 1},
        {100, 74, 2},
        {100, 50, 2},
        {100, 49, 3},
        {4000000000U, 3600000000U, 0},
        {4000000000U, 3599999999U, 1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct reliability_tally tally = {cases[i].counted, cases[i].in_time};
        unsigned class = reliability_class(&tally);
        assert_true(class < RELIABILITY_CLASSES);
        if (class != cases[i].class) {
            fail_msg("%u of %u: class %u", tally.in_time, tally.counted, class);
        }
    }
}

static unsigned class_of(struct scene *scene, const char *agency)
{
    struct reliability *reliability = NULL;
    struct err err = {0};
    parties_must(reliability_read(scene->mailbox, LIMIT, scene->now_ms, &reliability, &err), &err);
    unsigned class = reliability_of(reliability, agency);
    reliability_unref(reliability_ref(reliability));
    reliability_unref(reliability);
    return class;
}

static void what_mailboxes_say(void **state)
{
    struct scene *scene = *state;
    struct letter late[3], fast[3];
    scene_begin(scene);
    for (int i = 0; i < 3; i++) {
        late[i] = must_send(scene, &scene->la, &scene->agency, NULL);
        fast[i] = must_send(scene, &scene->other_la, &scene->other_agency, NULL);
        scene->now_ms += HOUR;
        (void)must_send(scene, &scene->other_agency, &scene->other_la, &fast[i]);
    }
    assert_int_equal(class_of(scene, "agent-1"), RELIABILITY_TOP); /* they have time yet */
    scene->now_ms += LIMIT * HOUR;
    assert_int_equal(class_of(scene, "agent-1"), 3);
    assert_int_equal(class_of(scene, "agent-2"), RELIABILITY_TOP);
    assert_int_equal(class_of(scene, "agent-3"), RELIABILITY_TOP); /* nobody has written to it */
    /* Late answers do not mend it, nor does taking without answering. */
    for (int i = 0; i < 3; i++) {
        (void)must_send(scene, &scene->agency, &scene->la, &late[i]);
        assert_true(item_ack(scene, &scene->agency, (uint64_t)i + 1, NOTICE_TAKEN));
    }
    assert_int_equal(class_of(scene, "agent-1"), 3);
    /* Answers in time do: 3 of 6 are half. */
    for (int i = 0; i < 3; i++) {
        struct letter referral = must_send(scene, &scene->la, &scene->agency, NULL);
        (void)must_send(scene, &scene->agency, &scene->la, &referral);
    }
    assert_int_equal(class_of(scene, "agent-1"), 2);
    scene->now_ms += 175 * DAY;
    assert_int_equal(class_of(scene, "agent-1"), 2);
    scene->now_ms += 4 * DAY; /* the three late ones are too old now */
    assert_int_equal(class_of(scene, "agent-1"), RELIABILITY_TOP);
    scene_end(scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_that_count),
        cmocka_unit_test(classes),
        cmocka_unit_test(what_mailboxes_say),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, scene_set_up, scene_tear_down);
}
