/* SPDX-License-Identifier: Apache-2.0
 * Inside of a collection, for the files collection*.c and their tests:
 *   collection.c           opening, transactions, agreements that are held in memory
 *   collection_records.c   what stands in the tables: keys, encoders, bounded decoders
 *   collection_steps.c     single entries
 *   collection_agree.c     agreements: matcher's side
 *   collection_draw_up.c   agreements: hub's side
 *   collection_list.c      which agreements there are
 *   collection_put.c       taking a contribution
 *   collection_set.c       which contributions count, and their sum
 *   collection_coverage.c  what became of parties and tables
 *   collection_finish.c    the end of a table: ledger, record, erasure
 *   collection_half_open.c release, at the matcher
 *   collection_open.c      release, at the hub
 *   collection_upkeep.c    what is too old
 *   collection_restored.c  after a backup was put back
 */
#ifndef HEARTH_FIGURES_COLLECTION_INTERNAL_H
#define HEARTH_FIGURES_COLLECTION_INTERNAL_H

#include <pthread.h>

#include "proto/figures/collection.h"
#include "proto/mail/sealed_store.h"

enum collection_tables {
    TABLE_AGREEMENTS,    /* manifest hash -> agreement */
    TABLE_PERIODS,       /* hub, u32 period -> manifest hash */
    TABLE_SECRETS,       /* manifest hash -> u or m, sealed */
    TABLE_CONTRIBUTIONS, /* contribution hash -> contribution, certificate */
    TABLE_PARTIES,       /* manifest hash, u8 table, u8 role, organisation -> what it sent */
    TABLE_DONE,          /* manifest hash, u8 table -> release, or why there is none */
    TABLE_LEDGER,        /* ledger.h */
    TABLE_META,          /* sealed_store.h */
    TABLES
};
/* u8 table: its place in figures_tables; editions add at the end. */
enum {
    TABLE_KEY = HASH_BYTES + 1,
    PARTY_KEY = TABLE_KEY + 1 + ID_MAX,
    PERIOD_KEY = ID_MAX + 4,
    COLLECTION_HELD = 4, /* agreements in memory */
    COLLECTION_MIB = 4096
};
static const int64_t FIGURES_KEEP_MS = (int64_t)FIGURES_KEEP_DAYS * 86400000;

struct held;
struct collection {
    struct collection_parts parts;
    struct sealed_store sealed;
    enum role role;
    const char *organisation;
    pthread_rwlock_t whole; /* read: in a transaction; written: the file is replaced */
    pthread_mutex_t holding;
    struct held *held[COLLECTION_HELD];
    uint64_t held_count; /* grows with each use */
};

/* ---- one transaction ---- */
struct step {
    struct collection *collection;
    struct store_txn *txn;
    bool write;
};
MUST_CHECK bool step_begin(struct collection *collection, bool write, struct step *out,
                           struct err *err);
/* Commits what was written where `ok`, else aborts. An error without a field gets "figures". */
MUST_CHECK bool step_end(struct step *step, bool ok, struct err *err);

/* ---- agreements in memory: they never change, so that they cannot be stale ---- */
/* ERR_NOT_FOUND; held_drop lets go of it. Not to be called inside of a transaction. */
MUST_CHECK bool held_find(struct collection *collection, const uint8_t manifest_hash[HASH_BYTES],
                          const struct agreement **out, struct err *err);
void held_drop(struct collection *collection, const struct agreement *agreement);
void held_close(struct collection *collection);
/* A copy of all but the hub's certificate. */
void agreement_copy(const struct agreement *in, struct agreement *out);

/* ---- records: decoders say ERR_CORRUPT ---- */
/* Bytes inside a record. */
struct kept_bytes {
    const uint8_t *data;
    size_t len;
};
struct kept_signed {
    struct kept_bytes body;
    const uint8_t *signature; /* SIGNATURE_BYTES */
};
struct kept_signed kept_of(const struct signed_bytes *s);
void kept_copy(const struct kept_signed *kept, struct signed_bytes *out);
MUST_CHECK bool kept_certificate(const struct kept_signed *kept, struct certificate *out,
                                 struct err *err);

