/* SPDX-License-Identifier: Apache-2.0
 * Making contributions: what is due is counted, noise added, encrypted and signed in memory; then
 * one transaction looks again whether it is due, spends, and keeps what may be sent. Where another
 * process was first, or this one is killed before that, what was made here is lost and nobody has
 * seen it.
 */
#include <string.h>

#include "proto/base/clock.h"
#include "proto/base/mem.h"
#include "proto/figures/contributor_internal.h"

#define TAG_COUNT "hearth figures count"

/* One table that is due, and its contribution once it is made. */
struct made {
    const struct manifest_term *term;
    struct kept_item kept;
    struct signed_bytes body;
};
struct making {
    struct contributor *contributor;
    const struct agreement *agreement;
    int64_t now_ms;
    struct store_gap gap;
    struct made list[FIGURES_TABLES_MAX];
    size_t count;
    size_t refused;
    size_t withheld; /* tables that may have been contributed before this home was restored */
};

static void making_free(struct making *making)
{
    for (size_t i = 0; i < making->count; i++) signed_bytes_free(&making->list[i].body);
    making->count = 0;
}

/* ---- whether anything may be made ---- */

/* What the terms say differently from those that were agreed to, for whoever has to agree anew. */
static bool other_terms(const struct making *making, struct store_txn *txn, struct err *err)
{
    const struct manifest *manifest = &making->agreement->manifest;
    struct agreement joined = {0};
    struct buf words = {0};
    bool found = false;
    if (!contributor_get_agreement(making->contributor, txn, AGREEMENT_JOINED, manifest->hub,
                                   &joined, &found, err)) {
        return false;
    }
    if (found) contributor_differences(&joined.manifest, manifest, &words);
    (void)err_set(err, ERR_DENIED, "terms",
                  "the terms of %s are not those that were agreed to%s%.*s; 'figures terms %s' "
                  "shows them, 'figures join %s' agrees",
                  manifest->hub, words.len > 0 ? ": " : "", (int)words.len,
                  words.len > 0 ? (const char *)words.data : "", manifest->hub, manifest->hub);
    buf_free(&words);
    if (found) agreement_free(&joined);
    return false;
}

static bool check_hub(const struct making *making, struct store_txn *txn, struct kept_hub *kept,
                      struct err *err)
{
    const struct manifest *manifest = &making->agreement->manifest;
    uint8_t terms[HASH_BYTES];
    bool found = false;
    if (!contributor_get_hub(making->contributor, txn, manifest->hub, kept, &found, err)) {
        return false;
    }
    if (!found || !kept->hub.joined) {
        return err_set(err, ERR_DENIED, "hub", "%s was not joined", manifest->hub);
    }
    manifest_terms_hash(manifest, terms);
    if (sodium_memcmp(terms, kept->hub.terms, HASH_BYTES) != 0) {
        return other_terms(making, txn, err);
    }
    return contributor_check_period(making->contributor, txn, manifest, err);
}

static bool check_enrolled(const struct making *making, struct err *err)
{
    const struct contributor *c = making->contributor;
    const struct manifest *manifest = &making->agreement->manifest;
    return manifest_party(manifest, c->role, c->organisation) ||
           err_set(err, ERR_DENIED, "hub", "%s has not enrolled %s", manifest->hub,
                   c->organisation);
}

/* ---- which tables are due ---- */

/* So that what the ledger would refuse is not made every hour anew. */
static bool has_room(const struct making *making, const struct ledger_sum *spent, uint64_t chosen,
                     uint32_t epsilon)
{
    enum figures_side side = making->contributor->side;
    return spent->period[side] + chosen + epsilon <= EPSILON_PERIOD &&
           spent->year[side] + chosen + epsilon <= EPSILON_YEAR;
}

/* A month can be contributed to once it is over. What was, between a backup and its restore, the
 * ledger does not say: so all of these count as spent. */
