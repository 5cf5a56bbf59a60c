/* SPDX-License-Identifier: Apache-2.0
 * The LAs' process: workers that search one time after the other, and where they are told to come
 * later do so. A line of JSON for each search.
 */
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "proto/base/clock.h"
#include "proto/base/mem.h"
#include "tests/load/load.h"

enum { APART_MS = 50 };

struct office {
    const struct searches_plan *plan;
    struct la_line *lines;
    int64_t began_ms, end_ms;
    pthread_mutex_t print;
};

struct worker {
    struct office *office;
    unsigned number;
    pthread_t thread;
};

static void print(struct office *office, const struct search_figures *figures)
{
    int64_t began = office->began_ms;
    json_t *line = json_pack(
        "{s:I, s:I, s:I, s:I, s:i, s:i, s:i, s:s, s:I, s:s}", "began", figures->began_ms - began,
        "accepted", figures->accepted_ms ? figures->accepted_ms - began : (json_int_t)-1, "closed",
        figures->closed_ms ? figures->closed_ms - began : (json_int_t)-1, "ended",
        figures->ended_ms - began, "asked", (int)figures->asked, "answered", (int)figures->answered,
        "listed", (int)figures->listed, "status", rpc_status_name(figures->status), "retry_ms",
        (json_int_t)figures->retry_ms, "detail", figures->detail);
    char *text = json_dumps(line, JSON_COMPACT);
    (void)pthread_mutex_lock(&office->print);
    (void)puts(text);
    (void)fflush(stdout);
    (void)pthread_mutex_unlock(&office->print);
    free(text);
    json_decref(line);
}

static void *run(void *arg)
{
    struct worker *worker = arg;
    struct office *office = worker->office;
    struct la_line *line = &office->lines[worker->number % office->plan->las];
    /* A query is due within 10 s: not all are made in the same moment. */
    (void)poll(NULL, 0, (int)worker->number * APART_MS);
    while (clock_steady_ms() < office->end_ms) {
        struct search_figures figures;
        one_search(line, &figures);
        print(office, &figures);
        if (clock_steady_ms() + figures.retry_ms >= office->end_ms) return NULL;
        (void)poll(NULL, 0, (int)figures.retry_ms);
    }
    return NULL;
}

static void open_lines(struct office *office, const struct prepared *prepared)
{
    for (unsigned i = 0; i < office->plan->las; i++) {
        struct la_line *line = &office->lines[i];
        *line = (struct la_line){.plan = office->plan,
                                 .prepared = prepared,
                                 .party = load_open(office->plan->dir, ROLE_LA, "l", i + 1)};
        line->channel = load_connect(&line->party, office->plan->port);
    }
}

int load_searches(const struct searches_plan *plan)
{
    struct prepared *prepared = mem_new(struct prepared);
    struct office office = {.plan = plan, .lines = mem_array(plan->las, sizeof *office.lines)};
    struct worker *workers = mem_array(plan->in_flight, sizeof *workers);
    REQUIRE(pthread_mutex_init(&office.print, NULL) == 0);
    prepared_make(prepared);
    open_lines(&office, prepared);
    office.began_ms = clock_steady_ms();
    office.end_ms = office.began_ms + (int64_t)plan->seconds * 1000;
    for (unsigned i = 0; i < plan->in_flight; i++) {
        workers[i] = (struct worker){.office = &office, .number = i};
        REQUIRE(pthread_create(&workers[i].thread, NULL, run, &workers[i]) == 0);
    }
    for (unsigned i = 0; i < plan->in_flight; i++) (void)pthread_join(workers[i].thread, NULL);
    for (unsigned i = 0; i < plan->las; i++) {
        rpc_channel_close(office.lines[i].channel);
        party_close(&office.lines[i].party);
    }
    (void)pthread_mutex_destroy(&office.print);
    free(workers);
    free(office.lines);
    free(prepared);
    return 0;
}
