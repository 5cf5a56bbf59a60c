/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/evaluate.h"

#include <string.h>

#include "proto/base/mem.h"

/* The carers of the snapshot as positions in the query, nothing else: references, names and places
 * are wiped as soon as a carer's slots are known. Buffers wipe what they move out of. */
struct blind_list {
    struct buf hard, soft; /* uint16_t each, carer after carer */
    struct buf carers;     /* struct span */
    struct buf frames;     /* slot sets as evaluated, for the commitment */
    size_t count;
};
struct span {
    uint16_t hard_count, soft_count;
    bool dummy;
};

struct gathering {
    const struct evaluation *in;
    struct blind_list *list;
    struct work {
        struct slot_set set;
        uint16_t hard[SLOTS_MAX + 1], soft[SLOTS_MAX + 1];
    } * work; /* guarded */
};

static bool gather(const struct profile *profile, void *ctx, struct err *err)
{
    (void)err;
    struct gathering *g = ctx;
    struct work *work = g->work;
    size_t hard_count = 0;
    size_t soft_count = 0;
    profile_slots(profile, g->in->catalogue, g->in->today, g->in->fresh_days, &work->set);
    bool inside = slot_set_positions(&work->set, g->in->catalogue, g->in->layout,
                                     g->in->query->footprint, g->in->query->footprint_count,
                                     work->hard, &hard_count, work->soft, &soft_count);
    slot_set_frame(&work->set, &g->list->frames);
    const struct span span = {(uint16_t)hard_count, (uint16_t)soft_count,
                              !inside || !work->set.placeable};
    buf_append(&g->list->hard, work->hard, hard_count * sizeof work->hard[0]);
    buf_append(&g->list->soft, work->soft, soft_count * sizeof work->soft[0]);
    buf_append(&g->list->carers, &span, sizeof span);
    g->list->count++;
    return true;
}

static bool gather_all(struct vault *vault, const struct evaluation *in, struct blind_list *list,
                       struct err *err)
{
    struct secret room = secret_new(sizeof(struct work));
    struct gathering g = {in, list, (struct work *)(void *)room.data};
    bool ok = vault_each(vault, gather, &g, NULL, err);
    secret_free(&room);
    return ok;
}

static void wipe_list(struct blind_list *list)
{
    buf_wipe(&list->hard);
    buf_wipe(&list->soft);
    buf_wipe(&list->carers);
    buf_wipe(&list->frames);
}

/* Pointers into the lists, made once the lists have stopped growing. */
static struct secret make_profiles(const struct blind_list *list)
{
    struct secret room = secret_new((list->count + 1) * sizeof(struct blind_profile));
    struct blind_profile *profiles = (struct blind_profile *)(void *)room.data;
    const struct span *spans = (const struct span *)(const void *)list->carers.data;
    const uint16_t *hard = (const uint16_t *)(const void *)list->hard.data;
    const uint16_t *soft = (const uint16_t *)(const void *)list->soft.data;
    size_t hard_at = 0;
    size_t soft_at = 0;
    for (size_t i = 0; i < list->count; i++) {
        profiles[i] = (struct blind_profile){.hard = hard ? hard + hard_at : NULL,
                                             .soft = soft ? soft + soft_at : NULL,
                                             .hard_count = spans[i].hard_count,
                                             .soft_count = spans[i].soft_count,
                                             .dummy = spans[i].dummy};
        hard_at += spans[i].hard_count;
        soft_at += spans[i].soft_count;
    }
    return room;
}

static void fill_reply(struct reply *reply, const struct evaluation *in, const struct buf *c1,
                       const struct buf *c2, uint32_t count)
{
    *reply = (struct reply){.epoch = in->query->epoch, .count = count};
    memcpy(reply->query_hash, in->query_hash, HASH_BYTES);
    size_t len = strlen(in->agent);
    REQUIRE(len <= ID_MAX);
    memcpy(reply->agent, in->agent, len + 1);
    reply_half_hash(reply->c1_hash, 1, c1->data, c1->len);
    reply_half_hash(reply->c2_hash, 2, c2->data, c2->len);
}

bool evaluate(struct vault *vault, const struct evaluation *in, struct evaluated *out,
              struct err *err)
{
    struct blind_list list = {0};
    if (!gather_all(vault, in, &list, err)) {
        wipe_list(&list);
        return false;
    }
    struct evaluated result = {0};
    uint32_t count = blind_size_class(list.count);
    uint8_t *c1 = buf_reserve(&result.c1, (size_t)count * POINT_BYTES);
    uint8_t *c2 = buf_reserve(&result.c2, (size_t)count * POINT_BYTES);
    struct secret profiles = make_profiles(&list);
    struct secret seed = secret_random(SEED_BYTES);
    blind_evaluate(c1, c2, in->layout, in->query->ciphertexts.data, in->joint_key,
                   (const struct blind_profile *)(const void *)profiles.data, list.count, seed.data,
                   in->query_hash, in->pool);
    fill_reply(&result.reply, in, &result.c1, &result.c2, count);
    reply_commit(&result.reply, seed.data, list.frames.data, list.frames.len);
    secret_free(&seed);
    secret_free(&profiles);
    wipe_list(&list);
    *out = result;
    return true;
}

void evaluated_free(struct evaluated *evaluated)
{
    buf_free(&evaluated->c1);
    buf_free(&evaluated->c2);
}
