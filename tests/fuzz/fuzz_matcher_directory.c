/* SPDX-License-Identifier: Apache-2.0
 * agencies.csv: any bytes are refused with a place and a reason, or give agencies within their
 * limits, ascending by id and without repeats.
 */
#include <string.h>

#include "matcher/directory.h"
#include "proto/base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check_agency(const struct directory *directory, size_t index)
{
    const struct agency *agency = directory_at(directory, index);
    REQUIRE(text_is_id(agency->id) && agency->name[0] != '\0');
    REQUIRE(agency->framework_count <= FRAMEWORKS_MAX);
    REQUIRE(directory_find(directory, agency->id) == agency);
    REQUIRE(judgement_name(agency->judgement)[0] && sector_name(agency->sector)[0]);
    REQUIRE(index == 0 || strcmp(directory_at(directory, index - 1)->id, agency->id) < 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct directory *directory = NULL;
    struct err err = {0};
    if (!directory_parse(data, len, NULL, NULL, &directory, &err)) {
        REQUIRE(err.code == ERR_INVALID && err.text[0] != '\0' && !directory);
        return 0;
    }
    for (size_t i = 0; i < directory_count(directory); i++) check_agency(directory, i);
    directory_unref(directory);
    return 0;
}
