/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/base/csv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <csv.h>
#include <sodium.h>

#include "proto/base/buf.h"
#include "proto/base/mem.h"

/* libcsv's field buffer: room for the longest field, its NUL and libcsv's own look-ahead. */
enum { PARSER_BYTES = CSV_FIELD_MAX + 64, PARSER_ROW_BEGINS = 0 };

/* libcsv asks for its buffer through this. It gets one block for good, so that growing leaves no
 * copies; more than that is refused, which is the limit on a field's length. */
static void *parser_memory(void *old, size_t size)
{
    if (size > PARSER_BYTES) return NULL;
    return old ? old : mem_array(1, PARSER_BYTES);
}

static void parser_release(void *block)
{
    if (!block) return;
    sodium_memzero(block, PARSER_BYTES);
    free(block);
}

struct csv_state {
    struct csv_parser parser;
    struct buf text; /* the fields of the row, each with its NUL */
    size_t *starts;  /* where each begins in `text` */
    struct csv_field *fields;
    size_t count;
    uint32_t line;       /* being fed */
    uint32_t row_line;   /* where the row began */
    uint32_t field_line; /* where the field began */
    csv_row_fn each;
    void *ctx;
    bool stopped, too_many;
};

static void on_field(void *data, size_t len, void *ctx)
{
    struct csv_state *state = ctx;
    if (state->stopped || state->too_many) return;
    if (state->count == CSV_COLUMNS_MAX) {
        state->too_many = true;
        return;
    }
    struct csv_field *field = &state->fields[state->count];
    state->starts[state->count++] = state->text.len;
    field->len = len;
    field->line = state->field_line;
    buf_append(&state->text, data, len);
    buf_u8(&state->text, 0);
    state->field_line = state->line;
}

static void on_row(int terminator, void *ctx)
{
    (void)terminator;
    struct csv_state *state = ctx;
    if (!state->stopped && !state->too_many) {
        /* Pointers last: the buffer may have moved while the row grew. */
        for (size_t i = 0; i < state->count; i++) {
            state->fields[i].text = (char *)state->text.data + state->starts[i];
        }
        const struct csv_row row = {state->fields, state->count, state->row_line};
        state->stopped = !state->each(&row, state->ctx);
    }
    if (state->text.len > 0) sodium_memzero(state->text.data, state->text.len);
    state->text.len = 0;
    state->count = 0;
}

static const char *line_name(uint32_t line, char out[ERR_FIELD_MAX])
{
    (void)snprintf(out, ERR_FIELD_MAX, "line %u", (unsigned)line);
    return out;
}

static bool syntax_error(struct csv_state *state, struct err *err)
{
    char at[ERR_FIELD_MAX];
    if (csv_error(&state->parser) == CSV_ENOMEM) {
        return err_set(err, ERR_INVALID, line_name(state->field_line, at),
                       "a field is longer than %d bytes", CSV_FIELD_MAX);
    }
    return err_set(err, ERR_INVALID, line_name(state->line, at),
                   "a quote in the wrong place; a field with quotes in it is written in quotes, "
                   "each of its own doubled");
}

/* Up to and with the next line end, so that a callback knows its line. */
static size_t line_length(const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (data[i] == '\n') return i + 1;
        if (data[i] == '\r') return i + 1 < len && data[i + 1] == '\n' ? i + 2 : i + 1;
    }
    return len;
}

static bool too_many_columns(const struct csv_state *state, struct err *err)
{
    char at[ERR_FIELD_MAX];
    return err_set(err, ERR_INVALID, line_name(state->row_line, at), "more than %d columns",
                   CSV_COLUMNS_MAX);
}

static bool feed(struct csv_state *state, const uint8_t *data, size_t len, struct err *err)
{
    while (len > 0 && !state->stopped) {
        size_t part = line_length(data, len);
        state->line++;
        if (state->parser.pstate == PARSER_ROW_BEGINS) {
            state->row_line = state->line;
            state->field_line = state->line;
        }
        if (csv_parse(&state->parser, data, part, on_field, on_row, state) != part) {
            return syntax_error(state, err);
        }
        if (state->too_many) return too_many_columns(state, err);
        data += part;
        len -= part;
    }
    if (state->stopped || csv_fini(&state->parser, on_field, on_row, state) == 0) {
        return !state->too_many || too_many_columns(state, err);
    }
    char at[ERR_FIELD_MAX];
    return err_set(err, ERR_INVALID, line_name(state->field_line, at),
                   "a quoted field begins here and never ends");
}

enum { MARK_BYTES = 3 };
static bool has_mark(const uint8_t *data, size_t len)
{
    return len >= MARK_BYTES && data[0] == 0xef && data[1] == 0xbb && data[2] == 0xbf;
}

bool csv_read_rows(const void *data, size_t len, csv_row_fn each, void *ctx, struct err *err)
{
    struct csv_state state = {.each = each, .ctx = ctx};
    REQUIRE(csv_init(&state.parser, CSV_STRICT | CSV_STRICT_FINI | CSV_APPEND_NULL) == 0);
    csv_set_realloc_func(&state.parser, parser_memory);
    csv_set_free_func(&state.parser, parser_release);
    csv_set_blk_size(&state.parser, PARSER_BYTES);
    state.starts = mem_array(CSV_COLUMNS_MAX, sizeof *state.starts);
    state.fields = mem_array(CSV_COLUMNS_MAX, sizeof *state.fields);
    const uint8_t *bytes = data;
    if (has_mark(bytes, len)) {
        bytes += MARK_BYTES;
        len -= MARK_BYTES;
    }
    bool ok = feed(&state, bytes, len, err);
    csv_free(&state.parser);
    buf_wipe(&state.text);
    free(state.starts);
    free(state.fields);
    return ok;
}
