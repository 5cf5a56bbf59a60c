/* SPDX-License-Identifier: Apache-2.0
 * `gazetteer show`.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "proto/base/mem.h"
#include "proto/domain/gazetteer_command.h"
#include "proto/domain/place_parts.h"

struct options {
    struct cli_common common;
    const char *place;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &options->common; return 0;
    case ARGP_KEY_ARG:
        if (options->place) argp_error(state, "one place is wanted: put it in quotes");
        options->place = arg;
        return 0;
    case ARGP_KEY_NO_ARGS: argp_error(state, "a place is wanted"); return EINVAL;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* One answer: several where places share a name. */
struct answer {
    char name[PLACE_SPELLING_MAX]; /* how to write it */
    const char *kind;
    struct grid_point at;
    char ended[GAZETTEER_MONTH_TEXT]; /* "" where it did not */
    char note[PLACE_NOTE_MAX + 1];
    bool counted;
    uint32_t live, ended_count; /* postcodes of a sector or district */
};

/* Five places: about a metre, which is finer than the transformation. */
static double rounded(double degrees)
{
    return round(degrees * 1e5) / 1e5;
}

/* A point in all notations. */
struct notations {
    char reference[GRID_REFERENCE], cell[GRID_NAME], quadrant[GRID_NAME];
    double lat, lon;
};

static struct notations notations_of(struct grid_point at)
{
    struct notations out = {0};
    uint16_t number = grid_cell_of(at);
    (void)grid_reference(at, out.reference);
    grid_to_lat_lon(at, &out.lat, &out.lon);
    grid_cell_name(number, out.cell);
    grid_quadrant_name(grid_quadrant_of_cell(number), out.quadrant);
    return out;
}

static json_t *answer_json(const struct answer *answer)
{
    const struct notations point = notations_of(answer->at);
    json_t *object =
        json_pack("{s:s,s:s,s:s,s:i,s:i,s:f,s:f,s:s,s:s}", "name", answer->name, "kind",
                  answer->kind, "grid_reference", point.reference, "easting", (int)answer->at.east,
                  "northing", (int)answer->at.north, "lat", rounded(point.lat), "lon",
                  rounded(point.lon), "cell", point.cell, "quadrant", point.quadrant);
    REQUIRE(object != NULL);
    if (answer->ended[0]) (void)json_object_set_new(object, "ended", json_string(answer->ended));
    if (answer->note[0]) (void)json_object_set_new(object, "note", json_string(answer->note));
    if (!answer->counted) return object;
    (void)json_object_set_new(object, "postcodes", json_integer(answer->live));
    (void)json_object_set_new(object, "ended_postcodes", json_integer(answer->ended_count));
    return object;
}

static void print_answer(const struct answer *answer)
{
    const struct notations point = notations_of(answer->at);
    (void)printf("%s: %s\n", answer->name, answer->kind);
    if (answer->note[0]) (void)printf("  %s\n", answer->note);
    (void)printf("  grid reference %s, easting %d, northing %d\n", point.reference,
                 (int)answer->at.east, (int)answer->at.north);
    (void)printf("  latitude,longitude %.5f,%.5f (to about 5 m)\n", point.lat, point.lon);
    (void)printf("  5 km cell %s, in 50 km quadrant %s\n", point.cell, point.quadrant);
    if (answer->live + answer->ended_count > 0) {
        (void)printf("  %u postcodes in use, %u ended\n", (unsigned)answer->live,
                     (unsigned)answer->ended_count);
    }
}

static void print_answers(const struct answer *answers, size_t count, bool as_json)
{
    if (!as_json) {
        for (size_t i = 0; i < count; i++) print_answer(&answers[i]);
        return;
    }
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        REQUIRE(json_array_append_new(list, answer_json(&answers[i])) == 0);
    }
    cli_print_json(json_pack("{s:o}", "places", list));
}

/* ---- what a place is ---- */

static void set_name(struct answer *answer, const char *text)
{
    (void)snprintf(answer->name, sizeof answer->name, "%s", text);
}

