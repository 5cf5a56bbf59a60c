/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/code_cache.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "proto/base/mem.h"

enum {
    PLACES = 4096, /* a power of two */
    FILLED_MAX = PLACES / 2,
    TEXT_MAX = 96 /* longer ones are looked up each time */
};

struct entry {
    char text[TEXT_MAX + 1]; /* "": free */
    const char *group;
    const struct criterion *found; /* NULL: `problem` says why */
    char *problem;
};
struct code_cache {
    const struct catalogue *catalogue;
    size_t filled;
    struct entry entries[PLACES];
};

struct code_cache *code_cache_new(const struct catalogue *catalogue)
{
    struct code_cache *cache = mem_new(struct code_cache);
    cache->catalogue = catalogue;
    return cache;
}

void code_cache_free(struct code_cache *cache)
{
    if (!cache) return;
    for (size_t i = 0; i < PLACES; i++) {
        char *problem = cache->entries[i].problem;
        if (problem) sodium_memzero(problem, strlen(problem));
        free(problem);
    }
    sodium_memzero(cache, sizeof *cache);
    free(cache);
}

/* FNV-1a. A file made to collide only makes its own import slower. */
static size_t place_of(const char *text)
{
    uint64_t hash = 14695981039346656037U;
    for (; *text; text++) hash = (hash ^ (unsigned char)*text) * 1099511628211U;
    return hash % PLACES;
}

/* The entry of that text, or the free one where it belongs. */
static struct entry *find(struct code_cache *cache, const char *group, const char *text)
{
    size_t i = place_of(text);
    for (;; i = (i + 1) % PLACES) {
        struct entry *entry = &cache->entries[i];
        if (entry->text[0] == '\0') return entry;
        if (entry->group == group && strcmp(entry->text, text) == 0) return entry;
    }
}

static bool look_up(struct code_cache *cache, struct entry *entry, const char *group,
                    const char *text, const struct criterion **out, struct err *err)
{
    const struct criterion *found = NULL;
    bool ok = catalogue_match(cache->catalogue, group, text, &found, err);
    if (cache->filled < FILLED_MAX) {
        cache->filled++;
        *entry = (struct entry){.group = group, .found = found};
        memcpy(entry->text, text, strlen(text) + 1);
        if (!ok) entry->problem = mem_string(err->text);
    }
    if (ok) *out = found;
    return ok;
}

bool code_cache_match(struct code_cache *cache, const char *group, const char *text,
                      const struct criterion **out, struct err *err)
{
    if (strlen(text) > TEXT_MAX || text[0] == '\0') {
        return catalogue_match(cache->catalogue, group, text, out, err);
    }
    struct entry *entry = find(cache, group, text);
    if (entry->text[0] == '\0') return look_up(cache, entry, group, text, out, err);
    if (entry->problem) return err_set(err, ERR_INVALID, NULL, "%s", entry->problem);
    *out = entry->found;
    return true;
}
