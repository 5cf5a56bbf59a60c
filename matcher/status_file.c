/* SPDX-License-Identifier: Apache-2.0 */
#include "matcher/status_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "proto/base/clock.h"
#include "proto/base/file.h"
#include "proto/base/lock.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"

bool status_lock(const char *home, int *fd, struct err *err)
{
    char *path = file_join(home, HOME_LOCK);
    bool ok = lock_take(path, fd, err);
    free(path);
    return ok;
}

bool status_is_locked(const char *home)
{
    char *path = file_join(home, HOME_LOCK);
    bool locked = lock_is_taken(path);
    free(path);
    return locked;
}

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

bool status_write(struct matcher *matcher, int port, struct err *err)
{
    const char *listen = matcher->config.listen;
    char *address = mem_format("%.*s:%d", (int)(strrchr(listen, ':') - listen), listen, port);
    struct epoch_key *epoch = epochs_current(matcher->epochs);
    json_t *status =
        json_pack("{s:s,s:I,s:s,s:I,s:o,s:I,s:o}", "id",
                  identity_certificate(matcher->identity)->organisation, "pid",
                  (json_int_t)getpid(), "address", address, "epoch",
                  (json_int_t)epoch->record.epoch, "agents", attached(matcher), "mail_waiting",
                  (json_int_t)mail_room_waiting(matcher->mail), "figures", open_figures(matcher));
    char *text = json_dumps(status, JSON_COMPACT);
    char *path = file_join(matcher->home, HOME_STATUS);
    bool ok = file_write(path, text, strlen(text), 0644, err);
    free(path);
    free(text);
    json_decref(status);
    epoch_unref(epoch);
    free(address);
    return ok;
}
