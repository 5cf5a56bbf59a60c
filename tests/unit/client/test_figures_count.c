/* SPDX-License-Identifier: Apache-2.0
 * What an LA counts of its records, beside a plain computation over the same random searches.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "client/figures_count.h"
#include "proto/base/clock.h"
#include "tests/unit/client/kept.h"
#include "tests/unit/proto/figures/areas.h"

enum { PERIOD = 202611, LEEDS = 2, YORKSHIRE = 1, CATEGORIES = FIGURES_CATEGORIES_MAX };
static const int64_t HOUR = 3600000;

/* One search as the test made it up. */
struct made {
    int64_t asked_ms;
    int ages[CHILDREN_MAX];
    size_t children;
    const char *type, *type_category;
    const char *need, *need_category; /* a must, or NULL */
    bool as_preference;
    int needed_by;
    bool concluded;
    struct outcome outcome;
};

struct plain {
    int32_t counts[FIGURES_TABLES_MAX][CATEGORIES]; /* of Yorkshire, or Leeds */
    struct {
        size_t fees;
        uint64_t low, high; /* sums of the points below and above each fee */
    } prices[FIGURES_TABLES_MAX][CATEGORIES];
};

struct scene {
    struct kept_home *kept;
    struct geography *areas;
    struct manifest manifest;
    struct manifest_party party;
    struct figures_records own;
    struct stream stream;
};

static void scene_begin(struct scene *scene, struct kept_home *kept)
{
    uint8_t seed[SEED_BYTES] = {3};
    *scene = (struct scene){.kept = kept, .areas = areas_new()};
    scene->party = (struct manifest_party){ROLE_LA, "la-1", LEEDS};
    scene->manifest = (struct manifest){.period = PERIOD,
                                        .geography = scene->areas,
                                        .enrolled = &scene->party,
                                        .enrolled_count = 1};
    for (size_t i = 0; i < figures_table_count; i++) {
        scene->manifest.terms[scene->manifest.term_count++].table = &figures_tables[i];
    }
    scene->own = (struct figures_records){kept->records, "la-1"};
    stream_start(&scene->stream, "test", seed, NULL, 0);
}

static struct tally *count(struct scene *scene)
{
    struct err err = {0};
    struct tally *tally = tally_new(&scene->manifest, FIGURES_DEMAND);
    kept_must(figures_count_records(tally, &scene->manifest, KEPT_START, &scene->stream,
                                    &scene->own, &err),
              &err);
    return tally;
}

/* ---- searches ---- */

static uint32_t pick(uint32_t below)
{
    return randombytes_uniform(below);
}

static char *request_of(const struct made *made, const char *ref)
{
    static const char *const needed[] = {"today", "within_5_days", "later"};
    char children[CHILDREN_MAX * 32] = "";
    for (size_t i = 0; i < made->children; i++) {
        size_t at = strlen(children);
        (void)snprintf(children + at, sizeof children - at, "%s{\"age\":%d,\"sex\":\"F\"}",
                       i ? "," : "", made->ages[i]);
    }
    char *wanted = !made->need           ? mem_string("")
                   : made->as_preference ? mem_format(",\"prefer\":{\"%s\":2}", made->need)
                                         : mem_format(",\"must\":[\"%s\"]", made->need);
    char *text = mem_format("{\"search_ref\":\"%s\",\"children\":[%s],\"placement\":{\"type\":"
                            "\"%s\",\"needed_by\":\"%s\"}%s}",
                            ref, children, made->type, needed[made->needed_by], wanted);
    free(wanted);
    return text;
}

static void ask(struct kept_home *kept, const struct made *made, const char *ref, uint8_t first,
                uint8_t name[HASH_BYTES])
{
    struct request *request = mem_new(struct request);
    struct plan *plan = mem_new(struct plan);
    struct search_note *note = mem_new(struct search_note);
    struct err err = {0};
    char *json = request_of(made, ref);
    const struct request_rules rules = {.catalogue = catalogue_get(CATALOGUE_VERSION)};
    uint64_t number = 0;
    kept_must(request_parse(json, strlen(json), &rules, request, &err), &err);
    kept_must(plan_make(request, rules.catalogue, plan, &err), &err);
    kept_must(records_ask(kept->records, request, plan, made->asked_ms, note, &err), &err);
    memcpy(name, note->name, HASH_BYTES);
    struct run run = kept_run(ref, first, made->asked_ms);
    run.parts.request.len = 0;
    buf_text(&run.parts.request, json);
    kept_must(records_add_runs(kept->records, name, &run, 1, &number, &err), &err);
    run_free(&run);
    free(json);
    free(request);
    free(plan);
    free(note);
}

