/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/crypto/query_groups.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/mem.h"

struct paid {
    char la[ID_MAX + 1];
    uint8_t group_id[GROUP_ID_BYTES];
    uint8_t hash[HASH_BYTES];
    int64_t until;
};

/* A plain array: an LA has a few at a time. */
struct query_groups {
    pthread_mutex_t mutex;
    struct paid *paid;
    size_t count, capacity;
};

struct query_groups *query_groups_new(void)
{
    struct query_groups *groups = mem_new(struct query_groups);
    REQUIRE(pthread_mutex_init(&groups->mutex, NULL) == 0);
    return groups;
}

void query_groups_free(struct query_groups *groups)
{
    if (!groups) return;
    (void)pthread_mutex_destroy(&groups->mutex);
    free(groups->paid);
    free(groups);
}

static void forget_expired(struct query_groups *groups, int64_t now_ms)
{
    size_t kept = 0;
    for (size_t i = 0; i < groups->count; i++) {
        if (groups->paid[i].until >= now_ms) groups->paid[kept++] = groups->paid[i];
    }
    groups->count = kept;
}

/* The LA's group of that id, or NULL; *own gets how many it has. */
static const struct paid *find(const struct query_groups *groups, const struct query_group *group,
                               size_t *own)
{
    const struct paid *found = NULL;
    *own = 0;
    for (size_t i = 0; i < groups->count; i++) {
        const struct paid *paid = &groups->paid[i];
        if (strcmp(paid->la, group->la) != 0) continue;
        ++*own;
        if (sodium_memcmp(paid->group_id, group->group_id, GROUP_ID_BYTES) == 0) found = paid;
    }
    return found;
}

static void add(struct query_groups *groups, const struct query_group *group,
                const uint8_t hash[HASH_BYTES])
{
    if (groups->count == groups->capacity) {
        groups->capacity = groups->capacity ? groups->capacity * 2 : 16;
        groups->paid = mem_resize(groups->paid, groups->capacity, sizeof *groups->paid);
    }
    struct paid *paid = &groups->paid[groups->count++];
    *paid = (struct paid){.until = group->expires_at + CLOCK_SKEW_MS};
    memcpy(paid->la, group->la, sizeof paid->la);
    memcpy(paid->group_id, group->group_id, GROUP_ID_BYTES);
    memcpy(paid->hash, hash, HASH_BYTES);
}

static bool admit(struct query_groups *groups, const struct query_group *group,
                  const uint8_t hash[HASH_BYTES], query_groups_pay_fn pay, void *pay_ctx,
                  struct err *err)
{
    size_t own = 0;
    const struct paid *known = find(groups, group, &own);
    if (known) {
        return sodium_memcmp(known->hash, hash, HASH_BYTES) == 0 ||
               err_set(err, ERR_EXISTS, "group.group_id", "names another group of this LA");
    }
    if (own >= QUERY_GROUPS_PER_LA) {
        return err_set(err, ERR_BUDGET, "group",
                       "%d explanations of %s have not expired yet; try again in some minutes",
                       QUERY_GROUPS_PER_LA, group->la);
    }
    if (!pay(pay_ctx, err)) return false;
    add(groups, group, hash);
    return true;
}

bool query_groups_admit(struct query_groups *groups, const struct query_group *group,
                        const uint8_t hash[HASH_BYTES], int64_t now_ms, query_groups_pay_fn pay,
                        void *pay_ctx, struct err *err)
{
    (void)pthread_mutex_lock(&groups->mutex);
    forget_expired(groups, now_ms);
    bool ok = admit(groups, group, hash, pay, pay_ctx, err);
    (void)pthread_mutex_unlock(&groups->mutex);
    return ok;
}

size_t query_groups_count(struct query_groups *groups)
{
    (void)pthread_mutex_lock(&groups->mutex);
    size_t count = groups->count;
    (void)pthread_mutex_unlock(&groups->mutex);
    return count;
}
