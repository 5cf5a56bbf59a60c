/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "client/hub/show.h"

static json_t *value_json(const struct release_value *value)
{
    if (value->shown != RELEASE_SHOWN) return json_string(SHOW_SUPPRESSED);
    return json_integer(value->value);
}

/* Hundredths are more than enough for what is told as an order of magnitude. */
static json_t *deviation_json(double deviation)
{
    return json_real(round(deviation * 100) / 100);
}

static json_t *categories_json(const struct release *release)
{
    json_t *list = json_array();
    for (size_t i = 0; i < release->column_count; i++) {
        (void)json_array_append_new(list, json_pack("{s:s,s:s}", "category",
                                                    release_column_code(release, i), "label",
                                                    release_column_label(release, i)));
    }
    return list;
}

static json_t *cell_json(const struct release *release, size_t row, size_t column)
{
    const struct release_cell *cell = release_at(release, row, column);
    const char *code = release_column_code(release, column);
    if (release->table->measure == FIGURES_COUNTS) {
        return json_pack("{s:s,s:o,s:o}", "category", code, "value", value_json(&cell->count),
                         "deviation", deviation_json(cell->count.deviation));
    }
    json_t *object = json_pack("{s:s,s:o,s:o}", "category", code, "mean", value_json(&cell->count),
                               "spread", value_json(&cell->spread));
    if (cell->count.shown == RELEASE_SHOWN) {
        (void)json_object_set_new(object, "mean_deviation", deviation_json(cell->count.deviation));
        (void)json_object_set_new(object, "spread_deviation",
                                  deviation_json(cell->spread.deviation));
    }
    return object;
}

/* What is known of a release beside its values. */
static json_t *facts_json(const struct release *release)
{
    char period[PERIOD_TEXT];
    json_t *object = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s}", "table", release->table->name,
                               "title", release->table->title, "subject", release->table->subject,
                               "side", figures_side_name(release->table->side), "measure",
                               release->table->measure == FIGURES_PRICES ? "prices" : "counts",
                               "period", period_text(release->period, period), "hub", release->hub);
    json_t *numbers = json_pack(
        "{s:I,s:f,s:I,s:I,s:I,s:I}", "released_at_ms", (json_int_t)release->released_at, "epsilon",
        (double)release->epsilon / EPSILON_ONE, "quorum", (json_int_t)release->quorum, "insiders",
        (json_int_t)release->insiders, "enrolled", (json_int_t)release->enrolled, "contributed",
        (json_int_t)release->contributions);
    REQUIRE(object && numbers);
    (void)json_object_update(object, numbers);
    (void)json_object_set_new(object, "deviation", deviation_json(release->deviation));
    json_decref(numbers);
    return object;
}

struct writing {
    json_t *list;
    const struct release *release; /* the last one */
    json_t *rows;                  /* its rows */
};

static void add_row(const struct release *release, size_t row, void *ctx)
{
    struct writing *writing = ctx;
    if (writing->release != release) {
        json_t *object = facts_json(release);
        writing->release = release;
        writing->rows = json_array();
        (void)json_object_set_new(object, "categories", categories_json(release));
        (void)json_object_set_new(object, "rows", writing->rows);
        (void)json_array_append_new(writing->list, object);
    }
    json_t *values = json_array();
    for (size_t i = 0; i < release->column_count; i++) {
        (void)json_array_append_new(values, cell_json(release, row, i));
    }
    (void)json_array_append_new(writing->rows,
                                json_pack("{s:s,s:s,s:s,s:o}", "area", release->codes[row], "name",
                                          release->names[row], "region", release->region_codes[row],
                                          "values", values));
}

bool show_json(const struct shelf *shelf, const char *table, const struct wanted *wanted,
               json_t **out, struct err *err)
{
    struct writing writing = {.list = json_array()};
    if (!show_each_row(shelf, table, wanted, add_row, &writing, err)) {
        json_decref(writing.list);
        return false;
    }
    *out = json_pack("{s:s,s:o}", "suppressed", SHOW_SUPPRESSED, "releases", writing.list);
    REQUIRE(*out != NULL);
    return true;
}

json_t *show_list_json(const struct shelf *shelf)
{
    json_t *list = json_array();
    for (size_t i = 0; i < shelf->count; i++) {
        (void)json_array_append_new(list, facts_json(&shelf->releases[i]));
    }
    json_t *object = json_pack("{s:o}", "releases", list);
    REQUIRE(object != NULL);
    return object;
}
