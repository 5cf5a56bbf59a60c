/* SPDX-License-Identifier: Apache-2.0
 * A contributor's side (docs/figures.md "Contributing"), in HOME/figures, sealed: which hubs it has
 * joined and on what terms, which tables it has turned off, its own ledger, and the contributions
 * that it has made, as they were signed, until both sides have them.
 */
#ifndef HEARTH_FIGURES_CONTRIBUTOR_H
#define HEARTH_FIGURES_CONTRIBUTOR_H

#include "proto/base/pool.h"
#include "proto/figures/ledger.h"
#include "proto/figures/tally.h"

/* What an agent or an LA has in HOME/figures. */
extern const struct store_schema contributor_schema;

struct contributor_parts { /* all outlive it */
    const char *home;
    const struct identity *identity; /* of an agent or an LA */
    struct trust *trust;
    struct pool *pool; /* may be NULL */
    /* Counts one side's tables for a manifest at a time. */
    bool (*count)(struct tally *tally, const struct manifest *manifest, int64_t now_ms,
                  struct stream *stream, void *ctx, struct err *err);
    void *count_ctx;
};
struct contributor;
MUST_CHECK bool contributor_open(const struct contributor_parts *parts, struct contributor **out,
                                 struct err *err);
void contributor_close(struct contributor *contributor);
enum figures_side contributor_side(const struct contributor *contributor);

/* ---- hubs: nothing is sent to one that was not joined ---- */
struct contributor_hub {
    char id[ID_MAX + 1];
    bool joined;                 /* else: a manifest of it was seen */
    uint8_t terms[HASH_BYTES];   /* agreed to, where joined */
    uint8_t offered[HASH_BYTES]; /* of the manifest that was seen last */
    uint32_t offered_period;
    bool off[FIGURES_TABLES_MAX]; /* tables turned off, by their place */
};
MUST_CHECK bool contributor_hubs(struct contributor *contributor, struct contributor_hub **out,
                                 size_t *count, struct err *err);
/* Agrees to the terms of the manifest that was seen last. ERR_NOT_FOUND: none was. */
MUST_CHECK bool contributor_join(struct contributor *contributor, const char *hub, struct err *err);
MUST_CHECK bool contributor_leave(struct contributor *contributor, const char *hub,
                                  struct err *err);
/* hub NULL: of all hubs, those that come to be known later too. ERR_NOT_FOUND; ERR_INVALID: no
 * table of this side has that name. */
MUST_CHECK bool contributor_turn(struct contributor *contributor, const char *hub,
                                 const char *table, bool off, struct err *err);

/* ---- manifests ---- */
/* A manifest that was fetched, checked (agreement_make): remembers its terms, and the whole where
 * it is of the newest period of its hub. ERR_EXISTS (field "manifest"): another manifest of that
 * hub and period was seen or contributed to before; that one stays. */
MUST_CHECK bool contributor_note(struct contributor *contributor, const struct agreement *agreement,
                                 struct err *err);
/* The manifest that was seen last of a hub; agreement_free. ERR_NOT_FOUND. matcher: as it was
 * checked then. */
MUST_CHECK bool contributor_last(struct contributor *contributor, const char *hub,
                                 struct agreement *out, struct err *err);
/* What was agreed to when the hub was joined; agreement_free. ERR_NOT_FOUND. */
MUST_CHECK bool contributor_joined(struct contributor *contributor, const char *hub,
                                   struct agreement *out, struct err *err);
/* Appends in words what of the terms differs, from `before` to `now`: "capacity_la is new;
 * insiders of agencies 5 instead of 4". Nothing where the terms are the same. */
void contributor_differences(const struct manifest *before, const struct manifest *now,
                             struct buf *out);
/* Exactly what would be contributed, without noise: tally_free. The same draws (of prices' points)
 * as contributor_prepare makes for this manifest. Nothing is spent. */
MUST_CHECK bool contributor_preview(struct contributor *contributor,
                                    const struct agreement *agreement, int64_t now_ms,
                                    struct tally **out, struct err *err);
