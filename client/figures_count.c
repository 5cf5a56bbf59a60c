/* SPDX-License-Identifier: Apache-2.0 */
#include "client/figures_count.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "proto/base/mem.h"

/* A child with an agreed fee: kept until all are known, since they are offered in random order. */
struct priced {
    uint32_t pounds;
    size_t band, type;
    enum needed_by needed_by;
};
struct counting {
    struct tally *tally;
    struct records *records;
    const struct catalogue *catalogue;
    struct stream *stream;
    uint32_t period;
    uint16_t region, authority; /* rows of the LA */
    struct request *request;    /* room for one */
    struct priced *priced;
    size_t priced_count, priced_room;
};

static void count_in(const struct counting *counting, const char *table, size_t category)
{
    const uint32_t one = 1;
    tally_count(counting->tally, table, counting->region, &category, &one, 1);
}

/* ---- the request ---- */

/* Slots mean the same in all versions of the catalogue that have them. */
static bool parse(struct counting *counting, const struct run *run, struct err *err)
{
    const struct buf *text = &run->parts.request;
    const struct request_rules rules = {.catalogue = counting->catalogue,
                                        .max = REQUEST_RESOLVED_MAX};
    return request_parse(text->data, text->len, &rules, counting->request, err);
}

/* As it was asked last: a query of an explanation asks for something else. */
static bool last_run(const struct counting *counting, const uint8_t name[HASH_BYTES],
                     uint64_t *number, struct err *err)
{
    struct run_ref *list = NULL;
    size_t count = 0;
    *number = 0;
    if (!records_list_runs(counting->records, name, &list, &count, err)) return false;
    for (size_t i = 0; i < count; i++) {
        if (!list[i].head.is_member) *number = list[i].number;
    }
    records_list_free(list, count, sizeof *list);
    return true;
}

static bool read_request(struct counting *counting, const uint8_t name[HASH_BYTES], bool *found,
                         struct err *err)
{
    struct run run = {0};
    uint64_t number = 0;
    if (!last_run(counting, name, &number, err)) return false;
    *found = number > 0;
    if (!*found) return true;
    bool ok =
        records_get_run(counting->records, name, number, &run, err) && parse(counting, &run, err);
    run_free(&run);
    return ok;
}

static size_t category_of(const char *table, const char *code)
{
    const struct figures_table *found = figures_table_find(table);
    size_t category = figures_category_find(found, code);
    REQUIRE(category < found->category_count);
    return category;
}

/* The first of the table's needs that anything of the request names; the type of placement too. */
static size_t main_need(const struct counting *counting)
{
    const struct request *request = counting->request;
    const struct catalogue *catalogue = counting->catalogue;
    uint32_t needs = figures_needs(catalogue, request->must, request->must_count) |
                     figures_needs(catalogue, request->prefer, request->prefer_count) |
                     figures_needs(catalogue, &request->placement_type, 1);
    size_t need = 0;
    if (needs == 0) return category_of("demand_need", "none");
    while (!(needs >> need & 1)) need++;
    return need;
}

/* ---- one search ---- */

static void count_demand(const struct counting *counting)
{
    const struct request *request = counting->request;
    size_t type = figures_type(counting->catalogue, request->placement_type);
    size_t need = main_need(counting), all = 0;
    const uint32_t one = 1;
    for (size_t i = 0; i < request->child_count; i++) {
        count_in(counting, "demand_age", figures_age_band(request->children[i].age));
        count_in(counting, "demand_type", type);
        count_in(counting, "demand_need", need);
        tally_count(counting->tally, "demand_la", counting->authority, &all, &one, 1);
    }
}

static const char *elsewhere_of(const struct outcome *outcome)
{
    return outcome->kind == OUTCOME_PLACED_ELSEWHERE ? outcome_elsewhere[outcome->elsewhere] : "";
}

/* No foster home was found: nowhere, or somewhere that is none. */
static bool is_unmet(const struct outcome *outcome)
{
    const char *elsewhere = elsewhere_of(outcome);
    return outcome->kind == OUTCOME_NONE_FOUND || strcmp(elsewhere, "residential") == 0 ||
           strcmp(elsewhere, "supported") == 0;
}

