/* SPDX-License-Identifier: Apache-2.0
 * Looks for what was parsed in all of this process's memory, freed blocks included.
 */
#include "proto/base/json_wipe.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>
#include <sodium.h>

#include "proto/base/buf.h"

enum { MARK = 24, TEXTS = 50, CHUNK = 1 << 16 };

/* Fifty texts that carry the mark. It is random, so it stands nowhere but where it was put. */
static void make_json(const char *mark, struct buf *out)
{
    buf_text(out, "[");
    for (int i = 0; i < TEXTS; i++) {
        buf_text(out, i > 0 ? ",\"" : "\"");
        buf_text(out, "free may write over the start of a block, not so far in: ");
        buf_text(out, mark);
        buf_text(out, "\"");
    }
    buf_text(out, "]");
}

static size_t count_in(int memory, uintptr_t from, uintptr_t to, const char *mark)
{
    static char chunk[CHUNK];
    size_t found = 0;
    for (uintptr_t at = from; at < to;) {
        size_t want = to - at < CHUNK ? (size_t)(to - at) : CHUNK;
        ssize_t got = pread(memory, chunk, want, (off_t)at);
        if (got < MARK) break;
        for (char *p = chunk; (p = memmem(p, (size_t)(chunk + got - p), mark, MARK)); p++) found++;
        if ((size_t)got < want || to - at <= CHUNK) break;
        at += (size_t)got - MARK + 1;
    }
    sodium_memzero(chunk, sizeof chunk);
    return found;
}

/* In the heap, where jansson works; ASan's heap has no name and keeps what was freed. */
static size_t count_marks(const char *mark)
{
    char line[512];
    size_t found = 0;
    int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    FILE *maps = fopen("/proc/self/maps", "re");
    assert_true(memory >= 0 && maps);
    while (fgets(line, sizeof line, maps)) {
        if (!strstr(line, "[heap]")) continue;
        char *end = NULL;
        uintptr_t from = strtoull(line, &end, 16);
        assert_int_equal(*end, '-');
        uintptr_t to = strtoull(end + 1, NULL, 16);
        found += count_in(memory, from, to, mark);
    }
    (void)fclose(maps);
    (void)close(memory);
    return found;
}

static size_t count_after_parsing(const char *mark, size_t *while_held)
{
    struct buf text = {0};
    make_json(mark, &text);
    json_t *root = json_loadb((const char *)text.data, text.len, 0, NULL);
    assert_non_null(root);
    buf_wipe(&text);
    *while_held = count_marks(mark);
    json_decref(root);
    return count_marks(mark);
}

static void make_mark(char mark[MARK + 1])
{
    unsigned char random[MARK / 2];
    randombytes_buf(random, sizeof random);
    (void)sodium_bin2hex(mark, MARK + 1, random, sizeof random);
}

static void freed_json_is_wiped(void **state)
{
    (void)state;
    static char mark[MARK + 1]; /* not in the heap */
    size_t held = 0;
    make_mark(mark);
    size_t kept = count_after_parsing(mark, &held);
    if (held < TEXTS) skip(); /* another allocator: nothing to look at */
    assert_true(kept > 0);    /* the search finds what is left behind */
    json_wipe_setup();
    make_mark(mark);
    kept = count_after_parsing(mark, &held);
    assert_true(held >= TEXTS);
    assert_int_equal(kept, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(freed_json_is_wiped)};
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
