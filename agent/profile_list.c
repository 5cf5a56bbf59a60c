/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/profile_list.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 64 };

static void grow(struct profile_list *list)
{
    size_t cap = list->memory.len / sizeof *list->items;
    struct secret larger = secret_new((cap ? cap * 2 : FIRST_CAPACITY) * sizeof *list->items);
    if (list->count > 0) memcpy(larger.data, list->items, list->count * sizeof *list->items);
    secret_free(&list->memory);
    list->memory = larger;
    list->items = (struct profile *)(void *)larger.data;
}

void profile_list_add(struct profile_list *list, const struct profile *profile)
{
    if (list->count == list->memory.len / sizeof *list->items) grow(list);
    list->items[list->count++] = *profile;
}

void profile_list_free(struct profile_list *list)
{
    secret_free(&list->memory);
    *list = (struct profile_list){0};
}

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct profile *)a)->ref, ((const struct profile *)b)->ref);
}

static void swap(struct profile *a, struct profile *b, struct profile *spare)
{
    *spare = *a;
    *a = *b;
    *b = *spare;
}

static void sift_down(struct profile *items, size_t root, size_t count, struct profile *spare)
{
    for (size_t child = root * 2 + 1; child < count; child = root * 2 + 1) {
        if (child + 1 < count && compare(&items[child], &items[child + 1]) < 0) child++;
        if (compare(&items[root], &items[child]) >= 0) return;
        swap(&items[root], &items[child], spare);
        root = child;
    }
}

/* Heap sort, because the C library's qsort may copy the profiles into memory that nobody wipes. */
void profile_list_sort(struct profile_list *list)
{
    struct secret room = secret_new(sizeof(struct profile));
    struct profile *spare = (struct profile *)(void *)room.data;
    for (size_t root = list->count / 2; root > 0; root--) {
        sift_down(list->items, root - 1, list->count, spare);
    }
    for (size_t end = list->count; end > 1; end--) {
        swap(&list->items[0], &list->items[end - 1], spare);
        sift_down(list->items, 0, end - 1, spare);
    }
    secret_free(&room);
}

static bool add_one(const struct profile *profile, void *ctx, struct err *err)
{
    (void)err;
    profile_list_add(ctx, profile);
    return true;
}

bool profile_list_read(struct vault *vault, struct profile_list *out, struct err *err)
{
    struct profile_list list = {0};
    if (!vault_each(vault, add_one, &list, NULL, err)) {
        profile_list_free(&list);
        return false;
    }
    profile_list_sort(&list);
    *out = list;
    return true;
}
