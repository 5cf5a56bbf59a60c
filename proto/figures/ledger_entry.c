/* SPDX-License-Identifier: Apache-2.0
 * The stored form of ledger entries, and the walk along their chain.
 */
#include <sodium.h>
#include <string.h>

#include "proto/base/text.h"
#include "proto/figures/ledger_internal.h"

#define TAG_ENTRY "hearth v1 figures ledger"

void ledger_entry_encode(struct ledger_entry *entry, const uint8_t previous[HASH_BYTES],
                         struct buf *out)
{
    struct buf body = {0};
    buf_u64(&body, entry->number);
    buf_append(&body, previous, HASH_BYTES);
    buf_u64(&body, (uint64_t)entry->at_ms);
    buf_bytes(&body, entry->hub, strlen(entry->hub));
    buf_u32(&body, entry->period);
    buf_bytes(&body, entry->table->name, strlen(entry->table->name));
    buf_u32(&body, entry->epsilon);
    buf_append(&body, entry->what, HASH_BYTES);
    hash_once(entry->hash, TAG_ENTRY, body.data, body.len);
    buf_append(out, body.data, body.len);
    buf_append(out, entry->hash, HASH_BYTES);
    buf_free(&body);
}

static void take(struct reader *reader, uint8_t out[HASH_BYTES])
{
    const uint8_t *at = reader_take(reader, HASH_BYTES);
    if (at) memcpy(out, at, HASH_BYTES);
}

static bool fields_good(const struct ledger_entry *entry)
{
    return entry->number >= 1 && entry->number <= LEDGER_ENTRIES_MAX && entry->at_ms > 0 &&
           text_is_id(entry->hub) && period_valid(entry->period) && entry->table &&
           entry->epsilon >= 1 && entry->epsilon <= EPSILON_PERIOD;
}

bool ledger_entry_decode(const uint8_t *data, size_t len, struct ledger_entry *out,
                         uint8_t previous[HASH_BYTES], struct err *err)
{
    struct reader reader = reader_of(data, len);
    struct ledger_entry entry = {0};
    uint8_t before[HASH_BYTES] = {0}, hash[HASH_BYTES];
    char table[FIGURES_NAME_MAX + 1];
    if (len > LEDGER_ENTRY_MAX || len < HASH_BYTES)
        return err_set(err, ERR_CORRUPT, "", "%zu bytes are no entry of the ledger", len);
    entry.number = reader_u64(&reader);
    take(&reader, before);
    entry.at_ms = (int64_t)reader_u64(&reader);
    (void)reader_text(&reader, entry.hub, sizeof entry.hub);
    entry.period = reader_u32(&reader);
    bool named = reader_text(&reader, table, sizeof table);
    entry.table = named ? figures_table_find(table) : NULL;
    entry.epsilon = reader_u32(&reader);
    take(&reader, entry.what);
    take(&reader, entry.hash);
    if (!reader_done(&reader) || !fields_good(&entry))
        return err_set(err, ERR_CORRUPT, "", "%zu bytes are no entry of the ledger", len);
    hash_once(hash, TAG_ENTRY, data, len - HASH_BYTES);
    if (sodium_memcmp(hash, entry.hash, HASH_BYTES) != 0)
        return err_set(err, ERR_CORRUPT, "", "the entry does not have the hash beside it");
    *out = entry;
    memcpy(previous, before, HASH_BYTES);
    return true;
}

/* ---- the chain ---- */
struct walk {
    ledger_each_fn each;
    void *ctx;
    uint64_t count;
    uint8_t head[HASH_BYTES];
};

MUST_CHECK static bool at_entry(uint64_t number, struct err *err)
{
    char place[ERR_FIELD_MAX];
    (void)snprintf(place, sizeof place, "ledger[%llu]", (unsigned long long)number);
    return err_in(err, place);
}

MUST_CHECK static bool check_link(const struct walk *walk, const uint8_t *key, size_t key_len,
                                  const struct ledger_entry *entry,
                                  const uint8_t previous[HASH_BYTES], struct err *err)
{
    if (key_len != 8 || store_key_read_u64(key) != entry->number)
        return err_set(err, ERR_CORRUPT, "", "entry %llu stands under another number",
                       (unsigned long long)entry->number);
    if (entry->number != walk->count + 1)
        return err_set(err, ERR_CORRUPT, "", "missing: entry %llu follows",
                       (unsigned long long)entry->number);
    return sodium_memcmp(previous, walk->head, HASH_BYTES) == 0 ||
           err_set(err, ERR_CORRUPT, "", "does not follow from the entry before it");
}

static bool visit(const uint8_t *key, size_t key_len, const uint8_t *value, size_t value_len,
                  void *ctx, struct err *err)
{
    struct walk *walk = ctx;
    struct ledger_entry entry = {0};
    uint8_t previous[HASH_BYTES] = {0};
    if (!ledger_entry_decode(value, value_len, &entry, previous, err) ||
        !check_link(walk, key, key_len, &entry, previous, err)) {
        return at_entry(walk->count + 1, err);
    }
    walk->count = entry.number;
    memcpy(walk->head, entry.hash, HASH_BYTES);
    return !walk->each || walk->each(&entry, walk->ctx, err);
}

bool ledger_walk(struct store_txn *txn, size_t table, ledger_each_fn each, void *ctx,
                 uint8_t head[HASH_BYTES], uint64_t *count, struct err *err)
{
    struct walk walk = {.each = each, .ctx = ctx};
    if (!store_each(txn, table, NULL, 0, visit, &walk, err)) return false;
    memcpy(head, walk.head, HASH_BYTES);
    *count = walk.count;
    return true;
}
