/* SPDX-License-Identifier: Apache-2.0 */
#include "matcher/epoch.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "matcher/rank.h"
#include "proto/base/clock.h"
#include "proto/base/mem.h"

enum { NEAR_MS = 100, BACK_MS = 10000 };

/* What epoch_ref counts, behind the public part. */
struct held {
    struct epoch_key key; /* first: a pointer to one is a pointer to the other */
    atomic_uint refs;
};

struct epochs {
    pthread_mutex_t mutex;
    const struct identity *identity;
    struct audit *audit;
    int64_t period_ms;
    struct epoch_key *current, *previous; /* previous: NULL where there is none */
};

const struct scalar *epoch_scalar(const struct epoch_key *epoch)
{
    return (const struct scalar *)(const void *)epoch->m.data;
}

struct epoch_key *epoch_ref(struct epoch_key *epoch)
{
    (void)atomic_fetch_add(&((struct held *)(void *)epoch)->refs, 1);
    return epoch;
}

void epoch_unref(struct epoch_key *epoch)
{
    if (!epoch || atomic_fetch_sub(&((struct held *)(void *)epoch)->refs, 1) != 1) return;
    secret_free(&epoch->m);
    secret_free(&epoch->tie_seed);
    signed_bytes_free(&epoch->body);
    free(epoch);
}

void epoch_tie_commitment(uint8_t out[HASH_BYTES], const uint8_t *tie_seed)
{
    hash_once(out, "hearth v1 tie seed", tie_seed, TIE_SEED_BYTES);
}

/* An epoch is named by the millisecond in which it was drawn: no two may share one. A clock that
 * was set back a little is waited for; one that was set back far gives a name of its own. */
static bool is_taken(const struct epoch_key *epoch)
{
    uint64_t now = (uint64_t)clock_wall_ms();
    return epoch && now <= epoch->record.epoch && epoch->record.epoch - now < NEAR_MS;
}

static struct epoch_key *draw(struct epochs *epochs, int64_t now_ms)
{
    while (is_taken(epochs->current) || is_taken(epochs->previous)) {
    }
    const struct certificate *own = identity_certificate(epochs->identity);
    struct held *held = mem_new(struct held);
    atomic_init(&held->refs, 1);
    struct epoch_key *epoch = &held->key;
    epoch->m = secret_new(sizeof(struct scalar));
    epoch->tie_seed = secret_random(TIE_SEED_BYTES);
    uint8_t commitment[HASH_BYTES];
    epoch_tie_commitment(commitment, epoch->tie_seed.data);
    epoch_make(own->organisation, now_ms, now_ms + epochs->period_ms, commitment,
               (struct scalar *)(void *)epoch->m.data, &epoch->record, &epoch->body.body);
    identity_sign_body(epochs->identity, TAG_EPOCH, &epoch->body);
    return epoch;
}

static void log_epoch(struct epochs *epochs, const struct epoch_key *epoch)
{
    struct buf fields = {0};
    audit_number(&fields, "epoch", epoch->record.epoch);
    audit_bytes(&fields, "key", epoch->record.key_bytes, POINT_BYTES);
    audit_bytes(&fields, "tie_commitment", epoch->record.tie_commitment, HASH_BYTES);
    audit_add(epochs->audit, AUDIT_EPOCH, &fields);
}

/* The seed may be known only when no search can be ranked with it any more. */
static void retire(struct epochs *epochs, struct epoch_key *epoch)
{
    if (!epoch) return;
    struct buf fields = {0};
    audit_number(&fields, "epoch", epoch->record.epoch);
    audit_bytes(&fields, "seed", epoch->tie_seed.data, epoch->tie_seed.len);
    audit_add(epochs->audit, AUDIT_TIE_SEED, &fields);
    epoch_unref(epoch);
}

struct epochs *epochs_start(const struct identity *identity, struct audit *audit,
                            uint32_t epoch_hours, int64_t now_ms)
{
    struct epochs *epochs = mem_new(struct epochs);
    REQUIRE(pthread_mutex_init(&epochs->mutex, NULL) == 0);
    epochs->identity = identity;
    epochs->audit = audit;
    epochs->period_ms = (int64_t)epoch_hours * 3600000;
    epochs->current = draw(epochs, now_ms);
    log_epoch(epochs, epochs->current);
    return epochs;
}

void epochs_stop(struct epochs *epochs)
{
    if (!epochs) return;
    retire(epochs, epochs->previous);
    retire(epochs, epochs->current);
    (void)pthread_mutex_destroy(&epochs->mutex);
    free(epochs);
}

bool epochs_tick(struct epochs *epochs, int64_t now_ms)
{
    (void)pthread_mutex_lock(&epochs->mutex);
    const struct epoch_record *record = &epochs->current->record;
    /* One of the future is refused by everybody: the clock was set back since it was drawn. */
    bool over = now_ms >= record->not_after || now_ms < record->not_before - BACK_MS;
    if (over) {
        retire(epochs, epochs->previous);
        epochs->previous = epochs->current;
        epochs->current = draw(epochs, now_ms);
        log_epoch(epochs, epochs->current);
    }
    if (epochs->previous && now_ms >= epochs->previous->record.not_after + EPOCH_KEEP_MS) {
        retire(epochs, epochs->previous);
        epochs->previous = NULL;
    }
    (void)pthread_mutex_unlock(&epochs->mutex);
    return over;
}

struct epoch_key *epochs_current(struct epochs *epochs)
{
    (void)pthread_mutex_lock(&epochs->mutex);
    struct epoch_key *epoch = epoch_ref(epochs->current);
    (void)pthread_mutex_unlock(&epochs->mutex);
    return epoch;
}

static bool usable(const struct epoch_key *epoch, uint64_t id, int64_t now_ms)
{
    return epoch && epoch->record.epoch == id &&
           now_ms < epoch->record.not_after + EPOCH_KEEP_MS - EPOCH_MARGIN_MS;
}

bool epochs_find(struct epochs *epochs, uint64_t epoch, int64_t now_ms, struct epoch_key **out,
                 struct err *err)
{
    struct epoch_key *found = NULL;
    (void)pthread_mutex_lock(&epochs->mutex);
    if (usable(epochs->current, epoch, now_ms)) found = epoch_ref(epochs->current);
    if (!found && usable(epochs->previous, epoch, now_ms)) found = epoch_ref(epochs->previous);
    uint64_t current = epochs->current->record.epoch;
    (void)pthread_mutex_unlock(&epochs->mutex);
    if (found) {
        *out = found;
        return true;
    }
    return err_set(err, ERR_EXPIRED, "epoch", "%llu is over or unknown; the present one is %llu",
                   (unsigned long long)epoch, (unsigned long long)current);
}
