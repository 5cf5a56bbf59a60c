/* SPDX-License-Identifier: Apache-2.0
 * The directory of agencies (docs/domain.md "Ranking"): agencies.csv, checked and signed into
 * HOME/directory.signed, whose body is the CSV text itself, and the immutable snapshot made of it.
 */
#ifndef HEARTH_MATCHER_DIRECTORY_H
#define HEARTH_MATCHER_DIRECTORY_H

#include <stddef.h>
#include <stdint.h>

#include "keys/identity.h"
#include "proto/base/err.h"
#include "proto/crypto/message.h"

#define HOME_DIRECTORY "directory.signed"

enum { DIRECTORY_MAX = 4 << 20, TIER_MAX = 32 };

/* In the order of the ranking, best first. */
enum judgement {
    JUDGEMENT_OUTSTANDING,
    JUDGEMENT_GOOD,
    JUDGEMENT_NOT_INSPECTED,
    JUDGEMENT_REQUIRES_IMPROVEMENT,
    JUDGEMENT_INADEQUATE
};
enum sector { SECTOR_PRIVATE, SECTOR_VOLUNTARY, SECTOR_LOCAL_AUTHORITY };
const char *judgement_name(enum judgement judgement);
const char *sector_name(enum sector sector);

struct agency {
    char id[ID_MAX + 1];
    char name[AGENCY_TEXT_MAX + 1], urn[33], contact[AGENCY_TEXT_MAX + 1], tier[TIER_MAX + 1];
    enum judgement judgement;
    enum sector sector;
    char frameworks[FRAMEWORKS_MAX][FRAMEWORK_CHARS + 1];
    size_t framework_count;
};

/* One version of the directory: immutable, reference counted, agencies ascending by id. */
struct directory;

/* A finding about one value of the CSV: the place (column "" = the whole row) and what would be
 * valid. */
typedef void (*directory_finding_fn)(size_t line, const char *column, const char *text, void *ctx);

/* Parses CSV text (UTF-8, BOM allowed, CRLF or LF, at most DIRECTORY_MAX bytes). Every finding is
 * reported through `finding` (may be NULL); err carries the first. The result has one reference. */
MUST_CHECK bool directory_parse(const uint8_t *csv, size_t len, directory_finding_fn finding,
                                void *ctx, struct directory **out, struct err *err);
struct directory *directory_ref(struct directory *directory);
void directory_unref(struct directory *directory); /* NULL is fine */
size_t directory_count(const struct directory *directory);
const struct agency *directory_at(const struct directory *directory, size_t index);
/* NULL where the id is not listed. Valid while the directory is referenced. */
const struct agency *directory_find(const struct directory *directory, const char *id);
/* H(TAG_DIRECTORY, CSV text). */
const uint8_t *directory_hash(const struct directory *directory);

/* HOME/directory.signed: writing checks the CSV first; reading verifies the matcher's signature
 * (`signer`, its certificate; NULL = the signature is not looked at). */
MUST_CHECK bool directory_write(const char *home, const struct identity *identity,
                                const uint8_t *csv, size_t len, struct err *err);
MUST_CHECK bool directory_read(const char *home, const struct certificate *signer,
                               struct directory **out, struct err *err);

#endif
