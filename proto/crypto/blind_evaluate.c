/* SPDX-License-Identifier: Apache-2.0
 * The agent's half: R = rho * HARD + SOFT + Enc_K(0; t) for each carer, dummies among them. */
#include <stdlib.h>
#include <string.h>

#include "proto/base/declassify.h"
#include "proto/base/mem.h"
#include "proto/crypto/blind.h"
#include "proto/crypto/permute.h"

/* The decoded part of a query: ciphertext `position` is ciphertexts[place[position]]. Where the
 * bytes are no fresh ciphertext it holds two identities. */
struct decoded {
    uint16_t *place;
    size_t positions;
    struct ciphertext *ciphertexts;
    bool *usable;
    size_t count;
};

/* What does not change from item to item. */
struct evaluation {
    struct decoded query;
    struct ciphertext gate, base;
    bool frame_usable; /* GATE and BASE */
    struct point_table *key;
    struct point generator, identity;
    struct stream stream;
};

/* The fresh scalars of one item. */
struct masks {
    struct scalar rho, rho_dummy, t;
};

/* Everything else that is secret about one item in one place, to be wiped at once. */
struct item {
    struct ciphertext hard, soft;
    struct scalar rho_c2;
    struct point factor, addend, product, fresh;
};

enum { NOT_HELD, HELD };

static void mark_held(uint16_t *place, const uint16_t *positions, size_t count, size_t limit)
{
    for (size_t i = 0; i < count; i++) {
        REQUIRE(positions[i] < limit);
        place[positions[i]] = HELD;
    }
}

/* Marks each position that some profile holds, GATE and BASE; turns the marks into places and
 * counts them. Which positions those are follows from the population alone, never from what the
 * query says. */
static void find_held(struct decoded *query, const struct blind_layout *layout,
                      const struct blind_profile *profiles, size_t count)
{
    size_t gate = blind_position_gate(layout), base = blind_position_base(layout);
    query->positions = blind_layout_count(layout);
    REQUIRE(query->positions <= BLIND_POSITIONS_MAX);
    query->place = mem_array(query->positions, sizeof *query->place);
    for (size_t i = 0; i < count; i++) {
        if (profiles[i].dummy) continue;
        mark_held(query->place, profiles[i].hard, profiles[i].hard_count, gate);
        mark_held(query->place, profiles[i].soft, profiles[i].soft_count, gate);
    }
    query->place[gate] = query->place[base] = HELD;
    query->count = 0;
    for (size_t i = 0; i < query->positions; i++)
        query->place[i] = query->place[i] == HELD ? (uint16_t)query->count++ : UINT16_MAX;
}

/* Always both halves, so that the work is the same for good and bad bytes. */
static bool decode_fresh(struct ciphertext *out, const uint8_t in[CIPHERTEXT_BYTES])
{
    bool first = point_decode(&out->c1, in), second = point_decode(&out->c2, in + POINT_BYTES);
    /* Encodings are canonical: only zeros are the identity. */
    bool usable = first & second & !sodium_is_zero(in, POINT_BYTES);
    declassify(&usable, sizeof usable); /* whoever wrote the query knows */
    if (!usable) point_identity(&out->c1);
    if (!usable) point_identity(&out->c2);
    return usable;
}

/* Decodes what is held, each ciphertext once. */
static void decode_held(struct decoded *query, const struct blind_layout *layout,
                        const uint8_t *ciphertexts, const struct blind_profile *profiles,
                        size_t count)
{
    find_held(query, layout, profiles, count);
    query->ciphertexts = mem_array(query->count, sizeof *query->ciphertexts);
    query->usable = mem_array(query->count, sizeof *query->usable);
    for (size_t i = 0; i < query->positions; i++) {
        size_t place = query->place[i];
        if (place == UINT16_MAX) continue;
        query->usable[place] =
            decode_fresh(&query->ciphertexts[place], ciphertexts + i * CIPHERTEXT_BYTES);
    }
}

static void evaluation_start(struct evaluation *evaluation, const struct blind_layout *layout,
                             const struct point *joint_key)
{
    const struct decoded *query = &evaluation->query;
    size_t gate = query->place[blind_position_gate(layout)];
    size_t base = query->place[blind_position_base(layout)];
    evaluation->gate = query->ciphertexts[gate];
    evaluation->base = query->ciphertexts[base];
    evaluation->frame_usable = query->usable[gate] && query->usable[base];
    evaluation->key = point_table_new(joint_key);
    point_base(&evaluation->generator);
    point_identity(&evaluation->identity);
}

static void wipe_and_free(void *data, size_t len)
{
    sodium_memzero(data, len);
    free(data);
}

static void evaluation_wipe(struct evaluation *evaluation)
{
    struct decoded *query = &evaluation->query;
    wipe_and_free(query->place, query->positions * sizeof *query->place);
    wipe_and_free(query->ciphertexts, query->count * sizeof *query->ciphertexts);
    wipe_and_free(query->usable, query->count * sizeof *query->usable);
    point_table_free(evaluation->key);
    stream_wipe(&evaluation->stream);
    sodium_memzero(evaluation, sizeof *evaluation);
}

/* sum += the ciphertexts at `positions`. Sums whatever is there; false where one was not usable. */
static bool add_positions(struct ciphertext *sum, const struct decoded *query,
                          const uint16_t *positions, size_t count)
{
    bool usable = true;
    for (size_t i = 0; i < count; i++) {
        size_t place = query->place[positions[i]];
        elgamal_add(sum, sum, &query->ciphertexts[place]);
        usable &= query->usable[place];
    }
    return usable;
}

