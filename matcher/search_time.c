/* SPDX-License-Identifier: Apache-2.0
 * How long a search waits for each of its steps, and what happens when the time is over.
 */
#include "matcher/search_internal.h"
#include "proto/base/clock.h"

int64_t search_patience(const struct search *search)
{
    return search->is_member ? MEMBER_PATIENCE : 1;
}

/* A query may come CLOCK_SKEW_MS after its epoch has ended, and epochs.h takes it until then. */
_Static_assert((int)MEMBER_DEADLINE_MAX_MS + (int)SHARES_LAST_MS +
                       (int)MEMBER_PATIENCE * LA_MESSAGE_MS <
                   (int)EPOCH_MARGIN_MS,
               "an explanation ends before its epoch's key is wiped");
/* An ordinary query waits first, and is checked again against its epoch then. */
_Static_assert((int)SEARCHES_WAIT_MAX_MS < (int)QUERY_LIFETIME_MS,
               "its turn comes while it is valid");
_Static_assert((int)EPOCH_KEEP_MS - (int)EPOCH_MARGIN_MS <= (int)CLOCK_SKEW_MS,
               "no query is accepted later");

int64_t search_deadline(uint32_t configured_ms, bool is_member)
{
    int64_t most = is_member ? (int64_t)configured_ms * MEMBER_PATIENCE : configured_ms;
    return is_member && most > MEMBER_DEADLINE_MAX_MS ? MEMBER_DEADLINE_MAX_MS : most;
}

static const char *awaited(enum search_phase phase)
{
    switch (phase) {
    case PHASE_HELLO: return "hello";
    case PHASE_QUERY: return "query";
    case PHASE_CLOSING: return "proof of the shares";
    default: return "message";
    }
}

/* The next time at which waiting may be over, whatever comes. */
static void wake_again(struct search *search)
{
    int64_t now_ms = clock_steady_ms(), last_ms = search->deadline_ms + SHARES_LAST_MS;
    if (search->phase != PHASE_COLLECTING || now_ms >= last_ms) return;
    search_wake_at(search, now_ms < search->grace_ms ? search->grace_ms : last_ms);
}

static void end_waiting(struct search *search)
{
    struct err err;
    (void)err_set(&err, ERR_BUDGET, "searches", "too many searches came before this one");
    (void)err_retry(&err, searches_retry_ms(search->matcher->searches));
    search_end(search, &err, true);
}

static void on_timer(void *ctx)
{
    struct search *search = ctx;
    struct err err;
    (void)pthread_mutex_lock(&search->mutex);
    bool due = search->due_ms > 0 && clock_steady_ms() >= search->due_ms;
    if (due && search->phase == PHASE_WAITING) {
        end_waiting(search);
    } else if (due) {
        /* gRPC's code for it has no twin among our errors, so it goes out by hand. */
        (void)err_set(&err, ERR_UNAVAILABLE, NULL, "no %s within %lld s", awaited(search->phase),
                      (long long)LA_MESSAGE_MS / 1000 * search_patience(search));
        rpc_stream_finish(search->stream, RPC_DEADLINE_EXCEEDED, err.text);
        search_end(search, &err, true);
    } else if (search->phase == PHASE_COLLECTING) {
        search_check_close(search);
        wake_again(search);
    }
    (void)pthread_mutex_unlock(&search->mutex);
    search_unref(search);
}

void search_extend_grace(struct search *search)
{
    int64_t items = 0;
    for (size_t i = 0; i < search->asked_count; i++) {
        if (search->asked[i].state == ASKED_RELAYED) items += search->asked[i].count;
    }
    int64_t until_ms =
        clock_steady_ms() + SHARES_GRACE_MS * search_patience(search) + items / SHARES_PER_MS;
    if (search->grace_ms < until_ms) search->grace_ms = until_ms;
}

void search_wake_at(struct search *search, int64_t at_ms)
{
    timers_at(search->matcher->timers, at_ms, on_timer, search_ref(search));
}

void search_set_phase(struct search *search, enum search_phase phase)
{
    search_measure_phase(search);
    search->phase = phase;
    search->due_ms = 0;
    if (phase == PHASE_HELLO || phase == PHASE_QUERY || phase == PHASE_CLOSING) {
        search->due_ms = clock_steady_ms() + LA_MESSAGE_MS * search_patience(search);
        search_wake_at(search, search->due_ms);
    } else if (phase == PHASE_WAITING) {
        search->due_ms = clock_steady_ms() + SEARCHES_WAIT_MAX_MS;
        search_wake_at(search, search->due_ms);
    }
}
