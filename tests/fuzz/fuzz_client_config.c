/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as an LA's config.json, in a home that has a certificate but no key: the end is an
 * error in any case, about config.json or about the key.
 */
#include <string.h>
#include <unistd.h>

#include "client/la.h"
#include "tests/fuzz/home.h"
#include "tests/unit/support_keys/parties.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void write_certificate(void)
{
    static const char *const names[] = {HOME_CERTIFICATE, HOME_ROOT, HOME_REVOCATIONS};
    char *dir = support_temp_dir();
    struct parties *parties = parties_new(dir);
    struct party la = parties_add(parties, ROLE_LA, "la-1");
    struct err err = {0};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct buf bytes = {0};
        char *path = file_join(la.home, names[i]);
        parties_must(file_read(path, 1 << 20, &bytes, &err), &err);
        free(fuzz_home_file(names[i], bytes.data, bytes.len));
        buf_free(&bytes);
        free(path);
    }
    party_close(&la);
    parties_free(parties);
    support_temp_dir_remove(dir);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static bool written;
    struct la la;
    struct err err = {0};
    struct cli_common common = {.home = (char *)(uintptr_t)fuzz_home(), .passphrase_fd = -1};
    if (!written) write_certificate();
    written = true;
    free(fuzz_home_file(HOME_CONFIG, data, len));
    REQUIRE(!la_open(&common, &la, &err));
    REQUIRE(err.code != ERR_NONE && err.text[0] != '\0');
    return 0;
}
