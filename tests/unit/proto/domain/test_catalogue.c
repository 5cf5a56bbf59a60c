/* SPDX-License-Identifier: Apache-2.0 */
#include <sodium.h>

#include "proto/base/text.h"
#include "tests/unit/proto/domain/domain_check.h"

static void version_one_has_its_sizes(void **state)
{
    (void)state;
    const struct catalogue *catalogue = catalogue_one();
    assert_int_equal(catalogue->version, 1);
    assert_int_equal(catalogue->slots, 221);
    assert_int_equal(catalogue->hard_slots, 165);
    assert_int_equal(catalogue->soft_slots, 158);
    struct blind_layout layout = catalogue_layout(catalogue, 0);
    assert_int_equal(blind_layout_count(&layout), 325);
    layout = catalogue_layout(catalogue, 16);
    assert_int_equal(blind_layout_count(&layout), 325 + 3200);
    assert_null(catalogue_get(0));
    assert_null(catalogue_get(3));
    assert_non_null(catalogue_get(CATALOGUE_VERSION));
}

static void slots_and_indexes_follow_the_order_of_the_file(void **state)
{
    (void)state;
    const struct catalogue *catalogue = catalogue_one();
    uint16_t slot = 0, hard = 0, soft = 0;
    for (size_t i = 0; i < catalogue->count; i++) {
        const struct criterion *c = &catalogue->criteria[i];
        bool carer = c->scope == SCOPE_CARER;
        assert_int_equal(c->slot, carer ? slot : SLOT_NONE);
        assert_int_equal(c->hard, carer && (c->kind & KIND_HARD) ? hard : SLOT_NONE);
        assert_int_equal(c->soft, carer && (c->kind & KIND_SOFT) ? soft : SLOT_NONE);
        assert_ptr_equal(catalogue_find(catalogue, c->code), c);
        assert_true(c->label[0] && c->group[0] && c->standard[0] && c->special[0]);
        if (!carer) continue;
        assert_ptr_equal(catalogue_slot(catalogue, slot), c);
        slot++;
        if (c->kind & KIND_HARD) hard++;
        if (c->kind & KIND_SOFT) soft++;
    }
    assert_int_equal(slot, catalogue->slots);
    assert_int_equal(hard, catalogue->hard_slots);
    assert_int_equal(soft, catalogue->soft_slots);
}

/* A released version never changes its slots: these are version 1's for good. */
static void slots_of_version_one_stay(void **state)
{
    (void)state;
    static const struct {
        const char *code;
        uint16_t slot;
    } fixed[] = {{"AGE_UB", 0},      {"AGE_00", 1},   {"AGE_17", 18},  {"SEX_M", 19},
                 {"NUM_1", 23},      {"PT_LONG", 31}, {"PT_SOLO", 51}, {"AVL_TODAY", 52},
                 {"AVL_UNCONF", 55}, {"AV_OOH", 56},  {"ED_KEEP", 65}, {"CS_MOCK", 220}};
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++) {
        if (slot_named(fixed[i].code) != fixed[i].slot) {
            fail_msg("%s is slot %u", fixed[i].code, slot_named(fixed[i].code));
        }
    }
}

static void frozen(uint32_t version, size_t count, const char *digest)
{
    const struct catalogue *catalogue = catalogue_get(version);
    assert_non_null(catalogue);
    assert_int_equal(catalogue->count, count);
    static const char *const kinds[] = {"", "hard", "soft", "both"};
    struct buf lines = {0};
    for (size_t i = 0; i < catalogue->count; i++) {
        const struct criterion *c = &catalogue->criteria[i];
        buf_format(&lines, "%s %s %s %s %s\n", c->code, c->group,
                   c->scope == SCOPE_CARER ? "carer" : "provider", kinds[c->kind],
                   c->one_of ? "one" : "many");
    }
    uint8_t hash[32];
    char hex[65];
    (void)crypto_generichash(hash, sizeof hash, lines.data, lines.len, NULL, 0);
    buf_free(&lines);
    assert_string_equal(text_hex(hash, sizeof hash, hex), digest);
}

