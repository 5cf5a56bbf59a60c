/* SPDX-License-Identifier: Apache-2.0
 * What of a search goes into the metrics: times and outcomes, never what was found.
 */
#include "matcher/search_internal.h"
#include "proto/base/clock.h"

static struct metrics *metrics_of(const struct search *search)
{
    return search->matcher->metrics;
}

/* Members of an explanation wait for one another: their times would say nothing of searches. */
static void observe(const struct search *search, enum measure_phase phase, int64_t us)
{
    if (!search->is_member)
        metrics_observe(metrics_of(search), MEASURE_PHASE_SECONDS, phase, 0, us);
}

void search_measure_phase(struct search *search)
{
    int64_t now_us = clock_steady_us(), spent_us = now_us - search->phase_us;
    switch (search->phase) {
    case PHASE_QUERY: search->query_us = now_us; break;
    case PHASE_CHECKING: observe(search, STEP_CHECK, spent_us); break;
    case PHASE_COLLECTING: observe(search, STEP_REPLIES, spent_us); break;
    case PHASE_CLOSING: observe(search, STEP_SHARES, spent_us); break;
    case PHASE_VERIFYING: observe(search, STEP_RESULT, spent_us); break;
    default: break;
    }
    search->phase_us = now_us;
}

void search_measure_fan_out(const struct search *search, int64_t began_us)
{
    observe(search, STEP_FAN_OUT, clock_steady_us() - began_us);
    metrics_add(metrics_of(search), MEASURE_SEARCHES_STARTED,
                search->is_member ? MEASURE_MEMBER : MEASURE_SEARCH, 0, 1);
}

/* An answer whose shares the LA did not send came in time all the same. */
static enum measure_answer answer_of(enum asked_state state)
{
    switch (state) {
    case ASKED_WAITING: return FATE_NONE;
    case ASKED_DECLINED: return FATE_DECLINED;
    case ASKED_LEFT: return FATE_LEFT;
    case ASKED_REFUSED: return FATE_REFUSED;
    default: return FATE_IN_TIME;
    }
}

void search_measure_answers(const struct search *search)
{
    for (size_t i = 0; i < search->asked_count; i++) {
        metrics_add(metrics_of(search), MEASURE_ANSWERS, answer_of(search->asked[i].state), 0, 1);
    }
}

void search_measure_end(struct search *search, const struct err *err, bool refused)
{
    enum measure_outcome outcome = OUTCOME_COMPLETED;
    if (err && refused) {
        outcome = OUTCOME_REFUSED;
    } else if (err) {
        outcome = err->code == ERR_INTERNAL ? OUTCOME_FAILED : OUTCOME_ABANDONED;
    }
    metrics_add(metrics_of(search), MEASURE_SEARCHES_FINISHED, outcome, 0, 1);
    if (err) return;
    search_measure_phase(search);
    if (search->is_member) return;
    metrics_observe(metrics_of(search), MEASURE_SEARCH_SECONDS, 0, 0,
                    (clock_steady_us() - search->query_us) / 1000);
}
