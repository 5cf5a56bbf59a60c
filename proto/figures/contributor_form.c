/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/figures/contributor_form.h"

#include "proto/base/text.h"
#include "proto/crypto/stored.h"

void kept_hub_encode(const struct kept_hub *kept, struct buf *out)
{
    const struct contributor_hub *hub = &kept->hub;
    uint8_t off = 0;
    for (size_t i = 0; i < figures_table_count; i++) off = (uint8_t)(off + hub->off[i]);
    buf_u8(out, CONTRIBUTOR_FORM);
    stored_put_text(out, hub->id);
    buf_u8(out, hub->joined);
    buf_append(out, hub->terms, HASH_BYTES);
    buf_append(out, hub->offered, HASH_BYTES);
    buf_u32(out, hub->offered_period);
    buf_append(out, kept->manifest_hash, HASH_BYTES);
    buf_u8(out, off);
    for (size_t i = 0; i < figures_table_count; i++) {
        if (hub->off[i]) stored_put_text(out, figures_tables[i].name);
    }
}

/* Each once, in the order of the tables. */
static bool take_off(struct reader *reader, bool off[FIGURES_TABLES_MAX])
{
    uint8_t count = reader_u8(reader);
    size_t next = 0;
    for (uint8_t i = 0; i < count; i++) {
        char name[FIGURES_NAME_MAX + 1];
        if (!reader_text(reader, name, sizeof name)) return false;
        const struct figures_table *table = figures_table_find(name);
        if (!table || figures_table_index(table) < next) return false;
        next = figures_table_index(table);
        off[next++] = true;
    }
    return true;
}

static bool take_period(struct reader *reader, bool none, uint32_t *out)
{
    *out = reader_u32(reader);
    return !reader->failed && ((none && *out == 0) || period_valid(*out));
}

bool kept_hub_decode(const uint8_t *data, size_t len, struct kept_hub *out, struct err *err)
{
    struct reader reader = reader_of(data, len);
    struct kept_hub kept = {0};
    struct contributor_hub *hub = &kept.hub;
    if (!stored_form(&reader, CONTRIBUTOR_FORM, err)) return false;
    bool good = reader_text(&reader, hub->id, sizeof hub->id) &&
                (hub->id[0] == '\0' || text_is_id(hub->id)) && stored_flag(&reader, &hub->joined) &&
                stored_bytes(&reader, hub->terms, HASH_BYTES) &&
                stored_bytes(&reader, hub->offered, HASH_BYTES) &&
                take_period(&reader, true, &hub->offered_period) &&
                stored_bytes(&reader, kept.manifest_hash, HASH_BYTES) &&
                take_off(&reader, hub->off) && reader_done(&reader);
    if (!good) return err_set(err, ERR_CORRUPT, NULL, "what is kept of a hub is malformed");
    *out = kept;
    return true;
}

/* ---- items ---- */

static void put_side(struct buf *out, enum contributor_state state, int64_t at)
{
    REQUIRE(state != CONTRIBUTION_HELD);
    buf_u8(out, (uint8_t)state);
    buf_u64(out, (uint64_t)at);
}

void kept_item_encode(const struct kept_item *kept, struct buf *out)
{
    const struct contributor_item *item = &kept->item;
    buf_u8(out, CONTRIBUTOR_FORM);
    buf_append(out, item->hash, HASH_BYTES);
    buf_append(out, item->manifest_hash, HASH_BYTES);
    stored_put_text(out, item->hub);
    stored_put_text(out, kept->matcher);
    buf_u32(out, item->period);
    stored_put_text(out, item->table->name);
    buf_u32(out, item->epsilon);
    buf_u64(out, (uint64_t)item->made_at);
    buf_u64(out, (uint64_t)item->closes_at);
    put_side(out, item->matcher, item->matcher_at);
    put_side(out, item->hub_side, item->hub_at);
    buf_u8(out, item->released);
    buf_u8(out, item->left_out);
}

static bool take_table(struct reader *reader, const struct figures_table **out)
{
    char name[FIGURES_NAME_MAX + 1];
    if (!reader_text(reader, name, sizeof name)) return false;
    *out = figures_table_find(name);
    return *out != NULL;
}

static bool take_side(struct reader *reader, enum contributor_state *state, int64_t *at)
{
    uint8_t value = reader_u8(reader);
    if (value > CONTRIBUTION_REFUSED) return false;
    *state = (enum contributor_state)value;
    return stored_time(reader, at) && (*at == 0 || *state == CONTRIBUTION_TAKEN);
}

static bool take_head(struct reader *reader, struct kept_item *kept)
{
    struct contributor_item *item = &kept->item;
    return stored_bytes(reader, item->hash, HASH_BYTES) &&
           stored_bytes(reader, item->manifest_hash, HASH_BYTES) && stored_id(reader, item->hub) &&
           stored_id(reader, kept->matcher) && take_period(reader, false, &item->period) &&
           take_table(reader, &item->table);
}

bool kept_item_decode(const uint8_t *data, size_t len, struct kept_item *out, struct err *err)
{
    struct reader reader = reader_of(data, len);
    struct kept_item kept = {0};
    struct contributor_item *item = &kept.item;
    if (!stored_form(&reader, CONTRIBUTOR_FORM, err)) return false;
    bool good = take_head(&reader, &kept);
    item->epsilon = reader_u32(&reader);
    good = good && stored_time(&reader, &item->made_at) && stored_time(&reader, &item->closes_at) &&
           take_side(&reader, &item->matcher, &item->matcher_at) &&
           take_side(&reader, &item->hub_side, &item->hub_at) &&
           stored_flag(&reader, &item->released) && stored_flag(&reader, &item->left_out) &&
           reader_done(&reader);
    if (!good)
        return err_set(err, ERR_CORRUPT, NULL, "what is kept of a contribution is malformed");
    *out = kept;
    return true;
}
