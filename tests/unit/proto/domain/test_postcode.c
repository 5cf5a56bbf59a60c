/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/domain/postcode.h"

#include "tests/unit/proto/domain/domain_check.h"

static void reads(const char *text, const char *as, enum postcode_kind kind)
{
    struct postcode code;
    char again[POSTCODE_TEXT];
    if (!postcode_parse(text, &code)) fail_msg("'%s' is refused", text);
    if (strcmp(postcode_text(&code, again), as) != 0 || postcode_kind(&code) != kind) {
        fail_msg("'%s' is '%s'", text, again);
    }
}

static void refuses(const char *text)
{
    struct postcode code = {.outward = "X"};
    if (postcode_parse(text, &code)) fail_msg("'%s' is accepted", text);
    assert_string_equal(code.outward, "X");
}

static void every_form_is_read(void **state)
{
    (void)state;
    static const char *const units[] = {"M1 1AE",   "M60 1NW", "CR2 6XH", "DN55 1PT", "W1A 0AX",
                                        "EC1A 1BB", "B33 8TH", "GIR 0AA", "B1 1AA",   "SE15 1AA",
                                        "SW1A 2AA", "E1W 1AA", "L1 8JQ"};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        char squeezed[POSTCODE_TEXT] = "", wide[16], lower[16];
        size_t len = 0;
        for (const char *p = units[i]; *p; p++) {
            if (*p != ' ') squeezed[len++] = *p;
        }
        const char *space = strchr(units[i], ' ');
        (void)snprintf(wide, sizeof wide, " %.*s  %s ", (int)(space - units[i]), units[i],
                       space + 1);
        (void)snprintf(lower, sizeof lower, "%s", squeezed);
        for (char *p = lower; *p; p++) *p = (char)(*p >= 'A' ? *p + 32 : *p);
        reads(units[i], units[i], POSTCODE_UNIT);
        reads(squeezed, units[i], POSTCODE_UNIT);
        reads(wide, units[i], POSTCODE_UNIT);
        reads(lower, units[i], POSTCODE_UNIT);
    }
    reads("LS6", "LS6", POSTCODE_DISTRICT);
    reads("ec1a", "EC1A", POSTCODE_DISTRICT);
    reads("LS63", "LS63", POSTCODE_DISTRICT);
    reads("LS6 3", "LS6 3", POSTCODE_SECTOR);
    reads("LS123", "LS12 3", POSTCODE_SECTOR);
    reads("W1A1", "W1A 1", POSTCODE_SECTOR);
    reads("GIR 0", "GIR 0", POSTCODE_SECTOR);
}

static void other_texts_are_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        " ",
                                        "L",
                                        "LS",
                                        "6",
                                        "LS6 3A",
                                        "LS6 3AAA",
                                        "LS6 A3A",
                                        "LSX 3AA",
                                        "LSS6 3AA",
                                        "LS6  ",
                                        "LS 6 3AA",
                                        "L S6",
                                        "LS6-3AA",
                                        "LS6 33",
                                        "SE 15",
                                        "SE 297",
                                        "GIX 0AA",
                                        "LS6\t3AA",
                                        "1S6 3AA",
                                        "LS666",
                                        "LS6663AA",
                                        "\xc3\x89S6 3AA"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (strcmp(texts[i], "LS6  ") == 0) {
            reads(texts[i], "LS6", POSTCODE_DISTRICT);
        } else if (strcmp(texts[i], "LS666") == 0) {
            reads(texts[i], "LS66 6", POSTCODE_SECTOR);
        } else {
            refuses(texts[i]);
        }
    }
}

/* Against a plain reading of the rule: letters, digits and the place of the gap. */
static bool is_unit_plainly(const char *text)
{
    size_t len = strlen(text);
    if (len < 5 || len > 7) return false;
    char shape[8] = "";
    for (size_t i = 0; i < len; i++) shape[i] = text[i] >= 'A' ? 'A' : '9';
    static const char *const shapes[] = {"A99AA",  "A999AA",  "A9A9AA",
                                         "AA99AA", "AA999AA", "AA9A9AA"};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        if (strcmp(shape, shapes[i]) == 0) return true;
    }
    return len == 6 && strncmp(text, "GIR", 3) == 0 && strcmp(shape + 3, "9AA") == 0;
}

static void random_texts_agree_with_the_rule(void **state)
{
    (void)state;
    static const char alphabet[] = "ABZGIR0159";
    struct dice dice = {7};
    size_t units = 0;
    for (int i = 0; i < 400000; i++) {
        char text[9] = "";
        size_t len = 3 + roll(&dice, 6);
        for (size_t j = 0; j < len; j++) text[j] = alphabet[roll(&dice, sizeof alphabet - 1)];
        struct postcode code;
        bool unit = postcode_parse(text, &code) && postcode_kind(&code) == POSTCODE_UNIT;
        if (unit != is_unit_plainly(text)) fail_msg("'%s'", text);
        units += unit;
    }
    assert_true(units > 1000);
}

static void numbers_lead_back(void **state)
{
    (void)state;
    static const char *const texts[] = {"M1 1AE", "W1A 0ZZ", "EC1A 9BB", "GIR 0AA", "AA99 9AZ"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct postcode code;
        char text[POSTCODE_TEXT];
        assert_true(postcode_parse(texts[i], &code));
        struct postcode again = postcode_of_sector(postcode_sector_number(&code));
        postcode_set_letters(&again, postcode_letters(&code));
        assert_string_equal(postcode_text(&again, text), texts[i]);
        assert_true(postcode_sector_number(&code) < 1U << 28);
    }
    struct postcode a, b;
    assert_true(postcode_parse("L1 1AA", &a) && postcode_parse("L11 1AA", &b));
    assert_int_not_equal(postcode_sector_number(&a), postcode_sector_number(&b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_is_read),
        cmocka_unit_test(other_texts_are_refused),
        cmocka_unit_test(random_texts_agree_with_the_rule),
        cmocka_unit_test(numbers_lead_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
