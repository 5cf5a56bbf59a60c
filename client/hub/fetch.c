/* SPDX-License-Identifier: Apache-2.0 */
#include "client/hub/fetch.h"

#include <stdlib.h>
#include <string.h>

#include "client/hub/link.h"
#include "proto/base/clock.h"
#include "proto/base/mem.h"

const char *fetch_state_name(enum fetch_state state)
{
    static const char *const names[] = {"released", "given_up", "refused", "wrong"};
    return names[state];
}

void fetch_outcome_free(struct fetch_outcome *outcome)
{
    for (size_t i = 0; i < outcome->count; i++) free(outcome->tables[i].evidence);
    free(outcome->tables);
    *outcome = (struct fetch_outcome){0};
}

/* ---- what is due ---- */

struct due {
    struct collection_period *periods; /* those that are due, free() */
    size_t count;
    int64_t next_close;
};

static bool find_due(struct hub *hub, uint32_t period, int64_t now_ms, struct due *out,
                     struct err *err)
{
    const char *own = identity_certificate(hub->identity)->organisation;
    struct collection_period *periods = NULL;
    size_t count = 0;
    *out = (struct due){0};
    if (!collection_periods(hub->collection, &periods, &count, err)) return false;
    for (size_t i = 0; i < count; i++) {
        const struct collection_period one = periods[i];
        if (!one.agreed || one.released || strcmp(one.hub, own) != 0 ||
            (period > 0 && one.period != period)) {
            continue;
        }
        if (one.closes_at <= now_ms) {
            periods[out->count++] = one;
        } else if (out->next_close == 0 || one.closes_at < out->next_close) {
            out->next_close = one.closes_at;
        }
    }
    out->periods = periods;
    return true;
}

bool fetch_due(struct hub *hub, uint32_t period, int64_t now_ms, bool *due, int64_t *next_close,
               struct err *err)
{
    struct due found;
    if (!find_due(hub, period, now_ms, &found, err)) return false;
    *due = found.count > 0;
    *next_close = found.next_close;
    free(found.periods);
    return true;
}

/* ---- one table ---- */

struct fetching {
    struct hub *hub;
    const struct fetch_parts *parts;
    struct dial *dial;
    const struct collection_period *period;
    const struct manifest *manifest;
    struct fetch_outcome *out;
    bool wrong; /* the matcher gave what does not hold */
};

static bool is_matchers_no(enum err_code code)
{
    switch (code) {
    case ERR_INVALID:
    case ERR_NOT_FOUND:
    case ERR_EXISTS:
    case ERR_UNAUTHENTICATED:
    case ERR_DENIED:
    case ERR_EXPIRED:
    case ERR_BUDGET:
    case ERR_VERSION: return true;
    default: return false;
    }
}

/* The hub counts for itself: the matcher's word for it would not do. */
static bool count_set(struct fetching *fetching, struct fetched *fetched, struct err *err)
{
    struct figures_release set;
    if (!collection_set(fetching->hub->collection, fetching->period->manifest_hash, fetched->table,
                        &set, err)) {
        return false;
    }
    fetched->contributions = set.count;
    figures_release_free(&set);
    return true;
}

static bool give_up(struct fetching *fetching, struct fetched *fetched, struct err *err)
{
    fetched->state = FETCH_GIVEN_UP;
    return collection_give_up(fetching->hub->collection, fetching->period->manifest_hash,
                              fetched->table, &fetched->why, clock_wall_ms(), err);
}

/* The matcher has refused. */
static bool note_refusal(struct fetching *fetching, const struct err *why, struct fetched *fetched,
                         struct err *err)
{
    const struct manifest_side *side = &fetching->manifest->sides[fetched->table->side];
    if (!is_matchers_no(why->code)) {
        *err = *why;
        return false;
    }
    if (!count_set(fetching, fetched, err)) return false;
    if (fetched->contributions >= side->quorum) {
        fetched->state = FETCH_REFUSED;
        fetched->why = *why;
        return true;
    }
    (void)err_set(&fetched->why, ERR_INVALID, "quorum",
                  "%zu of %zu contributed; a release needs %u", fetched->contributions,
                  side->enrolled, side->quorum);
    return give_up(fetching, fetched, err);
}

/* The matcher's half holds, but no number fits: some contributor has sent nonsense, and nobody can
 * tell which. The matcher is not to blame. */
static bool is_unreadable(const struct err *why)
{
    static const char cells[] = "cells[";
    return why->code == ERR_INVALID && strncmp(why->field, cells, sizeof cells - 1) == 0;
}

