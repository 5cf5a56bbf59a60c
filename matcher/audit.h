/* SPDX-License-Identifier: Apache-2.0
 * The hash-chained audit log in HOME/audit (docs/protocol.md "Audit"), and the searches that LAs
 * have used up and run again, which live in the same store. Entries are written by a thread of
 * their own, many in one transaction, so that no caller waits for the disk.
 */
#ifndef HEARTH_MATCHER_AUDIT_H
#define HEARTH_MATCHER_AUDIT_H

#include "proto/audit/log_export.h"
#include "proto/store/store.h"

#define HOME_AUDIT "audit"
extern const struct store_schema audit_schema;

/* Tables of the store in HOME/audit. */
enum audit_table {
    AUDIT_TABLE_LOG,
    AUDIT_TABLE_STATE,
    AUDIT_TABLE_BUDGET,
    AUDIT_TABLE_RUNS,
    AUDIT_TABLE_CHECKPOINTS,
    AUDIT_TABLES
};
enum {
    AUDIT_CHECKPOINT_EVERY = 256,      /* entries */
    AUDIT_CHECKPOINT_AFTER_MS = 60000, /* at most, once the log has grown: audit_tick */
    AUDIT_HELD_MAX = 16384,            /* entries that wait for a store that takes none */
};
enum { AUDIT_MAP_MIB = 1048576 }; /* for commands that only read: no limit */
/* create: makes it where it is missing; else ERR_NOT_FOUND. */
MUST_CHECK bool audit_store_open(const char *home, bool create, size_t max_mib, struct store **out,
                                 struct err *err);

struct audit;
/* Continues the chain in `store`, which must outlive it, as must the identity that signs its
 * checkpoints: every AUDIT_CHECKPOINT_EVERY entries, with the first entries, at the stop.
 * ERR_CORRUPT where its end is not intact. */
MUST_CHECK bool audit_start(struct store *store, const struct identity *identity,
                            struct audit **out, struct err *err);
/* Where the store was put back from a backup: says so in the log, once (AUDIT_RESTORED). */
MUST_CHECK bool audit_note_restored(struct audit *audit, struct store *store, struct err *err);
/* Writes what is queued and a checkpoint, joins the thread, frees. */
void audit_stop(struct audit *audit);
/* To be called every second or so with clock_steady_ms(); does not block. A checkpoint is written
 * where the log has grown and the last call that asked for one was AUDIT_CHECKPOINT_AFTER_MS ago.
 * Where a write has failed it is tried again. */
void audit_tick(struct audit *audit, int64_t now_ms);

/* Queues an entry. `fields` is taken over and left empty. Thread-safe, does not block. */
void audit_add(struct audit *audit, enum audit_kind kind, struct buf *fields);

/* An entry whose fields depend on the head that it follows (a result carries that head), and whose
 * owner wants to know the head after it. Both run on the audit's thread; `done` always runs, with
 * ok false where the log cannot be written. */
struct audit_request {
    enum audit_kind kind;
    void (*build)(struct buf *fields, const struct log_head *before, void *ctx);
    void (*done)(bool ok, const struct log_head *after, void *ctx);
    void *ctx;
};
void audit_ask(struct audit *audit, const struct audit_request *request);

/* Has beat(ctx) run once by the audit's thread, when it has had the store to itself: not while
 * another process has it. One at a time. */
void audit_prove(struct audit *audit, void (*beat)(void *ctx), void *ctx);

/* False while writes fail, for want of room on the disk or in the store: nothing may be done that
 * could not be logged. Entries of what was done already are held and written first. */
bool audit_works(struct audit *audit);
/* The head of what is on disk; waits for nothing. */
struct log_head audit_head_now(struct audit *audit);
/* Waits until everything queued so far is on disk, and gives the head. */
struct log_head audit_flush(struct audit *audit);

/* ---- checking a log that may be in use ---- */
struct audit_report {
    struct log_head head;
    bool intact;
    uint64_t bad;              /* number of the first bad entry where not intact, 0: a checkpoint */
    char reason[ERR_TEXT_MAX]; /* what is wrong with it */
    bool known_found;          /* `known` below is part of the chain */
    size_t checkpoints;        /* signed, and in the chain */
};
/* Walks the chain. known: a head that somebody holds (from a result or receipt), or NULL. trust:
 * whose root the certificates of checkpoints must have; NULL: signatures are not looked at, which
 * leaves `checkpoints` 0. False only where the store cannot be read. */
MUST_CHECK bool audit_verify(struct store *store, const struct log_head *known, struct trust *trust,
                             struct audit_report *out, struct err *err);

/* The head as it is stored; zeros for an empty log. */
MUST_CHECK bool audit_read_head(struct store_txn *txn, struct log_head *out, struct err *err);
/* The same where it is the last entry's; else ERR_CORRUPT: the chain would be continued from a
 * forged end. */
MUST_CHECK bool audit_read_end(struct store_txn *txn, struct log_head *out, struct err *err);
MUST_CHECK bool audit_write_head(struct store_txn *txn, const struct log_head *head,
                                 struct err *err);

/* ---- checkpoints, as they are stored: each with the certificate of its signer ---- */
struct audit_checkpoint {
    struct signed_bytes raw;
    struct certificate signer;
};
void audit_checkpoint_free(struct audit_checkpoint *checkpoint);
/* Signs the head. keep: for ever; else only as the newest one. */
MUST_CHECK bool audit_write_checkpoint(struct store_txn *txn, const struct identity *identity,
                                       const struct log_head *head, bool keep, struct err *err);
MUST_CHECK bool audit_checkpoint_decode(const uint8_t *value, size_t len,
                                        struct audit_checkpoint *out, struct err *err);
/* The newest one; ERR_NOT_FOUND where there is none. Its signature is not checked. */
MUST_CHECK bool audit_newest_checkpoint(struct store_txn *txn, struct audit_checkpoint *out,
                                        struct err *err);

/* ---- an export for one party (docs/audit.md "An export") ---- */
struct audit_export {
    enum role role; /* ROLE_LA or ROLE_AGENT */
    const char *id;
    uint64_t from;    /* number of the first entry, from 1 */
    uint64_t *naming; /* counts the entries that name the party; may be NULL */
    /* Told now and then; may be NULL. */
    void (*progress)(uint64_t done, uint64_t all, void *ctx);
    void *ctx;
};
/* Whether that party may see the entry: it names it, or concerns everybody. */
bool audit_is_for(const struct audit_entry *entry, enum role role, const char *id);
/* Writes the lines, up to the newest checkpoint. ERR_NOT_FOUND: there is none; ERR_INVALID: `from`
 * is behind it; ERR_CORRUPT: the log is not intact; ERR_IO: `out`. */
MUST_CHECK bool audit_export(struct store *store, const struct audit_export *wanted, FILE *out,
                             struct err *err);

#endif
