/* SPDX-License-Identifier: Apache-2.0
 * A search opened for an auditor (docs/audit.md "A search opened"): one JSON object with everything
 * from which the query is recomputed byte for byte, and what the matcher signed and logged of it.
 * Confidential: it says what was asked.
 */
#ifndef HEARTH_AUDIT_PACKAGE_H
#define HEARTH_AUDIT_PACKAGE_H

#include <jansson.h>

#include "keys/identity.h"
#include "proto/domain/request.h"

enum { PACKAGE_MAX = 16 << 20, PACKAGE_FORM = 1 };

/* What an LA keeps of one run of a search so that it can be opened later. package_parts_free wipes
 * and frees. */
struct package_parts {
    struct buf request; /* JSON text, resolved (request_resolve) */
    struct secret seed; /* SEED_BYTES */
    uint8_t query_id[QUERY_ID_BYTES];
    uint8_t group_id[GROUP_ID_BYTES];
    bool is_member;
    uint32_t catalogue;
    int64_t issued_at, expires_at;
    uint16_t footprint[FOOTPRINT_MAX];
    size_t footprint_count;
    uint8_t query_hash[HASH_BYTES];
    uint8_t query_signature[SIGNATURE_BYTES];
    struct signed_bytes la_certificate, matcher_certificate, epoch, options;
    struct signed_bytes result; /* body empty: there was none */
};
void package_parts_free(struct package_parts *parts);
/* The stored form (a record of the LA's store) and its bounded decoder: ERR_CORRUPT, ERR_VERSION.
 * The caller wipes the encoding. */
void package_parts_encode(const struct package_parts *parts, struct buf *out);
MUST_CHECK bool package_parts_decode(const uint8_t *data, size_t len, struct package_parts *out,
                                     struct err *err);

/* The request file's text in a form that means the same anywhere: every place as a grid reference
 * of one metre, an area of another file inline (its polygons alone). It parses, with
 * REQUEST_RESOLVED_MAX, neither gazetteer nor directory, to a request with the same plan. text: as
 * it was read; request: as it was parsed; directory: where the path of an area starts. ERR_INVALID
 * where the two do not belong together, or the file of an area has changed since. Appends; the
 * caller wipes. */
MUST_CHECK bool request_resolve(const struct buf *text, const struct request *request,
                                const char *directory, struct buf *out, struct err *err);

/* The package as JSON. chain: the log lines of an export that package_chain cut out, or NULL.
 * Caller's reference; what jansson frees is wiped (json_wipe_setup). */
json_t *package_json(const struct package_parts *parts, const json_t *chain);
/* And back: the one decoder of a package's text, at most PACKAGE_MAX bytes. Nothing is verified.
 * *chain is NULL where it has none. ERR_INVALID with the member, ERR_VERSION. */
MUST_CHECK bool package_read(const uint8_t *text, size_t len, struct package_parts *parts,
                             json_t **chain, struct err *err);

/* What a check found. package_report_free wipes and frees. The search reference, the names of
 * places and whatever else of the request changes no value of the query are the LA's word alone. */
struct package_report {
    struct request *request; /* as it was asked; owned */
    char search_ref[REF_MAX + 1];
    uint32_t catalogue; /* version; it is known here */
    char la[ID_MAX + 1], la_name[NAME_MAX_BYTES + 1], matcher[ID_MAX + 1];
    uint8_t query_hash[HASH_BYTES];
    int64_t issued_at;
    bool has_result;
    struct result result;
    bool logged;           /* the chain was there and leads from the query's entry to that head */
    uint64_t entry;        /* number of the query's entry */
    int64_t entry_time_ms; /* when the matcher logged it */
    uint32_t run;
    struct buf query; /* the recomputed body: for checking a reply to it */
    struct epoch_record epoch_record;
    struct search_options options;
};
void package_report_free(struct package_report *report);
/* Everything that docs/audit.md names. `text`: the package. trust: only the Authority's root
 * counts; certificates are checked as of the time of the query. Errors name what does not fit:
 * ERR_INVALID (not a package), ERR_UNAUTHENTICATED or as trust_check_at (a signature, a
 * certificate), ERR_CORRUPT (what was recomputed is not what was signed or logged), ERR_VERSION.
 * The field is the package's member. */
MUST_CHECK bool package_check(const uint8_t *text, size_t len, struct trust *trust,
                              struct package_report *out, struct err *err);

#endif
