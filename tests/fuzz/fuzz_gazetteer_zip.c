/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as a file that is given to an import, which may be a ZIP: refused with a reason, or
 * members that give no more bytes than they declare.
 */
#include "proto/domain/gazetteer_members.h"
#include "tests/fuzz/home.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { READ_MAX = 1 << 20 };

static void read_member(const struct gazetteer_member *member)
{
    static uint8_t bytes[4096];
    struct gazetteer_stream *stream = NULL;
    struct err err = {0};
    uint64_t all = 0;
    size_t len = 1;
    if (!gazetteer_stream_open(member, &stream, &err)) {
        REQUIRE(err.code != ERR_NONE && err.text[0] != '\0');
        return;
    }
    while (len > 0 && all < READ_MAX) {
        if (!gazetteer_stream_read(stream, bytes, sizeof bytes, &len, &err)) {
            REQUIRE(err.code != ERR_NONE && err.text[0] != '\0');
            break;
        }
        all += len;
        REQUIRE(all <= member->size);
    }
    gazetteer_stream_close(stream);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct gazetteer_members members = {0};
    struct err err = {0};
    char *path = fuzz_home_file("codes.zip", data, len);
    if (gazetteer_members_add(&members, path, 0, &err)) {
        REQUIRE(members.count > 0);
        for (size_t i = 0; i < members.count && i < 16; i++) read_member(&members.items[i]);
    } else {
        REQUIRE(err.code != ERR_NONE && err.text[0] != '\0');
    }
    gazetteer_members_free(&members);
    free(path);
    return 0;
}
