/* SPDX-License-Identifier: Apache-2.0
 * What a matcher and a hub each keep of figures, in HOME/figures (docs/figures.md "Adding up and
 * opening"): agreements with the own secret share, contributions, the ledger of releases. Both run
 * the same checks and add up for themselves. Thread-safe; several programs may have it open.
 */
#ifndef HEARTH_FIGURES_COLLECTION_H
#define HEARTH_FIGURES_COLLECTION_H

#include "proto/base/pool.h"
#include "proto/figures/contribution.h"
#include "proto/figures/ledger.h"
#include "proto/figures/release.h"

#define HOME_FIGURES "figures"
/* What a matcher or a hub has there. */
extern const struct store_schema collection_schema;
#define FIGURES_PURPOSE "figures" /* of identity_derive */

struct collection_parts { /* all outlive it */
    const char *home;
    const struct identity *identity; /* of a matcher or a hub */
    struct trust *trust;
    struct pool *pool; /* NULL: the calling thread alone */
    /* Matcher: whether an enrolled agency may take part (the directory in force); may be NULL. */
    bool (*listed)(const char *agency, void *ctx);
    void *listed_ctx;
};
struct collection;
MUST_CHECK bool collection_open(const struct collection_parts *parts, struct collection **out,
                                struct err *err);
void collection_close(struct collection *collection);

/* ---- agreements ---- */
/* Matcher: a hub's proposal. Checks it (hub's certificate and signature, that it names this matcher
 * and hub, that it has not closed, that the hub's period is new or exactly this manifest), draws m,
 * keeps both durably, and gives the signed release key; the same manifest again gives the same key.
 * ERR_EXISTS (field "period"): another manifest of that hub and period is agreed; ERR_DENIED (field
 * "enrolled"): `listed` says that an enrolled agency is unknown; ERR_EXPIRED (field "closes_at", or
 * "opens_at": more than FIGURES_KEEP_DAYS ahead);
 * ERR_BUDGET: FIGURES_OPEN_MAX agreements of the hub are open, or contributions of all that are
 * could take more than FIGURES_ROOM_MIB. signed_bytes_free frees `out`. */
enum { FIGURES_OPEN_MAX = 4, FIGURES_ROOM_MIB = 3072 };
MUST_CHECK bool collection_agree(struct collection *collection, const struct signed_bytes *manifest,
                                 const struct certificate *hub, int64_t now_ms,
                                 struct signed_bytes *out, struct err *err);
/* Hub: draws u, which sets the manifest's key, signs, and keeps both: the manifest is about to be
 * proposed. One of that period that was drawn up before, but has no release key, is replaced, and
 * its secret wiped: offer that one again first (collection_proposed), for the matcher may have
 * agreed to it though its answer was lost. ERR_EXISTS (field "period"): agreed already. */
MUST_CHECK bool collection_draw_up(struct collection *collection, struct manifest *manifest,
                                   struct signed_bytes *out, struct err *err);
/* Hub: the manifest of that period that waits for the matcher's answer; signed_bytes_free.
 * ERR_NOT_FOUND. */
MUST_CHECK bool collection_proposed(struct collection *collection, uint32_t period,
                                    struct signed_bytes *out, struct err *err);
/* Hub: the matcher's answer completes it. The same again is success. ERR_EXISTS: the matcher gave
 * another release key before; ERR_NOT_FOUND: no such manifest was drawn up. */
MUST_CHECK bool collection_agreed(struct collection *collection,
                                  const struct signed_bytes *release_key,
                                  const struct certificate *matcher, int64_t now_ms,
                                  struct err *err);

/* An agreement as it is listed; kept raw forms are signed_bytes to be sent on. */
struct collection_period {
    uint8_t manifest_hash[HASH_BYTES];
    char hub[ID_MAX + 1];
    uint32_t period;
    int64_t opens_at, closes_at;
    bool agreed;   /* has its release key */
    bool released; /* every table has been half-opened, or given up */
};
/* In order of period, then hub; *out is never NULL, free(). */
MUST_CHECK bool collection_periods(struct collection *collection, struct collection_period **out,
                                   size_t *count, struct err *err);
