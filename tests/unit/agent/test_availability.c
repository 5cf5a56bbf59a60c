/* SPDX-License-Identifier: Apache-2.0
 * Availability on its own: what a change does to a household, updates of the vault, and what is
 * told of each change.
 */
#include "agent/availability.h"
#include "agent/carer_changes.h"
#include "tests/unit/agent/imports.h"

static struct availability_change nothing(void)
{
    return (struct availability_change){.status_date = NO_DAY, .available_from = NO_DAY};
}

static struct profile held_profile(enum status status)
{
    struct profile p = random_profile(1);
    p.status = status;
    p.status_date = TODAY - 10;
    p.available_from = status == STATUS_AVAILABLE_FROM ? TODAY + 3 : NO_DAY;
    p.places = 1;
    p.approved_places = 2;
    return p;
}

static void expect(const struct availability_change *change, enum status before, enum status status,
                   int32_t status_date, int32_t available_from)
{
    struct profile p = held_profile(before);
    struct err err = {0};
    enum column at;
    must(availability_apply(change, &p, &at, &err), &err);
    assert_int_equal(p.status, status);
    assert_int_equal(p.status_date, status_date);
    assert_int_equal(p.available_from, available_from);
}

static void expect_wrong(const struct availability_change *change, enum status before,
                         enum column column)
{
    struct profile p = held_profile(before);
    struct profile same = p;
    struct err err = {0};
    enum column at = COLUMN_REF;
    assert_false(availability_apply(change, &p, &at, &err));
    assert_int_equal(err.code, ERR_INVALID);
    assert_int_equal(at, column);
    assert_memory_equal(&p, &same, sizeof p);
}

static void test_apply(void **state)
{
    (void)state;
    struct availability_change c = nothing();
    expect(&c, STATUS_FULL, STATUS_FULL, TODAY - 10, NO_DAY);
    c.has_status = true;
    c.status = STATUS_FULL;
    expect_wrong(&c, STATUS_AVAILABLE, COLUMN_STATUS_DATE);
    c.status_date = TODAY;
    expect(&c, STATUS_AVAILABLE_FROM, STATUS_FULL, TODAY, NO_DAY);
    c.available_from = TODAY;
    expect_wrong(&c, STATUS_AVAILABLE, COLUMN_AVAILABLE_FROM);
    c.status = STATUS_AVAILABLE_FROM;
    expect(&c, STATUS_FULL, STATUS_AVAILABLE_FROM, TODAY, TODAY);
    c.available_from = NO_DAY; /* an earlier one does not count */
    expect_wrong(&c, STATUS_AVAILABLE_FROM, COLUMN_AVAILABLE_FROM);
    c = nothing();
    c.has_status = true;
    c.status = STATUS_UNKNOWN;
    expect(&c, STATUS_AVAILABLE_FROM, STATUS_UNKNOWN, NO_DAY, NO_DAY);
    c = nothing();
    c.status_date = TODAY - 1; /* the status that is held is confirmed */
    expect(&c, STATUS_AVAILABLE_FROM, STATUS_AVAILABLE_FROM, TODAY - 1, TODAY + 3);
    c = nothing();
    c.available_from = TODAY + 9;
    expect(&c, STATUS_AVAILABLE_FROM, STATUS_AVAILABLE_FROM, TODAY - 10, TODAY + 9);
    expect_wrong(&c, STATUS_AVAILABLE, COLUMN_AVAILABLE_FROM);
}

static void test_places(void **state)
{
    (void)state;
    struct profile p = held_profile(STATUS_AVAILABLE);
    struct availability_change c = nothing();
    struct err err = {0};
    enum column at;
    c.has_places = true;
    must(availability_apply(&c, &p, &at, &err), &err);
    assert_int_equal(p.places, 0);
    assert_int_equal(p.approved_places, 2);
    c = nothing();
    c.has_approved_places = true;
    c.approved_places = 4;
    must(availability_apply(&c, &p, &at, &err), &err);
    assert_int_equal(p.places, 0);
    assert_int_equal(p.approved_places, 4);
}