/* Makes the contributions of every table that is due: hub joined on these terms, enrolled, window
 * open, table not off, not in the ledger. Spends in the ledger and keeps the signed bytes in one
 * transaction before anything can be sent. *made counts them. ERR_DENIED (field "hub" or "terms")
 * where nothing may be; a table that the budget has no room for is passed over and counted in
 * *refused, with `err` left as it was. Outside the window nothing is due. ERR_EXISTS (field
 * "manifest"): another manifest of this hub and period was contributed to. ERR_DENIED (field
 * "restored"): the home was put back from a backup after the period was over, and what was
 * contributed meanwhile is not known. Errors of trust_check where the hub's certificate is good no
 * longer. */
MUST_CHECK bool contributor_prepare(struct contributor *contributor,
                                    const struct agreement *agreement, int64_t now_ms, size_t *made,
                                    size_t *refused, struct err *err);

/* ---- sending: each contribution goes to matcher and hub ---- */
enum contributor_state {
    CONTRIBUTION_WAITS, /* for that side's receipt */
    CONTRIBUTION_TAKEN,
    CONTRIBUTION_REFUSED, /* for good: late, or not wanted */
    CONTRIBUTION_HELD     /* waits, but the hub was left or the table turned off: not to be sent */
};
struct contributor_item {
    uint8_t hash[HASH_BYTES], manifest_hash[HASH_BYTES];
    char hub[ID_MAX + 1];
    uint32_t period;
    const struct figures_table *table;
    uint32_t epsilon;
    int64_t made_at, closes_at; /* of the window */
    enum contributor_state matcher, hub_side;
    int64_t matcher_at, hub_at; /* of the receipts, or 0 */
    bool released;              /* a release names it */
    bool left_out;              /* a release that should name it does not */
};
/* All of them, newest period first; *out is never NULL, free(). */
MUST_CHECK bool contributor_items(struct contributor *contributor, struct contributor_item **out,
                                  size_t *count, struct err *err);
/* The signed bytes of one that waits; signed_bytes_free. ERR_NOT_FOUND; ERR_DENIED (field "hub")
 * where it is held. */
MUST_CHECK bool contributor_get(struct contributor *contributor, const uint8_t hash[HASH_BYTES],
                                struct signed_bytes *out, struct err *err);
/* A receipt, checked against `signer` (whose certificate the caller has checked). */
MUST_CHECK bool contributor_receipt(struct contributor *contributor,
                                    const struct signed_bytes *receipt,
                                    const struct certificate *signer, struct err *err);
/* It was refused for good by that side (ROLE_MATCHER or ROLE_HUB). */
MUST_CHECK bool contributor_refused(struct contributor *contributor, const uint8_t hash[HASH_BYTES],
                                    enum role role, struct err *err);
/* A release that the matcher has signed: marks the contribution that it names; where it does not
 * name one that the matcher gave a receipt for, marks that as left out, logs it and sets
 * *left_out. */
MUST_CHECK bool contributor_release(struct contributor *contributor,
                                    const struct signed_bytes *release,
                                    const struct certificate *matcher, bool *left_out,
                                    struct err *err);
/* What shows that a contribution was left out: the matcher's receipt, and its release; an empty
 * body where there is none. ERR_NOT_FOUND: neither. signed_bytes_free frees both. */
MUST_CHECK bool contributor_evidence(struct contributor *contributor,
                                     const uint8_t hash[HASH_BYTES], struct signed_bytes *receipt,
                                     struct signed_bytes *release, struct err *err);
MUST_CHECK bool contributor_ledger(struct contributor *contributor, ledger_each_fn each, void *ctx,
                                   uint8_t head[HASH_BYTES], uint64_t *count, struct err *err);
/* What was spent in a period and its year, over all hubs. */
MUST_CHECK bool contributor_spent(struct contributor *contributor, uint32_t period,
                                  struct ledger_sum *out, struct err *err);
/* Erases signed bytes that both sides have, or that nobody will take any more. */
MUST_CHECK bool contributor_upkeep(struct contributor *contributor, int64_t now_ms,
                                   struct err *err);

#endif
