/* SPDX-License-Identifier: Apache-2.0
 * The one LMDB wrapper: an environment with named tables, transactions, bounded reads. The only
 * module that calls mdb_*.
 *
 * The address space for the whole limit is mapped at the start: LMDB can only resize a map while
 * the process has no transaction open, and the file behind the map is sparse, so it takes disk
 * space only for what was written. A process must not open the same directory twice at a time;
 * several processes may.
 */
#ifndef HEARTH_STORE_STORE_H
#define HEARTH_STORE_STORE_H

#include <stddef.h>
#include <stdint.h>

#include "proto/base/err.h"

struct store;
struct store_txn;

enum { STORE_TABLES_MAX = 8, STORE_KEY_MAX = 128 };

/* What a program keeps in one store, and in which form. All of it constants.
 *
 * A format is a number that rises by one whenever a program from before could not read what is
 * written now, or would spoil it. upgrades[i] makes of format oldest + i the next one, inside the
 * one transaction of all of them, with the tables of today (those that are new are empty); NULL
 * where there is nothing to do but the stamp. It may call store_ask_rewrite, so that earlier values
 * leave the file. */
typedef bool (*store_upgrade_fn)(struct store_txn *txn, struct err *err);
struct store_schema {
    const char *name; /* of its directory in a home: "vault" */
    const char *const *tables;
    size_t table_count;
    uint32_t format;                  /* that is read and written; from 1 */
    uint32_t oldest;                  /* that can be upgraded */
    uint32_t readable;                /* oldest that store_open_reader takes as it is */
    const store_upgrade_fn *upgrades; /* format - oldest of them */
};
/* Formats 1 and 2 of a store differ in the stamps alone: from 2 on it says which version of the
 * programs wrote it last (store_inspect). */
extern const store_upgrade_fn store_upgrade_stamp_only[1];

/* Opens (or with `create` makes, files 0600 in a directory 0700) the environment in directory
 * `path`, its tables numbered from 0 in the order of the schema. Format and program version are
 * stamped on creation. A store of an earlier format is upgraded first, in one transaction: killed
 * meanwhile, or where it fails, it is as it was. That needs it alone: ERR_UNAVAILABLE where another
 * process keeps it open for 3 s, or upgrades it for longer than a minute. ERR_VERSION (field
 * "format"), with nothing changed, where the store is newer than the schema, or older than can be
 * upgraded. Writes that would take the file past `max_mib` MiB fail with ERR_BUDGET. ERR_NOT_FOUND:
 * no store there and not `create`; ERR_CORRUPT: not a store, or one of another program. */
MUST_CHECK bool store_open(const char *path, bool create, const struct store_schema *schema,
                           size_t max_mib, struct store **out, struct err *err);
/* Opens what is there for reading only: never waits for a writer, not even while one is at work,
 * and changes nothing but the table of readers. ERR_NOT_FOUND where it has never been set up (or is
 * just being set up); ERR_VERSION also where it has to be upgraded, by who writes it; the rest as
 * above. store_begin takes no `write` on it. */
MUST_CHECK bool store_open_reader(const char *path, const struct store_schema *schema,
                                  size_t max_mib, struct store **out, struct err *err);
void store_close(struct store *store);
/* The key in config.json that sets max_mib, for the error of a store that is full; a constant. */
void store_name_limit(struct store *store, const char *key);

/* One writer at a time over all processes (others wait); readers see one consistent snapshot and
 * wait for nobody. A transaction may be used by the thread that began it only. A thread may hold
 * several read transactions, but not begin a second write transaction: that would wait for itself.
 */
MUST_CHECK bool store_begin(struct store *store, bool write, struct store_txn **out,
                            struct err *err);
/* Durable (fsync) when it returns true; nothing of it is stored when it returns false. The
 * transaction is gone either way. */
MUST_CHECK bool store_commit(struct store_txn *txn, struct err *err);
void store_abort(struct store_txn *txn); /* NULL is fine */

/* Keys are 1 to STORE_KEY_MAX bytes. *found tells whether the key exists; value points into the
 * map: valid until the transaction ends or writes. False only on a failing store. */
MUST_CHECK bool store_get(struct store_txn *txn, size_t table, const void *key, size_t key_len,
                          const uint8_t **value, size_t *value_len, bool *found, struct err *err);
MUST_CHECK bool store_put(struct store_txn *txn, size_t table, const void *key, size_t key_len,
                          const void *value, size_t value_len, struct err *err);
/* Removing what is not there is success; *existed may be NULL. */
MUST_CHECK bool store_delete(struct store_txn *txn, size_t table, const void *key, size_t key_len,
                             bool *existed, struct err *err);
