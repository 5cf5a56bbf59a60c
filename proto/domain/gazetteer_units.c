/* SPDX-License-Identifier: Apache-2.0
 * The single postcodes of a sector, packed, and the months in which they ended.
 */
#include <endian.h>
#include <stdio.h>
#include <string.h>

#include "proto/domain/gazetteer_record.h"

enum { UNIT_BYTES = 8, MONTH_BITS = 12, NORTH_BITS = 21, EAST_BITS = 20 };
enum { NORTH_AT = MONTH_BITS, EAST_AT = NORTH_AT + NORTH_BITS, LETTERS_AT = EAST_AT + EAST_BITS };

uint64_t gazetteer_unit_pack(uint32_t letters, const struct gazetteer_unit *unit)
{
    REQUIRE(letters < POSTCODE_LETTERS && grid_contains(unit->at));
    REQUIRE(unit->ended <= GAZETTEER_MONTHS_MAX);
    return (uint64_t)letters << LETTERS_AT | (uint64_t)unit->at.east << EAST_AT |
           (uint64_t)unit->at.north << NORTH_AT | unit->ended;
}

uint32_t gazetteer_unit_letters(uint64_t packed)
{
    return (uint32_t)(packed >> LETTERS_AT);
}

static uint64_t bits(uint64_t value, unsigned at, unsigned count)
{
    return value >> at & ((1ULL << count) - 1);
}

static bool unpack(uint64_t packed, struct gazetteer_unit *out, struct err *err)
{
    struct gazetteer_unit unit = {.at = {(int32_t)bits(packed, EAST_AT, EAST_BITS),
                                         (int32_t)bits(packed, NORTH_AT, NORTH_BITS)},
                                  .ended = (uint16_t)bits(packed, 0, MONTH_BITS)};
    if (gazetteer_unit_letters(packed) >= POSTCODE_LETTERS || !grid_contains(unit.at)) {
        return gazetteer_corrupt(err, "a postcode that cannot be");
    }
    *out = unit;
    return true;
}

static uint64_t packed_at(const uint8_t *record, size_t index)
{
    uint64_t value = 0;
    memcpy(&value, record + index * UNIT_BYTES, sizeof value);
    return be64toh(value);
}

static bool count_units(size_t len, size_t *count, struct err *err)
{
    *count = len / UNIT_BYTES;
    if (len > 0 && len % UNIT_BYTES == 0 && *count <= POSTCODE_LETTERS) return true;
    return gazetteer_corrupt(err, "postcodes of a wrong length");
}

bool gazetteer_units_at(const uint8_t *record, size_t len, size_t index, uint32_t *letters,
                        struct gazetteer_unit *out, struct err *err)
{
    size_t count = 0;
    if (!count_units(len, &count, err)) return false;
    REQUIRE(index < count);
    uint64_t packed = packed_at(record, index);
    if (!unpack(packed, out, err)) return false;
    *letters = gazetteer_unit_letters(packed);
    return true;
}

bool gazetteer_units_find(const uint8_t *record, size_t len, uint32_t letters,
                          struct gazetteer_unit *out, bool *found, struct err *err)
{
    size_t count = 0;
    if (!count_units(len, &count, err)) return false;
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (gazetteer_unit_letters(packed_at(record, middle)) < letters) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    bool there = low < count && gazetteer_unit_letters(packed_at(record, low)) == letters;
    if (there && !unpack(packed_at(record, low), out, err)) return false;
    *found = there;
    return true;
}

bool gazetteer_units_check(const uint8_t *record, size_t len, size_t *count, struct err *err)
{
    size_t units = 0;
    if (!count_units(len, &units, err)) return false;
    for (size_t i = 0; i < units; i++) {
        struct gazetteer_unit unit;
        uint64_t packed = packed_at(record, i);
        if (!unpack(packed, &unit, err)) return false;
        if (i > 0 &&
            gazetteer_unit_letters(packed_at(record, i - 1)) >= gazetteer_unit_letters(packed)) {
            return gazetteer_corrupt(err, "postcodes out of order");
        }
    }
    *count = units;
    return true;
}

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : -1;
}

bool gazetteer_month_parse(const char *text, uint16_t *out)
{
    int digits[6];
    size_t n = 0;
    for (const char *p = text; *p; p++) {
        if (*p == '-' && n == 4 && p == text + 4) continue;
        if (n == 6 || digit(*p) < 0) return false;
        digits[n++] = digit(*p);
    }
    if (n != 6) return false;
    int year = digits[0] * 1000 + digits[1] * 100 + digits[2] * 10 + digits[3];
    int month = digits[4] * 10 + digits[5];
    int number = (year - GAZETTEER_FIRST_YEAR) * 12 + month;
    if (month < 1 || month > 12 || year < GAZETTEER_FIRST_YEAR || number > GAZETTEER_MONTHS_MAX) {
        return false;
    }
    *out = (uint16_t)number;
    return true;
}

const char *gazetteer_month_text(uint16_t month, char out[GAZETTEER_MONTH_TEXT])
{
    REQUIRE(month >= 1 && month <= GAZETTEER_MONTHS_MAX);
    (void)snprintf(out, GAZETTEER_MONTH_TEXT, "%04u-%02u",
                   (GAZETTEER_FIRST_YEAR + (month - 1U) / 12) % 10000, (month - 1U) % 12 + 1);
    return out;
}
