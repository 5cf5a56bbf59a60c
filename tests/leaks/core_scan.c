/* SPDX-License-Identifier: Apache-2.0
 * core_scan CORE: what an attacker would look for in the memory of a process. Standard input has
 * lines, hexadecimal, 32 bytes each:
 *   key NAME POINT          is there a secret scalar of this public key? Every window of 32 bytes
 * at an address that is a multiple of 8 is tried joint NAME POINT POINT  the same of the sum of two
 * keys bytes NAME DATA         are these bytes there, at any address? item C1 C2 SHARE        the
 * point that the item opens to by the secret of the first key, if that was found, counts as `bytes
 * opened` Prints JSON: how often each was found, and of how many.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "proto/base/mem.h"
#include "proto/crypto/group.h"

enum { WINDOW = 32, KEYS_MAX = 8, GROUPS_MAX = 8, PAGE = 4096, LINE_MAX_BYTES = 512, STEP = 8 };

struct key {
    char name[16];
    struct point point;
    size_t found;
    struct scalar secret;
};
struct group {
    char name[16];
    size_t count, distinct, copies;
};
struct pattern {
    uint8_t bytes[WINDOW];
    size_t group;
    bool found;
};
struct item {
    uint8_t c1[WINDOW], c2[WINDOW], share[WINDOW];
};
struct scan {
    const uint8_t *data;
    size_t len, windows;
    struct key keys[KEYS_MAX];
    size_t key_count;
    struct group groups[GROUPS_MAX];
    size_t group_count;
    struct pattern *patterns;
    size_t pattern_count;
    struct item *items;
    size_t item_count;
    uint8_t first[1 << 16]; /* whether a pattern begins with these two bytes */
};

/* ---- input ---- */

static void read_hex(const char *text, uint8_t out[WINDOW])
{
    size_t len = 0;
    REQUIRE(sodium_hex2bin(out, WINDOW, text, strlen(text), NULL, &len, NULL) == 0 &&
            len == WINDOW);
}

static void add_pattern(struct scan *scan, const char *name, const uint8_t bytes[WINDOW])
{
    size_t group = 0;
    while (group < scan->group_count && strcmp(scan->groups[group].name, name) != 0) group++;
    REQUIRE(group < GROUPS_MAX);
    if (group == scan->group_count) {
        (void)snprintf(scan->groups[scan->group_count++].name, sizeof scan->groups->name, "%s",
                       name);
    }
    scan->groups[group].count++;
    scan->patterns = mem_resize(scan->patterns, scan->pattern_count + 1, sizeof *scan->patterns);
    scan->patterns[scan->pattern_count] = (struct pattern){.group = group};
    memcpy(scan->patterns[scan->pattern_count++].bytes, bytes, WINDOW);
    scan->first[bytes[0] << 8 | bytes[1]] = 1;
}

static void add_key(struct scan *scan, const char *name, const char *first, const char *second)
{
    uint8_t bytes[WINDOW];
    struct point other;
    REQUIRE(scan->key_count < KEYS_MAX);
    struct key *key = &scan->keys[scan->key_count++];
    (void)snprintf(key->name, sizeof key->name, "%s", name);
    read_hex(first, bytes);
    REQUIRE(point_decode(&key->point, bytes));
    if (!second) return;
    read_hex(second, bytes);
    REQUIRE(point_decode(&other, bytes));
    point_add(&key->point, &key->point, &other);
}

static void take_line(struct scan *scan, char *line)
{
    char *words[4] = {0};
    uint8_t bytes[WINDOW];
    size_t count = 0;
    char *rest = NULL;
    for (char *word = strtok_r(line, " \n", &rest); word && count < 4;
         word = strtok_r(NULL, " \n", &rest)) {
        words[count++] = word;
    }
    if (count >= 3 && strcmp(words[0], "bytes") == 0) {
        read_hex(words[2], bytes);
        add_pattern(scan, words[1], bytes);
    } else if (count == 4 && strcmp(words[0], "item") == 0) {
        scan->items = mem_resize(scan->items, scan->item_count + 1, sizeof *scan->items);
        struct item *item = &scan->items[scan->item_count++];
        read_hex(words[1], item->c1);
        read_hex(words[2], item->c2);
        read_hex(words[3], item->share);
    } else {
        REQUIRE(count >= 3);
        add_key(scan, words[1], words[2], words[3]);
    }
}

/* ---- scalars ---- */

/* Whether 32 bytes look like a drawn scalar: no small numbers, not two addresses. What is drawn at
 * random fails this less than once in 10 million. */
