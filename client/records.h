/* SPDX-License-Identifier: Apache-2.0
 * HOME/records: what an LA keeps of its searches (docs/protocol.md "One open search a child").
 * Every record is sealed under a key that the key file gives, and found by a hash under another;
 * the disk shows how many there are, and when they change. Several programs may use one home at a
 * time.
 */
#ifndef HEARTH_CLIENT_RECORDS_H
#define HEARTH_CLIENT_RECORDS_H

#include "client/record.h"
#include "proto/base/secret.h"
#include "proto/crypto/seal.h"

#define HOME_RECORDS "records"
extern const struct store_schema records_schema;
#define RECORDS_PURPOSE "records" /* for identity_derive */

enum { RECORDS_WINDOW_DAYS = 28 }; /* within which searches are compared */

struct records;
/* Opens HOME/records, or makes it. key: HASH_KEY_BYTES. ERR_CORRUPT with field "records" where it
 * was made with another key, or is damaged. */
MUST_CHECK bool records_open(const char *home, const struct secret *key, struct records **out,
                             struct err *err);
void records_close(struct records *records);

/* What is known of a search before it is sent. Holds confidential text: search_note_wipe. */
struct search_note {
    uint8_t name[HASH_BYTES];   /* under which the search is kept: for logs, tells nothing */
    uint8_t digest[HASH_BYTES]; /* of all that the request asks */
    int64_t asked_ms;
    bool similar;                 /* it is nearly the same as another search of the window */
    char similar_to[REF_MAX + 1]; /* the first of those */
    uint8_t similar_name[HASH_BYTES];
    int64_t similar_first_ms;
    unsigned percent; /* how alike, see likeness.h */
    uint32_t nth;     /* which of its likes in the window it is: 2 for the second search */
    /* For records_withdraw: a hash of the entry as it was written, and the sealed entry of before.
     */
    uint8_t written[HASH_BYTES];
    uint8_t before[RECORD_PLAIN_MAX + SEAL_OVERHEAD];
    size_t before_len; /* 0: there was none */
};
void search_note_wipe(struct search_note *note);

/* Writes down that the request is about to be sent, after comparing it with all other searches of
 * the last 28 days; with a search of before that is run again unchanged, only those that are older
 * than it count. plan: of the request. */
MUST_CHECK bool records_ask(struct records *records, const struct request *request,
                            const struct plan *plan, int64_t now_ms, struct search_note *out,
                            struct err *err);
/* Nothing was sent: the record is as it was before records_ask, or gone where there was none. Where
 * somebody has written it since, it stays as they left it. */
MUST_CHECK bool records_withdraw(struct records *records, const struct search_note *note,
                                 struct err *err);
/* The search has its result: counts the run, and an amendment where the request is not that of the
 * run before. out: the record as it is now; the caller wipes. */
MUST_CHECK bool records_done(struct records *records, const struct search_note *note,
                             const uint8_t query_hash[HASH_BYTES], struct record *out,
                             struct err *err);

#endif
