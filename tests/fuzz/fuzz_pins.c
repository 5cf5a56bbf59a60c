/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as a file of pins: corrupt, or pins that are written and read again the same.
 */
#include "keys/pins.h"
#include "tests/fuzz/home.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct err err = {0};
    struct pins pins = {.path = fuzz_home_file("pins", data, len)};
    struct pins again = {.path = mem_string(pins.path)};
    if (pins_load(&pins, &err)) {
        pins_raise_revocation(&pins, pins.revocation_number + 1);
        REQUIRE(pins_flush(&pins, &err) && pins_load(&again, &err));
        REQUIRE(again.count == pins.count && again.revocation_number == pins.revocation_number);
        for (size_t i = 0; i < pins.count; i++) {
            const struct pin *pin = &pins.list[i];
            REQUIRE(pins_serial(&again, pin->role, pin->organisation) == pin->serial);
        }
    } else {
        REQUIRE(err.code == ERR_CORRUPT && err.text[0] != '\0');
    }
    pins_free(&pins);
    pins_free(&again);
    return 0;
}
