/* SPDX-License-Identifier: Apache-2.0
 * What the files of a contributor share: the tables of its store and single entries of them, all
 * inside a transaction.
 */
#ifndef HEARTH_FIGURES_CONTRIBUTOR_INTERNAL_H
#define HEARTH_FIGURES_CONTRIBUTOR_INTERNAL_H

#include "proto/figures/contributor_form.h"
#include "proto/mail/sealed_store.h"

/* Keys are keyed hashes: hubs by id; agreements by use and id; periods (the one manifest that was
 * contributed to) by hub and period; items and bodies (signed, until both sides have them) by the
 * hash of the contribution; evidence (signed receipts of the matcher, and releases that leave a
 * contribution out) by kind and that hash. The ledger is in the clear. */
enum {
    TABLE_META,
    TABLE_HUBS,
    TABLE_AGREEMENTS,
    TABLE_PERIODS,
    TABLE_ITEMS,
    TABLE_BODIES,
    TABLE_EVIDENCE,
    TABLE_LEDGER,
    TABLES
};

struct contributor {
    struct contributor_parts parts;
    struct sealed_store sealed;
    enum role role;
    const char *organisation;
    enum figures_side side;
};

/* Where something is kept: `use` is its kind and tells keys of one table apart. key: room for it.
 */
struct sealed_place contributor_place(const struct contributor *c, size_t table, const char *use,
                                      const void *name, size_t len, uint8_t key[HASH_BYTES]);
/* The end of a transaction whose steps went `ok`; their error is told as it is. */
MUST_CHECK bool contributor_end(struct contributor *c, struct store_txn *txn, bool ok,
                                struct err *err);

/* ---- hubs ---- */
#define USE_HUB "hearth figures hub" /* of their values */
MUST_CHECK bool contributor_get_hub(const struct contributor *c, struct store_txn *txn,
                                    const char *id, struct kept_hub *out, bool *found,
                                    struct err *err);
MUST_CHECK bool contributor_put_hub(const struct contributor *c, struct store_txn *txn,
                                    const struct kept_hub *hub, struct err *err);
/* Whether something may go to that hub at present: joined, and the table not turned off. */
MUST_CHECK bool contributor_allows(const struct contributor *c, struct store_txn *txn,
                                   const char *hub, const struct figures_table *table, bool *out,
                                   struct err *err);

/* ---- agreements ---- */
enum kept_agreement { AGREEMENT_LAST, AGREEMENT_JOINED };
MUST_CHECK bool contributor_put_agreement(const struct contributor *c, struct store_txn *txn,
                                          enum kept_agreement which,
                                          const struct agreement *agreement, struct err *err);
/* As it was checked when it was put; agreement_free. */
MUST_CHECK bool contributor_get_agreement(const struct contributor *c, struct store_txn *txn,
                                          enum kept_agreement which, const char *hub,
                                          struct agreement *out, bool *found, struct err *err);
/* The last one becomes the one that was joined. */
MUST_CHECK bool contributor_copy_agreement(const struct contributor *c, struct store_txn *txn,
                                           const char *hub, struct err *err);

/* ---- the one manifest of a hub's period ---- */
MUST_CHECK bool contributor_put_period(const struct contributor *c, struct store_txn *txn,
                                       const struct manifest *manifest, struct err *err);
/* ERR_EXISTS (field "manifest") where another one was contributed to. */
MUST_CHECK bool contributor_check_period(const struct contributor *c, struct store_txn *txn,
                                         const struct manifest *manifest, struct err *err);

/* ---- items ---- */
MUST_CHECK bool contributor_put_item(const struct contributor *c, struct store_txn *txn,
                                     const struct kept_item *item, struct err *err);
MUST_CHECK bool contributor_get_item(const struct contributor *c, struct store_txn *txn,
                                     const uint8_t hash[HASH_BYTES], struct kept_item *out,
                                     bool *found, struct err *err);
/* All of them; *out is never NULL, free(). */
MUST_CHECK bool contributor_list_items(const struct contributor *c, struct store_txn *txn,
                                       struct kept_item **out, size_t *count, struct err *err);
MUST_CHECK bool contributor_put_body(const struct contributor *c, struct store_txn *txn,
                                     const uint8_t hash[HASH_BYTES],
                                     const struct signed_bytes *body, struct err *err);
MUST_CHECK bool contributor_get_body(const struct contributor *c, struct store_txn *txn,
                                     const uint8_t hash[HASH_BYTES], struct signed_bytes *out,
                                     bool *found, struct err *err);
/* What others have signed of a contribution; the first release that leaves it out stays. */
enum kept_evidence { EVIDENCE_RECEIPT, EVIDENCE_RELEASE };
MUST_CHECK bool contributor_put_evidence(const struct contributor *c, struct store_txn *txn,
                                         enum kept_evidence which, const uint8_t hash[HASH_BYTES],
                                         const struct signed_bytes *raw, struct err *err);
MUST_CHECK bool contributor_get_evidence(const struct contributor *c, struct store_txn *txn,
                                         enum kept_evidence which, const uint8_t hash[HASH_BYTES],
                                         struct signed_bytes *out, bool *found, struct err *err);
MUST_CHECK bool contributor_delete_body(const struct contributor *c, struct store_txn *txn,
                                        const uint8_t hash[HASH_BYTES], struct err *err);

/* ---- one contribution ---- */
struct contributor_one {
    const struct agreement *agreement;
    const struct manifest_term *term;
    const struct tally *tally; /* that has the table */
    int64_t now_ms;
};
/* Adds noise, encrypts, proves, signs; nothing is kept. signed_bytes_free frees `body`. */
MUST_CHECK bool contributor_make_one(const struct contributor *c, const struct contributor_one *one,
                                     struct kept_item *kept, struct signed_bytes *body,
                                     struct err *err);

#endif