/* The agreement whole, from the store; agreement_free. ERR_NOT_FOUND: there is none, or it has no
 * release key yet. The hub's certificate is as it was when the manifest was last proposed. */
MUST_CHECK bool collection_agreement(struct collection *collection,
                                     const uint8_t manifest_hash[HASH_BYTES], struct agreement *out,
                                     struct err *err);

/* ---- contributions ---- */
/* Checks certificate, signature, agreement, enrolment, that the table belongs to the party's side,
 * size, points and proof; keeps it durably; *receipt gets the signed receipt (signed_bytes_free).
 * The same bytes again give a receipt again, of the first time. passed: it comes from the other
 * collector (hub or matcher), not from its contributor: taken from opens_at until the table is
 * done, and its certificate need only have been valid in the window, and not be revoked: what one
 * took in time the other takes too, or their sets would never agree. Else between opens_at and
 * closes_at, with a certificate that trust_check takes now. ERR_EXISTS: that party has sent another
 * contribution for this table; of two that it has signed, each for one collector, both keep the one
 * under the newer certificate, else with the lower hash, once they pass them on; ERR_EXPIRED (field
 * "opens_at", "closes_at" or "table"): too early, too late, which is noted for coverage, or the
 * table is done; ERR_DENIED: not enrolled, or another's certificate, or a table of the other side;
 * ERR_INVALID: of another release key, size or table; ERR_UNAUTHENTICATED: signature or proof;
 * ERR_NOT_FOUND: no such agreement. */
MUST_CHECK bool collection_put(struct collection *collection, const struct signed_bytes *raw,
                               const struct certificate *certificate, bool passed, int64_t now_ms,
                               struct signed_bytes *receipt, struct err *err);
/* The hashes of a table's contributions, ascending, as a release without signature;
 * figures_release_free. */
MUST_CHECK bool collection_set(struct collection *collection,
                               const uint8_t manifest_hash[HASH_BYTES],
                               const struct figures_table *table, struct figures_release *out,
                               struct err *err);
/* One contribution with its certificate, to be passed on. ERR_NOT_FOUND. */
MUST_CHECK bool collection_get(struct collection *collection, const uint8_t hash[HASH_BYTES],
                               struct signed_bytes *raw, struct certificate *certificate,
                               struct err *err);

/* ---- coverage ---- */
enum coverage { COVERAGE_MISSING, COVERAGE_LATE, COVERAGE_PART, COVERAGE_WHOLE };
struct collection_coverage {
    struct manifest_party party;
    enum coverage coverage; /* late: came after closing; part: some tables of its side only */
    size_t tables;          /* that count */
};
/* Of every enrolled party, in the manifest's order; *out is never NULL, free(). Stays after
 * contributions are erased. */
MUST_CHECK bool collection_coverage(struct collection *collection,
                                    const uint8_t manifest_hash[HASH_BYTES],
                                    struct collection_coverage **out, size_t *count,
                                    struct err *err);

/* ---- what became of a table ---- */
enum collection_state { COLLECTION_TAKING, COLLECTION_DONE, COLLECTION_GIVEN_UP };
struct collection_table {
    enum collection_state state; /* done: half-opened at the matcher, opened at the hub */
    size_t contributions;        /* that count */
    int64_t at;                  /* when it was done or given up, else 0 */
    struct err why;              /* it was given up */
};
/* ERR_NOT_FOUND: no such agreement, or a table that it does not have. */
MUST_CHECK bool collection_table(struct collection *collection,
                                 const uint8_t manifest_hash[HASH_BYTES],
                                 const struct figures_table *table, struct collection_table *out,
                                 struct err *err);

