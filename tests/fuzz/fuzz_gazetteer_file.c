/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as a published file, in pieces of any size (the first byte says which): refused with a
 * reason, or rows that add up and a batch whose entries are sound, the same whatever the pieces.
 */
#include <stdlib.h>

#include "proto/domain/gazetteer_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check_batch(struct gazetteer_batch *batch)
{
    struct err err = {0};
    batch_settle(batch);
    for (size_t i = 0; i < batch->unit_count; i++) {
        struct buf record = {0};
        size_t count = 0;
        buf_u64(&record, batch->units[i].packed);
        REQUIRE(gazetteer_units_check(record.data, record.len, &count, &err) && count == 1);
        buf_free(&record);
        if (i > 0) REQUIRE(batch->units[i - 1].order < batch->units[i].order);
    }
    for (size_t i = 0; i < batch->place_count; i++) {
        struct gazetteer_place *places = NULL;
        struct buf record = {0};
        size_t count = 0;
        gazetteer_place_encode(&batch->places[i].place, &record);
        REQUIRE(gazetteer_places_decode(record.data, record.len, &places, &count, &err));
        free(places);
        buf_free(&record);
    }
}

/* Whether it was read; `taken` rows then. */
static bool read_in_pieces(const uint8_t *data, size_t len, size_t piece, uint64_t *taken)
{
    struct gazetteer_batch batch = {0};
    struct gazetteer_file *file = gazetteer_file_new(&batch);
    struct err err = {0};
    bool ok = true;
    for (size_t at = 0; ok && at < len; at += piece) {
        ok = gazetteer_file_feed(file, data + at, len - at < piece ? len - at : piece, &err);
    }
    ok = ok && gazetteer_file_end(file, &err);
    const struct gazetteer_tally *t = gazetteer_file_tally(file);
    if (ok) {
        REQUIRE(t->rows == t->taken + t->no_reference + t->other_grid + t->outside + t->other_type +
                               t->malformed);
        check_batch(&batch);
    } else {
        REQUIRE(err.code == ERR_INVALID && err.text[0] != '\0');
    }
    *taken = t->taken;
    gazetteer_file_free(file);
    batch_free(&batch);
    return ok;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    uint64_t whole = 0, pieces = 0;
    if (len < 2) return 0;
    bool a = read_in_pieces(data + 1, len - 1, len, &whole);
    bool b = read_in_pieces(data + 1, len - 1, data[0] % 7 + 1, &pieces);
    REQUIRE(a == b && (!a || whole == pieces));
    return 0;
}
