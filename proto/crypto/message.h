/* SPDX-License-Identifier: Apache-2.0
 * The one bounded decoder for each signed body of the match (proto/match.proto), and its encoder. A
 * decoder takes untrusted bytes and gives a plain struct in which every length, range and encoding
 * that can be judged without a key has been checked; signatures, proofs and times are checked by
 * the named functions here or by keys/. Fields are named in errors as in the .proto files.
 * docs/protocol.md. Every decoder refuses (ERR_INVALID) a body that is not exactly the encoding of
 * what it holds: unknown or repeated fields, surplus bytes (wire.h). Outputs are written only on
 * success.
 */
#ifndef HEARTH_CRYPTO_MESSAGE_H
#define HEARTH_CRYPTO_MESSAGE_H

#include "proto/base/buf.h"
#include "proto/crypto/blind.h"

enum {
    ID_MAX = 32, /* bytes of an organisation id */
    GROUP_ID_BYTES = 16,
    FOOTPRINT_MAX = 16,         /* quadrants */
    QUERY_LIFETIME_MS = 120000, /* at most, from issued_at to expires_at */
    CLOCK_SKEW_MS = 120000,
    MESSAGE_MAX = 1 << 20, /* bytes of any message but a reply with many items */
    REPLY_MAX = 6 << 20
};

/* Tags under which bodies are signed and hashed; one a kind. */
#define TAG_CERTIFICATE "hearth v1 certificate"
#define TAG_REQUEST "hearth v1 request"
#define TAG_REVOCATION "hearth v1 revocation"
#define TAG_EPOCH "hearth v1 epoch"
#define TAG_QUERY "hearth v1 query"
#define TAG_OPTIONS "hearth v1 options"
#define TAG_GROUP "hearth v1 group"
#define TAG_REPLY "hearth v1 reply"
#define TAG_SHARES_PROOF "hearth v1 shares proof"
#define TAG_RESULT "hearth v1 result"
#define TAG_RECEIPT "hearth v1 receipt"
#define TAG_DIRECTORY "hearth v1 directory"
#define TAG_MAIL "hearth v1 mail"
#define TAG_CHECKPOINT "hearth v1 checkpoint"

/* ---- epoch record ---- */
struct epoch_record {
    uint64_t epoch;
    char matcher[ID_MAX + 1];
    int64_t not_before, not_after;
    uint8_t key_bytes[POINT_BYTES];
    struct point key; /* M, decoded, not the identity */
    uint8_t proof[PROOF_BYTES];
    uint8_t tie_commitment[HASH_BYTES];
};
/* Draws m, proves possession, appends the encoded body to `out`. m is the caller's to guard and
 * wipe. */
void epoch_make(const char *matcher, int64_t not_before, int64_t not_after,
                const uint8_t tie_commitment[HASH_BYTES], struct scalar *m,
                struct epoch_record *record, struct buf *out);
/* Decodes and checks the proof of possession, bound to everything else in the record (not the
 * signature, not the time). ERR_UNAUTHENTICATED where the proof is wrong. */
MUST_CHECK bool epoch_decode(const uint8_t *body, size_t len, struct epoch_record *out,
                             struct err *err);

/* ---- query ---- */
struct query {
    uint32_t protocol, catalogue;
    uint8_t query_id[QUERY_ID_BYTES];
    char la[ID_MAX + 1];
    uint64_t epoch;
    uint8_t key_bytes[POINT_BYTES];
    struct point key; /* A, decoded, not the identity */
    uint8_t proof[PROOF_BYTES];
    uint16_t footprint[FOOTPRINT_MAX];
    size_t footprint_count;
    int64_t issued_at, expires_at;
    uint32_t hard_slots, soft_slots; /* of its catalogue version, as the LA says */
    struct buf ciphertexts;          /* count * 64 bytes */
    bool is_member;                  /* of the group with this id */
    uint8_t group_id[GROUP_ID_BYTES];
};
/* Builds the whole body from a seed and plain values, byte for byte the same for the same input. */
struct query_plain {
    uint32_t catalogue;
    const char *la;
    const uint8_t *query_id; /* QUERY_ID_BYTES */
    int64_t issued_at, expires_at;
    const uint16_t *footprint; /* ascending quadrant numbers */
    size_t footprint_count;
    struct blind_layout layout; /* layout.cells = 100 * footprint_count */
    const int16_t *values;      /* blind_layout_count of them */
    const uint8_t *group_id;    /* GROUP_ID_BYTES, or NULL: no member of a group */
    struct pool *pool;          /* spreads the work; may be NULL */
};
/* Appends the body to `out`; a receives the query key (caller wipes). */
void query_make(const struct query_plain *plain, const struct epoch_record *epoch,
                const uint8_t seed[SEED_BYTES], struct scalar *a, struct buf *out);
