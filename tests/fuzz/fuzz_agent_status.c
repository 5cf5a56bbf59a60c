/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as the file in which an agent says how it is: refused with a reason, or read.
 */
#include "agent/status_file.h"
#include "keys/identity.h"
#include "proto/base/text.h"
#include "tests/fuzz/home.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct status_file status;
    struct err err = {0};
    free(fuzz_home_file(HOME_STATUS, data, len));
    if (status_file_read(fuzz_home(), &status, &err)) {
        REQUIRE(text_is_id(status.id));
    } else {
        REQUIRE(err.code == ERR_INVALID && err.text[0] != '\0');
    }
    return 0;
}
