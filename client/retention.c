/* SPDX-License-Identifier: Apache-2.0 */
#include "client/retention.h"

#include <stdlib.h>
#include <string.h>

#include "proto/base/clock.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"

static const int64_t DAY_MS = (int64_t)24 * 3600 * 1000;

/* The entries of all threads that stay. */
struct staying {
    struct entry *entries;
    bool *stays; /* one an entry */
    size_t count;
};

/* By the rule of correspondence_purge. */
static bool thread_stays(const struct staying *staying, const struct entry *of, int64_t before_ms)
{
    for (size_t i = 0; i < staying->count; i++) {
        const struct entry *entry = &staying->entries[i];
        bool same = sodium_memcmp(entry->mail.thread_id, of->mail.thread_id, MAIL_ID_BYTES) == 0;
        if (same && (entry->state == MAIL_QUEUED || entry_last_ms(entry) >= before_ms)) return true;
    }
    return false;
}

static bool in_use(const uint8_t query_hash[HASH_BYTES], void *ctx)
{
    const struct staying *staying = ctx;
    for (size_t i = 0; i < staying->count; i++) {
        bool same = sodium_memcmp(staying->entries[i].query_hash, query_hash, HASH_BYTES) == 0;
        if (same && staying->stays[i]) return true;
    }
    return false;
}

static size_t look(struct staying *staying, int64_t before_ms)
{
    size_t leaving = 0;
    staying->stays = mem_array(staying->count, sizeof *staying->stays);
    for (size_t i = 0; i < staying->count; i++) {
        staying->stays[i] = thread_stays(staying, &staying->entries[i], before_ms);
        leaving += !staying->stays[i];
    }
    return leaving;
}

/* Deleted entries stand in the files until these are written anew. */
static bool erase(struct records *records, struct correspondence *correspondence,
                  struct retention *out, struct err *err)
{
    bool letters = false, searches = false;
    bool ok = correspondence_rewrite(correspondence, &letters, err) &&
              records_rewrite(records, &searches, err);
    out->erased = letters && searches;
    return ok;
}

bool retention_purge(struct records *records, struct correspondence *correspondence,
                     int64_t before_ms, bool dry_run, struct retention *out, struct err *err)
{
    struct staying staying = {0};
    struct retention done = {0};
    if (!correspondence_list(correspondence, &staying.entries, &staying.count, err)) return false;
    done.messages = look(&staying, before_ms);
    bool ok = (dry_run || correspondence_purge(correspondence, before_ms, &done.messages, err)) &&
              records_purge(records, before_ms, dry_run, in_use, &staying, &done.records, err) &&
              (dry_run || erase(records, correspondence, &done, err));
    entries_free(staying.entries, staying.count);
    free(staying.stays);
    if (ok) *out = done;
    return ok;
}

static bool purge_now(const struct cli_common *common, const struct la *la, struct records *records,
                      struct err *err)
{
    struct correspondence *correspondence = NULL;
    struct retention done = {0};
    int64_t before_ms = clock_wall_ms() - la->keep_days * DAY_MS;
    if (!la_open_correspondence(common, la, &correspondence, err)) return false;
    bool ok = retention_purge(records, correspondence, before_ms, false, &done, err);
    correspondence_close(correspondence);
    if (ok && (done.records.searches > 0 || done.messages > 0)) {
        log_info("purged", "keep_days=%d searches=%zu runs=%zu messages=%zu", la->keep_days,
                 done.records.searches, done.records.runs, done.messages);
    }
    return ok;
}

bool retention_daily(const struct cli_common *common, const struct la *la, struct records *records,
                     struct err *err)
{
    bool due = false;
    if (!records_purge_is_due(records, clock_london_day(clock_wall_ms()), &due, err)) return false;
    return !due || purge_now(common, la, records, err);
}