/* Keys of the tables. */
void table_key(const uint8_t manifest_hash[HASH_BYTES], const struct figures_table *table,
               uint8_t out[TABLE_KEY]);
void party_key(const uint8_t manifest_hash[HASH_BYTES], const struct figures_table *table,
               enum role role, const char *organisation, uint8_t out[PARTY_KEY]);
void period_key(const char *hub, uint32_t period, uint8_t out[PERIOD_KEY]);

struct agreement_record {
    char hub[ID_MAX + 1];
    uint32_t period;
    int64_t opens_at, closes_at;
    uint32_t terms; /* tables */
    uint64_t room;  /* bytes that its contributions may take */
    bool over;      /* upkeep has wiped all of it */
    bool agreed;
    struct kept_signed manifest, hub_certificate, release_key, matcher_certificate;
    /* release_key and matcher_certificate: where agreed */
};
/* The forms as they are kept: encoders append. */
void agreement_record_encode(const struct agreement_record *record, struct buf *out);
MUST_CHECK bool agreement_record_decode(const uint8_t *data, size_t len,
                                        struct agreement_record *out, struct err *err);

enum party_state { PARTY_TAKEN = 1, PARTY_LATE };
struct party_record {
    enum party_state state;
    int64_t at;
    uint8_t hash[HASH_BYTES];
    bool twice; /* it has signed another one too, whose bytes are kept for the other collector */
    uint8_t other[HASH_BYTES];
};
/* The same of it. */
void party_record_encode(const struct party_record *record, struct buf *out);
MUST_CHECK bool party_record_decode(const uint8_t *data, size_t len, struct party_record *out,
                                    struct err *err);

struct contribution_record {
    struct kept_signed contribution, certificate;
};
/* The same of it. */
void contribution_record_encode(const struct contribution_record *record, struct buf *out);
MUST_CHECK bool contribution_record_decode(const uint8_t *data, size_t len,
                                           struct contribution_record *out, struct err *err);

enum done_kind { DONE_HALF_OPENED = 1, DONE_OPENED, DONE_GIVEN_UP };
struct done_record {
    enum done_kind kind;
    int64_t at;
    uint8_t set_hash[HASH_BYTES];
    struct kept_signed release; /* not where given up */
    struct kept_bytes shares;   /* half-opened; empty once they are wiped */
    const uint8_t *proof;       /* half-opened: PROOF_BYTES */
    struct kept_bytes figures;  /* opened: release_encode */
    struct err why;             /* given up */
};
/* The same of it. */
void done_record_encode(const struct done_record *record, struct buf *out);
MUST_CHECK bool done_record_decode(const uint8_t *data, size_t len, struct done_record *out,
                                   struct err *err);

/* After it was put back from a backup, once: gives up what may have been half-opened since. */
MUST_CHECK bool collection_settle(struct collection *collection, struct err *err);

/* ---- steps inside of a transaction ---- */
/* The record of an agreement, inside the store; *found. */
MUST_CHECK bool agreement_read(struct step *step, const uint8_t manifest_hash[HASH_BYTES],
                               struct agreement_record *out, bool *found, struct err *err);
MUST_CHECK bool agreement_write(struct step *step, const uint8_t manifest_hash[HASH_BYTES],
                                const struct agreement_record *record, struct err *err);
/* *found: which manifest a hub's period has. */
MUST_CHECK bool period_read(struct step *step, const char *hub, uint32_t period,
                            uint8_t manifest_hash[HASH_BYTES], bool *found, struct err *err);
MUST_CHECK bool period_write(struct step *step, const struct agreement_record *record,
                             const uint8_t manifest_hash[HASH_BYTES], struct err *err);
/* Bytes that contributions of all the manifest's enrolled may take. */
uint64_t manifest_room(const struct manifest *manifest);
/* Whether one more agreement of that hub and so much room may be open. */
MUST_CHECK bool agreement_check_limits(struct step *step, const char *hub, uint64_t room,
                                       struct err *err);
MUST_CHECK bool secret_write(struct step *step, const uint8_t manifest_hash[HASH_BYTES],
                             const struct scalar *secret, struct err *err);
