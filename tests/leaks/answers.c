/* SPDX-License-Identifier: Apache-2.0
 * What an agent does for a reply, off line, over one vault: whether size, instructions and time
 * depend on how many of its carers qualify (docs/threat-model.md "How that is tested").
 *   answers count FILE    under callgrind: the instructions of one evaluation for each question,
 *                         dumped into callgrind's output one after the other
 *   answers time ROUNDS   JSON: sizes and times of ROUNDS evaluations for each question, in random
 *                         order
 */
#include <valgrind/callgrind.h>

#include "tests/leaks/statistics.h"
#include "tests/unit/agent/asked.h"

enum { CARERS = 14, QUESTIONS = 3, TRIES = 3 };

static const char *const names[QUESTIONS] = {"nobody", "half", "everybody"};
static const size_t qualifying[QUESTIONS] = {0, CARERS / 2, CARERS};
static const char *const requests[QUESTIONS] = {
    "{\"search_ref\":\"T\",\"children\":[{\"age\":5,\"sex\":\"M\"},{\"age\":6,\"sex\":\"F\"},"
    "{\"age\":7,\"sex\":\"F\"},{\"age\":8,\"sex\":\"F\"},{\"age\":9,\"sex\":\"F\"}],"
    "\"placement\":{\"type\":\"PT_LONG\",\"needed_by\":\"today\",\"accept_unconfirmed\":false},"
    "\"must\":[\"ED_KEEP\"],\"prefer\":{\"CS_SIM\":3}}",
    "{\"search_ref\":\"T\",\"children\":[{\"age\":5,\"sex\":\"U\"}],\"placement\":{\"type\":"
    "\"PT_LONG\",\"needed_by\":\"later\"},\"must\":[\"DS_AUT\"]}",
    "{\"search_ref\":\"T\",\"children\":[{\"age\":5,\"sex\":\"U\"}],\"placement\":{\"type\":"
    "\"PT_LONG\",\"needed_by\":\"later\"}}"};

/* All three questions in one place in memory, so that addresses say nothing. */
struct bench {
    struct held *held;
    struct asked *asked[QUESTIONS], *now;
};

static void hold_carers(struct vault *vault)
{
    const struct catalogue *catalogue = catalogue_get(CATALOGUE_VERSION);
    struct profile profiles[CARERS];
    struct vault_changes changes;
    struct err err = {0};
    for (unsigned i = 0; i < CARERS; i++) {
        struct profile p = {.ages = (1U << 18) - 1,
                            .takes_m = true,
                            .takes_f = true,
                            .places = 1,
                            .approved_places = 2,
                            .cell = (uint16_t)pick(CELLS),
                            .status = STATUS_AVAILABLE,
                            .status_date = TODAY,
                            .available_from = NO_DAY};
        (void)snprintf(p.ref, sizeof p.ref, "C-%05u", i);
        (void)snprintf(p.location, sizeof p.location, "SE 297 338");
        profile_hold(&p, catalogue_find(catalogue, "PT_LONG")->slot);
        if (i % 2) profile_hold(&p, catalogue_find(catalogue, "DS_AUT")->slot);
        if (i % 3) profile_hold(&p, catalogue_find(catalogue, "CS_SIM")->slot);
        profiles[i] = p;
    }
    must(vault_import(vault, profiles, CARERS, true, false, &changes, &err), &err);
}

static void put(struct bench *bench, int question)
{
    const struct asked *from = bench->asked[question];
    struct buf room = bench->now->query.ciphertexts;
    REQUIRE(room.len == from->query.ciphertexts.len);
    memcpy(room.data, from->query.ciphertexts.data, room.len);
    *bench->now = *from;
    bench->now->query.ciphertexts = room;
}

static void bench_start(struct bench *bench)
{
    void *state = NULL;
    (void)held_set_up(&state);
    bench->held = state;
    hold_carers(bench->held->vault);
    for (int i = 0; i < QUESTIONS; i++) bench->asked[i] = ask(requests[i]);
    bench->now = ask(requests[0]);
}

static void bench_end(struct bench *bench)
{
    void *state = bench->held;
    for (int i = 0; i < QUESTIONS; i++) asked_free(bench->asked[i]);
    query_free(&bench->now->query);
    free(bench->now);
    (void)held_tear_down(&state);
}

/* Bytes of the reply as it is signed and sent. */
static size_t size_of(const struct evaluated *got)
{
    struct buf body = {0};
    reply_encode(&got->reply, &body);
    size_t size = body.len + got->c1.len + got->c2.len;
    buf_free(&body);
    return size;
}

/* How many items open to a score, with all keys at hand. */
static size_t count_opened(const struct asked *asked, const struct evaluated *got)
{
    struct err err = {0};
    struct blind_scores *table = blind_scores_new();
    struct blind_opened *opened = NULL;
    struct blind_sharer *sharer = blind_sharer_new(&asked->a, asked->seed, asked->hash);
    uint32_t count = got->reply.count;
    uint8_t *shares = mem_array(count, POINT_BYTES);
    size_t found = 0;
    must(blind_sharer_add(sharer, "ifa-1", got->c1.data, count, shares, &err), &err);
    must(blind_open(&opened, table, &asked->m, got->c1.data, NULL, got->c2.data, shares, count,
                    NULL, &err),
         &err);
    for (uint32_t i = 0; i < count; i++) found += blind_opened_score(opened, i) >= 0;
    blind_opened_free(opened);
    blind_sharer_free(sharer);
    blind_scores_free(table);
    free(shares);
    return found;
}

