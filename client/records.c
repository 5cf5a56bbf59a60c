/* SPDX-License-Identifier: Apache-2.0 */
#include "client/records_internal.h"

#include <stdlib.h>
#include <string.h>

#include "proto/base/file.h"
#include "proto/base/mem.h"
#include "proto/crypto/seal.h"

#define TAG_RECORD "hearth search record"
#define TAG_CHECK "hearth search records check"

enum { RECORDS_MIB_MAX = 2048 };
static const char CHECK_KEY[] = "check";

void search_note_wipe(struct search_note *note)
{
    sodium_memzero(note, sizeof *note);
}

/* ---- opening ---- */

static bool fail(struct err *err)
{
    return err_in(err, HOME_RECORDS);
}

bool records_finish(struct store_txn *txn, bool ok, struct err *err)
{
    if (ok) return store_commit(txn, err) || fail(err);
    store_abort(txn);
    return fail(err);
}

/* A sealed nothing tells whether the key is that of the records. */
static bool check_key(struct records *records, struct store_txn *txn, struct err *err)
{
    const struct seal seal = {&records->seal, TAG_CHECK, CHECK_KEY, sizeof CHECK_KEY - 1};
    const uint8_t *value = NULL;
    size_t len = 0;
    bool found = false;
    struct buf plain = {0}, sealed = {0};
    if (!store_get(txn, TABLE_META, CHECK_KEY, sizeof CHECK_KEY - 1, &value, &len, &found, err)) {
        return false;
    }
    if (!found) {
        seal_close(&seal, &plain, &sealed);
        bool ok = store_put(txn, TABLE_META, CHECK_KEY, sizeof CHECK_KEY - 1, sealed.data,
                            sealed.len, err);
        buf_free(&sealed);
        return ok;
    }
    bool ok = seal_open(&seal, value, len, 0, &plain, err);
    buf_free(&plain);
    return ok || err_set(err, ERR_CORRUPT, NULL,
                         "were made with another key file; keep them elsewhere to begin new ones");
}

static bool open_checked(struct records *records, struct err *err)
{
    struct store_txn *txn = NULL;
    if (!store_begin(records->store, true, &txn, err)) return false;
    if (check_key(records, txn, err)) return store_commit(txn, err);
    store_abort(txn);
    return false;
}

static const char *const table_names[RECORDS_TABLES] = {"searches", "meta", "runs", "decisions",
                                                        "outcomes"};
const struct store_schema records_schema = {.name = HOME_RECORDS,
                                            .tables = table_names,
                                            .table_count = RECORDS_TABLES,
                                            .format = 2,
                                            .oldest = 1,
                                            .readable = 1,
                                            .upgrades = store_upgrade_stamp_only};

bool records_open(const char *home, const struct secret *key, struct records **out, struct err *err)
{
    struct records *records = mem_new(struct records);
    char *path = file_join(home, HOME_RECORDS);
    records->name = seal_key(key, "hearth search records name");
    records->seal = seal_key(key, "hearth search records seal");
    records->digest = seal_key(key, "hearth search records digest");
    bool ok = store_open(path, true, &records_schema, RECORDS_MIB_MAX, &records->store, err) &&
              open_checked(records, err);
    free(path);
    if (ok) {
        *out = records;
        return true;
    }
    records_close(records);
    return fail(err);
}

void records_close(struct records *records)
{
    if (!records) return;
    store_close(records->store);
    secret_free(&records->name);
    secret_free(&records->seal);
    secret_free(&records->digest);
    free(records);
}

/* ---- one record ---- */

void records_name(const struct records *records, const char *ref, uint8_t out[HASH_BYTES])
{
    struct hash hash;
    hash_start(&hash, "hearth search reference", HASH_BYTES, records->name.data);
    hash_text(&hash, ref);
    hash_end(&hash, out);
}

bool records_unseal(const struct records *records, const uint8_t *name, size_t name_len,
                    const uint8_t *value, size_t len, struct record *out, struct err *err)
{
    const struct seal seal = {&records->seal, TAG_RECORD, name, name_len};
    struct buf plain = {0};
    bool ok = seal_open(&seal, value, len, RECORD_PLAIN_MAX, &plain, err) &&
              record_decode(plain.data, plain.len, out, err);
    buf_wipe(&plain);
    return ok;
}

