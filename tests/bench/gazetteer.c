/* SPDX-License-Identifier: Apache-2.0
 * The gazetteer at the size of the whole ONS Postcode Directory: an import against what libcsv
 * takes to part the same file, a look-up against one read of the store (docs/performance.md). One
 * thread. Exit status 1 where something is over its bar.
 */
#include <csv.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/base/clock.h"
#include "proto/base/file.h"
#include "proto/base/mem.h"
#include "proto/domain/gazetteer.h"
#include "proto/domain/gazetteer_import.h"
#include "proto/domain/gazetteer_store.h"
#include "proto/domain/place.h"
#include "tests/bench/postcodes.h"
#include "tests/unit/support/temp_dir.h"

enum { ROWS = 2700000, SEED = 20251122, ROUNDS = 7, LOOKUPS = POSTCODES_KEPT, CHUNK = 256 * 1024 };
static const double IMPORT_SECONDS = 60, STORE_MIB = 200, IMPORT_BAR = 2.0, LOOKUP_BAR = 2.5;

static bool verdict(const char *what, double value, const char *unit, double bar)
{
    bool passed = value <= bar;
    printf("%-44s %10.2f %-6s bar %6.1f  %s\n", what, value, unit, bar, passed ? "ok" : "FAIL");
    return passed;
}

/* ---- the import ---- */

static double read_seconds(const char *path)
{
    uint8_t *chunk = mem_array(CHUNK, 1);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int64_t start = clock_cpu_us();
    REQUIRE(fd >= 0);
    while (read(fd, chunk, CHUNK) > 0) continue;
    (void)close(fd);
    free(chunk);
    return (double)(clock_cpu_us() - start) / 1e6;
}

static void count_field(void *data, size_t len, void *ctx)
{
    (void)data;
    *(uint64_t *)ctx += len;
}

static void count_row(int end, void *ctx)
{
    (void)end;
    *(uint64_t *)ctx += 1;
}

/* Reading and parting into fields: what no import can do without. */
static double parse_seconds(const char *path)
{
    uint8_t *chunk = mem_array(CHUNK, 1);
    struct csv_parser parser;
    uint64_t total = 0;
    ssize_t got = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int64_t start = clock_cpu_us();
    REQUIRE(fd >= 0 && csv_init(&parser, 0) == 0);
    while ((got = read(fd, chunk, CHUNK)) > 0) {
        REQUIRE(csv_parse(&parser, chunk, (size_t)got, count_field, count_row, &total) ==
                (size_t)got);
    }
    REQUIRE(csv_fini(&parser, count_field, count_row, &total) == 0 && total > 0);
    csv_free(&parser);
    (void)close(fd);
    free(chunk);
    return (double)(clock_cpu_us() - start) / 1e6;
}

static double mib_of(const char *store)
{
    char *data = file_join(store, "data.mdb");
    struct stat info;
    REQUIRE(stat(data, &info) == 0);
    free(data);
    return (double)info.st_blocks * 512 / (1 << 20);
}

static double import_seconds(const char *store, const char *path, const struct postcodes *made)
{
    const struct gazetteer_import_options options = {0};
    struct gazetteer_report report = {0};
    struct err err = {0};
    int64_t start = clock_cpu_us();
    if (!gazetteer_import(store, &path, 1, &options, &report, &err)) {
        (void)fprintf(stderr, "%s: %s\n", err.field, err.text);
        exit(1);
    }
    double seconds = (double)(clock_cpu_us() - start) / 1e6;
    const struct gazetteer_tally *tally = &report.sources[0].tally;
    REQUIRE(tally->rows == made->rows && tally->taken == made->live + made->ended);
    REQUIRE(tally->no_reference == made->without_reference && tally->malformed == 0);
    gazetteer_report_free(&report);
    return seconds;
}

static bool bench_import(const char *store, const char *path, const struct postcodes *made)
{
    double reading = read_seconds(path), before = parse_seconds(path);
    int64_t start = clock_steady_ms();
    double first = import_seconds(store, path, made);
    double wall = (double)(clock_steady_ms() - start) / 1000;
    double parsing = (before + parse_seconds(path)) / 2;
    double mib = mib_of(store);
    double again = import_seconds(store, path, made);
    printf(
        "%llu rows, %.0f MiB: reading %.2f s, libcsv %.2f s, import %.2f s, again %.2f s of CPU\n",
        (unsigned long long)made->rows, (double)made->bytes / (1 << 20), reading, parsing, first,
        again);
    bool passed = verdict("import, wall", wall, "s", IMPORT_SECONDS);
    passed &=
        verdict("import against libcsv on the same file", first / parsing, "times", IMPORT_BAR);
    passed &= verdict("on disk after the first import", mib, "MiB", STORE_MIB);
    passed &= verdict("on disk after importing it again", mib_of(store), "MiB", STORE_MIB);
    return passed;
}