static bool may_be_spent(const struct making *making, uint32_t period)
{
    return making->gap.to_ms > 0 && period < period_of(making->gap.to_ms);
}

static bool say_withheld(const struct making *making, struct err *err)
{
    char period[PERIOD_TEXT], from[CLOCK_TEXT], to[CLOCK_TEXT];
    clock_format(making->gap.from_ms, from);
    clock_format(making->gap.to_ms, to);
    return err_set(err, ERR_DENIED, "restored",
                   "%s: this home was restored at %s from a backup of %s, and what was contributed "
                   "between is not known: %zu tables are left out",
                   period_text(making->agreement->manifest.period, period), to, from,
                   making->withheld);
}

static bool find_due(struct making *making, struct store_txn *txn, const struct kept_hub *kept,
                     struct err *err)
{
    const struct contributor *c = making->contributor;
    const struct manifest *manifest = &making->agreement->manifest;
    struct ledger_sum spent;
    uint64_t chosen = 0;
    if (!ledger_spent(txn, TABLE_LEDGER, NULL, manifest->period, &spent, err)) return false;
    for (size_t i = 0; i < manifest->term_count; i++) {
        const struct manifest_term *term = &manifest->terms[i];
        struct ledger_entry entry;
        bool found = false;
        if (term->table->side != c->side || kept->hub.off[figures_table_index(term->table)]) {
            continue;
        }
        if (!ledger_find(txn, TABLE_LEDGER, manifest->hub, manifest->period, term->table, &entry,
                         &found, err)) {
            return false;
        }
        if (found) continue;
        if (may_be_spent(making, manifest->period)) {
            making->withheld++;
            continue;
        }
        if (!has_room(making, &spent, chosen, term->noise.epsilon)) {
            making->refused++;
            continue;
        }
        chosen += term->noise.epsilon;
        making->list[making->count++].term = term;
    }
    return true;
}

static bool choose(struct making *making, struct err *err)
{
    struct contributor *c = making->contributor;
    struct store_txn *txn = NULL;
    struct kept_hub kept;
    if (!sealed_begin(&c->sealed, false, &txn, err)) return false;
    bool ok = store_get_gap(txn, &making->gap, err) && check_hub(making, txn, &kept, err) &&
              find_due(making, txn, &kept, err);
    store_abort(txn);
    return ok;
}

/* ---- counting ---- */

/* The draws of counting are the same for a preview and for what is sent. */
static void start_count(const struct contributor *c, const struct manifest *manifest,
                        struct stream *stream)
{
    uint8_t seed[SEED_BYTES];
    struct buf name = {0};
    _Static_assert((int)SEED_BYTES == (int)HASH_BYTES, "a keyed hash is a seed");
    buf_bytes(&name, TAG_COUNT, sizeof TAG_COUNT - 1);
    buf_bytes(&name, manifest->hash, HASH_BYTES);
    sealed_name(&c->sealed, name.data, name.len, seed);
    stream_start(stream, TAG_COUNT, seed, NULL, 0);
    sodium_memzero(seed, sizeof seed);
    buf_free(&name);
}

bool contributor_preview(struct contributor *c, const struct agreement *agreement, int64_t now_ms,
                         struct tally **out, struct err *err)
{
    const struct manifest *manifest = &agreement->manifest;
    struct stream stream;
    struct tally *tally = tally_new(manifest, c->side);
    start_count(c, manifest, &stream);
    bool ok = c->parts.count(tally, manifest, now_ms, &stream, c->parts.count_ctx, err);
    stream_wipe(&stream);
    if (ok) {
        *out = tally;
    } else {
        tally_free(tally);
    }
    return ok;
}

