/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "proto/domain/catalogue.h"
#include "proto/figures/tables.h"

/* What the edition promises to a household or child: a manifest has each table once, with no larger
 * epsilon, so that no side comes to more. */
static void each_side_spends_one_epsilon(void **state)
{
    (void)state;
    uint64_t sum[FIGURES_SIDES] = {0};
    for (size_t i = 0; i < figures_table_count; i++) {
        const struct figures_table *table = &figures_tables[i];
        sum[table->side] += table->epsilon;
        assert_true(table->cells_each >= 1 && table->cells_each <= table->category_count);
        assert_true(table->clip >= 1);
        assert_true(table->category_count <= FIGURES_CATEGORIES_MAX);
        assert_int_equal(table->exclusive,
                         table->cells_each == 1 && table->measure == FIGURES_COUNTS);
    }
    assert_int_equal(sum[FIGURES_CAPACITY], 1000000);
    assert_int_equal(sum[FIGURES_DEMAND], 1000000);
    assert_int_equal(figures_table_count, 18);
}

static void is_name(const char *text)
{
    assert_true(text[0] != '\0' && strlen(text) <= FIGURES_NAME_MAX);
    assert_int_equal(strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_+-"), strlen(text));
}

static void names_are_told_apart(void **state)
{
    (void)state;
    for (size_t i = 0; i < figures_table_count; i++) {
        const struct figures_table *table = &figures_tables[i];
        is_name(table->name);
        assert_true(table->title[0] && table->subject[0]);
        assert_ptr_equal(figures_table_find(table->name), table);
        assert_int_equal(figures_table_index(table), i);
        for (size_t c = 0; c < table->category_count; c++) {
            is_name(table->categories[c].code);
            assert_int_equal(figures_category_find(table, table->categories[c].code), c);
        }
        assert_int_equal(figures_category_find(table, "total"), table->category_count);
    }
    assert_null(figures_table_find("capacity_"));
}

/* Area by area, category by category, point by point, none twice. */
static void cells_are_in_order(void **state)
{
    (void)state;
    for (size_t i = 0; i < figures_table_count; i++) {
        const struct figures_table *table = &figures_tables[i];
        size_t next = 0;
        for (size_t area = 0; area < 9; area++) {
            for (size_t c = 0; c < table->category_count; c++) {
                for (size_t p = 0; p < figures_points(table); p++) {
                    assert_int_equal(figures_cell(table, area, c, p), next++);
                }
            }
        }
        assert_int_equal(figures_cells(table, 9), next);
        assert_true(figures_cells(table, table->by_authority ? 256 : 16) <= FIGURES_CELLS_MAX);
    }
}

static void every_placement_type_has_a_category(void **state)
{
    (void)state;
    const struct figures_table *table = figures_table_find("capacity_type");
    for (uint32_t version = 1; version <= CATALOGUE_VERSION; version++) {
        const struct catalogue *catalogue = catalogue_get(version);
        bool used[FIGURES_CATEGORIES_MAX] = {false};
        size_t seen = 0;
        for (uint16_t slot = 0; slot < catalogue->slots; slot++) {
            const struct criterion *criterion = catalogue_slot(catalogue, slot);
            if (strcmp(criterion->group, "placement_type") != 0) continue;
            size_t type = figures_type(catalogue, slot);
            assert_true(type < table->category_count);
            used[type] = true;
            seen++;
        }
        assert_true(seen > 15);
        for (size_t i = 0; i < table->category_count; i++) assert_true(used[i]);
    }
    const struct catalogue *newest = catalogue_get(CATALOGUE_VERSION);
    assert_int_equal(figures_type(newest, catalogue_find(newest, "PT_PCASS")->slot), 0);
    assert_int_equal(figures_type(newest, catalogue_find(newest, "PT_SHORT")->slot),
                     table->category_count - 1);
}

static uint32_t needs_of(const char *const *codes, size_t count)
{
    const struct catalogue *catalogue = catalogue_get(CATALOGUE_VERSION);
    uint16_t slots[16];
    assert_true(count <= 16);
    for (size_t i = 0; i < count; i++) {
        const struct criterion *criterion = catalogue_find(catalogue, codes[i]);
        assert_non_null(criterion);
        slots[i] = criterion->slot;
    }
    return figures_needs(catalogue, slots, count);
}

static uint32_t need(const char *code)
{
    return UINT32_C(1) << figures_category_find(figures_table_find("demand_need"), code);
}

static void needs_are_found(void **state)
{
    (void)state;
    static const struct {
        const char *code, *category;
    } cases[] = {{"RC_CSE", "exploitation"},
                 {"ND_TRAF", "exploitation"},
                 {"RO_FIRE", "harm_to_others"},
                 {"ND_SXB", "harm_to_others"},
                 {"RC_EAT", "self_harm"},
                 {"ND_MH", "self_harm"},
                 {"HE_FEED", "complex_health"},
                 {"AC_HOIST", "complex_health"},
                 {"DS_LD", "disability"},
                 {"AC_WHEEL", "disability"},
                 {"DS_AUT", "autism"},
                 {"RC_MISS", "missing"},
                 {"RC_SUB", "substance"},
                 {"PT_UASC", "uasc"},
                 {"CS_UASC", "uasc"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(needs_of(&cases[i].code, 1), need(cases[i].category));
    }
    static const char *const none[] = {"HE_ASTH", "HE_MEDS", "PT_LONG", "SEX_M", "AGE_07"};
    assert_int_equal(needs_of(none, 5), 0);
    static const char *const many[] = {"DS_AUT", "DS_LD", "RC_SH", "DS_HEAR"};
    assert_int_equal(needs_of(many, 4), need("autism") | need("disability") | need("self_harm"));
    assert_int_equal(figures_needs(catalogue_get(1), NULL, 0), 0);
}

/* Capacity offers what demand asks for, place by place; only children may need nothing of it. */
static void needs_share_one_list(void **state)
{
    (void)state;
    const struct figures_table *offered = figures_table_find("capacity_need");
    const struct figures_table *asked = figures_table_find("demand_need");
    const struct figures_table *unmet = figures_table_find("unmet_need");
    assert_int_equal(asked->category_count, offered->category_count + 1);
    assert_int_equal(unmet->category_count, asked->category_count);
    for (size_t i = 0; i < offered->category_count; i++) {
        assert_string_equal(offered->categories[i].code, asked->categories[i].code);
        assert_string_equal(unmet->categories[i].code, asked->categories[i].code);
    }
    assert_string_equal(asked->categories[offered->category_count].code, "none");
    assert_string_equal(unmet->categories[offered->category_count].code, "none");
}

static void ages_and_days_fall_into_bands(void **state)
{
    (void)state;
    static const int ages[] = {-1, 4, 5, 10, 11, 15, 16, 17};
    for (size_t i = 0; i < 8; i++) assert_int_equal(figures_age_band(ages[i]), i / 2);
    static const int32_t days[] = {0, 0, 1, 2, 3, 5, 6, 10, 11, 28, 29, 36525};
    for (size_t i = 0; i < 12; i++) assert_int_equal(figures_days(days[i]), i / 2);
    assert_int_equal(figures_table_find("demand_days")->category_count, 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_side_spends_one_epsilon),
        cmocka_unit_test(names_are_told_apart),
        cmocka_unit_test(cells_are_in_order),
        cmocka_unit_test(every_placement_type_has_a_category),
        cmocka_unit_test(needs_are_found),
        cmocka_unit_test(needs_share_one_list),
        cmocka_unit_test(ages_and_days_fall_into_bands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