static void keep(struct kept_home *kept, const struct made *made, unsigned number)
{
    char ref[24];
    uint8_t name[HASH_BYTES];
    struct err err = {0};
    (void)snprintf(ref, sizeof ref, "S-%u", number);
    ask(kept, made, ref, (uint8_t)number, name);
    if (made->concluded) {
        kept_must(records_add_outcome(kept->records, name, &made->outcome, &err), &err);
    }
}

static struct outcome random_outcome(int64_t asked_ms)
{
    struct outcome outcome = {.at_ms = asked_ms + pick(40) * KEPT_DAY,
                              .kind = (enum outcome_kind)(1 + pick(4)),
                              .day = 20780,
                              .days = (int32_t)pick(40)};
    if (outcome.kind == OUTCOME_PLACED) memcpy(outcome.agency, "ifa-1", 6);
    if (outcome.kind == OUTCOME_PLACED_ELSEWHERE) outcome.elsewhere = (uint8_t)pick(6);
    if (outcome_may_have_fee(&outcome) && pick(3) > 0) outcome.fee = 300 + pick(1500);
    return outcome;
}

static struct made random_made(void)
{
    static const char *const types[][2] = {
        {"PT_LONG", "long"}, {"PT_SHORT", "short"}, {"PT_REMAND", "remand"}, {"PT_UASC", "uasc"}};
    static const char *const needs[][2] = {{"DS_AUT", "autism"},
                                           {"RC_MISS", "missing"},
                                           {"RO_FIRE", "harm_to_others"},
                                           {"HE_ASTH", "none"},
                                           {NULL, "none"}};
    size_t type = pick(4), need = pick(5);
    struct made made = {.asked_ms = KEPT_START + ((int64_t)pick(60) - 50) * KEPT_DAY,
                        .children = 1 + pick(3),
                        .type = types[type][0],
                        .type_category = types[type][1],
                        .need = needs[need][0],
                        .need_category = needs[need][1],
                        .as_preference = pick(2) == 1,
                        .needed_by = (int)pick(3),
                        .concluded = pick(4) > 0};
    /* The type of placement tells a need too, which stands last in the table but "none". */
    if (type == 3 && strcmp(made.need_category, "none") == 0) made.need_category = "uasc";
    for (size_t i = 0; i < made.children; i++) made.ages[i] = (int)pick(18);
    if (made.concluded) made.outcome = random_outcome(made.asked_ms);
    return made;
}

/* ---- plainly ---- */

static void add(struct plain *plain, const char *table, const char *code)
{
    const struct figures_table *found = figures_table_find(table);
    plain->counts[figures_table_index(found)][figures_category_find(found, code)]++;
}

static void add_fee(struct plain *plain, const char *table, const char *code, uint32_t fee)
{
    const struct figures_table *found = figures_table_find(table);
    size_t i = figures_table_index(found), j = figures_category_find(found, code);
    uint32_t clipped = fee < 400 ? 400 : fee > 1600 ? 1600 : fee;
    plain->prices[i][j].fees++;
    plain->prices[i][j].low += clipped - (clipped - 400) % 300;
    plain->prices[i][j].high += clipped + (300 - (clipped - 400) % 300) % 300;
}

static const char *band(int age)
{
    return age <= 4 ? "0-4" : age <= 10 ? "5-10" : age <= 15 ? "11-15" : "16-17";
}

static bool in_november(int64_t ms)
{
    /* GMT throughout. */
    return ms >= (int64_t)clock_day(2026, 11, 1) * KEPT_DAY &&
           ms < (int64_t)clock_day(2026, 12, 1) * KEPT_DAY;
}

