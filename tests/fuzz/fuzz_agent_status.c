/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as the file in which a program says how it is: refused with a reason, or read and
 * judged.
 */
#include <stdlib.h>

#include "proto/metrics/daemon_status.h"
#include "tests/fuzz/home.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    json_t *status = NULL;
    struct err err = {0};
    free(fuzz_home_file(HOME_STATUS, data, len));
    if (daemon_status_read(fuzz_home(), "hearth-agent", &status, &err)) {
        daemon_findings(status);
        daemon_store_findings(status);
        int verdict = daemon_verdict(status);
        REQUIRE(verdict == 0 || verdict == 1);
        json_decref(status);
    } else {
        REQUIRE(err.code != ERR_NONE && err.text[0] != '\0');
    }
    return 0;
}
