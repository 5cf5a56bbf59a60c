/* SPDX-License-Identifier: Apache-2.0
 * One query that an LA sent, as it is kept so that it can be opened later, and the stored form with
 * its bounded decoder.
 *
 *   run  = u8 form, head, length-prefixed parts (package_parts_encode)
 *   head = u64 asked, u64 ended (ms since 1970), u8 end, u8 error, u8 variant, u16 slot,
 *          u8 quarters, 32 bytes query hash, u8 member
 * A stored form may be followed by zeros.
 */
#ifndef HEARTH_CLIENT_RUN_H
#define HEARTH_CLIENT_RUN_H

#include "client/variants.h"
#include "proto/audit/package.h"

enum {
    RUN_FORM = 1,
    RUN_PAD = 4096,          /* plaintexts are padded to a multiple of this */
    RUN_PLAIN_MAX = 12 << 20 /* an area of another file is inline */
};

enum run_end {
    RUN_UNKNOWN = 0, /* it was about to be sent; nothing is known since */
    RUN_RESULT,      /* the matcher's signed result is there */
    RUN_FAILED       /* it has left, and there is no result */
};
const char *run_end_name(enum run_end end); /* "unknown", "result", "failed" */

/* What is known of a run without its parts. */
struct run_head {
    int64_t asked_ms, ended_ms; /* ended: 0 where unknown */
    enum run_end end;
    enum err_code error;    /* of RUN_FAILED, else ERR_NONE */
    struct variant variant; /* of a member of an explanation; VARIANT_BASE: the request as it is */
    uint8_t query_hash[HASH_BYTES];
    bool is_member; /* of the group of an explanation */
};
struct run {
    struct run_head head;
    struct package_parts parts;
};
/* Wipes and frees; leaves an empty one. */
void run_free(struct run *run);

/* Appends the stored form, without padding; the caller wipes. */
void run_encode(const struct run *run, struct buf *out);
/* ERR_CORRUPT; ERR_VERSION for a form that a later program wrote. Only what run_encode gives, with
 * zeros behind it. */
MUST_CHECK bool run_decode(const uint8_t *data, size_t len, struct run *out, struct err *err);
/* The head alone, of the first bytes: for looking through many. Checks nothing behind it. */
MUST_CHECK bool run_head_decode(const uint8_t *data, size_t len, struct run_head *out,
                                struct err *err);

/* The request's text with the one change that the variant makes (VARIANT_BASE: a copy). resolved:
 * valid JSON of a request (request_resolve), which holds what the variant changes. Appends; the
 * caller wipes. */
void run_request_text(const struct buf *resolved, const struct variant *variant,
                      const struct catalogue *catalogue, struct buf *out);

#endif