/* ERR_VERSION where protocol is not PROTOCOL_VERSION (names both), ERR_INVALID otherwise. The
 * number of ciphertexts must be that of the slots and quadrants named; whether the slots are those
 * of the catalogue version is for proto/domain/versions.h. query_free frees. */
MUST_CHECK bool query_decode(const uint8_t *body, size_t len, struct query *out, struct err *err);
void query_free(struct query *query);
/* H(TAG_QUERY, body): names the query. */
void query_hash(uint8_t out[HASH_BYTES], const uint8_t *body, size_t len);
/* Times of the query and of the epoch against `now_ms` with CLOCK_SKEW_MS, epoch id (ERR_EXPIRED),
 * number of ciphertexts for `layout` (ERR_INVALID; layout->cells is set from the footprint), proof
 * of possession of A bound to LA, query id, epoch and M (ERR_UNAUTHENTICATED), K not the identity
 * (ERR_INVALID). */
MUST_CHECK bool query_check(const struct query *query, const struct epoch_record *epoch,
                            struct blind_layout *layout, int64_t now_ms, struct point *joint_key,
                            struct err *err);

/* ---- search options ---- */
enum { FRAMEWORKS_MAX = 16, FRAMEWORK_CHARS = 32 };
struct search_options {
    uint8_t query_hash[HASH_BYTES];
    uint8_t search_tag[HASH_BYTES];
    uint32_t min_judgement; /* 0..3 */
    char frameworks[FRAMEWORKS_MAX][FRAMEWORK_CHARS + 1];
    size_t framework_count;
};
void search_options_encode(const struct search_options *options, struct buf *out);
MUST_CHECK bool search_options_decode(const uint8_t *body, size_t len, struct search_options *out,
                                      struct err *err);

/* ---- group of queries (docs/protocol.md "Explanations") ---- */
enum { GROUP_QUERIES = 16 };
struct query_group {
    char la[ID_MAX + 1];
    uint8_t group_id[GROUP_ID_BYTES];
    uint64_t epoch;
    int64_t issued_at, expires_at;
    uint8_t queries[GROUP_QUERIES][HASH_BYTES]; /* hashes, all different */
};
void query_group_encode(const struct query_group *group, struct buf *out);
MUST_CHECK bool query_group_decode(const uint8_t *body, size_t len, struct query_group *out,
                                   struct err *err);
/* H(TAG_GROUP, body): names the group. */
void query_group_hash(uint8_t out[HASH_BYTES], const uint8_t *body, size_t len);
/* That the query with that hash is a member of this very group: LA (ERR_UNAUTHENTICATED), group id,
 * epoch and hash (ERR_INVALID), and the group's times against `now_ms` with CLOCK_SKEW_MS
 * (ERR_EXPIRED). Signatures are checked by keys/. */
MUST_CHECK bool query_group_check(const struct query_group *group, const struct query *query,
                                  const uint8_t hash[HASH_BYTES], int64_t now_ms, struct err *err);

