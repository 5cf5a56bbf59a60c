/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "client/hub/areas.h"
#include "proto/base/csv.h"
#include "proto/base/file.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"
#include "tests/soak/soak.h"

enum { LIST_MAX = 16 << 20 };

/* ---- who there is ---- */

struct listing {
    struct soak *soak;
    enum role role;
    size_t code; /* its column, 0 where there is none */
};

static bool add_party(const struct csv_row *row, void *ctx)
{
    const struct listing *listing = ctx;
    struct soak *soak = listing->soak;
    size_t count = soak_party_count(soak);
    if (row->line == 1) {
        REQUIRE(strcmp(row->fields[0].text, "id") == 0);
        return true;
    }
    struct soak_party party = {.role = listing->role};
    text_copy_cut(party.id, sizeof party.id, row->fields[0].text);
    if (listing->code) {
        text_copy_cut(party.code, sizeof party.code, row->fields[listing->code].text);
    }
    soak->parties = mem_resize(soak->parties, count + 1, sizeof *soak->parties);
    soak->parties[count] = party;
    if (party.role == ROLE_AGENT) {
        soak->agencies++;
    } else {
        soak->las++;
    }
    return true;
}

static void read_list(struct soak *soak, const char *name, enum role role, size_t code)
{
    struct listing listing = {soak, role, code};
    char *path = file_join(soak->year, name);
    struct buf text = {0};
    struct err err = {0};
    parties_must(file_read(path, LIST_MAX, &text, &err), &err);
    parties_must(csv_read_rows(text.data, text.len, add_party, &listing, &err), &err);
    buf_free(&text);
    free(path);
}

/* ---- areas ---- */

static void draw_areas(struct soak *soak)
{
    const struct areas_fields fields = {.code = "ons", .name = "name", .region = "region"};
    char *path = file_join(soak->year, "areas.geojson");
    struct areas_drawn *drawn = mem_new(struct areas_drawn);
    struct areas_regions regions;
    struct buf text = {0};
    struct err err = {0};
    areas_england(&regions);
    parties_must(file_read(path, AREAS_FILE_MAX, &text, &err), &err);
    parties_must(areas_draw(text.data, text.len, &fields, &regions, drawn, &err), &err);
    soak->areas = mem_copy(&drawn->geography, sizeof drawn->geography);
    buf_free(&text);
    free(drawn);
    free(path);
}

/* ---- homes ---- */

static void open_collection(const struct soak *soak, const struct party *party,
                            struct collection **out)
{
    const struct collection_parts parts = {.home = party->home,
                                           .identity = party->identity,
                                           .trust = party->trust,
                                           .pool = soak->pool};
    struct err err = {0};
    parties_must(collection_open(&parts, out, &err), &err);
}

/* One after the other: the Authority keeps one list of what it has issued. */
static void make_homes(struct soak *soak)
{
    soak->authority = parties_new(soak->work);
    soak->matcher =
        parties_add_days(soak->authority, ROLE_MATCHER, "matcher-1", SOAK_CERTIFICATE_DAYS);
    soak->hub = parties_add_days(soak->authority, ROLE_HUB, "hub-1", SOAK_CERTIFICATE_DAYS);
    for (size_t i = 0; i < soak_party_count(soak); i++) {
        struct soak_party *party = &soak->parties[i];
        party->party =
            parties_add_days(soak->authority, party->role, party->id, SOAK_CERTIFICATE_DAYS);
    }
    open_collection(soak, &soak->matcher, &soak->at_matcher);
    open_collection(soak, &soak->hub, &soak->at_hub);
}

static void fill_home(size_t index, void *ctx)
{
    struct soak *soak = ctx;
    struct soak_party *party = &soak->parties[index];
    if (party->role == ROLE_AGENT) {
        households_import(soak, party);
        return;
    }
    struct records *records = searches_open(party);
    searches_write(party, records, period_before(soak->first, 1));
    records_close(records);
}

/* A tenth of the first quorum, for good: other insiders would be other terms. */
static void set_insiders(struct soak *soak)
{
    size_t counts[FIGURES_SIDES] = {0};
    for (size_t i = 0; i < soak_party_count(soak); i++) {
        const struct soak_party *party = &soak->parties[i];
        if (party->from == 0) counts[soak_side(party)]++;
    }
    for (size_t side = 0; side < FIGURES_SIDES; side++) {
        uint32_t insiders = manifest_quorum(counts[side]) / 10;
        soak->insiders[side] = insiders > 0 ? insiders : 1;
    }
}

void world_open(struct soak *soak)
{
    read_list(soak, "agencies.csv", ROLE_AGENT, 0);
    read_list(soak, "las.csv", ROLE_LA, 2);
    REQUIRE(soak->agencies > 0 && soak->las > 0);
    searches_read(soak);
    draw_areas(soak);
    fates_plan(soak);
    set_insiders(soak);
    make_homes(soak);
    pool_each(soak->pool, soak_party_count(soak), fill_home, soak);
}

void world_close(struct soak *soak)
{
    collection_close(soak->at_matcher);
    collection_close(soak->at_hub);
    party_close(&soak->matcher);
    party_close(&soak->hub);
    for (size_t i = 0; i < soak_party_count(soak); i++) {
        party_close(&soak->parties[i].party);
        searches_free(&soak->parties[i]);
        free(soak->parties[i].refs);
    }
    parties_free(soak->authority);
    free(soak->parties);
    free(soak->areas);
    free(soak->taken);
}