static bool describe_unit(const struct postcode *code, struct gazetteer *gazetteer,
                          struct answer *answer, struct err *err)
{
    struct gazetteer_unit unit;
    bool found = false;
    answer->kind = "postcode";
    if (!gazetteer_unit(gazetteer, code, &unit, &found, err)) return false;
    if (found && unit.ended) (void)gazetteer_month_text(unit.ended, answer->ended);
    return true;
}

static bool describe_area(const struct postcode *code, struct gazetteer *gazetteer,
                          struct answer *answer, struct err *err)
{
    struct gazetteer_area area;
    bool found = false;
    answer->kind = code->sector ? "postcode sector" : "postcode district";
    if (!gazetteer_area(gazetteer, code, &area, &found, err)) return false;
    answer->counted = found;
    if (found) {
        answer->live = area.live;
        answer->ended_count = area.ended;
    }
    return true;
}

/* place_locate has found it; says what it is besides its point. */
static bool describe(const char *text, struct gazetteer *gazetteer, struct answer *answer,
                     struct err *err)
{
    struct postcode code;
    struct grid_point reference;
    char name[POSTCODE_TEXT];
    bool is_code = postcode_parse(text, &code), is_reference = grid_parse(text, &reference);
    bool is_square =
        is_reference && reference.east == answer->at.east && reference.north == answer->at.north;
    if (!is_code || is_square) {
        set_name(answer, text);
        answer->kind = is_reference ? "grid reference" : "latitude and longitude";
        return true;
    }
    set_name(answer, postcode_text(&code, name));
    return postcode_kind(&code) == POSTCODE_UNIT ? describe_unit(&code, gazetteer, answer, err)
                                                 : describe_area(&code, gazetteer, answer, err);
}

static bool show_places(const struct gazetteer_place *places, size_t count, size_t kept,
                        const struct options *options)
{
    struct answer *answers = mem_array(kept, sizeof *answers);
    for (size_t i = 0; i < kept; i++) {
        if (!place_spelling(places, count, i, answers[i].name)) {
            (void)snprintf(answers[i].note, sizeof answers[i].note,
                           "its grid reference alone tells it apart");
        }
        answers[i].kind = gazetteer_place_kind_name(places[i].kind);
        answers[i].at = places[i].at;
    }
    print_answers(answers, kept, options->common.json);
    free(answers);
    return true;
}

/* Names first, because all places of one are shown; everything else has one point. */
static bool show(const struct options *options, struct gazetteer *gazetteer, struct err *err)
{
    struct gazetteer_place *places = NULL;
    size_t count = 0, kept = 0;
    if (gazetteer && strlen(options->place) <= PLACE_TEXT_MAX &&
        !place_candidates(options->place, gazetteer, &places, &count, &kept, err)) {
        return false;
    }
    bool named = kept > 0 && show_places(places, count, kept, options);
    free(places);
    if (named) return true;
    struct place place;
    struct answer answer = {0};
    if (!place_locate(options->place, gazetteer, &place, err)) return false;
    answer.at = place.at;
    memcpy(answer.note, place.note, sizeof answer.note);
    if (!describe(options->place, gazetteer, &answer, err)) return false;
    print_answers(&answer, 1, options->common.json);
    return true;
}

int gazetteer_command_show(int argc, char **argv, gazetteer_home_fn home)
{
    static const struct argp argp = {
        .parser = parse,
        .args_doc = "PLACE",
        .doc = "Shows where a place is: a postcode, sector or district, a grid reference, "
               "latitude,longitude or the name of a town, village or suburb; all places of a name "
               "where several have it."};
    struct options options = {0};
    struct gazetteer *gazetteer = NULL;
    struct err err = {0};
    int code = cli_parse(&argp, argc, argv, &options, &options.common);
    if (code != 0) return code;
    char *directory = home(&options.common);
    bool ok = gazetteer_open_home(directory, &gazetteer, &err) && show(&options, gazetteer, &err);
    if (!ok) code = gazetteer_fail(argv[0], &options.common, &err);
    gazetteer_close(gazetteer);
    free(directory);
    return code;
}