/* What a released version says is never edited: make a new one. The digests are BLAKE2b-256 of the
 * lines "code group scope kind arity". */
static void released_versions_are_frozen(void **state)
{
    (void)state;
    frozen(1, 238, "08938c82c5c500f61aaf07f3d80862800d95eef1be3f6af4b64fd5a92780a540");
    frozen(2, 260, "876809f7cf2c994eb2c2995401fd7ebcafcb43f789a5971bb466579308116f9d");
}

static void a_version_begins_with_the_one_before(void **state)
{
    (void)state;
    const struct catalogue *older = catalogue_get(1), *newer = catalogue_get(2);
    assert_true(newer->count > older->count && newer->slots > older->slots);
    for (size_t i = 0; i < older->count; i++) {
        const struct criterion *a = &older->criteria[i], *b = &newer->criteria[i];
        assert_string_equal(a->code, b->code);
        assert_true(a->slot == b->slot && a->hard == b->hard && a->soft == b->soft);
    }
    for (size_t i = older->count; i < newer->count; i++) {
        const struct criterion *added = &newer->criteria[i];
        assert_null(catalogue_find(older, added->code));
        assert_true(added->slot >= older->slots);
        assert_true(added->hard == SLOT_NONE || added->hard >= older->hard_slots);
        assert_true(added->soft == SLOT_NONE || added->soft >= older->soft_slots);
    }
}

static void only_availability_is_one_of(void **state)
{
    (void)state;
    const struct catalogue *catalogue = catalogue_one();
    size_t count = 0;
    for (size_t i = 0; i < catalogue->count; i++) {
        const struct criterion *c = &catalogue->criteria[i];
        assert_int_equal(c->one_of, strcmp(c->group, "availability") == 0);
        if (c->one_of) {
            assert_int_equal(c->kind, KIND_BOTH);
            count++;
        }
    }
    assert_int_equal(count, 4);
}

static void columns_are_read_as_written(void **state)
{
    (void)state;
    const struct catalogue *catalogue = catalogue_one();
    const struct criterion *c = catalogue_find(catalogue, "PT_LONG");
    assert_string_equal(c->standard, "SSDA903 PLACE");
    assert_string_equal(c->standard_code, "U4");
    assert_int_equal(c->kind, KIND_HARD);
    c = catalogue_find(catalogue, "AV_OOH"); /* quoted, with a comma */
    assert_string_equal(c->label, "Takes placements out of hours (evening, night)");
    assert_string_equal(catalogue_find(catalogue, "ET_WBRI")->special, "article 9");
    assert_string_equal(catalogue_find(catalogue, "LN_PL")->special, "article 9 by inference");
    assert_string_equal(catalogue_find(catalogue, "ND_OFF")->special, "article 10");
    assert_string_equal(catalogue_find(catalogue, "BD_OWN")->special, "none");
    c = catalogue_find(catalogue, "PQ_GOOD");
    assert_int_equal(c->scope, SCOPE_PROVIDER);
    assert_null(catalogue_find(catalogue, "LO_5"));
    assert_null(catalogue_find(catalogue, "TM_TODAY"));
    assert_null(catalogue_find(catalogue, "pt_long"));
    assert_null(catalogue_find(catalogue, ""));
}

static void fields_stand_for_the_right_codes(void **state)
{
    (void)state;
    const struct catalogue *catalogue = catalogue_one();
    assert_int_equal(catalogue_age_slot(catalogue, AGE_UNBORN), slot_named("AGE_UB"));
    assert_int_equal(catalogue_age_slot(catalogue, 0), slot_named("AGE_00"));
    assert_int_equal(catalogue_age_slot(catalogue, 17), slot_named("AGE_17"));
    assert_int_equal(catalogue_sex_slot(catalogue, 'F'), slot_named("SEX_F"));
    assert_int_equal(catalogue_places_slot(catalogue, 1), slot_named("NUM_1"));
    assert_int_equal(catalogue_places_slot(catalogue, 4), slot_named("NUM_4"));
    assert_int_equal(catalogue_places_slot(catalogue, 5), slot_named("NUM_5P"));
    assert_int_equal(catalogue_places_slot(catalogue, 9), slot_named("NUM_5P"));
    assert_int_equal(catalogue_availability_slot(catalogue, AVAILABLE_5_DAYS),
                     slot_named("AVL_5D"));
    static const char *const with[] = {"AGE_07", "SEX_F", "NUM_5P", "PT_WKEND", "AVL_LATER"};
    static const char *const without[] = {"GEN_NB", "SIB_TOG", "AV_OOH", "DU_2W", "PE_NO"};
    for (size_t i = 0; i < 5; i++) {
        assert_true(criterion_has_field(catalogue_find(catalogue, with[i])));
        assert_false(criterion_has_field(catalogue_find(catalogue, without[i])));
    }
}

