/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/rpc/work.h"

#include <stdlib.h>

#include "proto/base/buf.h"
#include "proto/base/mem.h"

struct job {
    struct work *work;
    const struct work_kind *kind;
    void *owner;
    struct buf message;
    bool is_last;
};

static void run_job(void *ctx)
{
    static const uint8_t nothing = 0; /* of an empty message, which is one too */
    struct job *job = ctx;
    const uint8_t *data = job->message.data ? job->message.data : &nothing;
    job->kind->step(job->owner, job->is_last ? NULL : data, job->message.len);
    (void)atomic_fetch_sub(&job->work->messages, 1);
    (void)atomic_fetch_sub(&job->work->bytes, job->message.len);
    job->kind->done(job->owner);
    buf_free(&job->message);
    free(job);
}

bool work_has_room(struct work *work, size_t len, size_t messages_max, size_t bytes_max)
{
    return atomic_load(&work->messages) < messages_max &&
           atomic_load(&work->bytes) + len <= bytes_max;
}

void work_add(struct work *work, struct pool *thread, const struct work_kind *kind, void *owner,
              const uint8_t *data, size_t len)
{
    struct job *job = mem_new(struct job);
    *job = (struct job){.work = work, .kind = kind, .owner = owner, .is_last = !data};
    buf_append(&job->message, data, len);
    (void)atomic_fetch_add(&work->messages, 1);
    (void)atomic_fetch_add(&work->bytes, len);
    pool_run(thread, run_job, job);
}