/* ---- reply ---- */
struct reply {
    uint8_t query_hash[HASH_BYTES];
    uint64_t epoch;
    char agent[ID_MAX + 1];
    uint32_t count; /* a size class */
    uint8_t c1_hash[HASH_BYTES], c2_hash[HASH_BYTES];
    uint8_t slots_commitment[HASH_BYTES], seed_commitment[HASH_BYTES];
};
void reply_encode(const struct reply *reply, struct buf *out);
MUST_CHECK bool reply_decode(const uint8_t *body, size_t len, struct reply *out, struct err *err);
/* H over all bytes of one half ("hearth v1 half", which = 1 or 2). */
void reply_half_hash(uint8_t out[HASH_BYTES], int which, const uint8_t *half, size_t len);
/* Fills in the salted commitments: the stream "hearth reply salt" of the seed, no context, gives 32
 * bytes of salt for the slot sets, then 32 for the seed. slot_sets: the profiles as they were
 * evaluated, framed by proto/domain. */
void reply_commit(struct reply *reply, const uint8_t seed[SEED_BYTES], const void *slot_sets,
                  size_t slot_sets_len);

/* ---- shares proof ---- */
enum { AGENTS_MAX = 4096 };
struct shares_proof {
    char (*agents)[ID_MAX + 1];
    size_t agent_count;
    uint8_t proof[PROOF_BYTES];
};
void shares_proof_encode(const struct shares_proof *proof, struct buf *out);
MUST_CHECK bool shares_proof_decode(const uint8_t *body, size_t len, struct shares_proof *out,
                                    struct err *err);
void shares_proof_free(struct shares_proof *proof);

/* ---- result ---- */
enum band { BAND_NONE = 0, BAND_POSSIBLE = 1, BAND_GOOD = 2, BAND_STRONG = 3 };
/* How many agencies have somebody, which is all that a member of a group is told. */
enum choice { CHOICE_UNTOLD, CHOICE_NONE, CHOICE_1, CHOICE_3, CHOICE_6, CHOICE_11 };
enum { RESULT_AGENCIES_MAX = 30, AGENCY_TEXT_MAX = 200 };
struct ranked_agency {
    char id[ID_MAX + 1];
    char name[AGENCY_TEXT_MAX + 1], urn[33], judgement[33], sector[33],
        contact[AGENCY_TEXT_MAX + 1];
    char frameworks[FRAMEWORKS_MAX][FRAMEWORK_CHARS + 1];
    size_t framework_count;
    enum band band;
};
struct result {
    uint8_t query_hash[HASH_BYTES];
    uint32_t asked, answered, declined;
    bool more;
    struct ranked_agency agencies[RESULT_AGENCIES_MAX];
    size_t agency_count;
    uint8_t log_head[HASH_BYTES];
    uint64_t log_length;
    uint32_t run;                       /* of this search within 28 days; 0: not counted as one */
    uint32_t budget_used, budget_limit; /* searches of the LA today; limit 0 = none */
    int64_t budget_renews_at;           /* ms since 1970 */
    uint32_t older;     /* of those that answered: with an older catalogue than the query's */
    enum choice choice; /* CHOICE_UNTOLD unless the query was a member of a group */
};
/* The band that a number of agencies falls into, and its name for people: "none", "1-2", "3-5",
 * "6-10", "more than 10". */
enum choice choice_of(size_t agencies);
const char *choice_name(enum choice choice);
void result_encode(const struct result *result, struct buf *out);
MUST_CHECK bool result_decode(const uint8_t *body, size_t len, struct result *out, struct err *err);

/* ---- receipt ---- */
struct receipt {
    uint8_t query_hash[HASH_BYTES];
    char agent[ID_MAX + 1];
    uint8_t log_head[HASH_BYTES];
    uint64_t log_length;
};
void receipt_encode(const struct receipt *receipt, struct buf *out);
MUST_CHECK bool receipt_decode(const uint8_t *body, size_t len, struct receipt *out,
                               struct err *err);

/* ---- versions ---- */
/* Whether two sides can talk (docs/protocol.md "Versions"): one protocol; catalogues of which
 * theirs is at most one version newer than ours, or any older one (they decide for themselves how
 * much newer ours may be). ERR_VERSION names both versions and who must be updated. */
MUST_CHECK bool version_check(uint32_t theirs_protocol, uint32_t theirs_catalogue,
                              uint32_t ours_catalogue, const char *peer, struct err *err);

#endif
