/* SPDX-License-Identifier: Apache-2.0 */
#include "matcher/status_file.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "proto/base/cli.h"
#include "proto/base/clock.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"

static json_t *attached(struct matcher *matcher)
{
    size_t count = 0;
    struct agent **agents = fleet_list(matcher->fleet, &count);
    json_t *ids = json_array();
    for (size_t i = 0; i < count; i++) (void)json_array_append_new(ids, json_string(agents[i]->id));
    fleet_list_free(agents, count);
    return ids;
}

/* Manifests whose tables are not all half-opened. What the store does not tell is left out here. */
static json_t *open_figures(const struct matcher *matcher)
{
    struct collection_period *periods = NULL;
    size_t count = 0;
    struct err err;
    json_t *list = json_array();
    if (!collection_periods(matcher->collection, &periods, &count, &err)) {
        log_err(LOG_LEVEL_ERROR, "status_figures", &err);
        return list;
    }
    for (size_t i = 0; i < count; i++) {
        char period[PERIOD_TEXT], closes[CLOCK_TEXT];
        if (periods[i].released) continue;
        clock_format(periods[i].closes_at, closes);
        (void)json_array_append_new(
            list, json_pack("{s:s,s:s,s:s}", "hub", periods[i].hub, "period",
                            period_text(periods[i].period, period), "closes_at", closes));
    }
    free(periods);
    return list;
}

static json_t *stores(const struct matcher *matcher)
{
    json_t *all = json_object();
    const struct metric_label *names = &measure_table[MEASURE_STORE_BYTES].labels[0];
    for (size_t i = 0; i < names->count; i++) {
        const struct metrics *metrics = matcher->metrics;
        (void)json_object_set_new(
            all, names->values[i],
            daemon_store_json(metrics_value(metrics, MEASURE_STORE_BYTES, i, 0),
                              metrics_value(metrics, MEASURE_STORE_FILE, i, 0),
                              metrics_value(metrics, MEASURE_STORE_LIMIT, i, 0)));
    }
    return all;
}

static json_t *audit_log(const struct matcher *matcher)
{
    struct log_head head = audit_head_now(matcher->audit);
    char hex[2 * HASH_BYTES + 1];
    return json_pack("{s:b,s:I,s:s}", "works", audit_works(matcher->audit), "entries",
                     (json_int_t)head.length, "head", text_hex(head.hash, HASH_BYTES, hex));
}

static void put_epoch(const struct matcher *matcher, json_t *status)
{
    struct epoch_key *epoch = epochs_current(matcher->epochs);
    (void)json_object_set_new(status, "epoch", json_integer((json_int_t)epoch->record.epoch));
    (void)json_object_set_new(status, "epoch_began_at", instant_json(epoch->record.not_before));
    (void)json_object_set_new(status, "epoch_ends_at", instant_json(epoch->record.not_after));
    epoch_unref(epoch);
}

bool status_write(struct matcher *matcher, int port, struct err *err)
{
    const char *listen = matcher->config.listen;
    const struct certificate *certificate = identity_certificate(matcher->identity);
    const struct daemon_facts facts = {.program = "hearth-matcher",
                                       .id = certificate->organisation,
                                       .started_ms = process_figures_started(matcher->process),
                                       .certificate_until_ms = certificate->not_after,
                                       .metrics = metrics_server_address(matcher->metrics_server)};
    char *address = mem_format("%.*s:%d", (int)(strrchr(listen, ':') - listen), listen, port);
    json_t *status = daemon_status_new(&facts);
    json_t *more = json_pack(
        "{s:s,s:o,s:I,s:I,s:I,s:o,s:o,s:I,s:o}", "address", address, "agents", attached(matcher),
        "agents_listed", (json_int_t)metrics_value(matcher->metrics, MEASURE_AGENTS_LISTED, 0, 0),
        "searches_open", (json_int_t)searches_count(matcher->searches), "mail_waiting",
        (json_int_t)mail_room_waiting(matcher->mail), "audit", audit_log(matcher), "stores",
        stores(matcher), "catalogue", (json_int_t)matcher->catalogue->version, "figures",
        open_figures(matcher));
    REQUIRE(more != NULL && json_object_update(status, more) == 0);
    json_decref(more);
    put_epoch(matcher, status);
    free(address);
    return daemon_status_write(matcher->home, status, 0644, err);
}