/* One field of a CSV line, quotes removed; returns where the next begins. */
static const char *csv_field(const char *p, char *out)
{
    bool quoted = false;
    for (; *p && *p != '\r' && *p != '\n' && (quoted || *p != ','); p++) {
        if (*p == '"')
            quoted = !quoted;
        else
            *out++ = *p;
    }
    *out = '\0';
    return *p == ',' ? p + 1 : p;
}

static void proposed_codes_are_all_there(void **state)
{
    (void)state;
    FILE *file = fopen("../shared/data/criteria.csv", "r");
    if (!file) {
        print_message("no ../shared/data/criteria.csv here: nothing to compare with\n");
        skip();
    }
    char line[2000], field[4][2000];
    size_t carer = 0;
    assert_non_null(fgets(line, sizeof line, file));
    while (fgets(line, sizeof line, file)) {
        const char *p = line;
        for (size_t i = 0; i < 4; i++) p = csv_field(p, field[i]);
        bool left_out = strcmp(field[1], "location") == 0 || strncmp(field[0], "TM_", 3) == 0;
        const struct criterion *c = catalogue_find(catalogue_one(), field[0]);
        assert_int_equal(c == NULL, left_out);
        if (!c) continue;
        assert_string_equal(c->group, field[1]);
        assert_string_equal(c->label, field[2]);
        const char *kind = c->kind == KIND_BOTH ? "both" : c->kind == KIND_HARD ? "hard" : "soft";
        assert_string_equal(kind, field[3]);
        bool provider = strncmp(field[1], "provider_", 9) == 0;
        assert_int_equal(c->scope, provider ? SCOPE_PROVIDER : SCOPE_CARER);
        if (!provider) carer++;
    }
    (void)fclose(file);
    assert_int_equal(carer + 4, catalogue_one()->slots);
}

static void special_categories_agree(void **state)
{
    (void)state;
    FILE *file = fopen("../shared/data/criteria_special_category.csv", "r");
    if (!file) {
        print_message("no ../shared/data/criteria_special_category.csv here: nothing to compare\n");
        skip();
    }
    char line[2000], code[2000], special[2000];
    size_t compared = 0;
    assert_non_null(fgets(line, sizeof line, file));
    while (fgets(line, sizeof line, file)) {
        (void)csv_field(csv_field(line, code), special);
        const struct criterion *c = catalogue_find(catalogue_one(), code);
        if (!c) continue;
        char *bracket = strstr(special, " (");
        if (bracket) *bracket = '\0';
        if (strcmp(c->special, special) != 0) fail_msg("%s: %s, %s", code, c->special, special);
        compared++;
    }
    (void)fclose(file);
    assert_true(compared > 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(version_one_has_its_sizes),
        cmocka_unit_test(slots_and_indexes_follow_the_order_of_the_file),
        cmocka_unit_test(slots_of_version_one_stay),
        cmocka_unit_test(released_versions_are_frozen),
        cmocka_unit_test(a_version_begins_with_the_one_before),
        cmocka_unit_test(only_availability_is_one_of),
        cmocka_unit_test(columns_are_read_as_written),
        cmocka_unit_test(fields_stand_for_the_right_codes),
        cmocka_unit_test(proposed_codes_are_all_there),
        cmocka_unit_test(special_categories_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
