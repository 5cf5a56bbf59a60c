/* SPDX-License-Identifier: Apache-2.0
 * The log for one party: its own entries whole, those of others as hashes.
 */
#include <errno.h>
#include <string.h>

#include "matcher/audit.h"
#include "proto/audit/log_line.h"

enum { GATHER_BYTES = 1 << 20 };

/* ---- who may see what ---- */

static bool concerns_everybody(enum audit_kind kind)
{
    switch (kind) {
    case AUDIT_STARTED:
    case AUDIT_STOPPED:
    case AUDIT_EPOCH:
    case AUDIT_TIE_SEED:
    case AUDIT_DIRECTORY:
    case AUDIT_FIGURES_AGREED:
    case AUDIT_FIGURES_RELEASED:
    case AUDIT_RESTORED:
    case AUDIT_REVOCATIONS: return true;
    default: return false;
    }
}

static bool names(const struct audit_entry *entry, enum role role, const char *id)
{
    /* Fields that name a party, and the field beside each that holds its role. */
    static const char *const pairs[][2] = {
        {"peer", "role"}, {"from", "from_role"}, {"to", "to_role"}};
    if (audit_text_is(entry, role == ROLE_LA ? "la" : "agent", id)) return true;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        if (audit_text_is(entry, pairs[i][0], id) &&
            audit_text_is(entry, pairs[i][1], role_name(role))) {
            return true;
        }
    }
    return false;
}

bool audit_is_for(const struct audit_entry *entry, enum role role, const char *id)
{
    return concerns_everybody(entry->kind) || names(entry, role, id);
}

/* ---- writing ---- */

/* Lines are gathered while the store is read, and written when it is not: a reader that takes them
 * slowly must not hold a transaction, which would let the store grow. */
struct writer {
    const struct audit_export *wanted;
    FILE *out;
    uint64_t next, length;
    uint8_t before[HASH_BYTES];
    struct buf lines;
};

static bool put(struct writer *writer, struct err *err)
{
    bool ok = fwrite(writer->lines.data, 1, writer->lines.len, writer->out) == writer->lines.len;
    int reason = errno;
    writer->lines.len = 0;
    return ok || err_set_errno(err, reason, NULL, "cannot write the export");
}

static bool add_entry(const uint8_t *key, size_t key_len, const uint8_t *value, size_t len,
                      void *ctx, struct err *err)
{
    struct writer *writer = ctx;
    struct audit_entry entry;
    (void)key;
    (void)key_len;
    if (writer->next > writer->length || writer->lines.len >= GATHER_BYTES) {
        err->code = ERR_NONE; /* enough */
        return false;
    }
    if (!audit_entry_decode(value, len, &entry, err)) return err_in(err, "entry");
    if (entry.number != writer->next ||
        sodium_memcmp(entry.previous, writer->before, HASH_BYTES) != 0) {
        return err_set(err, ERR_CORRUPT, NULL,
                       "the log is broken at entry %llu: see 'hearth-matcher audit verify'",
                       (unsigned long long)writer->next);
    }
    if (writer->wanted->naming && names(&entry, writer->wanted->role, writer->wanted->id)) {
        ++*writer->wanted->naming;
    }
    log_line_write(&entry, audit_is_for(&entry, writer->wanted->role, writer->wanted->id),
                   &writer->lines);
    memcpy(writer->before, entry.hash, HASH_BYTES);
    writer->next++;
    return true;
}

/* The hash of the entry before the first one. */
static bool read_before(struct store_txn *txn, uint64_t from, uint8_t out[HASH_BYTES],
                        struct err *err)
{
    const uint8_t *value = NULL;
    size_t len = 0;
    bool found = false;
    uint8_t key[8];
    struct audit_entry entry;
    memset(out, 0, HASH_BYTES);
    if (from == 1) return true;
    store_key_u64(key, from - 1);
    if (!store_get(txn, AUDIT_TABLE_LOG, key, sizeof key, &value, &len, &found, err)) return false;
    if (!found) {
        return err_set(err, ERR_CORRUPT, NULL, "entry %llu is missing",
                       (unsigned long long)from - 1);
    }
    if (!audit_entry_decode(value, len, &entry, err)) return err_in(err, "entry");
    memcpy(out, entry.hash, HASH_BYTES);
    return true;
}

static void add_header(struct writer *writer, const struct checkpoint *checkpoint,
                       const struct audit_checkpoint *stored)
{
    struct log_header header = {.from = writer->next,
                                .head = checkpoint->head,
                                .checkpoint = stored->raw, /* both borrowed */
                                .certificate = stored->signer};
    memcpy(header.matcher, checkpoint->matcher, sizeof header.matcher);
    (void)snprintf(header.party, sizeof header.party, "%s/%s", role_name(writer->wanted->role),
                   writer->wanted->id);
    memcpy(header.previous, writer->before, HASH_BYTES);
    log_header_write(&header, &writer->lines);
}

static bool begin(struct store_txn *txn, struct writer *writer, struct err *err)
{
    struct audit_checkpoint stored = {0};
    struct checkpoint checkpoint;
    if (!audit_newest_checkpoint(txn, &stored, err)) return false;
    bool ok = checkpoint_decode(stored.raw.body.data, stored.raw.body.len, &checkpoint, err);
    if (!ok) {
        err->code = ERR_CORRUPT;
    } else if (writer->next == 0 || writer->next > checkpoint.head.length) {
        ok = err_set(err, ERR_INVALID, "from", "must be 1 to %llu, where the newest checkpoint is",
                     (unsigned long long)checkpoint.head.length);
    }
    writer->length = checkpoint.head.length;
    ok = ok && read_before(txn, writer->next, writer->before, err);
    if (ok) add_header(writer, &checkpoint, &stored);
    audit_checkpoint_free(&stored);
    return ok;
}

static bool gather(struct store_txn *txn, struct writer *writer, struct err *err)
{
    uint8_t key[8];
    uint64_t first = writer->next;
    store_key_u64(key, first);
    if (!store_each(txn, AUDIT_TABLE_LOG, key, sizeof key, add_entry, writer, err)) return false;
    return writer->next > first ||
           err_set(err, ERR_CORRUPT, NULL, "the log ends at entry %llu, its checkpoint says %llu",
                   (unsigned long long)first - 1, (unsigned long long)writer->length);
}

typedef bool (*step_fn)(struct store_txn *txn, struct writer *writer, struct err *err);

static bool in_transaction(struct store *store, step_fn step, struct writer *writer,
                           struct err *err)
{
    struct store_txn *txn = NULL;
    if (!store_begin(store, false, &txn, err)) return false;
    bool ok = step(txn, writer, err);
    store_abort(txn);
    return ok && put(writer, err);
}

bool audit_export(struct store *store, const struct audit_export *wanted, FILE *out,
                  struct err *err)
{
    REQUIRE(wanted->role == ROLE_LA || wanted->role == ROLE_AGENT);
    struct writer writer = {.wanted = wanted, .out = out, .next = wanted->from};
    bool ok = in_transaction(store, begin, &writer, err);
    while (ok && writer.next <= writer.length) {
        ok = in_transaction(store, gather, &writer, err);
        if (wanted->progress) wanted->progress(writer.next - 1, writer.length, wanted->ctx);
    }
    buf_free(&writer.lines);
    return ok;
}
