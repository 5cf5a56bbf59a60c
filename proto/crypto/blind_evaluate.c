/* SPDX-License-Identifier: Apache-2.0
 * The agent's half: R = rho * HARD + SOFT + Enc_K(0; t) for each carer, dummies among them. */
#include <stdlib.h>
#include <string.h>

#include "proto/base/mem.h"
#include "proto/crypto/blind.h"

/* The decoded part of a query: the halves of ciphertext i are points[2i] and points[2i + 1]. A
 * position that is not held, or whose bytes are no fresh ciphertext, holds two identities. */
struct decoded {
    struct point *points;
    bool *usable;
    size_t count;
    bool frame_usable; /* GATE and BASE */
};

/* What does not change from item to item. */
struct evaluation {
    struct decoded query;
    struct ciphertext gate, base;
    struct point_table *key;
    struct point generator, identity;
    struct stream stream;
};

/* Everything secret about one item in one place, to be wiped at once. */
struct item {
    struct ciphertext hard, soft;
    struct scalar rho, rho_dummy, rho_c2, t;
    struct point factor, addend, product, fresh;
};

static void mark_held(bool *held, const uint16_t *positions, size_t count, size_t limit)
{
    for (size_t i = 0; i < count; i++) {
        REQUIRE(positions[i] < limit);
        held[positions[i]] = true;
    }
}

static void decode_position(struct decoded *query, const uint8_t *ciphertexts, size_t position)
{
    struct ciphertext got;
    bool usable = ciphertext_decode(&got, ciphertexts + position * CIPHERTEXT_BYTES) &&
                  !point_is_identity(&got.c1);
    query->usable[position] = usable;
    if (!usable) return;
    query->points[2 * position] = got.c1;
    query->points[2 * position + 1] = got.c2;
}

/* Decodes each position that some profile holds, once, and GATE and BASE. Which positions those are
 * follows from the population alone, never from what the query says. */
static void decode_held(struct decoded *query, const struct blind_layout *layout,
                        const uint8_t *ciphertexts, const struct blind_profile *profiles,
                        size_t count)
{
    size_t gate = blind_position_gate(layout), base = blind_position_base(layout);
    query->count = blind_layout_count(layout);
    query->points = mem_array(2 * query->count, sizeof(struct point));
    query->usable = mem_array(query->count, sizeof *query->usable);
    bool *held = mem_array(query->count, sizeof *held);

    for (size_t i = 0; i < count; i++) {
        if (profiles[i].dummy) continue;
        mark_held(held, profiles[i].hard, profiles[i].hard_count, gate);
        mark_held(held, profiles[i].soft, profiles[i].soft_count, gate);
    }
    held[gate] = held[base] = true;
    for (size_t i = 0; i < 2 * query->count; i++) point_identity(&query->points[i]);
    for (size_t i = 0; i < query->count; i++) {
        if (held[i]) decode_position(query, ciphertexts, i);
    }
    query->frame_usable = query->usable[gate] && query->usable[base];
    sodium_memzero(held, query->count * sizeof *held);
    free(held);
}

static void evaluation_start(struct evaluation *evaluation, const struct blind_layout *layout,
                             const struct point *joint_key)
{
    const struct point *points = evaluation->query.points;
    size_t gate = blind_position_gate(layout), base = blind_position_base(layout);
    evaluation->gate = (struct ciphertext){points[2 * gate], points[2 * gate + 1]};
    evaluation->base = (struct ciphertext){points[2 * base], points[2 * base + 1]};
    evaluation->key = point_table_new(joint_key);
    point_base(&evaluation->generator);
    point_identity(&evaluation->identity);
}

static void evaluation_wipe(struct evaluation *evaluation)
{
    struct decoded *query = &evaluation->query;
    sodium_memzero(query->points, 2 * query->count * sizeof *query->points);
    free(query->points);
    sodium_memzero(query->usable, query->count * sizeof *query->usable);
    free(query->usable);
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
        const struct point *halves = &query->points[2 * (size_t)positions[i]];
        point_add(&sum->c1, &sum->c1, &halves[0]);
        point_add(&sum->c2, &sum->c2, &halves[1]);
        usable &= query->usable[positions[i]];
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

/* profile: NULL for padding. Each kind of item draws the same scalars and multiplies as often. */
static void evaluate_item(uint8_t c1[POINT_BYTES], uint8_t c2[POINT_BYTES],
                          struct evaluation *evaluation, const struct blind_profile *profile)
{
    struct item item;
    bool dummy = profile == NULL || profile->dummy || !evaluation->query.frame_usable;
    item.hard = evaluation->gate;
    item.soft = evaluation->base;
    if (profile && !profile->dummy) {
        const struct decoded *query = &evaluation->query;
        dummy |= !add_positions(&item.hard, query, profile->hard, profile->hard_count);
        dummy |= !add_positions(&item.soft, query, profile->soft, profile->soft_count);
    }
    stream_scalar(&evaluation->stream, &item.rho);
    stream_scalar(&evaluation->stream, &item.rho_dummy);
    stream_scalar(&evaluation->stream, &item.t);

    point_mul_base(&item.fresh, &item.t);
    mask_half(c1, &item, evaluation, &item.hard.c1, &item.soft.c1, &item.rho, dummy);
    /* An independent factor in the second half makes a dummy decrypt to a random point. */
    scalar_select(&item.rho_c2, &item.rho, &item.rho_dummy, dummy);
    point_mul_table(&item.fresh, evaluation->key, &item.t);
    mask_half(c2, &item, evaluation, &item.hard.c2, &item.soft.c2, &item.rho_c2, dummy);
    sodium_memzero(&item, sizeof item);
}

/* Items in the order of the profiles, moved to their places by the stream's permutation. */
static void shuffle(uint8_t *c1, uint8_t *c2, const uint8_t *items, size_t count,
                    struct stream *stream)
{
    uint32_t *place = mem_array(count, sizeof *place);
    stream_permutation(stream, place, count);
    for (size_t i = 0; i < count; i++) {
        const uint8_t *item = items + i * CIPHERTEXT_BYTES;
        memcpy(c1 + (size_t)place[i] * POINT_BYTES, item, POINT_BYTES);
        memcpy(c2 + (size_t)place[i] * POINT_BYTES, item + POINT_BYTES, POINT_BYTES);
    }
    sodium_memzero(place, count * sizeof *place);
    free(place);
}

void blind_evaluate(uint8_t *c1, uint8_t *c2, const struct blind_layout *layout,
                    const uint8_t *ciphertexts, const struct point *joint_key,
                    const struct blind_profile *profiles, size_t count,
                    const uint8_t seed[SEED_BYTES], const uint8_t query_hash[HASH_BYTES])
{
    size_t items = blind_size_class(count);
    uint8_t *unshuffled = mem_array(items, CIPHERTEXT_BYTES);
    struct evaluation evaluation;
    decode_held(&evaluation.query, layout, ciphertexts, profiles, count);
    evaluation_start(&evaluation, layout, joint_key);
    stream_start(&evaluation.stream, "hearth reply", seed, query_hash, HASH_BYTES);

    for (size_t i = 0; i < items; i++) {
        uint8_t *item = unshuffled + i * CIPHERTEXT_BYTES;
        evaluate_item(item, item + POINT_BYTES, &evaluation, i < count ? &profiles[i] : NULL);
    }
    shuffle(c1, c2, unshuffled, items, &evaluation.stream);
    evaluation_wipe(&evaluation);
    sodium_memzero(unshuffled, items * CIPHERTEXT_BYTES);
    free(unshuffled);
}
