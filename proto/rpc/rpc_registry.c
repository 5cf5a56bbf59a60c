/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/rpc/rpc_internal.h"

void rpc_registry_init(struct rpc_registry *registry)
{
    *registry = (struct rpc_registry){0};
    REQUIRE(pthread_mutex_init(&registry->lock, NULL) == 0);
    REQUIRE(pthread_cond_init(&registry->changed, NULL) == 0);
}

void rpc_registry_destroy(struct rpc_registry *registry)
{
    REQUIRE(registry->live == 0 && !registry->first);
    pthread_cond_destroy(&registry->changed);
    pthread_mutex_destroy(&registry->lock);
}

void rpc_registry_enter(struct rpc_registry *registry)
{
    pthread_mutex_lock(&registry->lock);
    registry->live++;
    pthread_mutex_unlock(&registry->lock);
}

void rpc_registry_leave(struct rpc_registry *registry)
{
    pthread_mutex_lock(&registry->lock);
    registry->live--;
    pthread_cond_broadcast(&registry->changed);
    pthread_mutex_unlock(&registry->lock);
}

void rpc_registry_add(struct rpc_registry *registry, struct rpc_stream *stream)
{
    pthread_mutex_lock(&registry->lock);
    registry->live++;
    stream->next = registry->first;
    if (stream->next) stream->next->previous = stream;
    registry->first = stream;
    pthread_mutex_unlock(&registry->lock);
}

void rpc_registry_remove(struct rpc_registry *registry, struct rpc_stream *stream)
{
    pthread_mutex_lock(&registry->lock);
    if (stream->previous)
        stream->previous->next = stream->next;
    else
        registry->first = stream->next;
    if (stream->next) stream->next->previous = stream->previous;
    stream->previous = stream->next = NULL;
    registry->live--;
    pthread_cond_broadcast(&registry->changed);
    pthread_mutex_unlock(&registry->lock);
}

void rpc_registry_cancel_all(struct rpc_registry *registry, const char *detail)
{
    pthread_mutex_lock(&registry->lock);
    for (struct rpc_stream *stream = registry->first; stream; stream = stream->next) {
        rpc_stream_cancel(stream, RPC_UNAVAILABLE, detail);
    }
    pthread_mutex_unlock(&registry->lock);
}

void rpc_registry_wait(struct rpc_registry *registry)
{
    pthread_mutex_lock(&registry->lock);
    while (registry->live > 0) pthread_cond_wait(&registry->changed, &registry->lock);
    pthread_mutex_unlock(&registry->lock);
}
