/* SPDX-License-Identifier: Apache-2.0
 * An export of the matcher's log for one party (docs/audit.md "An export"): the writer's lines, and
 * the check that whoever gets one makes.
 */
#ifndef HEARTH_AUDIT_LOG_EXPORT_H
#define HEARTH_AUDIT_LOG_EXPORT_H

#include <stdio.h>

#include <jansson.h>

#include "keys/identity.h"
#include "proto/audit/entry.h"

/* length entries, the last of which has the hash `hash` (zeros for an empty log). */
struct log_head {
    uint64_t length;
    uint8_t hash[HASH_BYTES];
};

/* ---- checkpoints: the matcher's signed word for a head ---- */
struct checkpoint {
    char matcher[ID_MAX + 1];
    struct log_head head;
    int64_t at_ms;
};
void checkpoint_encode(const struct checkpoint *checkpoint, struct buf *out);
MUST_CHECK bool checkpoint_decode(const uint8_t *body, size_t len, struct checkpoint *out,
                                  struct err *err);
/* Decodes, and checks signature, role and id of the matcher whose certificate `signer` is, and that
 * it was one by the root of `trust` at the checkpoint's time. ERR_INVALID, or as trust_check_at. */
MUST_CHECK bool checkpoint_open(const struct signed_bytes *raw, const struct certificate *signer,
                                struct trust *trust, struct checkpoint *out, struct err *err);

/* ---- checking ---- */
/* A head that the party holds itself, and where it has it from ("the result of query 12ab…"). */
struct known_head {
    struct log_head head;
    char from[120];
};
struct known_heads { /* zero-initialise; free(list) */
    struct known_head *list;
    size_t count, room;
};
void known_heads_add(struct known_heads *heads, const struct known_head *head);
struct log_check {
    char matcher[ID_MAX + 1], party[ID_MAX + 16]; /* "la/exampleshire" */
    uint64_t from;                                /* number of the first entry */
    struct log_head head;
    size_t own;     /* entries of the party's own */
    size_t checked; /* known heads that are in the chain */
    size_t later;   /* known heads that are longer than this export */
    size_t earlier; /* known heads from before its first entry */
    bool intact;
    uint64_t bad; /* number of the first bad entry where not intact, 0 where it is not about one */
    char reason[ERR_TEXT_MAX];
};
/* Called for each entry that is shown whole, in order, once it was found to fit; may be NULL. Not
 * for kinds that this program does not know. */
typedef void (*log_entry_fn)(const struct audit_entry *entry, void *ctx);
/* Reads an export from `in` line by line, with bounded memory however long it is. known: heads that
 * the party holds. trust: whose root the matcher's certificate must have. False only where the file
 * is no export (ERR_INVALID with the line) or cannot be read; what is wrong with the log is in
 * `out`. */
MUST_CHECK bool log_export_check(FILE *in, struct trust *trust, const struct known_head *known,
                                 size_t known_count, log_entry_fn each, void *ctx,
                                 struct log_check *out, struct err *err);
/* The lines of an export from the entry of that query to the head `until`, for package_json:
 * {"previous": hash before the first, "entries": lines}. ERR_NOT_FOUND where it has no such entry,
 * or ends before; ERR_CORRUPT where the entries do not lead to that head; ERR_BUDGET where there
 * are more than CHAIN_MAX, or of CHAIN_BYTES_MAX. Caller's reference. */
enum { CHAIN_MAX = 20000, CHAIN_BYTES_MAX = 6 << 20 };
MUST_CHECK bool package_chain(FILE *in, const uint8_t query_hash[HASH_BYTES],
                              const struct log_head *until, json_t **out, struct err *err);

#endif
