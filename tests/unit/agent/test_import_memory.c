/* SPDX-License-Identifier: Apache-2.0
 * What an import read is in no memory of the process afterwards: good cells, bad ones, and the
 * error texts that quoted them.
 */
#include <fcntl.h>
#include <unistd.h>

#include "agent/carer_text.h"
#include "tests/unit/agent/imports.h"

/* Written backwards, so that looking for it leaves no copy. */
static const char BACKWARDS[] = "NIKDNAMDERUSAERT";
enum { LEN = sizeof BACKWARDS - 1, ROWS = 40, MAP_MAX = 64 << 20 };

static void add_marker(struct buf *out)
{
    for (size_t i = LEN; i > 0; i--) buf_u8(out, (uint8_t)BACKWARDS[i - 1]);
}

static void add_cells(struct buf *out, const char *const *cells, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (i > 0) buf_text(out, ",");
        if (cells[i]) {
            buf_text(out, cells[i]);
        } else {
            add_marker(out);
        }
    }
    buf_text(out, "\n");
}

static void make_file(struct buf *out)
{
    buf_text(out, "name,ref,grid_ref,ages,sexes,places,placement_types,offers\n");
    for (int i = 0; i < ROWS; i++) {
        char ref[16];
        (void)snprintf(ref, sizeof ref, "R%d", i);
        const char *const good[] = {NULL, ref, "SE 297 338", "5", "M", "2", "PT_LONG", "DS_AUT"};
        const char *const bad[] = {NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL};
        add_cells(out, i % 2 ? good : bad, 8);
    }
}

static size_t count_in(const char *text, size_t len)
{
    size_t found = 0;
    for (size_t at = 0; at + LEN <= len; at++) {
        size_t same = 0;
        while (same < LEN && text[at + same] == BACKWARDS[LEN - 1 - same]) same++;
        if (same == LEN) found++;
    }
    return found;
}

/* In all memory that can be written, but for the map of `room`, which holds MAP_MAX bytes. */
static size_t count_everywhere(char *room)
{
    size_t found = 0;
    char line[512];
    FILE *maps = fopen("/proc/self/maps", "r");
    int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    assert_true(maps && memory >= 0);
    while (fgets(line, sizeof line, maps)) {
        /* "55d0c0000000-55d0c0021000 rw-p ..." */
        char *at = NULL;
        unsigned long start = strtoul(line, &at, 16);
        unsigned long end = strtoul(at + 1, &at, 16);
        if (strncmp(at, " rw", 3) != 0) continue;
        unsigned long own = (unsigned long)(uintptr_t)room;
        if (end - start > MAP_MAX || (own >= start && own < end)) continue;
        ssize_t got = pread(memory, room, end - start, (off_t)start);
        if (got > 0) found += count_in(room, (size_t)got);
    }
    (void)fclose(maps);
    (void)close(memory);
    return found;
}

static void test_nothing_is_left(void **state)
{
    (void)state;
    const struct import_rules rules = plain_rules();
    struct import_result p;
    struct buf text = {0};
    struct buf csv = {0};
    struct err err = {0};
    char *room = mem_array(MAP_MAX + 1, 1); /* large enough for a map of its own */
    make_file(&text);
    must(import_parse(text.data, text.len, &rules, &p, &err), &err);
    assert_int_equal(p.list.count, ROWS / 2);
    assert_true(p.report.problems > ROWS);
    carer_csv(&p.list, rules.catalogue, &csv);
    assert_true(count_everywhere(room) > ROWS); /* the scan sees what is there */
    buf_wipe(&csv);
    import_result_free(&p);
    buf_wipe(&text);
    memset(room, 0, MAP_MAX);
    assert_int_equal(count_everywhere(room), 0);
    free(room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_nothing_is_left)};
    return cmocka_run_group_tests(tests, start_sodium, NULL);
}
