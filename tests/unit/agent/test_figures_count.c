/* SPDX-License-Identifier: Apache-2.0
 * What an agency counts, beside a plain computation over the same random households.
 */
#include "tests/unit/agent/carers.h"

#include "agent/figures_count.h"
#include "agent/figures_post.h"
#include "proto/base/clock.h"
#include "tests/unit/proto/figures/areas.h"

static const int64_t NOON = (int64_t)TODAY * 86400000 + 43200000;
enum { FRESH_DAYS = 21, ROWS = 3, COLUMNS = FIGURES_CATEGORIES_MAX };

struct grid_of {
    int32_t cells[ROWS][COLUMNS];
    size_t outside;
};
struct plain {
    struct grid_of tables[FIGURES_TABLES_MAX];
    const struct geography *areas;
};

static struct manifest manifest_of(struct geography *areas)
{
    struct manifest manifest = {.geography = areas};
    for (size_t i = 0; i < figures_table_count; i++) {
        manifest.terms[manifest.term_count++].table = &figures_tables[i];
    }
    return manifest;
}

/* `amounts`: by category. */
static void add(struct plain *plain, const char *table, int row, const int32_t amounts[COLUMNS],
                int cells_each, int clip)
{
    struct grid_of *grid = &plain->tables[figures_table_index(figures_table_find(table))];
    if (row < 0) grid->outside++;
    for (int i = 0; row >= 0 && i < COLUMNS && cells_each > 0; i++) {
        if (amounts[i] == 0) continue;
        grid->cells[row][i] += amounts[i] < clip ? amounts[i] : clip;
        cells_each--;
    }
}

static void add_one(struct plain *plain, const char *table, int row, int category, int amount,
                    int clip)
{
    int32_t amounts[COLUMNS] = {0};
    amounts[category] = amount;
    add(plain, table, row, amounts, 1, clip);
}

/* Columns of capacity_status. */
enum { AVAILABLE, FROM, FULL, ON_HOLD, NOT_AVAILABLE, UNKNOWN };

static int status_of(const struct profile *p)
{
    if (p->status_date == NO_DAY || p->status_date < TODAY - FRESH_DAYS) return UNKNOWN;
    switch (p->status) {
    case STATUS_AVAILABLE: return AVAILABLE;
    case STATUS_FULL: return FULL;
    case STATUS_ON_HOLD: return ON_HOLD;
    case STATUS_NOT_AVAILABLE: return NOT_AVAILABLE;
    case STATUS_AVAILABLE_FROM:
        if (p->available_from == NO_DAY) return UNKNOWN;
        return p->available_from <= TODAY ? AVAILABLE : FROM;
    default: return UNKNOWN;
    }
}

static void add_ages(struct plain *plain, int region, const struct profile *p)
{
    static const int first[] = {0, 5, 11, 16, 18};
    int32_t amounts[COLUMNS] = {0};
    for (int band = 0; band < 4; band++) {
        for (int age = first[band]; age < first[band + 1]; age++) {
            if (p->ages & 1U << age) amounts[band] = 1;
        }
    }
    if (p->ages & 1U << 18) amounts[0] = 1; /* unborn */
    if (p->ages) add(plain, "capacity_age", region, amounts, 4, 1);
}

static void add_offers(struct plain *plain, int region, const struct profile *p)
{
    const struct catalogue *catalogue = catalogue_get(CATALOGUE_VERSION);
    int32_t types[COLUMNS] = {0}, needs[COLUMNS] = {0};
    bool type = false, need = false;
    for (uint16_t slot = 0; slot < catalogue->slots; slot++) {
        if (!profile_holds(p, slot)) continue;
        if (strncmp(catalogue_slot(catalogue, slot)->code, "PT_", 3) == 0) {
            types[figures_type(catalogue, slot)] = 1;
            type = true;
        }
        uint32_t bits = figures_needs(catalogue, &slot, 1);
        for (int i = 0; i < COLUMNS; i++) {
            if (bits >> i & 1) needs[i] = 1;
        }
        need |= bits != 0;
    }
    if (type) add(plain, "capacity_type", region, types, 3, 1);
    if (need) add(plain, "capacity_need", region, needs, 3, 1);
}

static void add_profile(struct plain *plain, const struct profile *p)
{
    uint16_t owner = plain->areas->cells[p->cell];
    int la = owner == AREA_NONE ? -1 : owner;
    int region = la < 0 ? -1 : plain->areas->authorities[la].region;
    int status = status_of(p);
    add_one(plain, "capacity_status", region, status, 1, 1);
    if (p->places == 0 || status == FULL || status == ON_HOLD || status == NOT_AVAILABLE) return;
    add_one(plain, "capacity_places", region, status == UNKNOWN ? 2 : status, p->places, 3);
    add_one(plain, "capacity_together", region, p->places > 2 ? 2 : p->places - 1, 1, 1);
    add_one(plain, "capacity_la", la, 0, 1, 1);
    add_ages(plain, region, p);
    add_offers(plain, region, p);
}

