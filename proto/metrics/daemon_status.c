/* SPDX-License-Identifier: Apache-2.0
 * What a running program writes.
 */
#include "proto/metrics/daemon_status.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proto/base/cli.h"
#include "proto/base/clock.h"
#include "proto/base/file.h"
#include "proto/base/lock.h"
#include "proto/base/log.h"

bool daemon_lock(const char *home, int *fd, struct err *err)
{
    char *path = file_join(home, HOME_LOCK);
    bool ok = lock_take(path, fd, err);
    free(path);
    return ok;
}

bool daemon_runs(const char *home)
{
    char *path = file_join(home, HOME_LOCK);
    bool runs = lock_is_taken(path);
    free(path);
    return runs;
}

static json_t *last_error(void)
{
    struct log_last last = log_last_error();
    if (last.at_ms == 0) return json_null();
    return json_pack("{s:o,s:s,s:s}", "at", instant_json(last.at_ms), "event", last.event, "fields",
                     last.fields);
}

json_t *daemon_status_new(const struct daemon_facts *facts)
{
    json_t *metrics = facts->metrics[0] ? json_string(facts->metrics) : json_null();
    json_t *status =
        json_pack("{s:s,s:s,s:I,s:s,s:o,s:o,s:o,s:o,s:I,s:I}", "program", facts->program, "id",
                  facts->id, "pid", (json_int_t)getpid(), "version", HEARTH_VERSION, "started_at",
                  instant_json(facts->started_ms), "certificate_until",
                  instant_json(facts->certificate_until_ms), "metrics", metrics, "last_error",
                  last_error(), "errors", (json_int_t)log_count(LOG_LEVEL_ERROR), "steady_ms",
                  (json_int_t)clock_steady_ms());
    REQUIRE(status != NULL);
    (void)json_object_set_new(
        status, "certificate_days",
        json_integer((facts->certificate_until_ms - clock_wall_ms()) / INT64_C(86400000)));
    return status;
}

json_t *daemon_store_json(int64_t bytes, int64_t file_bytes, int64_t limit_bytes)
{
    return json_pack("{s:I,s:I,s:I}", "bytes", (json_int_t)bytes, "file_bytes",
                     (json_int_t)file_bytes, "limit_bytes", (json_int_t)limit_bytes);
}

bool daemon_status_write(const char *home, json_t *status, unsigned mode, struct err *err)
{
    char *text = json_dumps(status, JSON_COMPACT);
    REQUIRE(text != NULL);
    char *path = file_join(home, HOME_STATUS);
    bool ok = file_replace(path, text, strlen(text), mode, err);
    free(path);
    free(text);
    json_decref(status);
    return ok;
}

void daemon_status_remove(const char *home)
{
    char *path = file_join(home, HOME_STATUS);
    (void)unlink(path);
    free(path);
}