static void expect_qualifying(struct bench *bench)
{
    for (int i = 0; i < QUESTIONS; i++) {
        put(bench, i);
        struct evaluated got = run(bench->held->vault, bench->now);
        REQUIRE(count_opened(bench->now, &got) == qualifying[i]);
        evaluated_free(&got);
    }
}

/* Control: an agent that does a little more, a tenth of one multiplication, for each carer who
 * qualifies. It would have to know who does; this program does. */
static void do_more(const struct point *point, struct point *sum, size_t times)
{
    for (size_t i = 0; i < times; i++) point_add(sum, sum, point);
}
enum { MORE_EACH = 64 };

/* By this name callgrind knows where to count. */
static __attribute__((noinline)) struct evaluated work(struct bench *bench, size_t more)
{
    struct point sum;
    point_identity(&sum);
    struct evaluated got = run(bench->held->vault, bench->now);
    do_more(&bench->now->joint_key, &sum, more * MORE_EACH);
    return got;
}

/* ---- count ---- */

static void fill(void *out, size_t len)
{
    memset(out, 0x2a, len);
}
static uint32_t word(void)
{
    return 0x2a2a2a2a;
}
static const char *name(void)
{
    return "constant, for tests";
}

/* One evaluation, counted and dumped; with the same "random" seed each, so that the mask bytes are
 * the same and the shuffle too. */
static void count_one(struct bench *bench, int question, size_t more, const char *label)
{
    put(bench, question);
    CALLGRIND_ZERO_STATS;
    struct evaluated got = work(bench, more);
    CALLGRIND_DUMP_STATS_AT(label);
    evaluated_free(&got);
}

static void count(struct bench *bench)
{
    static struct randombytes_implementation constant = {
        .implementation_name = name, .random = word, .buf = fill};
    REQUIRE(randombytes_set_implementation(&constant) == 0);
    /* The first ones fill allocators' caches. */
    for (int i = 0; i < QUESTIONS; i++) count_one(bench, i, 0, "warm");
    for (int i = 0; i < QUESTIONS; i++) count_one(bench, i, 0, names[i]);
    count_one(bench, QUESTIONS - 1, 1, "control");
}

/* ---- time ---- */

struct times {
    int64_t *of[2];
    size_t count[2];
};

/* Two kinds in random order, `rounds` each, into times; the size that all had. */
static size_t time_both(struct bench *bench, const int questions[2], const size_t more[2],
                        struct times *times, size_t rounds)
{
    size_t size = 0;
    times->count[0] = times->count[1] = 0;
    while (times->count[0] < rounds || times->count[1] < rounds) {
        uint32_t which = pick(2);
        if (times->count[which] == rounds) which = 1 - which;
        put(bench, questions[which]);
        int64_t start = clock_cpu_us();
        struct evaluated got = work(bench, more[which]);
        times->of[which][times->count[which]++] = 1000 * (clock_cpu_us() - start);
        REQUIRE(size == 0 || size == size_of(&got));
        size = size_of(&got);
        evaluated_free(&got);
    }
    return size;
}

/* As JSON. What differs by chance differs once; what leaks differs each time. */
static void compare(struct bench *bench, const char *label, const int questions[2],
                    const size_t more[2], size_t rounds)
{
    struct times times = {{mem_array(rounds, sizeof(int64_t)), mem_array(rounds, sizeof(int64_t))},
                          {0, 0}};
    struct comparison found = {0};
    size_t size = 0, replies = 0;
    int tries = 0;
    do {
        size = time_both(bench, questions, more, &times, rounds);
        found = compare_times(times.of[0], times.of[1], rounds, 80);
        replies += 2 * rounds;
    } while (++tries < TRIES && (found.t > T_DIFFERENT || found.t < -T_DIFFERENT));
    (void)printf("{\"label\": \"%s\", \"replies\": %zu, \"size\": %zu, \"mean_us\": [%.1f, %.1f], "
                 "\"t\": %.2f, \"tries\": %d}\n",
                 label, replies, size, found.mean[0] / 1000, found.mean[1] / 1000, found.t, tries);
    free(times.of[0]);
    free(times.of[1]);
}

int main(int argc, char **argv)
{
    struct bench bench;
    REQUIRE(argc >= 2 && sodium_init() >= 0);
    bench_start(&bench);
    expect_qualifying(&bench);
    if (strcmp(argv[1], "count") == 0) {
        count(&bench);
    } else {
        size_t rounds = strtoul(argv[2], NULL, 10);
        const size_t honest[2] = {0, 0}, dependent[2] = {0, CARERS};
        compare(&bench, "nobody and everybody", (const int[]){0, 2}, honest, rounds);
        compare(&bench, "nobody and half", (const int[]){0, 1}, honest, rounds);
        compare(&bench, "control", (const int[]){0, 2}, dependent, rounds);
    }
    bench_end(&bench);
    return 0;
}
