/* SPDX-License-Identifier: Apache-2.0 */
#include "matcher/fleet.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/mem.h"

struct fleet {
    pthread_mutex_t mutex;
    struct agent **agents; /* ascending by id */
    size_t count, capacity;
};

struct agent *agent_new(struct matcher *matcher, struct rpc_stream *stream)
{
    struct agent *agent = mem_new(struct agent);
    atomic_init(&agent->refs, 1);
    agent->matcher = matcher;
    agent->stream = stream;
    rpc_stream_ref(stream);
    (void)snprintf(agent->id, sizeof agent->id, "%s", rpc_stream_peer_id(stream));
    return agent;
}

struct agent *agent_ref(struct agent *agent)
{
    (void)atomic_fetch_add(&agent->refs, 1);
    return agent;
}

void agent_unref(struct agent *agent)
{
    if (!agent || atomic_fetch_sub(&agent->refs, 1) != 1) return;
    if (atomic_load(&agent->greeted)) certificate_free(&agent->certificate);
    rpc_stream_unref(agent->stream);
    free(agent);
}

struct fleet *fleet_new(void)
{
    struct fleet *fleet = mem_new(struct fleet);
    REQUIRE(pthread_mutex_init(&fleet->mutex, NULL) == 0);
    return fleet;
}

void fleet_free(struct fleet *fleet)
{
    if (!fleet) return;
    for (size_t i = 0; i < fleet->count; i++) agent_unref(fleet->agents[i]);
    free(fleet->agents);
    (void)pthread_mutex_destroy(&fleet->mutex);
    free(fleet);
}

/* The place where `id` is or would stand. */
static size_t place_of(const struct fleet *fleet, const char *id)
{
    size_t low = 0, high = fleet->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(fleet->agents[middle]->id, id) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static void insert(struct fleet *fleet, size_t place, struct agent *agent)
{
    if (fleet->count == fleet->capacity) {
        fleet->capacity = fleet->capacity ? fleet->capacity * 2 : 64;
        fleet->agents = mem_resize(fleet->agents, fleet->capacity, sizeof(struct agent *));
    }
    memmove(&fleet->agents[place + 1], &fleet->agents[place],
            (fleet->count - place) * sizeof(struct agent *));
    fleet->agents[place] = agent_ref(agent);
    fleet->count++;
}

struct agent *fleet_attach(struct fleet *fleet, struct agent *agent)
{
    struct agent *older = NULL;
    (void)pthread_mutex_lock(&fleet->mutex);
    size_t place = place_of(fleet, agent->id);
    if (place < fleet->count && strcmp(fleet->agents[place]->id, agent->id) == 0) {
        older = fleet->agents[place];
        fleet->agents[place] = agent_ref(agent);
    } else {
        insert(fleet, place, agent);
    }
    (void)pthread_mutex_unlock(&fleet->mutex);
    return older;
}

bool fleet_detach(struct fleet *fleet, struct agent *agent)
{
    (void)pthread_mutex_lock(&fleet->mutex);
    size_t place = place_of(fleet, agent->id);
    bool in = place < fleet->count && fleet->agents[place] == agent;
    if (in) {
        fleet->count--;
        memmove(&fleet->agents[place], &fleet->agents[place + 1],
                (fleet->count - place) * sizeof(struct agent *));
    }
    (void)pthread_mutex_unlock(&fleet->mutex);
    if (in) agent_unref(agent);
    return in;
}

size_t fleet_count(struct fleet *fleet)
{
    (void)pthread_mutex_lock(&fleet->mutex);
    size_t count = fleet->count;
    (void)pthread_mutex_unlock(&fleet->mutex);
    return count;
}

struct agent **fleet_list(struct fleet *fleet, size_t *count)
{
    (void)pthread_mutex_lock(&fleet->mutex);
    *count = fleet->count;
    struct agent **agents = mem_array(fleet->count, sizeof(struct agent *));
    for (size_t i = 0; i < fleet->count; i++) agents[i] = agent_ref(fleet->agents[i]);
    (void)pthread_mutex_unlock(&fleet->mutex);
    return agents;
}

void fleet_list_free(struct agent **agents, size_t count)
{
    for (size_t i = 0; i < count; i++) agent_unref(agents[i]);
    free(agents);
}
