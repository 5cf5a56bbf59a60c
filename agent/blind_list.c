/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/blind_list.h"

#include <string.h>

struct span {
    uint16_t hard_count, soft_count;
    bool dummy;
};
struct positions {
    uint16_t hard[SLOTS_MAX + 1], soft[SLOTS_MAX + 1];
};

void blind_list_start(struct blind_list *list, const struct blind_question *question)
{
    *list = (struct blind_list){.question = question, .room = secret_new(sizeof(struct positions))};
}

void blind_list_free(struct blind_list *list)
{
    buf_wipe(&list->hard);
    buf_wipe(&list->soft);
    buf_wipe(&list->carers);
    buf_wipe(&list->frames);
    secret_free(&list->room);
}

void blind_list_add(struct blind_list *list, const struct slot_set *set)
{
    const struct blind_question *question = list->question;
    struct positions *at = (struct positions *)(void *)list->room.data;
    size_t hard_count = 0;
    size_t soft_count = 0;
    bool inside = slot_set_positions(set, question->catalogue, question->layout,
                                     question->query->footprint, question->query->footprint_count,
                                     at->hard, &hard_count, at->soft, &soft_count);
    slot_set_frame(set, &list->frames);
    const struct span span = {(uint16_t)hard_count, (uint16_t)soft_count,
                              !inside || !set->placeable};
    buf_append(&list->hard, at->hard, hard_count * sizeof at->hard[0]);
    buf_append(&list->soft, at->soft, soft_count * sizeof at->soft[0]);
    buf_append(&list->carers, &span, sizeof span);
    list->count++;
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

static void fill_reply(struct reply *reply, const struct blind_question *question, const void *c1,
                       const void *c2, uint32_t count)
{
    *reply = (struct reply){.epoch = question->query->epoch, .count = count};
    memcpy(reply->query_hash, question->query_hash, HASH_BYTES);
    size_t len = strlen(question->agent);
    REQUIRE(len <= ID_MAX);
    memcpy(reply->agent, question->agent, len + 1);
    reply_half_hash(reply->c1_hash, 1, c1, (size_t)count * POINT_BYTES);
    reply_half_hash(reply->c2_hash, 2, c2, (size_t)count * POINT_BYTES);
}

void blind_list_evaluate(const struct blind_list *list, const struct secret *seed,
                         struct reply *reply, struct buf *c1, struct buf *c2)
{
    const struct blind_question *question = list->question;
    REQUIRE(seed->len == SEED_BYTES);
    uint32_t count = blind_size_class(list->count);
    uint8_t *first = buf_reserve(c1, (size_t)count * POINT_BYTES);
    uint8_t *second = buf_reserve(c2, (size_t)count * POINT_BYTES);
    struct secret profiles = make_profiles(list);
    blind_evaluate(first, second, question->layout, question->query->ciphertexts.data,
                   question->joint_key, (const struct blind_profile *)(const void *)profiles.data,
                   list->count, seed->data, question->query_hash, question->pool);
    secret_free(&profiles);
    fill_reply(reply, question, first, second, count);
    reply_commit(reply, seed->data, list->frames.data, list->frames.len);
}