static bool make_all(struct making *making, struct err *err)
{
    struct tally *tally = NULL;
    if (!contributor_preview(making->contributor, making->agreement, making->now_ms, &tally, err)) {
        return false;
    }
    bool ok = true;
    for (size_t i = 0; ok && i < making->count; i++) {
        struct made *made = &making->list[i];
        const struct contributor_one one = {making->agreement, made->term, tally, making->now_ms};
        ok = contributor_make_one(making->contributor, &one, &made->kept, &made->body, err);
    }
    tally_free(tally);
    return ok;
}

/* ---- keeping ---- */

/* *kept says whether it may be sent: not where another process was first, or the budget has no
 * room. */
static bool spend(struct making *making, struct store_txn *txn, const struct made *made, bool *kept,
                  struct err *err)
{
    const struct contributor_item *item = &made->kept.item;
    struct ledger_entry entry = {.at_ms = making->now_ms,
                                 .period = item->period,
                                 .table = item->table,
                                 .epsilon = item->epsilon};
    struct err why = {0};
    memcpy(entry.hub, item->hub, sizeof entry.hub);
    memcpy(entry.what, item->hash, HASH_BYTES);
    *kept = ledger_spend(txn, TABLE_LEDGER, false, &entry, &why);
    if (*kept || why.code == ERR_EXISTS) return true;
    if (why.code == ERR_BUDGET) {
        making->refused++;
        return true;
    }
    *err = why;
    return false;
}

static bool keep_one(struct making *making, struct store_txn *txn, const struct made *made,
                     size_t *count, struct err *err)
{
    const struct contributor *c = making->contributor;
    const struct contributor_item *item = &made->kept.item;
    bool allowed = false, kept = false;
    if (!contributor_allows(c, txn, item->hub, item->table, &allowed, err)) return false;
    if (!allowed) return true;
    if (!spend(making, txn, made, &kept, err)) return false;
    if (!kept) return true;
    (*count)++;
    return contributor_put_item(c, txn, &made->kept, err) &&
           contributor_put_body(c, txn, item->hash, &made->body, err);
}

static bool keep_all(struct making *making, struct store_txn *txn, size_t *count, struct err *err)
{
    struct kept_hub kept;
    bool ok = check_hub(making, txn, &kept, err);
    for (size_t i = 0; ok && i < making->count; i++) {
        ok = keep_one(making, txn, &making->list[i], count, err);
    }
    return ok && (*count == 0 || contributor_put_period(making->contributor, txn,
                                                        &making->agreement->manifest, err));
}

static bool keep(struct making *making, size_t *count, struct err *err)
{
    struct contributor *c = making->contributor;
    struct store_txn *txn = NULL;
    size_t kept = 0;
    if (!sealed_begin(&c->sealed, true, &txn, err)) return false;
    if (!keep_all(making, txn, &kept, err)) {
        store_abort(txn);
        return false;
    }
    if (!sealed_finish(&c->sealed, txn, true, err)) return false;
    *count = kept;
    return true;
}

static bool make(struct making *making, size_t *made, size_t *refused, struct err *err)
{
    const struct agreement *agreement = making->agreement;
    const struct manifest *manifest = &agreement->manifest;
    int64_t now_ms = making->now_ms;
    if (!check_enrolled(making, err) ||
        !trust_check(making->contributor->parts.trust, &agreement->hub, ROLE_HUB, now_ms, err) ||
        !choose(making, err)) {
        return false;
    }
    if (now_ms < manifest->opens_at || now_ms > manifest->closes_at) return true;
    if (making->count > 0 && !(make_all(making, err) && keep(making, made, err))) return false;
    *refused = making->refused;
    return making->withheld == 0 || say_withheld(making, err);
}

bool contributor_prepare(struct contributor *c, const struct agreement *agreement, int64_t now_ms,
                         size_t *made, size_t *refused, struct err *err)
{
    struct making making = {.contributor = c, .agreement = agreement, .now_ms = now_ms};
    struct err why = {0};
    *made = *refused = 0;
    bool ok = make(&making, made, refused, &why);
    if (!ok) *err = why;
    making_free(&making);
    return ok;
}
