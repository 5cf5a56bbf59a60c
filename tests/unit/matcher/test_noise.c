/* SPDX-License-Identifier: Apache-2.0
 * How often one peer gets into the audit log.
 */
#include "matcher/noise.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void a_peer_has_its_share_of_each_period(void **state)
{
    (void)state;
    struct noise *noise = noise_new();
    bool last = false;
    int64_t now = 5;
    for (int period = 0; period < 2; period++, now += NOISE_PERIOD_MS) {
        for (int i = 1; i <= NOISE_MAX; i++) {
            assert_true(noise_admit(noise, ROLE_AGENT, "agent-1", now, &last));
            assert_int_equal(last, i == NOISE_MAX);
        }
        assert_false(noise_admit(noise, ROLE_AGENT, "agent-1", now + NOISE_PERIOD_MS - 1, &last));
        assert_false(last);
    }
    noise_free(noise);
}

static void peers_do_not_take_one_anothers_share(void **state)
{
    (void)state;
    struct noise *noise = noise_new();
    bool last = false;
    for (int i = 0; i <= NOISE_MAX; i++) (void)noise_admit(noise, ROLE_LA, "one", 5, &last);
    assert_false(noise_admit(noise, ROLE_LA, "one", 5, &last));
    assert_true(noise_admit(noise, ROLE_AGENT, "one", 5, &last));
    assert_true(noise_admit(noise, ROLE_NONE, "", 5, &last));
    for (int i = 0; i < 200; i++) {
        char id[ID_MAX + 1];
        (void)snprintf(id, sizeof id, "peer-%d", i);
        assert_true(noise_admit(noise, ROLE_LA, id, 5, &last));
    }
    assert_false(noise_admit(noise, ROLE_LA, "one", 5, &last));
    noise_free(noise);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_peer_has_its_share_of_each_period),
        cmocka_unit_test(peers_do_not_take_one_anothers_share),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
