/* SPDX-License-Identifier: Apache-2.0 */
#include "matcher/searches.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "matcher/search.h"
#include "proto/base/mem.h"

enum stage { STAGE_OPEN, STAGE_WAITING, STAGE_IN_WORK, STAGES };

struct place {
    struct search *search;
    char la[ID_MAX + 1];
    bool named;
    uint8_t hash[HASH_BYTES];
    enum stage stage;
    uint64_t arrival; /* of a waiting one */
    int64_t began_ms; /* of one in work */
};

struct searches {
    pthread_mutex_t mutex;
    struct searches_limits limits;
    struct place *places; /* `limits.max` of them, the first `count` in use */
    size_t count;
    size_t stages[STAGES]; /* how many are in each */
    uint64_t arrivals;
    int64_t work_ms; /* how long the last ones were in work, on average */
};

struct searches *searches_new(const struct searches_limits *limits)
{
    struct searches *searches = mem_new(struct searches);
    REQUIRE(pthread_mutex_init(&searches->mutex, NULL) == 0);
    REQUIRE(limits->max > 0 && limits->at_once > 0);
    searches->limits = *limits;
    searches->places = mem_array(limits->max, sizeof *searches->places);
    return searches;
}

void searches_free(struct searches *searches)
{
    if (!searches) return;
    REQUIRE(searches->count == 0);
    (void)pthread_mutex_destroy(&searches->mutex);
    free(searches->places);
    free(searches);
}

static size_t count_la(const struct searches *searches, const char *la)
{
    size_t count = 0;
    for (size_t i = 0; i < searches->count; i++) {
        if (strcmp(searches->places[i].la, la) == 0) count++;
    }
    return count;
}

static size_t waiting_of(const struct searches *searches, const char *la)
{
    size_t count = 0;
    for (size_t i = 0; i < searches->count; i++) {
        const struct place *place = &searches->places[i];
        if (place->stage == STAGE_WAITING && strcmp(place->la, la) == 0) count++;
    }
    return count;
}

static bool is_first_waiting_of_its_la(const struct searches *searches, size_t index)
{
    const struct place *place = &searches->places[index];
    if (place->stage != STAGE_WAITING) return false;
    for (size_t i = 0; i < index; i++) {
        const struct place *other = &searches->places[i];
        if (other->stage == STAGE_WAITING && strcmp(other->la, place->la) == 0) return false;
    }
    return true;
}

/* How many of those that wait would come before one of that LA that came now: turns go round, so
 * no LA's are more than its own and one. A long queue of one LA keeps nobody else out. */
static size_t count_before(const struct searches *searches, const char *la)
{
    size_t own = waiting_of(searches, la), before = own;
    for (size_t i = 0; i < searches->count; i++) {
        const char *other = searches->places[i].la;
        if (!is_first_waiting_of_its_la(searches, i) || strcmp(other, la) == 0) continue;
        size_t theirs = waiting_of(searches, other);
        before += theirs < own + 1 ? theirs : own + 1;
    }
    return before;
}

/* How long that many take, as things have gone so far. */
static int64_t time_of(const struct searches *searches, size_t count)
{
    return (int64_t)count * searches->work_ms / searches->limits.at_once;
}

/* Until half of what waits too long is done. */
static int64_t retry_ms(int64_t wait_ms)
{
    int64_t ms = wait_ms - SEARCHES_WAIT_MAX_MS / 2;
    return ms > SEARCHES_RETRY_MS ? ms : SEARCHES_RETRY_MS;
}

static bool find_room(struct searches *searches, const char *la, struct err *err)
{
    const struct searches_limits *limits = &searches->limits;
    if (count_la(searches, la) >= limits->max_per_la) {
        return err_set(err, ERR_BUDGET, "searches",
                       "as many searches of %s are open already as there may be (%u)", la,
                       limits->max_per_la) ||
               err_retry(err, SEARCHES_RETRY_MS);
    }
    int64_t wait_ms = time_of(searches, searches->stages[STAGE_WAITING]);
    if (wait_ms > SEARCHES_WAIT_MAX_MS) wait_ms = time_of(searches, count_before(searches, la));
    if (searches->count < limits->max && wait_ms <= SEARCHES_WAIT_MAX_MS) return true;
    return err_set(err, ERR_BUDGET, "searches", "as many searches are open already as %s (%zu)",
                   searches->count < limits->max ? "can be done in time" : "there may be",
                   searches->count) ||
           err_retry(err, retry_ms(wait_ms));
}

bool searches_enter(struct searches *searches, struct search *search, const char *la,
                    struct err *err)
{
    (void)pthread_mutex_lock(&searches->mutex);
    bool room = find_room(searches, la, err);
    if (room) {
        struct place *place = &searches->places[searches->count++];
        *place = (struct place){.search = search_ref(search)};
        (void)snprintf(place->la, sizeof place->la, "%s", la);
        searches->stages[STAGE_OPEN]++;
    }
    (void)pthread_mutex_unlock(&searches->mutex);
    return room;
}

static struct place *find(struct searches *searches, const struct search *search)
{
    for (size_t i = 0; i < searches->count; i++) {
        if (searches->places[i].search == search) return &searches->places[i];
    }
    return NULL;
}