static void add_outcome(struct plain *plain, const struct made *made, int age)
{
    static const char *const notices[] = {"today", "within_5_days", "later"};
    static const char *const kinds[] = {"", "placed", NULL, "none_found", "withdrawn"};
    const struct outcome *outcome = &made->outcome;
    const char *kind =
        kinds[outcome->kind] ? kinds[outcome->kind] : outcome_elsewhere[outcome->elsewhere];
    int days = outcome->days;
    add(plain, "demand_outcome", kind);
    if (outcome->kind <= OUTCOME_PLACED_ELSEWHERE) {
        add(plain, "demand_days",
            days == 0    ? "0"
            : days <= 2  ? "1-2"
            : days <= 5  ? "3-5"
            : days <= 10 ? "6-10"
            : days <= 28 ? "11-28"
                         : "29+");
    }
    if (strcmp(kind, "none_found") == 0 || strcmp(kind, "residential") == 0 ||
        strcmp(kind, "supported") == 0) {
        add(plain, "unmet_age", band(age));
        add(plain, "unmet_need", made->need_category);
    }
    if (outcome->fee == 0) return;
    add_fee(plain, "price_age", band(age), outcome->fee);
    add_fee(plain, "price_type", made->type_category, outcome->fee);
    add_fee(plain, "price_notice", notices[made->needed_by], outcome->fee);
}

static void add_made(struct plain *plain, const struct made *made)
{
    for (size_t i = 0; i < made->children; i++) {
        if (in_november(made->asked_ms)) {
            add(plain, "demand_age", band(made->ages[i]));
            add(plain, "demand_type", made->type_category);
            add(plain, "demand_need", made->need_category);
            add(plain, "demand_la", "all");
        }
        if (made->concluded && in_november(made->outcome.at_ms)) {
            add_outcome(plain, made, made->ages[i]);
        }
    }
}

static void compare_prices(const struct plain *plain, size_t table, const int32_t *cells)
{
    const struct figures_table *found = &figures_tables[table];
    for (size_t j = 0; j < found->category_count; j++) {
        size_t fees = plain->prices[table][j].fees, counted = 0, sum = 0;
        for (size_t point = 0; point < FIGURES_POINTS; point++) {
            int32_t heads = cells[figures_cell(found, YORKSHIRE, j, point)];
            counted += (size_t)heads;
            sum += (size_t)heads * (400 + 300 * point);
        }
        assert_int_equal(counted, fees < FIGURES_PRICES_EACH ? fees : FIGURES_PRICES_EACH);
        if (fees <= FIGURES_PRICES_EACH) {
            assert_in_range(sum, plain->prices[table][j].low, plain->prices[table][j].high);
        }
    }
}

static void compare(const struct tally *tally, const struct plain *plain)
{
    size_t compared = 0;
    for (size_t i = 0; i < figures_table_count; i++) {
        const struct figures_table *table = &figures_tables[i];
        size_t cell_count = 0, row = table->by_authority ? LEEDS : YORKSHIRE;
        int64_t sum = 0, expected = 0;
        const int32_t *cells = tally_cells(tally, table->name, &cell_count);
        assert_int_equal(cells != NULL, table->side == FIGURES_DEMAND);
        if (!cells) continue;
        compared++;
        if (table->measure == FIGURES_PRICES) {
            compare_prices(plain, i, cells);
            continue;
        }
        for (size_t j = 0; j < table->category_count; j++) {
            if (cells[figures_cell(table, row, j, 0)] != plain->counts[i][j]) {
                fail_msg("%s %s: %d and not %d", table->name, table->categories[j].code,
                         cells[figures_cell(table, row, j, 0)], plain->counts[i][j]);
            }
            expected += plain->counts[i][j];
        }
        for (size_t j = 0; j < cell_count; j++) sum += cells[j];
        assert_int_equal(sum, expected); /* nothing in other areas */
    }
    assert_int_equal(compared, 11);
}

static void counts_are_those_of_a_plain_computation(void **state)
{
    enum { SEARCHES = 150 };
    struct kept_home *kept = *state;
    struct plain *plain = mem_new(struct plain);
    struct scene scene;
    scene_begin(&scene, kept);
    for (unsigned i = 0; i < SEARCHES; i++) {
        struct made made = random_made();
        keep(kept, &made, i);
        add_made(plain, &made);
    }
    struct tally *tally = count(&scene);
    compare(tally, plain);
    tally_free(tally);
    free(plain);
    free(scene.areas);
}

/* ---- what is easily counted wrongly ---- */

static int32_t cell_of(const struct tally *tally, const char *table, const char *code)
{
    const struct figures_table *found = figures_table_find(table);
    size_t cell_count = 0;
    const int32_t *cells = tally_cells(tally, table, &cell_count);
    return cells[figures_cell(found, found->by_authority ? LEEDS : YORKSHIRE,
                              figures_category_find(found, code), 0)];
}