/* out = rho * (dummy ? B : hard) + (dummy ? 0 : soft) + fresh. A dummy multiplies B, so that nobody
 * who writes a query chooses what is multiplied: its halves are random whatever the ciphertexts
 * are. */
static void mask_half(uint8_t out[POINT_BYTES], struct item *item,
                      const struct evaluation *evaluation, const struct point *hard,
                      const struct point *soft, const struct scalar *rho, bool dummy)
{
    point_select(&item->factor, hard, &evaluation->generator, dummy);
    point_select(&item->addend, soft, &evaluation->identity, dummy);
    point_mul(&item->product, &item->factor, rho);
    point_add(&item->product, &item->product, &item->addend);
    point_add(&item->product, &item->product, &item->fresh);
    point_encode(out, &item->product);
}

/* profile: NULL for padding. Each kind of item multiplies as often. */
static void evaluate_item(uint8_t c1[POINT_BYTES], uint8_t c2[POINT_BYTES],
                          const struct evaluation *evaluation, const struct masks *masks,
                          const struct blind_profile *profile)
{
    struct item item;
    bool dummy = profile == NULL || profile->dummy || !evaluation->frame_usable;
    item.hard = evaluation->gate;
    item.soft = evaluation->base;
    if (profile && !profile->dummy) {
        const struct decoded *query = &evaluation->query;
        dummy |= !add_positions(&item.hard, query, profile->hard, profile->hard_count);
        dummy |= !add_positions(&item.soft, query, profile->soft, profile->soft_count);
    }
    point_mul_base(&item.fresh, &masks->t);
    mask_half(c1, &item, evaluation, &item.hard.c1, &item.soft.c1, &masks->rho, dummy);
    /* An independent factor in the second half makes a dummy decrypt to a random point. */
    scalar_select(&item.rho_c2, &masks->rho, &masks->rho_dummy, dummy);
    point_mul_table(&item.fresh, evaluation->key, &masks->t);
    mask_half(c2, &item, evaluation, &item.hard.c2, &item.soft.c2, &item.rho_c2, dummy);
    sodium_memzero(&item, sizeof item);
}

/* Items in the order of the profiles, moved to their places by the stream's permutation. */
static void shuffle(uint8_t *c1, uint8_t *c2, uint8_t *items, size_t count, struct stream *stream)
{
    uint32_t *place = mem_array(count, sizeof *place);
    stream_permutation(stream, place, count);
    /* mem_array's blocks are aligned for any type. */
    permute((uint64_t *)(void *)items, CIPHERTEXT_BYTES / sizeof(uint64_t), place, count);
    for (size_t i = 0; i < count; i++) {
        const uint8_t *item = items + i * CIPHERTEXT_BYTES;
        memcpy(c1 + i * POINT_BYTES, item, POINT_BYTES);
        memcpy(c2 + i * POINT_BYTES, item + POINT_BYTES, POINT_BYTES);
    }
    wipe_and_free(place, count * sizeof *place);
}

/* The stream is consumed in the order of the items, whoever evaluates them. */
static struct masks *draw_masks(struct stream *stream, size_t items)
{
    struct masks *masks = mem_array(items, sizeof *masks);
    for (size_t i = 0; i < items; i++) {
        stream_scalar(stream, &masks[i].rho);
        stream_scalar(stream, &masks[i].rho_dummy);
        stream_scalar(stream, &masks[i].t);
    }
    return masks;
}

enum { ITEMS_A_TASK = 128 };

struct tasks {
    const struct evaluation *evaluation;
    const struct masks *masks;
    const struct blind_profile *profiles;
    size_t profile_count, item_count;
    uint8_t *items; /* CIPHERTEXT_BYTES each */
};

static void run_task(size_t task, void *ctx)
{
    const struct tasks *tasks = ctx;
    size_t end = (task + 1) * ITEMS_A_TASK;
    if (end > tasks->item_count) end = tasks->item_count;
    for (size_t i = task * ITEMS_A_TASK; i < end; i++) {
        uint8_t *item = tasks->items + i * CIPHERTEXT_BYTES;
        evaluate_item(item, item + POINT_BYTES, tasks->evaluation, &tasks->masks[i],
                      i < tasks->profile_count ? &tasks->profiles[i] : NULL);
    }
}

void blind_evaluate(uint8_t *c1, uint8_t *c2, const struct blind_layout *layout,
                    const uint8_t *ciphertexts, const struct point *joint_key,
                    const struct blind_profile *profiles, size_t count,
                    const uint8_t seed[SEED_BYTES], const uint8_t query_hash[HASH_BYTES],
                    struct pool *pool)
{
    size_t items = blind_size_class(count);
    uint8_t *unshuffled = mem_array(items, CIPHERTEXT_BYTES);
    struct evaluation evaluation;
    decode_held(&evaluation.query, layout, ciphertexts, profiles, count);
    evaluation_start(&evaluation, layout, joint_key);
    stream_start(&evaluation.stream, "hearth reply", seed, query_hash, HASH_BYTES);

    struct masks *masks = draw_masks(&evaluation.stream, items);
    struct tasks tasks = {&evaluation, masks, profiles, count, items, unshuffled};
    pool_each(pool, (items + ITEMS_A_TASK - 1) / ITEMS_A_TASK, run_task, &tasks);
    shuffle(c1, c2, unshuffled, items, &evaluation.stream);
    evaluation_wipe(&evaluation);
    wipe_and_free(masks, items * sizeof *masks);
    wipe_and_free(unshuffled, items * CIPHERTEXT_BYTES);
}