/* Removes every entry of a table. */
MUST_CHECK bool store_clear(struct store_txn *txn, size_t table, struct err *err);
MUST_CHECK bool store_count(struct store_txn *txn, size_t table, size_t *count, struct err *err);
/* Calls `each` for every entry with key >= from (NULL: all) in key order until it returns false
 * with err set; err->code ERR_NONE then means "enough", which is success. `each` must not write. */
typedef bool (*store_each_fn)(const uint8_t *key, size_t key_len, const uint8_t *value,
                              size_t value_len, void *ctx, struct err *err);
MUST_CHECK bool store_each(struct store_txn *txn, size_t table, const void *from, size_t from_len,
                           store_each_fn each, void *ctx, struct err *err);
/* The last entry of a table; *found false where it is empty. */
MUST_CHECK bool store_last(struct store_txn *txn, size_t table, const uint8_t **key,
                           size_t *key_len, const uint8_t **value, size_t *value_len, bool *found,
                           struct err *err);
/* Whether deleted entries may still stand in the file: set by store_ask_rewrite inside the
 * transaction that deletes, cleared by store_rewrite. */
MUST_CHECK bool store_ask_rewrite(struct store_txn *txn, struct err *err);
MUST_CHECK bool store_wants_rewrite(struct store *store, bool *wanted, struct err *err);
/* Erases what was deleted: writes all entries, one by one, into a new file, fsyncs it and puts it
 * in the old one's place, so that no page of the old file is left under that name; then writes
 * zeros over the old file, as far as the file system does that in place. `store` is open in this
 * process, with no transaction, and no other thread uses it meanwhile. ERR_UNAVAILABLE where
 * another process has the store open: every store_open holds a shared lock for that, and waits
 * while a store is rewritten. (store_open_reader does neither: not for stores that are opened so.)
 * Where it fails the store stays as it was. A crash leaves the old file or the new one. */
MUST_CHECK bool store_rewrite(struct store *store, struct err *err);
/* store_rewrite where store_wants_rewrite. *done false: it is wanted, but another process has the
 * store open (or it failed); to be tried again. */
MUST_CHECK bool store_rewrite_where_wanted(struct store *store, bool *done, struct err *err);
/* A number that grows with every committed write of any process, and with a rewrite. */
uint64_t store_version(struct store *store);

/* How full it is, in bytes: pages in use, pages that the file holds (those of deleted entries are
 * used again before it grows), and the limit. Not while another thread rewrites it. */
struct store_usage {
    uint64_t used, file, limit;
};
MUST_CHECK bool store_usage(struct store *store, struct store_usage *out, struct err *err);

/* Big-endian key parts. */
void store_key_u64(uint8_t out[8], uint64_t value);
uint64_t store_key_read_u64(const uint8_t in[8]);

/* ---- stores of any program, by the path of the directory: store_inspect.c, store_copy.c ---- */
enum { STORE_PROGRAM_MAX = 31 };
/* Between a backup and its restore: what was done then, this store does not know. */
struct store_gap {
    int64_t from_ms, to_ms; /* 0: none */
};
struct store_info {
    uint64_t format;
    char program[STORE_PROGRAM_MAX + 1]; /* version that wrote it last; "" before there was one */
    uint64_t bytes;                      /* of the file that are used */
    bool wants_rewrite;
    struct store_gap gap; /* of the last restore */
};
/* Looks at a store without opening it for work: takes no lock that a writer or another reader would
 * wait for, and changes no file where nobody has it open (else the table of readers alone).
 * ERR_NOT_FOUND, ERR_CORRUPT. */
MUST_CHECK bool store_inspect(const char *path, struct store_info *out, struct err *err);

/* Writes one consistent state of the store in `from` into a new store in `to`, a directory that is
 * made (0700) or empty: entry by entry, so that nothing of what was deleted comes with it, and with
 * fsync. Others may read and write meanwhile; a rewrite is waited for, 30 s at most
 * (ERR_UNAVAILABLE), and waits. Leaves data.mdb alone in `to`, or nothing; `info` is of the copy.
 * ERR_NOT_FOUND: no store in `from`. */
MUST_CHECK bool store_copy(const char *from, const char *to, struct store_info *info,
                           struct err *err);
/* Says in a store that was put back from a backup what it does not know. For a store that nobody
 * has open. */
MUST_CHECK bool store_set_gap(const char *path, const struct store_gap *gap, struct err *err);
/* The gap of the last restore, in a transaction of an open store; zeros where there was none. */
MUST_CHECK bool store_get_gap(struct store_txn *txn, struct store_gap *out, struct err *err);

#endif