/* ---- look-ups ---- */

struct reading {
    const struct postcodes *made;
    struct gazetteer *gazetteer;
    size_t *order;
    char (*texts)[POSTCODE_TEXT];
    char (*keys)[POSTCODE_TEXT]; /* of the sectors */
};

static void read_store(const struct reading *reading)
{
    struct err err;
    for (size_t i = 0; i < LOOKUPS; i++) {
        const char *key = reading->keys[reading->order[i]];
        struct store_txn *txn = NULL;
        const uint8_t *record = NULL;
        size_t len = 0;
        bool found = false;
        REQUIRE(store_begin(reading->gazetteer->store, false, &txn, &err));
        REQUIRE(store_get(txn, TABLE_UNITS, key, strlen(key), &record, &len, &found, &err) &&
                found);
        store_abort(txn);
    }
}

static void look_up(const struct reading *reading)
{
    struct err err;
    for (size_t i = 0; i < LOOKUPS; i++) {
        size_t which = reading->order[i];
        struct gazetteer_unit unit;
        bool found = false;
        REQUIRE(gazetteer_unit(reading->gazetteer, &reading->made->kept[which].code, &unit, &found,
                               &err));
        REQUIRE(found && unit.at.east == reading->made->kept[which].unit.at.east &&
                unit.at.north == reading->made->kept[which].unit.at.north &&
                unit.ended == reading->made->kept[which].unit.ended);
    }
}

static void locate(const struct reading *reading)
{
    struct err err;
    for (size_t i = 0; i < LOOKUPS; i++) {
        size_t which = reading->order[i];
        struct place place;
        REQUIRE(place_locate(reading->texts[which], reading->gazetteer, &place, &err));
        REQUIRE(place.at.east == reading->made->kept[which].unit.at.east);
    }
}

static double nanoseconds(void (*work)(const struct reading *), const struct reading *reading)
{
    int64_t start = clock_cpu_us();
    work(reading);
    return (double)(clock_cpu_us() - start) * 1000 / LOOKUPS;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double samples[ROUNDS])
{
    qsort(samples, ROUNDS, sizeof *samples, ascending);
    return samples[ROUNDS / 2];
}

static void reading_make(struct reading *reading)
{
    reading->order = mem_array(LOOKUPS, sizeof *reading->order);
    reading->texts = mem_array(LOOKUPS, sizeof *reading->texts);
    reading->keys = mem_array(LOOKUPS, sizeof *reading->keys);
    for (size_t i = 0; i < LOOKUPS; i++) {
        const struct postcode *code = &reading->made->kept[i % reading->made->kept_count].code;
        struct postcode sector = postcode_sector(code);
        (void)postcode_text(code, reading->texts[i]);
        (void)postcode_text(&sector, reading->keys[i]);
        /* Far apart from one to the next: 7919 is prime to the count. */
        reading->order[i] = i * 7919 % reading->made->kept_count;
    }
}

static bool bench_lookups(const char *store, const struct postcodes *made)
{
    struct reading reading = {.made = made};
    struct err err;
    double reads[ROUNDS], lookups[ROUNDS], places[ROUNDS], ratios[ROUNDS];
    REQUIRE(gazetteer_open(store, &reading.gazetteer, &err));
    reading_make(&reading);
    for (int i = 0; i < ROUNDS; i++) {
        reads[i] = nanoseconds(read_store, &reading);
        lookups[i] = nanoseconds(look_up, &reading);
        reads[i] = (reads[i] + nanoseconds(read_store, &reading)) / 2;
        ratios[i] = lookups[i] / reads[i];
        places[i] = nanoseconds(locate, &reading);
    }
    printf("one read of the store %.0f ns, a look-up %.0f ns, place_locate of its text %.0f ns\n",
           median(reads), median(lookups), median(places));
    bool passed =
        verdict("look-up against one read of the store", median(ratios), "times", LOOKUP_BAR);
    gazetteer_close(reading.gazetteer);
    free(reading.order);
    free(reading.texts);
    free(reading.keys);
    return passed;
}

int main(void)
{
    char *dir = support_temp_dir();
    char *path = file_join(dir, "onspd.csv"), *store = file_join(dir, HOME_GAZETTEER);
    struct postcodes *made = mem_new(struct postcodes);
    postcodes_write(path, SEED, ROWS, made);
    bool passed = bench_import(store, path, made);
    passed &= bench_lookups(store, made);
    free(made);
    free(path);
    free(store);
    support_temp_dir_remove(dir);
    return passed ? 0 : 1;
}