static bool note_unreadable(struct fetching *fetching, const struct err *why,
                            struct fetched *fetched, struct err *err)
{
    fetched->why = *why;
    return count_set(fetching, fetched, err) && give_up(fetching, fetched, err);
}

/* The hub's own checks have failed, or its own disk. */
static bool note_wrong(struct fetching *fetching, const struct opened *opened,
                       const struct err *why, struct fetched *fetched, struct err *err)
{
    if (why->code != ERR_UNAUTHENTICATED && why->code != ERR_INVALID) {
        *err = *why;
        return false;
    }
    fetched->state = FETCH_WRONG;
    fetched->why = *why;
    fetching->wrong = true;
    return count_set(fetching, fetched, err) &&
           evidence_write(fetching->hub, fetched, fetching->period->manifest_hash, opened,
                          dial_peer(fetching->dial), &fetched->evidence, err);
}

static bool open_table(struct fetching *fetching, struct fetched *fetched, struct err *err)
{
    struct opened opened;
    struct release release;
    struct err why;
    if (!dial_release(fetching->dial, fetching->hub->collection, fetching->period->manifest_hash,
                      fetched->table, &opened, &fetched->taken, &fetched->passed, &why)) {
        return note_refusal(fetching, &why, fetched, err);
    }
    bool ok = true;
    if (collection_open_sums(fetching->hub->collection, &opened, dial_peer(fetching->dial),
                             clock_wall_ms(), &release, &why)) {
        fetched->state = FETCH_RELEASED;
        fetched->contributions = release.contributions;
        release_free(&release);
    } else if (why.code == ERR_EXISTS) { /* by `serve`, or another fetch, meanwhile */
        fetched->state = FETCH_RELEASED;
        ok = count_set(fetching, fetched, err);
    } else if (is_unreadable(&why)) {
        ok = note_unreadable(fetching, &why, fetched, err);
    } else {
        ok = note_wrong(fetching, &opened, &why, fetched, err);
    }
    opened_free(&opened);
    return ok;
}

static bool fetch_table(struct fetching *fetching, const struct figures_table *table,
                        struct err *err)
{
    struct fetch_outcome *out = fetching->out;
    struct collection_table kept;
    struct fetched fetched = {.period = fetching->period->period, .table = table};
    if (!collection_table(fetching->hub->collection, fetching->period->manifest_hash, table, &kept,
                          err)) {
        return false;
    }
    if (kept.state != COLLECTION_TAKING) return true;
    if (!open_table(fetching, &fetched, err)) return false;
    out->tables = mem_resize(out->tables, out->count + 1, sizeof *out->tables);
    out->tables[out->count++] = fetched;
    if (fetching->parts->progress) fetching->parts->progress(&fetched, fetching->parts->ctx);
    return true;
}

/* ---- all ---- */

static bool fetch_period(struct fetching *fetching, const struct collection_period *period,
                         struct err *err)
{
    struct agreement agreement;
    if (!collection_agreement(fetching->hub->collection, period->manifest_hash, &agreement, err)) {
        return false;
    }
    bool ok = true;
    fetching->period = period;
    fetching->manifest = &agreement.manifest;
    for (size_t i = 0; ok && !fetching->wrong && i < agreement.manifest.term_count; i++) {
        ok = fetch_table(fetching, agreement.manifest.terms[i].table, err);
    }
    fetching->out->periods++;
    fetching->manifest = NULL;
    agreement_free(&agreement);
    return ok;
}

static void tell_dial(const struct fetching *fetching, struct dial *dial)
{
    if (fetching->parts->dialled) fetching->parts->dialled(dial, fetching->parts->ctx);
}

static bool fetch_all(struct hub *hub, const struct fetch_parts *parts, const struct due *due,
                      struct fetch_outcome *out, struct err *err)
{
    struct fetching fetching = {.hub = hub, .parts = parts, .out = out};
    if (!link_open(hub, &fetching.dial, err)) return false;
    tell_dial(&fetching, fetching.dial);
    bool ok = true;
    for (size_t i = 0; ok && !fetching.wrong && i < due->count; i++) {
        ok = fetch_period(&fetching, &due->periods[i], err);
    }
    tell_dial(&fetching, NULL);
    dial_close(fetching.dial);
    return ok;
}

bool fetch_run(struct hub *hub, const struct fetch_parts *parts, int64_t now_ms,
               struct fetch_outcome *out, struct err *err)
{
    struct due due;
    *out = (struct fetch_outcome){0};
    if (!find_due(hub, parts->period, now_ms, &due, err)) return false;
    out->next_close = due.next_close;
    bool ok = due.count == 0 || fetch_all(hub, parts, &due, out, err);
    free(due.periods);
    return ok;
}