bool records_get(const struct records *records, struct store_txn *txn,
                 const uint8_t name[HASH_BYTES], struct record *out, bool *found, struct err *err)
{
    const uint8_t *value = NULL;
    size_t len = 0;
    if (!store_get(txn, TABLE_SEARCHES, name, HASH_BYTES, &value, &len, found, err)) return false;
    return !*found || records_unseal(records, name, HASH_BYTES, value, len, out, err);
}

static bool put(const struct records *records, struct store_txn *txn,
                const uint8_t name[HASH_BYTES], const struct record *record, struct err *err)
{
    const struct seal seal = {&records->seal, TAG_RECORD, name, HASH_BYTES};
    struct buf plain = {0}, sealed = {0};
    record_encode(record, &plain);
    seal_pad(&plain, RECORD_PAD);
    REQUIRE(plain.len <= RECORD_PLAIN_MAX);
    seal_close(&seal, &plain, &sealed);
    buf_wipe(&plain);
    bool ok = store_put(txn, TABLE_SEARCHES, name, HASH_BYTES, sealed.data, sealed.len, err);
    buf_free(&sealed);
    return ok;
}

/* Sealed values differ in their nonces: equal hashes mean that nobody has written since. Zeros
 * where there is no entry. */
static bool hash_entry(struct store_txn *txn, const uint8_t name[HASH_BYTES],
                       uint8_t out[HASH_BYTES], struct err *err)
{
    const uint8_t *value = NULL;
    size_t len = 0;
    bool found = false;
    if (!store_get(txn, TABLE_SEARCHES, name, HASH_BYTES, &value, &len, &found, err)) return false;
    memset(out, 0, HASH_BYTES);
    if (found) hash_once(out, "hearth search record as written", value, len);
    return true;
}

/* The entry as it stands, for records_withdraw. */
static bool keep_before(struct store_txn *txn, struct search_note *note, struct err *err)
{
    const uint8_t *value = NULL;
    size_t len = 0;
    bool found = false;
    if (!store_get(txn, TABLE_SEARCHES, note->name, HASH_BYTES, &value, &len, &found, err)) {
        return false;
    }
    if (found && len > sizeof note->before) {
        return err_set(err, ERR_CORRUPT, NULL, "a sealed value has %zu bytes", len);
    }
    if (found) memcpy(note->before, value, len);
    note->before_len = found ? len : 0;
    return true;
}

/* ---- what a request asks, as a whole ---- */

static int by_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void hash_filters(struct hash *hash, const struct request *request)
{
    char frameworks[FRAMEWORKS_MAX][FRAMEWORK_CHARS + 1];
    memcpy(frameworks, request->frameworks, sizeof frameworks);
    qsort(frameworks, request->framework_count, sizeof *frameworks, by_text);
    hash_u64(hash, request->min_judgement);
    for (size_t i = 0; i < request->framework_count; i++) hash_text(hash, frameworks[i]);
}

/* The values of the plan rather than the words of the file: two ways to say the same are the same
 * request. */
static void digest_of(const struct records *records, const struct request *request,
                      const struct plan *plan, const struct features *features,
                      uint8_t out[HASH_BYTES])
{
    struct hash hash;
    size_t cells = plan->quadrant_count * QUADRANT_CELLS;
    hash_start(&hash, "hearth request", HASH_BYTES, records->digest.data);
    hash_u64(&hash, features->child_count);
    for (size_t i = 0; i < features->child_count; i++) hash_u64(&hash, features->children[i]);
    hash_bytes(&hash, plan->hard, sizeof plan->hard);
    for (size_t i = 0; i < SLOTS_MAX; i++) hash_u64(&hash, plan->soft[i]);
    hash_u64(&hash, plan->quadrant_count);
    for (size_t i = 0; i < plan->quadrant_count; i++) hash_u64(&hash, plan->quadrants[i]);
    hash_bytes(&hash, plan->hard_cell, cells);
    for (size_t i = 0; i < cells; i++) hash_u64(&hash, plan->soft_cell[i]);
    hash_filters(&hash, request);
    hash_end(&hash, out);
}

