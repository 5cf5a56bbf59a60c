/* SPDX-License-Identifier: Apache-2.0 */
#include "matcher/searches.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "matcher/search.h"
#include "proto/base/mem.h"

struct place {
    struct search *search;
    char la[ID_MAX + 1];
    bool named;
    uint8_t hash[HASH_BYTES];
};

struct searches {
    pthread_mutex_t mutex;
    uint32_t max, max_per_la;
    struct place *places; /* `max` of them, the first `count` in use */
    size_t count;
};

struct searches *searches_new(uint32_t max, uint32_t max_per_la)
{
    struct searches *searches = mem_new(struct searches);
    REQUIRE(pthread_mutex_init(&searches->mutex, NULL) == 0);
    searches->max = max;
    searches->max_per_la = max_per_la;
    searches->places = mem_array(max, sizeof *searches->places);
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

bool searches_enter(struct searches *searches, struct search *search, const char *la,
                    struct err *err)
{
    (void)pthread_mutex_lock(&searches->mutex);
    size_t own = count_la(searches, la);
    bool room = searches->count < searches->max && own < searches->max_per_la;
    if (room) {
        struct place *place = &searches->places[searches->count++];
        *place = (struct place){.search = search_ref(search)};
        (void)snprintf(place->la, sizeof place->la, "%s", la);
    }
    (void)pthread_mutex_unlock(&searches->mutex);
    if (room) return true;
    return own >= searches->max_per_la
               ? err_set(err, ERR_BUDGET, "searches",
                         "%u searches of %s are open already; try again in 10 s",
                         searches->max_per_la, la)
               : err_set(err, ERR_BUDGET, "searches",
                         "%u searches are open already; try again in 10 s", searches->max);
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

void searches_leave(struct searches *searches, struct search *search)
{
    (void)pthread_mutex_lock(&searches->mutex);
    struct place *place = find(searches, search);
    if (place) *place = searches->places[--searches->count];
    (void)pthread_mutex_unlock(&searches->mutex);
    if (place) search_unref(search);
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