static void add_price(struct counting *counting, const struct child *child, uint32_t pounds)
{
    const struct request *request = counting->request;
    if (counting->priced_count == counting->priced_room) {
        counting->priced_room = counting->priced_room ? 2 * counting->priced_room : 16;
        counting->priced =
            mem_resize(counting->priced, counting->priced_room, sizeof *counting->priced);
    }
    counting->priced[counting->priced_count++] = (struct priced){
        pounds, figures_age_band(child->age),
        figures_type(counting->catalogue, request->placement_type), request->needed_by};
}

static void count_outcome(struct counting *counting, const struct outcome *outcome)
{
    const struct request *request = counting->request;
    const char *code = outcome->kind == OUTCOME_PLACED_ELSEWHERE ? elsewhere_of(outcome)
                                                                 : outcome_kind_name(outcome->kind);
    size_t category = category_of("demand_outcome", code), need = main_need(counting);
    bool placed = outcome->kind == OUTCOME_PLACED || outcome->kind == OUTCOME_PLACED_ELSEWHERE;
    for (size_t i = 0; i < request->child_count; i++) {
        const struct child *child = &request->children[i];
        count_in(counting, "demand_outcome", category);
        if (placed) count_in(counting, "demand_days", figures_days(outcome->days));
        if (outcome->fee > 0) add_price(counting, child, outcome->fee);
        if (!is_unmet(outcome)) continue;
        count_in(counting, "unmet_age", figures_age_band(child->age));
        count_in(counting, "unmet_need", need);
    }
}

static bool count_search(struct counting *counting, const struct kept_search *search,
                         struct err *err)
{
    struct outcome outcome = {0};
    bool concluded = false, found = false;
    if (!records_last_outcome(counting->records, search->name, &outcome, &concluded, err)) {
        return false;
    }
    bool asked = period_of(search->record.first_ms) == counting->period;
    bool ended = concluded && period_of(outcome.at_ms) == counting->period;
    if (!asked && !ended) return true;
    if (!read_request(counting, search->name, &found, err)) return false;
    if (found && asked) count_demand(counting);
    if (found && ended) count_outcome(counting, &outcome);
    request_wipe(counting->request);
    return true;
}

/* ---- prices ---- */

/* In random order: only so many of a category count, and none of them shall be the likelier one. */
static void count_prices(const struct counting *counting)
{
    uint32_t *order = mem_array(counting->priced_count, sizeof *order);
    stream_permutation(counting->stream, order, counting->priced_count);
    for (size_t i = 0; i < counting->priced_count; i++) {
        const struct priced *priced = &counting->priced[order[i]];
        const struct {
            const char *table;
            size_t category;
        } places[] = {{"price_age", priced->band},
                      {"price_type", priced->type},
                      {"price_notice", (size_t)priced->needed_by}};
        for (size_t j = 0; j < sizeof places / sizeof *places; j++) {
            tally_price(counting->tally, places[j].table, counting->region, places[j].category,
                        priced->pounds, counting->stream);
        }
    }
    free(order);
}

static bool count_all(struct counting *counting, struct err *err)
{
    struct kept_search *list = NULL;
    size_t count = 0;
    if (!records_list(counting->records, &list, &count, err)) return false;
    bool ok = true;
    for (size_t i = 0; ok && i < count; i++) ok = count_search(counting, &list[i], err);
    records_list_free(list, count, sizeof *list);
    if (ok) count_prices(counting);
    return ok;
}

bool figures_count_records(struct tally *tally, const struct manifest *manifest, int64_t now_ms,
                           struct stream *stream, void *ctx, struct err *err)
{
    (void)now_ms;
    const struct figures_records *own = ctx;
    const struct manifest_party *party = manifest_party(manifest, ROLE_LA, own->organisation);
    if (!party) {
        return err_set(err, ERR_DENIED, "hub", "%s has not enrolled %s", manifest->hub,
                       own->organisation);
    }
    struct counting counting = {
        .tally = tally,
        .records = own->records,
        .catalogue = catalogue_get(CATALOGUE_VERSION),
        .stream = stream,
        .period = manifest->period,
        .region = geography_area_of_authority(manifest->geography, false, party->authority),
        .authority = geography_area_of_authority(manifest->geography, true, party->authority),
        .request = mem_new(struct request)};
    bool ok = count_all(&counting, err);
    if (counting.priced) {
        sodium_memzero(counting.priced, counting.priced_room * sizeof *counting.priced);
    }
    free(counting.priced);
    free(counting.request);
    return ok;
}
