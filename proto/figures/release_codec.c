/* SPDX-License-Identifier: Apache-2.0
 * The stored form of a release.
 */
#include <math.h>
#include <string.h>

#include "proto/base/text.h"
#include "proto/figures/release_rules.h"

enum { FORM = 1, ROWS_MAX = GEOGRAPHY_AUTHORITIES_MAX + 1 };
static const double deviation_max = 1e12;
static const int64_t value_max = INT64_C(1) << 48;

static void put_double(struct buf *out, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    buf_u64(out, bits);
}

static void put_text(struct buf *out, const char *text)
{
    buf_bytes(out, text, strlen(text));
}

static void put_value(struct buf *out, const struct release_value *value)
{
    buf_u8(out, (uint8_t)value->shown);
    buf_u64(out, (uint64_t)value->value);
    put_double(out, value->deviation);
}

void release_encode(const struct release *release, struct buf *out)
{
    buf_u8(out, FORM);
    buf_u16(out, FIGURES_EDITION);
    put_text(out, release->table->name);
    buf_u32(out, release->period);
    put_text(out, release->hub);
    buf_u64(out, (uint64_t)release->released_at);
    buf_u32(out, release->epsilon);
    buf_u32(out, release->quorum);
    buf_u32(out, release->insiders);
    buf_u32(out, (uint32_t)release->enrolled);
    buf_u32(out, (uint32_t)release->contributions);
    put_double(out, release->deviation);
    buf_u16(out, (uint16_t)release->row_count);
    for (size_t i = 0; i < release->row_count; i++) {
        put_text(out, release->codes[i]);
        put_text(out, release->names[i]);
        put_text(out, release->region_codes[i]);
    }
    for (size_t i = 0; i < release->row_count * release->column_count; i++) {
        put_value(out, &release->cells[i].count);
        put_value(out, &release->cells[i].spread);
    }
}

/* ---- decoding ---- */

static bool corrupt(struct err *err, const char *field)
{
    return err_set(err, ERR_CORRUPT, field, "not the stored form of a release");
}

static double take_deviation(struct reader *reader)
{
    uint64_t bits = reader_u64(reader);
    double value;
    memcpy(&value, &bits, sizeof value);
    if (!(value >= 0 && value <= deviation_max)) reader->failed = true;
    return value;
}

static bool is_code(const char *text)
{
    size_t len = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
    return len > 0 && text[len] == '\0';
}

static bool take_head(struct reader *reader, struct release *out, struct err *err)
{
    char name[FIGURES_NAME_MAX + 1] = "";
    if (reader_u8(reader) != FORM || reader_u16(reader) != FIGURES_EDITION) {
        return err_set(err, ERR_VERSION, "release", "a release of another form or edition");
    }
    (void)reader_text(reader, name, sizeof name);
    out->table = figures_table_find(name);
    out->period = reader_u32(reader);
    (void)reader_text(reader, out->hub, sizeof out->hub);
    out->released_at = (int64_t)reader_u64(reader);
    out->epsilon = reader_u32(reader);
    out->quorum = reader_u32(reader);
    out->insiders = reader_u32(reader);
    out->enrolled = reader_u32(reader);
    out->contributions = reader_u32(reader);
    out->deviation = take_deviation(reader);
    out->row_count = reader_u16(reader);
    if (reader->failed || !out->table) return corrupt(err, "table");
    if (!period_valid(out->period)) return corrupt(err, "period");
    if (!text_is_id(out->hub)) return corrupt(err, "hub");
    if (out->row_count < 2 || out->row_count > ROWS_MAX) return corrupt(err, "rows");
    return true;
}

static bool take_rows(struct reader *reader, struct release *out, struct err *err)
{
    for (size_t i = 0; i < out->row_count; i++) {
        bool ok = reader_text(reader, out->codes[i], sizeof *out->codes) &&
                  reader_text(reader, out->names[i], sizeof *out->names) &&
                  reader_text(reader, out->region_codes[i], sizeof *out->region_codes);
        if (!ok || !is_code(out->codes[i]) || !is_code(out->region_codes[i]) ||
            out->names[i][0] == '\0' ||
            !text_is_printable_utf8(out->names[i], strlen(out->names[i]))) {
            return corrupt(err, "areas");
        }
    }
    if (strcmp(out->codes[out->row_count - 1], RELEASE_ENGLAND) != 0) return corrupt(err, "areas");
    return true;
}

/* What a table of that measure can hold in that place. */
static bool is_possible(const struct release_value *value, bool price, bool spread)
{
    if (value->shown != RELEASE_SHOWN && value->value != 0) return false;
    if (!price && spread) return value->shown == RELEASE_NONE && value->deviation == 0;
    switch (value->shown) {
    case RELEASE_SHOWN:
        return value->value >= (spread ? 0 : RELEASE_ROUND) && value->value <= value_max &&
               value->value % RELEASE_ROUND == 0;
    case RELEASE_SMALL:
    case RELEASE_COMPLEMENTARY: return !price;
    case RELEASE_THIN: return price && value->deviation == 0;
    default: return false;
    }
}

static struct release_value take_value(struct reader *reader)
{
    struct release_value value = {0};
    uint8_t shown = reader_u8(reader);
    if (shown > RELEASE_NONE) reader->failed = true;
    value.shown = (enum release_shown)shown;
    value.value = (int64_t)reader_u64(reader);
    value.deviation = take_deviation(reader);
    return value;
}

static bool take_cells(struct reader *reader, struct release *out, struct err *err)
{
    bool price = out->table->measure == FIGURES_PRICES;
    for (size_t i = 0; i < out->row_count * out->column_count && !reader->failed; i++) {
        struct release_cell *cell = &out->cells[i];
        cell->count = take_value(reader);
        cell->spread = take_value(reader);
        if (reader->failed || !is_possible(&cell->count, price, false) ||
            !is_possible(&cell->spread, price, true) ||
            (price && cell->count.shown != cell->spread.shown)) {
            return corrupt(err, "cells");
        }
    }
    return reader_done(reader) ? true : corrupt(err, "cells");
}

bool release_decode(const uint8_t *data, size_t len, struct release *out, struct err *err)
{
    struct reader reader = reader_of(data, len);
    struct release release = {0};
    if (!take_head(&reader, &release, err)) return false;
    release_allocate(&release);
    if (!take_rows(&reader, &release, err) || !take_cells(&reader, &release, err)) {
        release_free(&release);
        return false;
    }
    *out = release;
    return true;
}