/* ---- updates of the vault ---- */

static bool close_odd(size_t index, struct profile *profile, void *ctx)
{
    size_t *unknown = ctx;
    if (!profile) {
        ++*unknown;
        return false;
    }
    if (index % 2 == 0) return true;
    profile->status = STATUS_ON_HOLD;
    profile->status_date = TODAY;
    profile->available_from = NO_DAY;
    return true;
}

static enum status status_of(struct vault *vault, const char *ref)
{
    struct profile p;
    struct err err = {0};
    must(vault_get(vault, ref, &p, &err), &err);
    return p.status;
}

static void put(struct vault *vault, unsigned count)
{
    struct err err = {0};
    struct vault_changes changes;
    struct profile *profiles = mem_array(count, sizeof *profiles);
    for (unsigned i = 0; i < count; i++) {
        profiles[i] = held_profile(STATUS_AVAILABLE);
        (void)snprintf(profiles[i].ref, sizeof profiles[i].ref, "C-%u", i);
    }
    must(vault_import(vault, profiles, count, true, false, &changes, &err), &err);
    free(profiles);
}

static void test_update(void **state)
{
    struct held *held = *state;
    static const char *const refs[] = {"C-0", "C-1", "C-2", "C-3"};
    struct carer_changes told = {.catalogue = catalogue_get(CATALOGUE_VERSION)};
    struct vault_how how = {.dry_run = true, .each = carer_changes_note, .ctx = &told};
    struct vault_changes counted = {0};
    struct err err = {0};
    size_t unknown = 0;
    put(held->vault, 4);
    must(vault_update(held->vault, refs, 4, close_odd, &unknown, false, &how, &counted, &err),
         &err);
    assert_int_equal(counted.changed, 2);
    assert_int_equal(counted.unchanged, 2);
    assert_int_equal(status_of(held->vault, "C-1"), STATUS_AVAILABLE);
    assert_int_equal(told.count, 2);
    assert_string_equal(told.items[0].ref, "C-1");
    assert_int_equal(told.items[0].column_count, 2);
    assert_string_equal(told.items[0].columns[0].column, "status");
    assert_string_equal(told.items[0].columns[0].was, "available");
    assert_string_equal(told.items[0].columns[0].is, "on_hold");
    assert_string_equal(told.items[0].columns[1].is, "2026-11-22");
    carer_changes_free(&told);
    how = (struct vault_how){0};
    must(vault_update(held->vault, refs, 4, close_odd, &unknown, false, &how, &counted, &err),
         &err);
    assert_int_equal(status_of(held->vault, "C-1"), STATUS_ON_HOLD);
    assert_int_equal(status_of(held->vault, "C-2"), STATUS_AVAILABLE);
    assert_int_equal(unknown, 0);
}

/* One that is not held: nothing is written, or the others are. */
static void test_update_refused(void **state)
{
    struct held *held = *state;
    static const char *const refs[] = {"nobody", "C-1"};
    const struct vault_how how = {0};
    struct vault_changes counted = {0};
    struct vault_summary before;
    struct vault_summary after;
    struct err err = {0};
    size_t unknown = 0;
    put(held->vault, 2);
    must(vault_verify(held->vault, &before, &err), &err);
    must(vault_update(held->vault, refs, 2, close_odd, &unknown, false, &how, &counted, &err),
         &err);
    assert_int_equal(counted.refused, 1);
    assert_int_equal(unknown, 1);
    must(vault_verify(held->vault, &after, &err), &err);
    assert_int_equal(before.generation, after.generation);
    assert_int_equal(status_of(held->vault, "C-1"), STATUS_AVAILABLE);
    must(vault_update(held->vault, refs, 2, close_odd, &unknown, true, &how, &counted, &err), &err);
    assert_int_equal(counted.refused, 1);
    assert_int_equal(counted.changed, 1);
    assert_int_equal(status_of(held->vault, "C-1"), STATUS_ON_HOLD);
    must(vault_verify(held->vault, &after, &err), &err);
    assert_int_equal(after.count, 2);
}

