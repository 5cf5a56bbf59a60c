/* SPDX-License-Identifier: Apache-2.0
 * Releases: whether a contribution was added up or left out, and what shows it.
 */
#include <stdlib.h>
#include <string.h>

#include "keys/certificate.h"
#include "proto/base/log.h"
#include "proto/base/text.h"
#include "proto/figures/contributor_internal.h"

static void log_left_out(const struct contributor_item *item, const char *matcher)
{
    char hex[2 * HASH_BYTES + 1];
    log_error("figures_left_out", "hub=%s period=%u table=%s contribution=%s matcher=%s receipt=%d",
              item->hub, item->period, item->table->name, text_hex(item->hash, HASH_BYTES, hex),
              matcher, item->matcher == CONTRIBUTION_TAKEN);
}

struct looking {
    const struct figures_release *release;
    const struct signed_bytes *raw;
    const struct certificate *matcher;
};

/* A matcher that signs two different sets, of which one leaves it out, has left it out too. */
static bool mark(const struct contributor *c, struct store_txn *txn, struct kept_item *kept,
                 const struct looking *looking, bool *left_out, struct err *err)
{
    struct contributor_item *item = &kept->item;
    const struct contributor_item before = *item;
    if (figures_release_names(looking->release, item->hash)) {
        item->released = true;
    } else if (item->matcher == CONTRIBUTION_TAKEN || item->released) {
        *left_out = item->left_out = true;
    }
    bool new = item->left_out && !before.left_out;
    if (new) log_left_out(item, kept->matcher);
    if (new && !contributor_put_evidence(c, txn, EVIDENCE_RELEASE, item->hash, looking->raw, err)) {
        return false;
    }
    if (item->released == before.released && item->left_out == before.left_out) return true;
    return contributor_put_item(c, txn, kept, err);
}

static bool look_at(const struct contributor *c, struct store_txn *txn,
                    const struct looking *looking, bool *left_out, struct err *err)
{
    const struct figures_release *release = looking->release;
    const char *matcher = looking->matcher->organisation;
    struct kept_item *kept = NULL;
    size_t count = 0;
    if (!contributor_list_items(c, txn, &kept, &count, err)) return false;
    bool ok = true;
    for (size_t i = 0; ok && i < count; i++) {
        const struct contributor_item *item = &kept[i].item;
        if (item->table == release->table && strcmp(kept[i].matcher, matcher) == 0 &&
            sodium_memcmp(item->manifest_hash, release->manifest_hash, HASH_BYTES) == 0) {
            ok = mark(c, txn, &kept[i], looking, left_out, err);
        }
    }
    free(kept);
    return ok;
}

bool contributor_release(struct contributor *c, const struct signed_bytes *raw,
                         const struct certificate *matcher, bool *left_out, struct err *err)
{
    struct store_txn *txn = NULL;
    struct figures_release release = {0};
    *left_out = false;
    REQUIRE(matcher->role == ROLE_MATCHER);
    if (!certificate_verify(matcher, TAG_FIGURES_RELEASE, raw->body.data, raw->body.len,
                            raw->signature, SIGNATURE_BYTES, err) ||
        !figures_release_decode(raw->body.data, raw->body.len, &release, err)) {
        return false;
    }
    const struct looking looking = {&release, raw, matcher};
    bool ok = sealed_begin(&c->sealed, true, &txn, err) &&
              contributor_end(c, txn, look_at(c, txn, &looking, left_out, err), err);
    figures_release_free(&release);
    return ok;
}

static bool get_evidence(const struct contributor *c, struct store_txn *txn,
                         const uint8_t hash[HASH_BYTES], struct signed_bytes *receipt,
                         struct signed_bytes *release, struct err *err)
{
    bool found = false, named = false;
    return contributor_get_evidence(c, txn, EVIDENCE_RECEIPT, hash, receipt, &found, err) &&
           contributor_get_evidence(c, txn, EVIDENCE_RELEASE, hash, release, &named, err) &&
           (found || named || err_set(err, ERR_NOT_FOUND, "contribution", "nothing is kept of it"));
}

bool contributor_evidence(struct contributor *c, const uint8_t hash[HASH_BYTES],
                          struct signed_bytes *receipt, struct signed_bytes *release,
                          struct err *err)
{
    struct store_txn *txn = NULL;
    *receipt = *release = (struct signed_bytes){0};
    if (!sealed_begin(&c->sealed, false, &txn, err)) return false;
    bool ok = get_evidence(c, txn, hash, receipt, release, err);
    store_abort(txn);
    if (!ok) {
        signed_bytes_free(receipt);
        signed_bytes_free(release);
    }
    return ok;
}
