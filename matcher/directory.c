/* SPDX-License-Identifier: Apache-2.0 */
#include "matcher/directory.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "matcher/directory_parse.h"
#include "matcher/envelope.h"
#include "proto/base/file.h"
#include "proto/base/mem.h"

struct directory {
    atomic_uint refs;
    struct agency *agencies;
    size_t count;
    uint8_t hash[HASH_BYTES];
};

const char *judgement_name(enum judgement judgement)
{
    switch (judgement) {
    case JUDGEMENT_OUTSTANDING: return "outstanding";
    case JUDGEMENT_GOOD: return "good";
    case JUDGEMENT_NOT_INSPECTED: return "not_inspected";
    case JUDGEMENT_REQUIRES_IMPROVEMENT: return "requires_improvement";
    case JUDGEMENT_INADEQUATE: return "inadequate";
    }
    return "";
}

const char *sector_name(enum sector sector)
{
    switch (sector) {
    case SECTOR_PRIVATE: return "private";
    case SECTOR_VOLUNTARY: return "voluntary";
    case SECTOR_LOCAL_AUTHORITY: return "local_authority";
    }
    return "";
}

static int by_id(const void *a, const void *b)
{
    return strcmp(((const struct agency *)a)->id, ((const struct agency *)b)->id);
}

bool directory_parse(const uint8_t *csv, size_t len, directory_finding_fn finding, void *ctx,
                     struct directory **out, struct err *err)
{
    struct agency *agencies = NULL;
    size_t count = 0;
    if (!directory_parse_rows(csv, len, finding, ctx, &agencies, &count, err)) return false;
    if (count > 0) qsort(agencies, count, sizeof *agencies, by_id);
    struct directory *directory = mem_new(struct directory);
    atomic_init(&directory->refs, 1);
    directory->agencies = agencies;
    directory->count = count;
    hash_once(directory->hash, TAG_DIRECTORY, csv, len);
    *out = directory;
    return true;
}

struct directory *directory_ref(struct directory *directory)
{
    (void)atomic_fetch_add(&directory->refs, 1);
    return directory;
}

void directory_unref(struct directory *directory)
{
    if (!directory || atomic_fetch_sub(&directory->refs, 1) != 1) return;
    free(directory->agencies);
    free(directory);
}

size_t directory_count(const struct directory *directory)
{
    return directory->count;
}

const struct agency *directory_at(const struct directory *directory, size_t index)
{
    REQUIRE(index < directory->count);
    return &directory->agencies[index];
}

static int id_against(const void *key, const void *element)
{
    return strcmp(key, ((const struct agency *)element)->id);
}

const struct agency *directory_find(const struct directory *directory, const char *id)
{
    if (directory->count == 0) return NULL;
    return bsearch(id, directory->agencies, directory->count, sizeof *directory->agencies,
                   id_against);
}

const uint8_t *directory_hash(const struct directory *directory)
{
    return directory->hash;
}

bool directory_write(const char *home, const struct identity *identity, const uint8_t *csv,
                     size_t len, struct err *err)
{
    struct directory *checked = NULL;
    if (!directory_parse(csv, len, NULL, NULL, &checked, err)) return false;
    directory_unref(checked);
    uint8_t signature[SIGNATURE_BYTES];
    identity_sign(identity, TAG_DIRECTORY, csv, len, signature);
    struct buf packed = {0};
    envelope_pack_signed(csv, len, signature, &packed);
    char *path = file_join(home, HOME_DIRECTORY);
    bool ok = file_write(path, packed.data, packed.len, 0644, err);
    free(path);
    buf_free(&packed);
    return ok;
}

static bool open_signed(const struct buf *file, const struct certificate *signer,
                        struct directory **out, struct err *err)
{
    Hearth__V1__Signed *message = hearth__v1__signed__unpack(NULL, file->len, file->data);
    if (!message) return err_set(err, ERR_INVALID, NULL, "not a signed directory");
    bool ok =
        !signer || certificate_verify(signer, TAG_DIRECTORY, message->body.data, message->body.len,
                                      message->signature.data, message->signature.len, err);
    ok = ok && directory_parse(message->body.data, message->body.len, NULL, NULL, out, err);
    hearth__v1__signed__free_unpacked(message, NULL);
    return ok;
}

bool directory_read(const char *home, const struct certificate *signer, struct directory **out,
                    struct err *err)
{
    char *path = file_join(home, HOME_DIRECTORY);
    struct buf file = {0};
    bool ok =
        file_read(path, DIRECTORY_MAX + 1024, &file, err) && open_signed(&file, signer, out, err);
    if (!ok) (void)err_in(err, HOME_DIRECTORY);
    buf_free(&file);
    free(path);
    return ok;
}