void searches_name(struct searches *searches, struct search *search, const uint8_t hash[HASH_BYTES])
{
    (void)pthread_mutex_lock(&searches->mutex);
    struct place *place = find(searches, search);
    if (place) {
        memcpy(place->hash, hash, HASH_BYTES);
        place->named = true;
    }
    (void)pthread_mutex_unlock(&searches->mutex);
}

/* ---- turns; with the mutex held ---- */

static void set_stage(struct searches *searches, struct place *place, enum stage stage,
                      int64_t now_ms)
{
    enum { WEIGHT = 8 }; /* of what was, against one that is new */
    if (place->stage == STAGE_IN_WORK) {
        int64_t took_ms = now_ms - place->began_ms;
        searches->work_ms =
            searches->work_ms > 0 ? (searches->work_ms * (WEIGHT - 1) + took_ms) / WEIGHT : took_ms;
    }
    searches->stages[place->stage]--;
    searches->stages[stage]++;
    place->stage = stage;
    if (stage == STAGE_IN_WORK) place->began_ms = now_ms;
    if (stage == STAGE_WAITING) place->arrival = searches->arrivals++;
}

static size_t in_work_of(const struct searches *searches, const char *la)
{
    size_t count = 0;
    for (size_t i = 0; i < searches->count; i++) {
        const struct place *place = &searches->places[i];
        if (place->stage == STAGE_IN_WORK && strcmp(place->la, la) == 0) count++;
    }
    return count;
}

/* Whose turn it is; NULL where nobody waits, or there is no room. */
static struct search *take_next(struct searches *searches, int64_t now_ms)
{
    struct place *best = NULL;
    size_t best_load = 0;
    if (searches->stages[STAGE_IN_WORK] >= searches->limits.at_once) return NULL;
    for (size_t i = 0; i < searches->count; i++) {
        struct place *place = &searches->places[i];
        if (place->stage != STAGE_WAITING) continue;
        size_t load = in_work_of(searches, place->la);
        if (best && (load > best_load || (load == best_load && place->arrival > best->arrival))) {
            continue;
        }
        best = place;
        best_load = load;
    }
    if (!best) return NULL;
    set_stage(searches, best, STAGE_IN_WORK, now_ms);
    return search_ref(best->search);
}

bool searches_begin(struct searches *searches, struct search *search, int64_t now_ms)
{
    (void)pthread_mutex_lock(&searches->mutex);
    struct place *place = find(searches, search);
    REQUIRE(place && place->stage == STAGE_OPEN);
    bool room = searches->stages[STAGE_IN_WORK] < searches->limits.at_once;
    set_stage(searches, place, room ? STAGE_IN_WORK : STAGE_WAITING, now_ms);
    (void)pthread_mutex_unlock(&searches->mutex);
    return room;
}

struct search *searches_leave(struct searches *searches, struct search *search, int64_t now_ms)
{
    struct search *next = NULL;
    (void)pthread_mutex_lock(&searches->mutex);
    struct place *place = find(searches, search);
    if (place) {
        set_stage(searches, place, STAGE_OPEN, now_ms);
        searches->stages[STAGE_OPEN]--;
        *place = searches->places[--searches->count];
        next = take_next(searches, now_ms);
    }
    (void)pthread_mutex_unlock(&searches->mutex);
    if (place) search_unref(search);
    return next;
}

void searches_turns(struct searches *searches, size_t *waiting, size_t *in_work)
{
    (void)pthread_mutex_lock(&searches->mutex);
    *waiting = searches->stages[STAGE_WAITING];
    *in_work = searches->stages[STAGE_IN_WORK];
    (void)pthread_mutex_unlock(&searches->mutex);
}

int64_t searches_retry_ms(struct searches *searches)
{
    (void)pthread_mutex_lock(&searches->mutex);
    int64_t ms = retry_ms(time_of(searches, searches->stages[STAGE_WAITING]));
    (void)pthread_mutex_unlock(&searches->mutex);
    return ms;
}

struct search *searches_find(struct searches *searches, const uint8_t hash[HASH_BYTES])
{
    struct search *found = NULL;
    (void)pthread_mutex_lock(&searches->mutex);
    for (size_t i = 0; i < searches->count && !found; i++) {
        struct place *place = &searches->places[i];
        if (place->named && sodium_memcmp(place->hash, hash, HASH_BYTES) == 0) {
            found = search_ref(place->search);
        }
    }
    (void)pthread_mutex_unlock(&searches->mutex);
    return found;
}

size_t searches_count(struct searches *searches)
{
    (void)pthread_mutex_lock(&searches->mutex);
    size_t count = searches->count;
    (void)pthread_mutex_unlock(&searches->mutex);
    return count;
}

struct search **searches_list(struct searches *searches, size_t *count)
{
    (void)pthread_mutex_lock(&searches->mutex);
    *count = searches->count;
    struct search **list = mem_array(searches->count, sizeof(struct search *));
    for (size_t i = 0; i < searches->count; i++) list[i] = search_ref(searches->places[i].search);
    (void)pthread_mutex_unlock(&searches->mutex);
    return list;
}
