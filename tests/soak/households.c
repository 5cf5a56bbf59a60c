/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "agent/import.h"
#include "agent/vault.h"
#include "proto/base/clock.h"
#include "proto/base/file.h"
#include "proto/base/mem.h"
#include "proto/crypto/stream.h"
#include "tests/soak/soak.h"

/* Of a hundred households, in a month. */
enum { CHANGE = 12, CONFIRM = 60 };

static void keep_refs(struct soak_party *party, const struct profile_list *list)
{
    party->ref_count = list->count;
    party->refs = mem_array(list->count, sizeof *party->refs);
    for (size_t i = 0; i < list->count; i++) {
        memcpy(party->refs[i], list->items[i].ref, sizeof *party->refs);
    }
}

static void fill_vault(const struct soak_party *party, const struct profile_list *list)
{
    struct secret key = identity_derive(party->party.identity, VAULT_PURPOSE);
    struct vault *vault = NULL;
    struct vault_changes changes;
    struct err err = {0};
    parties_must(vault_create(party->party.home, &key, &err), &err);
    parties_must(vault_open(party->party.home, &key, &vault, &err), &err);
    parties_must(vault_import(vault, list->items, list->count, false, false, &changes, &err), &err);
    REQUIRE(changes.added == list->count);
    vault_close(vault);
    secret_free(&key);
}

void households_import(struct soak *soak, struct soak_party *party)
{
    char *path = mem_format("%s/carers/%s.csv", soak->carers, party->id);
    const struct import_rules rules = {.kind = IMPORT_CARERS,
                                       .catalogue = catalogue_get(CATALOGUE_VERSION),
                                       .today = clock_london_day(clock_wall_ms())};
    struct import_result result;
    struct buf text = {0};
    struct err err = {0};
    parties_must(file_read(path, IMPORT_FILE_MAX, &text, &err), &err);
    parties_must(import_parse(text.data, text.len, &rules, &result, &err), &err);
    REQUIRE(result.report.bad_rows == 0 && !result.report.bad_headings);
    keep_refs(party, &result.list);
    fill_vault(party, &result.list);
    import_result_free(&result);
    buf_wipe(&text);
    free(path);
}

/* ---- a month later ---- */

struct edit {
    struct stream stream;
    int32_t today;
    bool *change; /* else: confirmed as it is */
};

static bool edit_one(size_t index, struct profile *profile, void *ctx)
{
    static const enum status statuses[] = {STATUS_AVAILABLE, STATUS_AVAILABLE_FROM,
                                           STATUS_FULL,      STATUS_FULL,
                                           STATUS_ON_HOLD,   STATUS_NOT_AVAILABLE};
    struct edit *edit = ctx;
    REQUIRE(profile != NULL);
    profile->status_date = edit->today;
    if (!edit->change[index]) return true;
    profile->status = statuses[stream_below(&edit->stream, sizeof statuses / sizeof *statuses)];
    profile->places = (uint8_t)stream_below(&edit->stream, profile->approved_places + 1U);
    profile->available_from = profile->status == STATUS_AVAILABLE_FROM
                                  ? edit->today + 1 + (int32_t)stream_below(&edit->stream, 60)
                                  : NO_DAY;
    return true;
}

static void update(struct soak_party *party, struct edit *edit, const char **refs, size_t count)
{
    struct secret key = identity_derive(party->party.identity, VAULT_PURPOSE);
    struct vault *vault = NULL;
    struct vault_changes changes;
    const struct vault_how how = {0};
    struct err err = {0};
    parties_must(vault_open(party->party.home, &key, &vault, &err), &err);
    parties_must(vault_update(vault, refs, count, edit_one, edit, false, &how, &changes, &err),
                 &err);
    vault_close(vault);
    secret_free(&key);
}

void households_change(const struct soak *soak, struct soak_party *party)
{
    static const uint8_t seed[SEED_BYTES] = {2};
    char *context = mem_format("%s %zu", party->id, soak->period_index);
    struct edit edit = {.today = clock_london_day(clock_wall_ms()),
                        .change = mem_array(party->ref_count, sizeof(bool))};
    const char **refs = mem_array(party->ref_count, sizeof *refs);
    size_t count = 0;
    stream_start(&edit.stream, "soak households", seed, context, strlen(context));
    for (size_t i = 0; i < party->ref_count; i++) {
        uint64_t drawn = stream_below(&edit.stream, 100);
        if (drawn >= CHANGE + CONFIRM) continue;
        edit.change[count] = drawn < CHANGE;
        refs[count++] = party->refs[i];
    }
    if (count > 0) update(party, &edit, refs, count);
    free(refs);
    free(edit.change);
    free(context);
}