static const struct made plainest = {
    .asked_ms = 1795392000000, .ages = {9}, .children = 1, .type = "PT_LONG", .needed_by = 2};

/* Asked again, amended, explained: one child, as it was asked last; a question is no request. */
static void a_search_that_is_asked_again_counts_once(void **state)
{
    struct kept_home *kept = *state;
    struct made made = plainest;
    struct scene scene;
    struct err err = {0};
    uint8_t name[HASH_BYTES];
    uint64_t number = 0;
    scene_begin(&scene, kept);
    ask(kept, &made, "S-1", 1, name);
    made.type = "PT_SHORT";
    made.ages[0] = 12;
    made.asked_ms += HOUR;
    ask(kept, &made, "S-1", 2, name);
    struct run question = kept_run("S-1", 3, made.asked_ms + HOUR); /* a PT_SHORT of nine */
    question.head.is_member = true;
    kept_must(records_add_runs(kept->records, name, &question, 1, &number, &err), &err);
    run_free(&question);
    struct tally *tally = count(&scene);
    assert_int_equal(cell_of(tally, "demand_la", "all"), 1);
    assert_int_equal(cell_of(tally, "demand_type", "short"), 1);
    assert_int_equal(cell_of(tally, "demand_type", "long"), 0);
    assert_int_equal(cell_of(tally, "demand_age", "11-15"), 1);
    tally_free(tally);
    free(scene.areas);
}

/* First asked in October, at work in November, concluded in December. */
static void months_are_those_of_the_first_search_and_the_last_outcome(void **state)
{
    struct kept_home *kept = *state;
    struct made made = plainest;
    struct scene scene;
    struct err err = {0};
    uint8_t name[HASH_BYTES];
    int64_t november = (int64_t)clock_day(2026, 11, 1) * KEPT_DAY;
    const struct outcome wrong = {.at_ms = november + 20 * KEPT_DAY, .kind = OUTCOME_WITHDRAWN};
    const struct outcome right = {.at_ms = november + 30 * KEPT_DAY, .kind = OUTCOME_NONE_FOUND};
    scene_begin(&scene, kept);
    made.asked_ms = november - 1;
    ask(kept, &made, "S-1", 1, name);
    made.asked_ms = november + KEPT_DAY;
    ask(kept, &made, "S-1", 2, name);
    kept_must(records_add_outcome(kept->records, name, &wrong, &err), &err);
    kept_must(records_add_outcome(kept->records, name, &right, &err), &err);
    const struct {
        uint32_t period;
        int32_t sought, withdrawn, none;
    } months[] = {{202610, 1, 0, 0}, {202611, 0, 0, 0}, {202612, 0, 0, 1}};
    for (size_t i = 0; i < sizeof months / sizeof *months; i++) {
        scene.manifest.period = months[i].period;
        struct tally *tally = count(&scene);
        assert_int_equal(cell_of(tally, "demand_la", "all"), months[i].sought);
        assert_int_equal(cell_of(tally, "demand_outcome", "withdrawn"), months[i].withdrawn);
        assert_int_equal(cell_of(tally, "demand_outcome", "none_found"), months[i].none);
        assert_int_equal(cell_of(tally, "unmet_age", "5-10"), months[i].none);
        tally_free(tally);
    }
    free(scene.areas);
}

static void an_la_that_is_not_enrolled_counts_nothing(void **state)
{
    struct scene scene;
    struct err err = {0};
    scene_begin(&scene, *state);
    scene.own.organisation = "la-2";
    struct tally *tally = tally_new(&scene.manifest, FIGURES_DEMAND);
    assert_false(
        figures_count_records(tally, &scene.manifest, KEPT_START, &scene.stream, &scene.own, &err));
    assert_int_equal(err.code, ERR_DENIED);
    tally_free(tally);
    free(scene.areas);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define WITH(test) cmocka_unit_test_setup_teardown(test, kept_set_up, kept_tear_down)
        WITH(counts_are_those_of_a_plain_computation),
        WITH(a_search_that_is_asked_again_counts_once),
        WITH(months_are_those_of_the_first_search_and_the_last_outcome),
        WITH(an_la_that_is_not_enrolled_counts_nothing),
    };
    return sodium_init() < 0 || cmocka_run_group_tests(tests, NULL, NULL);
}
