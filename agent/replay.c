/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/replay.h"

#include <stdlib.h>
#include <string.h>

#include "proto/base/mem.h"

enum { BUCKETS = 4096, SWEEP_MS = 1000 };

struct entry {
    struct entry *next;
    char la[ID_MAX + 1];
    uint8_t query_id[QUERY_ID_BYTES];
    uint8_t hash[HASH_BYTES];
    int64_t expires_ms;
    bool answered;
    struct buf reply; /* empty where there was no room for it */
    uint32_t items;
};

struct replay {
    struct entry *buckets[BUCKETS];
    uint8_t
        key[crypto_shorthash_KEYBYTES]; /* LAs choose query ids: a keyed hash keeps chains short */
    size_t count, bytes, entries_max, bytes_max;
    int64_t swept_ms;
};

struct replay *replay_new(size_t entries_max, size_t bytes_max)
{
    struct replay *replay = mem_new(struct replay);
    crypto_shorthash_keygen(replay->key);
    replay->entries_max = entries_max;
    replay->bytes_max = bytes_max;
    return replay;
}

size_t replay_count(const struct replay *replay)
{
    return replay->count;
}

static void drop(struct replay *replay, struct entry **at)
{
    struct entry *gone = *at;
    *at = gone->next;
    replay->count--;
    replay->bytes -= gone->reply.len;
    buf_free(&gone->reply);
    free(gone);
}

void replay_free(struct replay *replay)
{
    if (!replay) return;
    for (size_t i = 0; i < BUCKETS; i++) {
        while (replay->buckets[i]) drop(replay, &replay->buckets[i]);
    }
    free(replay);
}

static void sweep(struct replay *replay, int64_t now_ms)
{
    if (now_ms >= replay->swept_ms && now_ms - replay->swept_ms < SWEEP_MS) return;
    replay->swept_ms = now_ms;
    for (size_t i = 0; i < BUCKETS; i++) {
        for (struct entry **at = &replay->buckets[i]; *at;) {
            if ((*at)->expires_ms < now_ms) {
                drop(replay, at);
            } else {
                at = &(*at)->next;
            }
        }
    }
}

/* The place that points at the entry, or at NULL where it would be appended. */
static struct entry **find(struct replay *replay, const struct query_name *name)
{
    uint8_t text[ID_MAX + QUERY_ID_BYTES] = {0};
    uint8_t digest[crypto_shorthash_BYTES];
    memcpy(text, name->la, strnlen(name->la, ID_MAX));
    memcpy(text + ID_MAX, name->query_id, QUERY_ID_BYTES);
    REQUIRE(crypto_shorthash(digest, text, sizeof text, replay->key) == 0);
    struct entry **at = &replay->buckets[(digest[0] | digest[1] << 8) % BUCKETS];
    while (*at && (strcmp((*at)->la, name->la) != 0 ||
                   sodium_memcmp((*at)->query_id, name->query_id, QUERY_ID_BYTES) != 0)) {
        at = &(*at)->next;
    }
    return at;
}

enum recall replay_find(struct replay *replay, const struct query_name *name, int64_t now_ms,
                        struct buf *stored, uint32_t *items)
{
    sweep(replay, now_ms);
    const struct entry *entry = *find(replay, name);
    if (!entry || entry->expires_ms < now_ms) return RECALL_NEW;
    if (sodium_memcmp(entry->hash, name->hash, HASH_BYTES) != 0) return RECALL_OTHER;
    if (!entry->answered) return RECALL_PENDING;
    if (entry->reply.len == 0) return RECALL_OTHER;
    buf_append(stored, entry->reply.data, entry->reply.len);
    *items = entry->items;
    return RECALL_ANSWERED;
}

bool replay_claim(struct replay *replay, const struct query_name *name, int64_t now_ms,
                  int64_t expires_ms)
{
    sweep(replay, now_ms);
    if (replay->count >= replay->entries_max) return false;
    struct entry **at = find(replay, name);
    if (*at) drop(replay, at); /* expired, but not yet swept */
    at = find(replay, name);
    struct entry *entry = mem_new(struct entry);
    memcpy(entry->la, name->la, strnlen(name->la, ID_MAX));
    memcpy(entry->query_id, name->query_id, QUERY_ID_BYTES);
    memcpy(entry->hash, name->hash, HASH_BYTES);
    entry->expires_ms = expires_ms;
    *at = entry;
    replay->count++;
    return true;
}

void replay_store(struct replay *replay, const struct query_name *name, const void *reply,
                  size_t len, uint32_t items)
{
    struct entry *entry = *find(replay, name);
    if (!entry || entry->answered) return;
    entry->answered = true;
    entry->items = items;
    if (len > replay->bytes_max - replay->bytes) return;
    buf_append(&entry->reply, reply, len);
    replay->bytes += len;
}

void replay_forget(struct replay *replay, const struct query_name *name)
{
    struct entry **at = find(replay, name);
    if (*at && !(*at)->answered) drop(replay, at);
}
