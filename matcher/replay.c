/* SPDX-License-Identifier: Apache-2.0 */
#include "matcher/replay.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/mem.h"

struct seen {
    char la[ID_MAX + 1];
    uint8_t query_id[QUERY_ID_BYTES];
    int64_t until;
};

/* A plain array: a query costs a hundred milliseconds of arithmetic, so that in its four minutes
 * not more than a few thousand can come. */
struct replay {
    pthread_mutex_t mutex;
    struct seen *seen;
    size_t count, capacity;
};

struct replay *replay_new(void)
{
    struct replay *replay = mem_new(struct replay);
    REQUIRE(pthread_mutex_init(&replay->mutex, NULL) == 0);
    return replay;
}

void replay_free(struct replay *replay)
{
    if (!replay) return;
    (void)pthread_mutex_destroy(&replay->mutex);
    free(replay->seen);
    free(replay);
}

static void forget_expired(struct replay *replay, int64_t now_ms)
{
    size_t kept = 0;
    for (size_t i = 0; i < replay->count; i++) {
        if (replay->seen[i].until >= now_ms) replay->seen[kept++] = replay->seen[i];
    }
    replay->count = kept;
}

static struct seen *find(struct replay *replay, const char *la, const uint8_t *query_id)
{
    for (size_t i = 0; i < replay->count; i++) {
        struct seen *seen = &replay->seen[i];
        if (sodium_memcmp(seen->query_id, query_id, QUERY_ID_BYTES) == 0 &&
            strcmp(seen->la, la) == 0) {
            return seen;
        }
    }
    return NULL;
}

bool replay_add(struct replay *replay, const char *la, const uint8_t query_id[QUERY_ID_BYTES],
                int64_t expires_at, int64_t now_ms, struct err *err)
{
    (void)pthread_mutex_lock(&replay->mutex);
    forget_expired(replay, now_ms);
    bool fresh = !find(replay, la, query_id);
    if (fresh) {
        if (replay->count == replay->capacity) {
            replay->capacity = replay->capacity ? replay->capacity * 2 : 64;
            replay->seen = mem_resize(replay->seen, replay->capacity, sizeof *replay->seen);
        }
        struct seen *seen = &replay->seen[replay->count++];
        *seen = (struct seen){.until = expires_at + CLOCK_SKEW_MS};
        (void)snprintf(seen->la, sizeof seen->la, "%s", la);
        memcpy(seen->query_id, query_id, QUERY_ID_BYTES);
    }
    (void)pthread_mutex_unlock(&replay->mutex);
    return fresh || err_set(err, ERR_EXISTS, "query_id", "this query was sent before");
}

void replay_remove(struct replay *replay, const char *la, const uint8_t query_id[QUERY_ID_BYTES])
{
    (void)pthread_mutex_lock(&replay->mutex);
    struct seen *seen = find(replay, la, query_id);
    if (seen) *seen = replay->seen[--replay->count];
    (void)pthread_mutex_unlock(&replay->mutex);
}

size_t replay_count(struct replay *replay)
{
    (void)pthread_mutex_lock(&replay->mutex);
    size_t count = replay->count;
    (void)pthread_mutex_unlock(&replay->mutex);
    return count;
}
