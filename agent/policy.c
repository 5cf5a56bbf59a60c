/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/policy.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "agent/replay.h"
#include "proto/base/clock.h"
#include "proto/base/mem.h"
#include "proto/crypto/query_groups.h"

struct counted {
    struct vault_counter counter;
    bool dirty;
};

struct policy {
    pthread_mutex_t lock;
    struct vault *vault;
    bool allow_all;
    char (*allow)[ID_MAX + 1];
    size_t allow_count;
    uint32_t budget;
    struct counted *counted; /* one an LA that ever asked */
    size_t counted_count;
    struct replay *replay;
    struct query_groups *groups;
};

bool policy_open(const struct config *config, struct vault *vault, struct policy **out,
                 struct err *err)
{
    struct vault_counter *counters = NULL;
    size_t count = 0;
    if (!vault_counters_read(vault, &counters, &count, err)) return false;
    struct policy *policy = mem_new(struct policy);
    REQUIRE(pthread_mutex_init(&policy->lock, NULL) == 0);
    policy->vault = vault;
    policy->allow_all = config->allow_all;
    policy->allow_count = config->allow_count;
    policy->allow = mem_copy(config->allow, config->allow_count * sizeof *config->allow);
    policy->budget = config->budget;
    policy->counted = mem_array(count, sizeof *policy->counted);
    policy->counted_count = count;
    for (size_t i = 0; i < count; i++) policy->counted[i].counter = counters[i];
    policy->replay = replay_new(REPLAY_ENTRIES_MAX, REPLAY_BYTES_MAX);
    policy->groups = query_groups_new();
    free(counters);
    *out = policy;
    return true;
}

void policy_close(struct policy *policy)
{
    if (!policy) return;
    replay_free(policy->replay);
    query_groups_free(policy->groups);
    free(policy->counted);
    free(policy->allow);
    (void)pthread_mutex_destroy(&policy->lock);
    free(policy);
}

static void lock(struct policy *policy)
{
    REQUIRE(pthread_mutex_lock(&policy->lock) == 0);
}

static void unlock(struct policy *policy)
{
    REQUIRE(pthread_mutex_unlock(&policy->lock) == 0);
}

enum recall policy_recall(struct policy *policy, const struct query_name *name, int64_t now_ms,
                          struct buf *stored, uint32_t *items)
{
    lock(policy);
    enum recall found = replay_find(policy->replay, name, now_ms, stored, items);
    unlock(policy);
    return found;
}

static bool is_allowed(const struct policy *policy, const char *la)
{
    if (policy->allow_all) return true;
    for (size_t i = 0; i < policy->allow_count; i++) {
        if (strcmp(policy->allow[i], la) == 0) return true;
    }
    return false;
}

/* Only LAs that the Authority certified get here, so the list stays short. */
static struct counted *counter_of(struct policy *policy, const char *la)
{
    for (size_t i = 0; i < policy->counted_count; i++) {
        if (strcmp(policy->counted[i].counter.la, la) == 0) return &policy->counted[i];
    }
    policy->counted =
        mem_resize(policy->counted, policy->counted_count + 1, sizeof *policy->counted);
    struct counted *fresh = &policy->counted[policy->counted_count++];
    *fresh = (struct counted){0};
    memcpy(fresh->counter.la, la, strnlen(la, ID_MAX));
    return fresh;
}

struct payment {
    struct policy *policy;
    const char *la;
    int32_t today;
};

/* One query more on the LA's day. Has the shape of query_groups_pay_fn. */
static bool count(void *ctx, struct err *err)
{
    const struct payment *payment = ctx;
    struct policy *policy = payment->policy;
    if (policy->budget == 0) return true;
    struct counted *counted = counter_of(policy, payment->la);
    struct vault_day *day = vault_counter_day(&counted->counter, payment->today);
    uint32_t asked = day->day == payment->today ? day->count : 0;
    if (asked >= policy->budget) return err_set(err, ERR_BUDGET, NULL, "used up");
    *day = (struct vault_day){payment->today, asked + 1};
    counted->dirty = true;
    return true;
}

/* A group counts as one query, whichever of its members comes first. */
static enum decline count_query(struct policy *policy, const struct query_name *name,
                                const struct membership *membership, int64_t now_ms)
{
    struct payment payment = {policy, name->la, clock_london_day(now_ms)};
    struct err err;
    bool ok = membership ? query_groups_admit(policy->groups, membership->group, membership->hash,
                                              now_ms, count, &payment, &err)
                         : count(&payment, &err);
    if (ok) return DECLINE_NONE;
    return err.code == ERR_EXISTS ? DECLINE_REPLAY : DECLINE_BUDGET;
}

enum decline policy_admit(struct policy *policy, const struct query_name *name,
                          const struct membership *membership, int64_t now_ms, int64_t expires_ms)
{
    enum decline reason = DECLINE_NONE;
    struct buf stored = {0};
    uint32_t items = 0;
    lock(policy);
    if (replay_find(policy->replay, name, now_ms, &stored, &items) != RECALL_NEW) {
        reason = DECLINE_REPLAY;
    } else if (!is_allowed(policy, name->la)) {
        reason = DECLINE_NOT_ALLOWED;
    } else if (!replay_claim(policy->replay, name, now_ms, expires_ms)) {
        reason = DECLINE_BUSY;
    } else {
        reason = count_query(policy, name, membership, now_ms);
        if (reason != DECLINE_NONE) replay_forget(policy->replay, name);
    }
    unlock(policy);
    buf_free(&stored);
    return reason;
}

void policy_answered(struct policy *policy, const struct query_name *name, const void *reply,
                     size_t len, uint32_t items)
{
    lock(policy);
    replay_store(policy->replay, name, reply, len, items);
    unlock(policy);
}

void policy_failed(struct policy *policy, const struct query_name *name)
{
    lock(policy);
    replay_forget(policy->replay, name);
    unlock(policy);
}

bool policy_flush(struct policy *policy, struct err *err)
{
    lock(policy);
    struct vault_counter *changed = mem_array(policy->counted_count, sizeof *changed);
    size_t count = 0;
    for (size_t i = 0; i < policy->counted_count; i++) {
        if (policy->counted[i].dirty) changed[count++] = policy->counted[i].counter;
        policy->counted[i].dirty = false;
    }
    unlock(policy);
    /* Written without the lock: an import may hold the vault for a while, and queries go on. */
    bool ok = count == 0 || vault_counters_write(policy->vault, changed, count, err);
    if (!ok) {
        lock(policy);
        for (size_t i = 0; i < count; i++) counter_of(policy, changed[i].la)->dirty = true;
        unlock(policy);
    }
    free(changed);
    return ok;
}

void policy_total(struct policy *policy, int64_t now_ms, struct policy_totals *out)
{
    int32_t today = clock_london_day(now_ms);
    *out = (struct policy_totals){0};
    lock(policy);
    for (size_t i = 0; i < policy->counted_count; i++) {
        const struct vault_day *day = vault_counter_day(&policy->counted[i].counter, today);
        if (day->day != today || day->count == 0) continue;
        out->used += day->count;
        out->las++;
        if (policy->budget > 0 && day->count >= policy->budget) out->at_limit++;
    }
    unlock(policy);
}