/* ERR_EXPIRED where it was wiped. The caller wipes. */
MUST_CHECK bool secret_read(struct step *step, const uint8_t manifest_hash[HASH_BYTES],
                            struct scalar *out, struct err *err);
MUST_CHECK bool secret_delete(struct step *step, const uint8_t manifest_hash[HASH_BYTES],
                              struct err *err);

MUST_CHECK bool party_read(struct step *step, const uint8_t key[PARTY_KEY],
                           struct party_record *out, bool *found, struct err *err);
MUST_CHECK bool contribution_read(struct step *step, const uint8_t hash[HASH_BYTES],
                                  struct contribution_record *out, bool *found, struct err *err);
MUST_CHECK bool done_read(struct step *step, const uint8_t manifest_hash[HASH_BYTES],
                          const struct figures_table *table, struct done_record *out, bool *found,
                          struct err *err);
/* Those of a manifest. The record points into the store: the callee's during the call. */
typedef void (*done_fn)(const struct done_record *record, void *ctx);
MUST_CHECK bool done_each(struct step *step, const uint8_t manifest_hash[HASH_BYTES], done_fn each,
                          void *ctx, struct err *err);
/* How many tables of a manifest are done or given up. */
MUST_CHECK bool done_count(struct step *step, const uint8_t manifest_hash[HASH_BYTES],
                           uint32_t *count, struct err *err);

/* What parties have sent for one table (table NULL: for all of a manifest). `each` must not write.
 */
typedef bool (*party_fn)(const struct figures_table *table, enum role role,
                         const char *organisation, const struct party_record *record, void *ctx,
                         struct err *err);
MUST_CHECK bool party_each(struct step *step, const uint8_t manifest_hash[HASH_BYTES],
                           const struct figures_table *table, party_fn each, void *ctx,
                           struct err *err);
/* The hashes that count for a table; figures_release_free. */
MUST_CHECK bool set_read(struct step *step, const uint8_t manifest_hash[HASH_BYTES],
                         const struct figures_table *table, struct figures_release *out,
                         struct err *err);

/* ---- the end of a table ---- */
/* A set that may be opened, and its sum. */
struct summed {
    const struct manifest_term *term;
    struct figures_release set;
    size_t cells;
    struct ciphertext *sum;
    struct scalar secret;
    uint8_t statement[HASH_BYTES]; /* of the proof of the matcher's half */
};
/* Checks that the agreement has the table, that its window has closed, that the own set is that of
 * `set_hash` and meets the quorum; reads the secret and adds up. summed_free wipes. */
MUST_CHECK bool summed_make(struct collection *collection, const struct agreement *agreement,
                            const struct figures_table *table, const uint8_t set_hash[HASH_BYTES],
                            int64_t now_ms, struct summed *out, struct err *err);
void summed_free(struct summed *summed);
/* What the proof of the matcher's half is bound to. */
void half_open_statement(const struct agreement *agreement, const struct figures_table *table,
                         const uint8_t set_hash[HASH_BYTES], uint8_t out[HASH_BYTES]);
/* The term of an agreement's table; ERR_NOT_FOUND. */
MUST_CHECK bool agreement_term(const struct agreement *agreement, const struct figures_table *table,
                               const struct manifest_term **out, struct err *err);
/* In one transaction: that the table is not done (ERR_EXISTS) and its set still the record's, the
 * ledger's entry, the record, erasure of the table's contributions and, with the last table, of the
 * secret. A record that gives up spends nothing. */
MUST_CHECK bool table_finish(struct collection *collection, const struct agreement *agreement,
                             const struct manifest_term *term, const struct done_record *record,
                             struct err *err);
/* Erases the contributions of a table (NULL: of all); what is known of them stays. */
MUST_CHECK bool contributions_erase(struct step *step, const uint8_t manifest_hash[HASH_BYTES],
                                    const struct figures_table *table, struct err *err);
MUST_CHECK bool done_write(struct step *step, const uint8_t manifest_hash[HASH_BYTES],
                           const struct figures_table *table, const struct done_record *record,
                           struct err *err);

#endif