/* ---- release: matcher ---- */
/* Half-opens the sum of the set, once: after closes_at, the set hash is that of its own set, quorum
 * met, ledger willing. Kept, and given again as it was to whoever asks again; the table's
 * contributions are erased, and the secret m with the last table. The caller checks that it is the
 * manifest's hub that asks. ERR_EXPIRED (field "closes_at": not closed yet; "table": too long ago),
 * ERR_BUDGET, ERR_INVALID (field "set_hash": the sets differ; field "quorum"), ERR_EXISTS (another
 * set was half-opened). opened_free frees. */
struct opened {
    struct signed_bytes release; /* FiguresReleaseBody */
    struct buf shares;
    uint8_t proof[PROOF_BYTES];
};
void opened_free(struct opened *opened);
MUST_CHECK bool collection_half_open(struct collection *collection,
                                     const uint8_t manifest_hash[HASH_BYTES],
                                     const struct figures_table *table,
                                     const uint8_t set_hash[HASH_BYTES], int64_t now_ms,
                                     struct opened *out, struct err *err);
/* The signed releases of an agreement, for contributors. Calls each; err as store_each. */
MUST_CHECK bool
collection_releases(struct collection *collection, const uint8_t manifest_hash[HASH_BYTES],
                    bool (*each)(const struct signed_bytes *release, void *ctx, struct err *err),
                    void *ctx, struct err *err);

/* ---- release: hub ---- */
/* The sums of a table, from the matcher's half: checks the release's signature, that it names
 * exactly the hub's own set and meets the quorum, and the shares' proof over the hub's own sum;
 * opens it, applies the release rules (release.h), enters the ledger and keeps what is shown, in
 * one transaction. The sums themselves are not kept. ERR_UNAUTHENTICATED or ERR_INVALID name what
 * the matcher did wrong (field "release", "contributions", "shares", "quorum"); ERR_INVALID with
 * field "cells[i]": a contributor has sent what no count can be, the matcher is not to blame;
 * ERR_UNAVAILABLE: the own set has changed meanwhile; ERR_EXISTS: released before.
 * Nothing is kept then. release_free frees `out`. */
MUST_CHECK bool collection_open_sums(struct collection *collection, const struct opened *opened,
                                     const struct certificate *matcher, int64_t now_ms,
                                     struct release *out, struct err *err);
/* Every release that is kept, by period, then table: calls each; err as store_each. */
typedef bool (*collection_each_release_fn)(const struct release *release, void *ctx,
                                           struct err *err);
MUST_CHECK bool collection_each_release(struct collection *collection,
                                        collection_each_release_fn each, void *ctx,
                                        struct err *err);
/* Where the matcher's half cannot come about (quorum not met): that, and why, is kept for coverage
 * (collection_table), and the table's contributions are erased. ERR_EXISTS: the table is done. */
MUST_CHECK bool collection_give_up(struct collection *collection,
                                   const uint8_t manifest_hash[HASH_BYTES],
                                   const struct figures_table *table, const struct err *why,
                                   int64_t now_ms, struct err *err);

/* ---- the ledger, and upkeep ---- */
MUST_CHECK bool collection_ledger(struct collection *collection, ledger_each_fn each, void *ctx,
                                  uint8_t head[HASH_BYTES], uint64_t *count, struct err *err);
/* What was spent in a period and its year, over all hubs: ledger_spent. */
MUST_CHECK bool collection_spent(struct collection *collection, uint32_t period,
                                 struct ledger_sum *out, struct err *err);
/* How full the store is. */
MUST_CHECK bool collection_usage(struct collection *collection, struct store_usage *out,
                                 struct err *err);
/* Wipes secrets, contributions and shares of agreements whose window closed FIGURES_KEEP_DAYS ago,
 * and gives up their tables that are not done; rewrites the file where that is wanted and no other
 * program has it open (else the next time). To be called once a day. */
enum { FIGURES_KEEP_DAYS = 31 };
MUST_CHECK bool collection_upkeep(struct collection *collection, int64_t now_ms, struct err *err);

#endif