static void compare(const struct manifest *manifest, const struct tally *tally,
                    const struct plain *plain)
{
    size_t compared = 0;
    for (size_t i = 0; i < figures_table_count; i++) {
        const struct figures_table *table = &figures_tables[i];
        size_t count = 0;
        const int32_t *cells = tally_cells(tally, table->name, &count);
        assert_int_equal(cells != NULL, table->side == FIGURES_CAPACITY);
        if (!cells) continue;
        size_t rows = geography_areas(manifest->geography, table->by_authority);
        for (size_t row = 0; row < rows; row++) {
            for (size_t column = 0; column < table->category_count; column++) {
                if (cells[figures_cell(table, row, column, 0)] !=
                    plain->tables[i].cells[row][column]) {
                    fail_msg("%s, %zu, %s: %d and not %d", table->name, row,
                             table->categories[column].code,
                             cells[figures_cell(table, row, column, 0)],
                             plain->tables[i].cells[row][column]);
                }
            }
        }
        assert_int_equal(tally_outside(tally, table->name), plain->tables[i].outside);
        compared++;
    }
    assert_int_equal(compared, 7);
}

static void counts_are_those_of_a_plain_computation(void **state)
{
    enum { HOUSEHOLDS = 1500 };
    struct held *held = *state;
    struct geography *areas = areas_new();
    struct manifest manifest = manifest_of(areas);
    struct profile *profiles = mem_array(HOUSEHOLDS, sizeof *profiles);
    struct plain *plain = mem_new(struct plain);
    struct figures_vault own = {held->vault, FRESH_DAYS};
    struct vault_changes changes = {0};
    struct err err = {0};
    plain->areas = areas;
    for (unsigned i = 0; i < HOUSEHOLDS; i++) {
        profiles[i] = random_profile(i);
        profiles[i].places = (uint8_t)pick(10);
        /* Three cells more than there are: outside. */
        profiles[i].cell = (uint16_t)(AREAS_FIRST_CELL + pick(3 * AREAS_CELLS + 3));
        if (pick(20) == 0) profiles[i].status_date = NO_DAY;
        if (pick(20) == 0) profiles[i].available_from = NO_DAY;
        add_profile(plain, &profiles[i]);
    }
    must(vault_import(held->vault, profiles, HOUSEHOLDS, false, false, &changes, &err), &err);
    struct tally *tally = tally_new(&manifest, FIGURES_CAPACITY);
    must(figures_count_vault(tally, &manifest, NOON, NULL, &own, &err), &err);
    compare(&manifest, tally, plain);
    tally_free(tally);
    free(profiles);
    free(plain);
    free(areas);
}

static void an_empty_vault_counts_zeros(void **state)
{
    struct held *held = *state;
    struct geography *areas = areas_new();
    struct manifest manifest = manifest_of(areas);
    struct plain *plain = mem_new(struct plain);
    struct figures_vault own = {held->vault, FRESH_DAYS};
    struct err err = {0};
    struct tally *tally = tally_new(&manifest, FIGURES_CAPACITY);
    must(figures_count_vault(tally, &manifest, NOON, NULL, &own, &err), &err);
    compare(&manifest, tally, plain);
    tally_free(tally);
    free(plain);
    free(areas);
}

/* The status that counts changes at midnight in London, not in Greenwich. */
static void days_are_londons(void **state)
{
    struct held *held = *state;
    struct geography *areas = areas_new();
    struct manifest manifest = manifest_of(areas);
    struct figures_vault own = {held->vault, FRESH_DAYS};
    struct vault_changes changes = {0};
    struct err err = {0};
    struct profile p = random_profile(1);
    int32_t july = clock_day(2026, 7, 15);
    p.cell = AREAS_FIRST_CELL;
    p.status = STATUS_AVAILABLE_FROM;
    p.status_date = p.available_from = july;
    must(vault_import(held->vault, &p, 1, false, false, &changes, &err), &err);
    const int64_t midnight = (int64_t)july * 86400000 - 3600000;
    for (int after = 0; after < 2; after++) {
        size_t count = 0;
        struct tally *tally = tally_new(&manifest, FIGURES_CAPACITY);
        must(figures_count_vault(tally, &manifest, midnight - 1 + after, NULL, &own, &err), &err);
        const int32_t *cells = tally_cells(tally, "capacity_status", &count);
        assert_int_equal(cells[AVAILABLE], after);
        assert_int_equal(cells[FROM], !after);
        tally_free(tally);
    }
    free(areas);
}

static void pauses_grow_and_a_window_ends_them(void **state)
{
    (void)state;
    int64_t before = 0;
    assert_int_equal(figures_post_pause_ms(0, -1, UINT32_MAX), FIGURES_POST_HOUR_MS);
    for (unsigned failures = 1; failures < 40; failures++) {
        int64_t most = figures_post_pause_ms(failures, -1, UINT32_MAX);
        int64_t least = figures_post_pause_ms(failures, -1, 0);
        assert_true(most >= before && most <= FIGURES_POST_HOUR_MS && least == most / 2);
        before = most;
    }
    assert_int_equal(figures_post_pause_ms(1, -1, UINT32_MAX), FIGURES_POST_PAUSE_MIN_MS);
    assert_int_equal(before, FIGURES_POST_HOUR_MS);
    assert_int_equal(figures_post_pause_ms(0, 1000, 0), 1000);
    assert_int_equal(figures_post_pause_ms(0, 1000, UINT32_MAX), 1000 + FIGURES_POST_JITTER_MS);
    assert_true(figures_post_pause_ms(0, INT64_C(40) * 86400000, 0) <= FIGURES_POST_HOUR_MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(counts_are_those_of_a_plain_computation, held_set_up,
                                        held_tear_down),
        cmocka_unit_test_setup_teardown(an_empty_vault_counts_zeros, held_set_up, held_tear_down),
        cmocka_unit_test_setup_teardown(days_are_londons, held_set_up, held_tear_down),
        cmocka_unit_test(pauses_grow_and_a_window_ends_them),
    };
    return cmocka_run_group_tests(tests, start_sodium, NULL);
}
