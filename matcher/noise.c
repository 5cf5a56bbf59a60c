/* SPDX-License-Identifier: Apache-2.0 */
#include "matcher/noise.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/mem.h"

struct noisy {
    enum role role;
    char id[ID_MAX + 1];
    uint32_t entries;
};

/* As many peers as the Authority has certified: a plain array. */
struct noise {
    pthread_mutex_t mutex;
    struct noisy *peers;
    size_t count, capacity;
    int64_t until_ms;
};

struct noise *noise_new(void)
{
    struct noise *noise = mem_new(struct noise);
    REQUIRE(pthread_mutex_init(&noise->mutex, NULL) == 0);
    return noise;
}

void noise_free(struct noise *noise)
{
    if (!noise) return;
    (void)pthread_mutex_destroy(&noise->mutex);
    free(noise->peers);
    free(noise);
}

static struct noisy *find(struct noise *noise, enum role role, const char *id)
{
    for (size_t i = 0; i < noise->count; i++) {
        struct noisy *peer = &noise->peers[i];
        if (peer->role == role && strcmp(peer->id, id) == 0) return peer;
    }
    if (noise->count == noise->capacity) {
        noise->capacity = noise->capacity ? noise->capacity * 2 : 64;
        noise->peers = mem_resize(noise->peers, noise->capacity, sizeof *noise->peers);
    }
    struct noisy *fresh = &noise->peers[noise->count++];
    *fresh = (struct noisy){.role = role};
    (void)snprintf(fresh->id, sizeof fresh->id, "%s", id);
    return fresh;
}

bool noise_admit(struct noise *noise, enum role role, const char *id, int64_t steady_ms, bool *last)
{
    (void)pthread_mutex_lock(&noise->mutex);
    if (steady_ms >= noise->until_ms) {
        noise->count = 0;
        noise->until_ms = steady_ms + NOISE_PERIOD_MS;
    }
    struct noisy *peer = find(noise, role, id);
    bool admitted = peer->entries < NOISE_MAX;
    if (admitted) peer->entries++;
    *last = admitted && peer->entries == NOISE_MAX;
    (void)pthread_mutex_unlock(&noise->mutex);
    return admitted;
}