static bool may_be_drawn(const uint64_t limbs[4])
{
    unsigned addresses = 0;
    for (int i = 0; i < 4; i++) {
        if (limbs[i] >> 32 == 0) return false;
        addresses += limbs[i] >> 48 == 0;
    }
    return addresses < 2 && limbs[3] >> 60 <= 1;
}

static void try_window(struct scan *scan, const uint8_t *at)
{
    uint64_t limbs[4];
    struct scalar scalar;
    struct point point;
    memcpy(limbs, at, sizeof limbs);
    if (!may_be_drawn(limbs) || !scalar_decode(&scalar, at)) return;
    scan->windows++;
    point_mul_base(&point, &scalar);
    for (size_t i = 0; i < scan->key_count; i++) {
        if (!point_equal(&point, &scan->keys[i].point)) continue;
        scan->keys[i].found++;
        scan->keys[i].secret = scalar;
    }
}

static bool is_zero_page(const struct scan *scan, size_t at)
{
    return at % PAGE == 0 && at + PAGE + WINDOW <= scan->len &&
           sodium_is_zero(scan->data + at, PAGE + WINDOW);
}

static void try_all(struct scan *scan)
{
    for (size_t at = 0; scan->key_count > 0 && at + WINDOW <= scan->len; at += STEP) {
        if (is_zero_page(scan, at)) {
            at += PAGE - STEP;
        } else {
            try_window(scan, scan->data + at);
        }
    }
}

/* V = C2 - S - m C1 */
static void open_items(struct scan *scan)
{
    for (size_t i = 0; scan->key_count > 0 && scan->keys[0].found && i < scan->item_count; i++) {
        struct point c1, c2, share;
        uint8_t opened[WINDOW];
        REQUIRE(point_decode(&c1, scan->items[i].c1) && point_decode(&c2, scan->items[i].c2) &&
                point_decode(&share, scan->items[i].share));
        point_mul(&c1, &c1, &scan->keys[0].secret);
        point_sub(&c2, &c2, &share);
        point_sub(&c2, &c2, &c1);
        point_encode(opened, &c2);
        add_pattern(scan, "opened", opened);
    }
}

/* ---- bytes ---- */

static int in_order(const void *a, const void *b)
{
    return memcmp(a, b, WINDOW);
}

static void find_patterns(struct scan *scan)
{
    if (scan->pattern_count == 0) return;
    qsort(scan->patterns, scan->pattern_count, sizeof *scan->patterns, in_order);
    for (size_t at = 0; at + WINDOW <= scan->len; at++) {
        const uint8_t *data = scan->data + at;
        if (is_zero_page(scan, at)) {
            at += PAGE - 1;
            continue;
        }
        if (!scan->first[data[0] << 8 | data[1]]) continue;
        struct pattern *hit =
            bsearch(data, scan->patterns, scan->pattern_count, sizeof *scan->patterns, in_order);
        if (!hit) continue;
        scan->groups[hit->group].distinct += !hit->found;
        scan->groups[hit->group].copies++;
        hit->found = true;
    }
}

static void print(const struct scan *scan)
{
    (void)printf("{\"windows\": %zu, \"keys\": {", scan->windows);
    for (size_t i = 0; i < scan->key_count; i++) {
        (void)printf("%s\"%s\": %zu", i ? ", " : "", scan->keys[i].name, scan->keys[i].found);
    }
    (void)printf("}, \"bytes\": {");
    for (size_t i = 0; i < scan->group_count; i++) {
        const struct group *group = &scan->groups[i];
        (void)printf("%s\"%s\": {\"of\": %zu, \"found\": %zu, \"copies\": %zu}", i ? ", " : "",
                     group->name, group->count, group->distinct, group->copies);
    }
    (void)printf("}}\n");
}

int main(int argc, char **argv)
{
    char line[LINE_MAX_BYTES];
    struct stat size;
    REQUIRE(argc == 2 && sodium_init() >= 0);
    struct scan *scan = mem_new(struct scan);
    while (fgets(line, sizeof line, stdin)) take_line(scan, line);
    int fd = open(argv[1], O_RDONLY | O_CLOEXEC);
    REQUIRE(fd >= 0 && fstat(fd, &size) == 0);
    scan->len = (size_t)size.st_size;
    scan->data = mmap(NULL, scan->len, PROT_READ, MAP_PRIVATE, fd, 0);
    REQUIRE(scan->data != MAP_FAILED);
    try_all(scan);
    open_items(scan);
    find_patterns(scan);
    print(scan);
    (void)munmap((void *)(uintptr_t)scan->data, scan->len);
    (void)close(fd);
    free(scan->patterns);
    free(scan->items);
    free(scan);
    return 0;
}
