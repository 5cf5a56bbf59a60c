/* SPDX-License-Identifier: Apache-2.0 */
#include "matcher/reliability.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "matcher/rank.h"
#include "proto/base/clock.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"

static const int64_t HOUR_MS = 3600000;

void reliability_add(struct reliability_tally *tally, const struct mail_thread *thread,
                     uint32_t answer_hours, int64_t now_ms)
{
    int64_t opened = thread->opened_at, answered = thread->answered_at;
    int64_t closed = thread->closed_at, due = opened + (int64_t)answer_hours * HOUR_MS;
    if (opened < now_ms - MAILBOX_COUNTED_DAYS * 24 * HOUR_MS) return;
    /* Withdrawn while there was still time to answer: what came after it is no fault. */
    if (closed != 0 && closed < due && (answered == 0 || answered > closed)) return;
    if (answered == 0 && now_ms < due) return;
    tally->counted++;
    if (answered != 0 && answered <= due) tally->in_time++;
}

unsigned reliability_class(const struct reliability_tally *tally)
{
    uint64_t counted = tally->counted, in_time = tally->in_time;
    if (counted < RELIABILITY_LEAST || in_time * 100 >= counted * 90) return RELIABILITY_TOP;
    if (in_time * 100 >= counted * 75) return 1;
    return in_time * 100 >= counted * 50 ? 2 : RELIABILITY_CLASSES - 1;
}

/* ---- all agencies ---- */

struct answerer {
    char id[ID_MAX + 1];
    struct reliability_tally tally;
};

struct reliability {
    atomic_uint refs;
    struct answerer *agencies; /* ascending by id */
    size_t count, capacity;
    uint32_t answer_hours;
    int64_t now_ms;
};

/* The first that is not before `id`. */
static size_t place_of(const struct reliability *reliability, const char *id)
{
    size_t low = 0, high = reliability->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(reliability->agencies[middle].id, id) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static bool is_at(const struct reliability *reliability, size_t place, const char *id)
{
    return place < reliability->count && strcmp(reliability->agencies[place].id, id) == 0;
}

static struct answerer *find_or_add(struct reliability *reliability, const char *id)
{
    size_t place = place_of(reliability, id);
    if (is_at(reliability, place, id)) return &reliability->agencies[place];
    if (reliability->count == reliability->capacity) {
        reliability->capacity = reliability->capacity ? reliability->capacity * 2 : 64;
        reliability->agencies =
            mem_resize(reliability->agencies, reliability->capacity, sizeof(struct answerer));
    }
    struct answerer *added = &reliability->agencies[place];
    memmove(added + 1, added, (reliability->count - place) * sizeof *added);
    reliability->count++;
    *added = (struct answerer){.tally = {0}};
    memcpy(added->id, id, strnlen(id, ID_MAX));
    return added;
}

static bool add_thread(const struct mail_thread *thread, void *ctx, struct err *err)
{
    struct reliability *reliability = ctx;
    (void)err;
    reliability_add(&find_or_add(reliability, thread->agency)->tally, thread,
                    reliability->answer_hours, reliability->now_ms);
    return true;
}

bool reliability_read(struct mailbox *mailbox, uint32_t answer_hours, int64_t now_ms,
                      struct reliability **out, struct err *err)
{
    struct reliability *reliability = mem_new(struct reliability);
    atomic_init(&reliability->refs, 1);
    reliability->answer_hours = answer_hours;
    reliability->now_ms = now_ms;
    if (!mailbox_threads(mailbox, add_thread, reliability, err)) {
        reliability_unref(reliability);
        return false;
    }
    *out = reliability;
    return true;
}

struct reliability *reliability_ref(struct reliability *reliability)
{
    (void)atomic_fetch_add(&reliability->refs, 1);
    return reliability;
}

void reliability_unref(struct reliability *reliability)
{
    if (!reliability || atomic_fetch_sub(&reliability->refs, 1) != 1) return;
    free(reliability->agencies);
    free(reliability);
}

unsigned reliability_of(const struct reliability *reliability, const char *agency)
{
    size_t place = place_of(reliability, agency);
    if (!is_at(reliability, place, agency)) return RELIABILITY_TOP;
    return reliability_class(&reliability->agencies[place].tally);
}

/* ---- in force ---- */

struct answering {
    struct mailbox *mailbox;
    uint32_t answer_hours;
    int64_t due_ms;
    pthread_mutex_t mutex; /* guards what follows */
    struct reliability *present;
};

bool answering_start(struct mailbox *mailbox, uint32_t answer_hours, struct answering **out,
                     struct err *err)
{
    struct reliability *first = NULL;
    if (!reliability_read(mailbox, answer_hours, clock_wall_ms(), &first, err)) return false;
    struct answering *answering = mem_new(struct answering);
    *answering = (struct answering){.mailbox = mailbox,
                                    .answer_hours = answer_hours,
                                    .due_ms = clock_steady_ms() + ANSWERING_PERIOD_MS,
                                    .present = first};
    REQUIRE(pthread_mutex_init(&answering->mutex, NULL) == 0);
    *out = answering;
    return true;
}

void answering_stop(struct answering *answering)
{
    if (!answering) return;
    reliability_unref(answering->present);
    (void)pthread_mutex_destroy(&answering->mutex);
    free(answering);
}

void answering_tick(struct answering *answering, int64_t steady_ms)
{
    struct reliability *fresh = NULL;
    struct err err;
    if (steady_ms < answering->due_ms) return;
    answering->due_ms = steady_ms + ANSWERING_PERIOD_MS;
    if (!reliability_read(answering->mailbox, answering->answer_hours, clock_wall_ms(), &fresh,
                          &err)) {
        log_err(LOG_LEVEL_ERROR, "reliability_kept", &err);
        return;
    }
    (void)pthread_mutex_lock(&answering->mutex);
    struct reliability *old = answering->present;
    answering->present = fresh;
    (void)pthread_mutex_unlock(&answering->mutex);
    reliability_unref(old);
}

struct reliability *answering_now(struct answering *answering)
{
    (void)pthread_mutex_lock(&answering->mutex);
    struct reliability *present = reliability_ref(answering->present);
    (void)pthread_mutex_unlock(&answering->mutex);
    return present;
}
