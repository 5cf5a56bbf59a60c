/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/rpc/rpc_meter.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/clock.h"
#include "proto/base/mem.h"
#include "proto/rpc/rpc_bucket.h"

/* Refusals of one organisation a second, with its burst, after which its connections are cut. */
enum { STRIKES_PER_S = 5, LOG_MS = 1000, BYTES_A_UNIT = 1024 };

struct rpc_meter {
    struct rpc_meters *meters;
    struct rpc_meter *next;
    enum role role;
    char id[ID_MAX + 1];
    uint32_t open;
    int64_t logged_ms;
    struct rpc_bucket streams, messages, bytes, strikes;
};

/* As many organisations as the Authority has certified: a plain list. */
struct rpc_meters {
    pthread_mutex_t lock;
    struct rpc_limits limits;
    struct rpc_refused refused;
    struct rpc_meter *first;
};

struct rpc_meters *rpc_meters_new(const struct rpc_limits *limits)
{
    struct rpc_meters *meters = mem_new(struct rpc_meters);
    REQUIRE(pthread_mutex_init(&meters->lock, NULL) == 0);
    meters->limits = *limits;
    return meters;
}

void rpc_meters_free(struct rpc_meters *meters)
{
    while (meters->first) {
        struct rpc_meter *meter = meters->first;
        meters->first = meter->next;
        free(meter);
    }
    (void)pthread_mutex_destroy(&meters->lock);
    free(meters);
}

/* With the lock held. */
static struct rpc_meter *find(struct rpc_meters *meters, enum role role, const char *id)
{
    struct rpc_meter *meter = meters->first;
    while (meter && (meter->role != role || strcmp(meter->id, id) != 0)) meter = meter->next;
    if (meter) return meter;
    meter = mem_new(struct rpc_meter);
    *meter = (struct rpc_meter){.meters = meters, .next = meters->first, .role = role};
    (void)snprintf(meter->id, sizeof meter->id, "%s", id);
    meters->first = meter;
    return meter;
}

static bool refuse(struct err *err, const char *field, const char *what, uint32_t limit)
{
    (void)err_set(err, ERR_BUDGET, field, "more than %u %s", limit, what);
    return err_retry(err, RPC_BUSY_RETRY_MS);
}

bool rpc_meter_open(struct rpc_meters *meters, enum role role, const char *id,
                    struct rpc_meter **out, struct err *err)
{
    const struct rpc_limits *limits = &meters->limits;
    int64_t now_ms = clock_steady_ms();
    (void)pthread_mutex_lock(&meters->lock);
    struct rpc_meter *meter = find(meters, role, id);
    bool fast = !rpc_bucket_take(&meter->streams, limits->streams_per_s, 1, now_ms);
    bool many = meter->open >= limits->streams;
    meter->open++;
    if (fast || many) meters->refused.streams++;
    (void)pthread_mutex_unlock(&meters->lock);
    *out = meter;
    if (fast) return refuse(err, "streams", "streams a second", limits->streams_per_s);
    return !many || refuse(err, "streams", "open streams", limits->streams);
}

void rpc_meter_close(struct rpc_meter *meter)
{
    (void)pthread_mutex_lock(&meter->meters->lock);
    meter->open--;
    (void)pthread_mutex_unlock(&meter->meters->lock);
}

bool rpc_meter_message(struct rpc_meter *meter, size_t len, struct err *err)
{
    struct rpc_meters *meters = meter->meters;
    const struct rpc_limits *limits = &meters->limits;
    int64_t now_ms = clock_steady_ms();
    (void)pthread_mutex_lock(&meters->lock);
    bool fast = !rpc_bucket_take(&meter->messages, limits->messages_per_s, 1, now_ms);
    bool large = !rpc_bucket_take(&meter->bytes, limits->mib_per_s * BYTES_A_UNIT,
                                  len / BYTES_A_UNIT, now_ms);
    if (fast) meters->refused.messages++;
    if (large && !fast) meters->refused.bytes++;
    (void)pthread_mutex_unlock(&meters->lock);
    if (fast) return refuse(err, "messages", "messages a second", limits->messages_per_s);
    return !large || refuse(err, "bytes", "MiB a second", limits->mib_per_s);
}

bool rpc_meter_strike(struct rpc_meter *meter, bool *loud)
{
    int64_t now_ms = clock_steady_ms();
    (void)pthread_mutex_lock(&meter->meters->lock);
    *loud = meter->logged_ms == 0 || now_ms >= meter->logged_ms + LOG_MS;
    if (*loud) meter->logged_ms = now_ms;
    bool out = !rpc_bucket_take(&meter->strikes, STRIKES_PER_S, 1, now_ms);
    if (out) meter->meters->refused.cut++;
    (void)pthread_mutex_unlock(&meter->meters->lock);
    return out;
}

void rpc_meters_refused(struct rpc_meters *meters, struct rpc_refused *out)
{
    (void)pthread_mutex_lock(&meters->lock);
    out->streams += meters->refused.streams;
    out->messages += meters->refused.messages;
    out->bytes += meters->refused.bytes;
    out->cut += meters->refused.cut;
    (void)pthread_mutex_unlock(&meters->lock);
}
