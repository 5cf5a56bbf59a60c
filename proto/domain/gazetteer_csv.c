/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/domain/gazetteer_csv.h"

#include <stdlib.h>
#include <string.h>

#include <csv.h>

#include "proto/base/buf.h"
#include "proto/base/mem.h"

/* libcsv's field buffer: room for the longest field, its NUL and libcsv's own look-ahead. */
enum { PARSER_BYTES = GAZETTEER_FIELD_MAX + 64, MARK_BYTES = 3, PARSER_IN_FIELD = 2 };
static const uint8_t MARK[MARK_BYTES] = {0xef, 0xbb, 0xbf};

struct gazetteer_csv {
    struct csv_parser parser;
    struct gazetteer_row row;
    bool keep[GAZETTEER_COLUMNS_MAX];
    size_t starts[GAZETTEER_COLUMNS_MAX]; /* where each kept field begins in `text` */
    struct buf text;
    uint32_t line;   /* the next row's */
    uint32_t inside; /* line ends inside the fields of this row */
    int last_end;    /* what ended the last line: '\r' may be followed by its '\n' */
    size_t mark;     /* bytes of the byte order mark seen; MARK_BYTES: no longer looked for */
    gazetteer_row_fn each;
    void *ctx;
    bool stopped, too_many;
    struct err *err;
};

/* One block for good: a field that never ends must not take all memory. */
static void *parser_memory(void *old, size_t size)
{
    if (size > PARSER_BYTES) return NULL;
    return old ? old : mem_array(1, PARSER_BYTES);
}

struct gazetteer_csv *gazetteer_csv_new(gazetteer_row_fn each, void *ctx)
{
    struct gazetteer_csv *csv = mem_new(struct gazetteer_csv);
    REQUIRE(csv_init(&csv->parser, CSV_REPALL_NL | CSV_APPEND_NULL) == 0);
    csv_set_realloc_func(&csv->parser, parser_memory);
    csv_set_blk_size(&csv->parser, PARSER_BYTES);
    for (size_t i = 0; i < GAZETTEER_COLUMNS_MAX; i++) csv->keep[i] = true;
    csv->line = 1;
    csv->each = each;
    csv->ctx = ctx;
    return csv;
}

void gazetteer_csv_free(struct gazetteer_csv *csv)
{
    if (!csv) return;
    csv_free(&csv->parser);
    buf_free(&csv->text);
    free(csv);
}

void gazetteer_csv_keep(struct gazetteer_csv *csv, const int *columns, size_t count)
{
    memset(csv->keep, 0, sizeof csv->keep);
    for (size_t i = 0; i < count; i++) {
        REQUIRE(columns[i] < GAZETTEER_COLUMNS_MAX);
        if (columns[i] >= 0) csv->keep[columns[i]] = true;
    }
}

static uint32_t line_ends(const char *data, size_t len)
{
    uint32_t ends = 0;
    const char *p = data, *last = data + len;
    while (p < last && (p = memchr(p, '\n', (size_t)(last - p))) != NULL) {
        ends++;
        p++;
    }
    return ends;
}

static void on_field(void *data, size_t len, void *ctx)
{
    struct gazetteer_csv *csv = ctx;
    if (csv->stopped || csv->too_many) return;
    csv->inside += line_ends(data, len);
    if (csv->row.count == GAZETTEER_COLUMNS_MAX) {
        csv->too_many = true;
        return;
    }
    size_t column = csv->row.count++;
    if (!csv->keep[column]) return;
    csv->starts[column] = csv->text.len;
    if (len > 0 && memchr(data, 0, len)) {
        buf_append(&csv->text, "\x01", 2);
    } else {
        buf_append(&csv->text, data, len);
        buf_u8(&csv->text, 0);
    }
}

static void give_row(struct gazetteer_csv *csv)
{
    /* Pointers last: the buffer may have moved while the row grew. */
    for (size_t i = 0; i < csv->row.count; i++) {
        csv->row.fields[i] = csv->keep[i] ? (const char *)csv->text.data + csv->starts[i] : NULL;
    }
    csv->row.line = csv->line;
    csv->stopped = !csv->each(&csv->row, csv->ctx, csv->err);
}

static void on_row(int end, void *ctx)
{
    struct gazetteer_csv *csv = ctx;
    bool second_half = csv->row.count == 0 && end == '\n' && csv->last_end == '\r';
    csv->last_end = second_half ? 0 : end;
    if (csv->row.count > 0 && !csv->stopped && !csv->too_many) give_row(csv);
    if (!second_half) csv->line += 1 + csv->inside;
    csv->inside = 0;
    csv->text.len = 0;
    csv->row.count = 0;
}

static bool verdict(struct gazetteer_csv *csv, bool parsed, struct err *err)
{
    if (csv->stopped) return false; /* each has said why */
    if (csv->too_many) {
        return err_set(err, ERR_INVALID, "", "line %u: more than %d columns", (unsigned)csv->line,
                       GAZETTEER_COLUMNS_MAX);
    }
    return parsed || err_set(err, ERR_INVALID, "", "line %u: a field is longer than %d bytes",
                             (unsigned)csv->line, GAZETTEER_FIELD_MAX);
}

static bool parse(struct gazetteer_csv *csv, const void *data, size_t len, struct err *err)
{
    csv->err = err;
    bool parsed = csv_parse(&csv->parser, data, len, on_field, on_row, csv) == len;
    return verdict(csv, parsed, err);
}

bool gazetteer_csv_feed(struct gazetteer_csv *csv, const void *data, size_t len, struct err *err)
{
    const uint8_t *bytes = data;
    while (csv->mark < MARK_BYTES && len > 0) {
        if (bytes[0] != MARK[csv->mark]) {
            size_t seen = csv->mark;
            csv->mark = MARK_BYTES;
            if (!parse(csv, MARK, seen, err)) return false;
            break;
        }
        csv->mark++;
        bytes++;
        len--;
    }
    return parse(csv, bytes, len, err);
}

bool gazetteer_csv_end(struct gazetteer_csv *csv, struct err *err)
{
    csv->err = err;
    uint32_t begins = csv->line;
    /* libcsv tells this in its strict mode only. */
    bool ended = csv->parser.pstate != PARSER_IN_FIELD || !csv->parser.quoted;
    REQUIRE(csv_fini(&csv->parser, on_field, on_row, csv) == 0);
    if (!verdict(csv, true, err)) return false;
    return ended ||
           err_set(err, ERR_INVALID, "", "line %u: a quoted field never ends", (unsigned)begins);
}