/* ---- the three moments of a search ---- */

/* In guarded memory: references and what was asked of up to three searches. */
struct room {
    struct record own, other, first;
    struct features features;
};

static bool ask(struct records *records, struct store_txn *txn, const struct request *request,
                const struct plan *plan, struct room *room, struct search_note *note,
                struct err *err)
{
    bool found = false;
    if (!keep_before(txn, note, err) ||
        !records_get(records, txn, note->name, &room->own, &found, err)) {
        return false;
    }
    struct record *own = &room->own;
    if (!found) {
        memcpy(own->search_ref, request->search_ref, sizeof own->search_ref);
        memcpy(own->first_alike, request->search_ref, sizeof own->first_alike);
        own->first_ms = note->asked_ms;
    }
    features_of(request, plan, &room->features);
    digest_of(records, request, plan, &room->features, note->digest);
    bool again = found && sodium_memcmp(own->digest, note->digest, HASH_BYTES) == 0;
    own->features = room->features;
    own->last_ms = note->asked_ms;
    struct comparison comparison = {.records = records,
                                    .own = own,
                                    .note = note,
                                    .before_ms = again ? own->first_ms : INT64_MAX,
                                    .other = &room->other,
                                    .first = &room->first};
    return records_compare(&comparison, txn, err) && put(records, txn, note->name, own, err) &&
           hash_entry(txn, note->name, note->written, err);
}

bool records_ask(struct records *records, const struct request *request, const struct plan *plan,
                 int64_t now_ms, struct search_note *out, struct err *err)
{
    struct store_txn *txn = NULL;
    struct search_note note = {.asked_ms = now_ms};
    if (!store_begin(records->store, true, &txn, err)) return fail(err);
    records_name(records, request->search_ref, note.name);
    struct secret memory = secret_new(sizeof(struct room));
    struct room *room = (struct room *)(void *)memory.data;
    bool ok = records_finish(txn, ask(records, txn, request, plan, room, &note, err), err);
    secret_free(&memory);
    if (ok) *out = note;
    search_note_wipe(&note);
    return ok;
}

static bool withdraw(struct store_txn *txn, const struct search_note *note, struct err *err)
{
    uint8_t now[HASH_BYTES];
    if (!hash_entry(txn, note->name, now, err)) return false;
    if (sodium_memcmp(now, note->written, HASH_BYTES) != 0) return true;
    return note->before_len > 0
               ? store_put(txn, TABLE_SEARCHES, note->name, HASH_BYTES, note->before,
                           note->before_len, err)
               : store_delete(txn, TABLE_SEARCHES, note->name, HASH_BYTES, NULL, err);
}

bool records_withdraw(struct records *records, const struct search_note *note, struct err *err)
{
    struct store_txn *txn = NULL;
    if (!store_begin(records->store, true, &txn, err)) return fail(err);
    return records_finish(txn, withdraw(txn, note, err), err);
}

static bool count_run(struct records *records, struct store_txn *txn,
                      const struct search_note *note, const uint8_t query_hash[HASH_BYTES],
                      struct record *record, struct err *err)
{
    bool found = false;
    if (!records_get(records, txn, note->name, record, &found, err)) return false;
    if (!found) return err_set(err, ERR_NOT_FOUND, NULL, "the search is no longer among them");
    if (record->runs > 0 && sodium_memcmp(record->digest, note->digest, HASH_BYTES) != 0) {
        record->amendments++;
    }
    record->runs++;
    memcpy(record->query_hash, query_hash, HASH_BYTES);
    memcpy(record->digest, note->digest, HASH_BYTES);
    return put(records, txn, note->name, record, err);
}

bool records_done(struct records *records, const struct search_note *note,
                  const uint8_t query_hash[HASH_BYTES], struct record *out, struct err *err)
{
    struct store_txn *txn = NULL;
    if (!store_begin(records->store, true, &txn, err)) return fail(err);
    struct record record = {0};
    bool ok = records_finish(txn, count_run(records, txn, note, query_hash, &record, err), err);
    if (ok) *out = record;
    record_wipe(&record);
    return ok;
}
