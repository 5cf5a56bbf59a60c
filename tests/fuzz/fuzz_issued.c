/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as the Authority's record of what it issued, unchecked, as `show` reads it: corrupt, or
 * certificates with ascending serials.
 */
#include "keys/issued.h"
#include "tests/fuzz/home.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct issued issued = {0};
    struct err err = {0};
    char *path = fuzz_home_file("issued", data, len);
    if (issued_load(path, NULL, &issued, &err)) {
        for (size_t i = 0; i < issued.count; i++) {
            const struct certificate *one = &issued.list[i];
            REQUIRE(issued_by_serial(&issued, one->serial) == one);
            REQUIRE(issued_newest(&issued, one->role, one->organisation) != NULL);
        }
        issued_free(&issued);
    } else {
        REQUIRE(err.code == ERR_CORRUPT && err.text[0] != '\0');
    }
    free(path);
    return 0;
}
