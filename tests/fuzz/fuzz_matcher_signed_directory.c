/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as directory.signed, before its signature is looked at: refused with a reason, or a
 * directory.
 */
#include "keys/identity.h"
#include "matcher/directory.h"
#include "tests/fuzz/home.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct directory *directory = NULL;
    struct err err = {0};
    free(fuzz_home_file(HOME_DIRECTORY, data, len));
    if (directory_read(fuzz_home(), NULL, &directory, &err)) {
        REQUIRE(directory_count(directory) <= len);
        directory_unref(directory);
    } else {
        REQUIRE(err.code == ERR_INVALID && err.text[0] != '\0');
    }
    return 0;
}
