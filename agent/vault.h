/* SPDX-License-Identifier: Apache-2.0
 * The vault: an agency's carers, each sealed on its own, in HOME/vault (docs/agent.md "The vault").
 *
 * A record's key is a keyed BLAKE2b of the carer's reference; its value a nonce and
 * XChaCha20-Poly1305 of the padded profile, bound to the record's key. A sealed manifest holds the
 * number of records, a generation number and a keyed hash over all records in key order. Every read
 * and every write checks the manifest first, in the same transaction: a record that was changed,
 * swapped, removed, added or put back to an earlier value is noticed. Putting the whole file back
 * to an earlier copy is not.
 */
#ifndef HEARTH_AGENT_VAULT_H
#define HEARTH_AGENT_VAULT_H

#include "proto/base/secret.h"
#include "proto/crypto/message.h"
#include "proto/domain/profile.h"
#include "proto/store/store.h"

#define HOME_VAULT "vault"
#define VAULT_PURPOSE "vault" /* of identity_derive */
extern const struct store_schema vault_schema;

enum { VAULT_CARERS_MAX = BLIND_ITEMS_MAX * 3 / 4 };

/* Thread-safe: each call is a transaction of its own. What a call calls back must not call it. */
struct vault;

struct vault_summary {
    uint64_t generation; /* grows with every change */
    size_t count;        /* carers held */
};

/* Makes an empty vault in HOME/vault. ERR_EXISTS where there is something of that name. key: 32
 * bytes. */
MUST_CHECK bool vault_create(const char *home, const struct secret *key, struct err *err);
/* ERR_NOT_FOUND; ERR_CORRUPT where the manifest does not open with this key or does not fit the
 * records. */
MUST_CHECK bool vault_open(const char *home, const struct secret *key, struct vault **out,
                           struct err *err);
void vault_close(struct vault *vault); /* wipes the keys; NULL is fine */

/* Checks every record's seal-to-be against the manifest, opening none. */
MUST_CHECK bool vault_verify(struct vault *vault, struct vault_summary *out, struct err *err);

/* Calls `each` for every carer of one consistent snapshot, in the order of record keys (which says
 * nothing about the carers). `profile` lives in guarded memory, is the caller's to use only during
 * the call and is wiped after it. `each` returns false with err set to stop. */
typedef bool (*vault_each_fn)(const struct profile *profile, void *ctx, struct err *err);
MUST_CHECK bool vault_each(struct vault *vault, vault_each_fn each, void *ctx,
                           struct vault_summary *summary, struct err *err);
/* One carer; ERR_NOT_FOUND. The caller wipes `out`. */
MUST_CHECK bool vault_get(struct vault *vault, const char *ref, struct profile *out,
                          struct err *err);

struct vault_changes {
    size_t added, changed, unchanged, removed, refused;
};
/* What becomes of one carer, inside the transaction: before is NULL where it is added, after where
 * it is removed. Both are the callee's during the call only. */
typedef void (*vault_change_fn)(const struct profile *before, const struct profile *after,
                                void *ctx);
struct vault_how {
    bool replace; /* carers that are not in the list go */
    bool dry_run; /* counts and tells, changes nothing */
    vault_change_fn each;
    void *ctx; /* each(..., ctx) for every carer that is added, changed or removed; may be NULL */
};
/* Inserts or updates by reference, in one transaction. ERR_BUDGET where more than VAULT_CARERS_MAX
 * would be held. */
MUST_CHECK bool vault_import_with(struct vault *vault, const struct profile *profiles, size_t count,
                                  const struct vault_how *how, struct vault_changes *changes,
                                  struct err *err);
/* The same without telling of each. */
MUST_CHECK bool vault_import(struct vault *vault, const struct profile *profiles, size_t count,
                             bool replace, bool dry_run, struct vault_changes *changes,
                             struct err *err);

/* Changes carers that are held, in one transaction: edit(i, profile, ctx) for each reference in
 * turn, with what is held (NULL where nothing is). It changes the profile in place, in guarded
 * memory, but not its reference; false refuses. Where any is refused, and not `partly`, nothing is
 * written, and changes->refused says how many. */
typedef bool (*vault_edit_fn)(size_t index, struct profile *profile, void *ctx);
MUST_CHECK bool vault_update(struct vault *vault, const char *const *refs, size_t count,
                             vault_edit_fn edit, void *edit_ctx, bool partly,
                             const struct vault_how *how, struct vault_changes *changes,
                             struct err *err);

/* Removes all the named carers, or none: ERR_NOT_FOUND names the one that is not held. */
MUST_CHECK bool vault_remove(struct vault *vault, const char *const *refs, size_t count,
                             struct err *err);
/* Grows with every committed write of any process, and with a rewrite. */
uint64_t vault_version(struct vault *vault);

/* How full the file is: grows with the carers, so not for everybody to see. */
MUST_CHECK bool vault_usage(struct vault *vault, struct store_usage *out, struct err *err);
/* Erases what was removed or changed from the file (store_rewrite), where there is any such thing:
 * waits for the transactions of other threads, and they for it. *done false: another process has
 * the vault open; try again later. */
MUST_CHECK bool vault_rewrite(struct vault *vault, bool *done, struct err *err);
/* The same for HOME/vault while this process does not have it open. Needs no key. */
MUST_CHECK bool vault_rewrite_home(const char *home, bool *done, struct err *err);

/* ---- queries counted for an LA on a day: kept here so that a restart does not reset them ---- */
enum { VAULT_COUNTER_DAYS = 4 };
struct vault_counter {
    char la[ID_MAX + 1];
    /* The newest, for a clock that steps back and forth; count 0: not in use. */
    struct vault_day {
        int32_t day; /* Europe/London */
        uint32_t count;
    } days[VAULT_COUNTER_DAYS];
};
/* The counter's entry for `day`: the one that there is, else the oldest's place, which stays as it
 * is until the caller sets it (its day is another then). */
struct vault_day *vault_counter_day(struct vault_counter *counter, int32_t day);
/* All counters; *out is the caller's to free. */
MUST_CHECK bool vault_counters_read(struct vault *vault, struct vault_counter **out, size_t *count,
                                    struct err *err);
MUST_CHECK bool vault_counters_write(struct vault *vault, const struct vault_counter *counters,
                                     size_t count, struct err *err);

#endif
