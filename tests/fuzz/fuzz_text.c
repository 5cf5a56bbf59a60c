/* SPDX-License-Identifier: Apache-2.0
 * Any text as a number, digits, an id, an address, a postcode, a grid reference, a month, a period:
 * refused, or within its limits; and what is made printable is.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "proto/base/mem.h"
#include "proto/base/text.h"
#include "proto/domain/gazetteer_record.h"
#include "proto/domain/grid.h"
#include "proto/domain/postcode.h"
#include "proto/figures/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void as_number(const char *text)
{
    int64_t number = 0;
    double decimal = 0;
    char again[32];
    if (text_integer(text, -1000, 1000, &number)) REQUIRE(number >= -1000 && number <= 1000);
    if (text_integer(text, INT64_MIN, INT64_MAX, &number)) {
        (void)snprintf(again, sizeof again, "%lld", (long long)number);
        REQUIRE(strtoll(text, NULL, 10) == strtoll(again, NULL, 10));
    }
    if (text_decimal(text, &decimal)) REQUIRE(decimal > -1e16 && decimal < 1e16);
}

static void as_names(const char *text)
{
    struct grid_point point;
    struct postcode postcode;
    uint32_t period = 0;
    uint16_t month = 0;
    struct err err = {0};
    if (text_is_id(text)) REQUIRE(strlen(text) > 0 && strlen(text) <= 32);
    if (text_is_address(text, 1)) REQUIRE(strchr(text, ':'));
    if (grid_parse(text, &point)) REQUIRE(grid_contains(point));
    (void)!postcode_parse(text, &postcode);
    if (gazetteer_month_parse(text, &month)) REQUIRE(month <= GAZETTEER_MONTHS_MAX);
    if (period_parse(text, &period, &err)) {
        REQUIRE(period_valid(period));
    } else {
        REQUIRE(err.code == ERR_INVALID && err.text[0] != '\0');
    }
}

static bool count_part(char *part, void *ctx)
{
    REQUIRE(part[0] != '\0');
    ++*(size_t *)ctx;
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    uint8_t bytes[8];
    char hex[17], cut[9];
    size_t parts = 0;
    char *text = mem_array(len + 1, 1);
    memcpy(text, data, len);
    as_number(text);
    as_names(text);
    if (text_unhex(text, bytes, 8)) REQUIRE(strcasecmp(text_hex(bytes, 8, hex), text) == 0);
    text_copy_cut(cut, sizeof cut, text);
    REQUIRE(strncmp(cut, text, strlen(cut)) == 0);
    if (text_is_printable_utf8(text, strlen(text)))
        REQUIRE(text_is_printable_utf8(cut, strlen(cut)));
    text_make_printable(text);
    REQUIRE(text_is_printable_utf8(text, strlen(text)));
    REQUIRE(text_split(text_trim(text), ',', count_part, &parts) && parts <= len);
    free(text);
    return 0;
}