/* ---- what is told of an import ---- */

static const struct changed_carer *change_of(const struct carer_changes *changes, const char *ref)
{
    for (size_t i = 0; i < changes->count; i++) {
        if (strcmp(changes->items[i].ref, ref) == 0) return &changes->items[i];
    }
    return NULL;
}

static void test_changes_of_an_import(void **state)
{
    struct held *held = *state;
    struct carer_changes told = {.catalogue = catalogue_get(CATALOGUE_VERSION)};
    const struct vault_how how = {
        .replace = true, .dry_run = true, .each = carer_changes_note, .ctx = &told};
    struct vault_changes counted = {0};
    struct err err = {0};
    struct profile list[3] = {0};
    put(held->vault, 3);
    for (unsigned i = 0; i < 2; i++) {
        const char *ref = i ? "C-1" : "C-0";
        must(vault_get(held->vault, ref, &list[i], &err), &err);
    }
    list[2] = held_profile(STATUS_FULL);
    (void)snprintf(list[2].ref, sizeof list[2].ref, "A-new");
    list[1].held[slot("DS_AUT") / 8] ^= (uint8_t)(1u << slot("DS_AUT") % 8);
    list[1].places = 0;
    must(vault_import_with(held->vault, list, 3, &how, &counted, &err), &err);
    carer_changes_sort(&told);
    assert_int_equal(told.count, 3);
    assert_string_equal(told.items[0].ref, "A-new");
    assert_int_equal(told.items[0].what, CARER_ADDED);
    assert_null(change_of(&told, "C-0"));
    const struct changed_carer *changed = change_of(&told, "C-1");
    assert_int_equal(changed->what, CARER_CHANGED);
    assert_int_equal(changed->column_count, 2);
    assert_string_equal(changed->columns[0].column, "places");
    assert_string_equal(changed->columns[0].was, "1");
    assert_string_equal(changed->columns[0].is, "0");
    assert_string_equal(changed->columns[1].column, "offers");
    assert_int_equal(change_of(&told, "C-2")->what, CARER_REMOVED);
    json_t *json = carer_changes_json(&told);
    assert_int_equal(json_array_size(json), 3);
    json_decref(json);
    carer_changes_free(&told);
    assert_int_equal(status_of(held->vault, "C-2"), STATUS_AVAILABLE);
}

/* ---- files ---- */

static void test_files(void **state)
{
    (void)state;
    struct import_rules rules = plain_rules();
    rules.kind = IMPORT_AVAILABILITY;
    struct import_result p =
        parse_with("Carer ID,Vacancies,Status,Name,Ages\nA,,On hold,x,nonsense\nB,3,,,\n"
                   "C,10,vacant,,\n,1,,,\nB,3,,,\n",
                   &rules);
    show_problems(&p.report);
    assert_int_equal(p.report.notes, 2); /* name and ages are not used */
    assert_int_equal(p.report.problems, 5);
    assert_int_equal(p.report.bad_rows, 4);
    assert_int_equal(p.list.count, 1);
    assert_int_equal(p.rows[0].given, 1u << COLUMN_REF | 1u << COLUMN_STATUS);
    assert_int_equal(p.list.items[0].status, STATUS_ON_HOLD);
    import_result_free(&p);
    p = parse_with("ref,name\nA,x\n", &rules);
    assert_true(p.report.bad_headings);
    import_result_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_apply),
        cmocka_unit_test(test_places),
        cmocka_unit_test_setup_teardown(test_update, held_set_up, held_tear_down),
        cmocka_unit_test_setup_teardown(test_update_refused, held_set_up, held_tear_down),
        cmocka_unit_test_setup_teardown(test_changes_of_an_import, held_set_up, held_tear_down),
        cmocka_unit_test(test_files),
    };
    return cmocka_run_group_tests(tests, start_sodium, NULL);
}
