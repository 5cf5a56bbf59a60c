/* SPDX-License-Identifier: Apache-2.0
 * Ofsted's list, an agencies.csv before and a file that fills in, with the byte 0x1e between them:
 * any bytes are refused with a place and a reason, or give an agencies.csv that the directory
 * takes.
 */
#include <stdlib.h>
#include <string.h>

#include "matcher/directory_import.h"
#include "proto/base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { SEPARATOR = 0x1e };

struct part {
    const uint8_t *data;
    size_t len;
};

static struct part next_part(const uint8_t **data, size_t *len)
{
    const uint8_t *end = *len > 0 ? memchr(*data, SEPARATOR, *len) : NULL;
    struct part part = {*data, end ? (size_t)(end - *data) : *len};
    size_t step = part.len + (end ? 1 : 0);
    *data += step;
    *len -= step;
    return part;
}

static void check_result(const struct directory_import *import)
{
    struct buf text = {0};
    struct directory *directory = NULL;
    struct err err = {0};
    directory_import_write(import, &text);
    REQUIRE(directory_parse(text.data, text.len, NULL, NULL, &directory, &err));
    REQUIRE(directory_count(directory) == import->count);
    directory_unref(directory);
    text.len = 0;
    struct fill fill = {0};
    directory_import_write_missing(import, &text);
    REQUIRE(fill_parse(text.data, text.len, NULL, NULL, &fill, &err));
    REQUIRE(fill.count == import->missing);
    fill_free(&fill);
    buf_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct part list_text = next_part(&data, &len);
    struct part previous_text = next_part(&data, &len);
    struct part fill_text = next_part(&data, &len);
    struct ofsted_list list = {0};
    struct directory *previous = NULL;
    struct fill fill = {0};
    struct directory_import import = {0};
    struct err err = {0};
    if (!directory_parse(previous_text.data, previous_text.len, NULL, NULL, &previous, &err)) {
        previous = NULL;
    }
    if (!fill_parse(fill_text.data, fill_text.len, NULL, NULL, &fill, &err)) {
        REQUIRE(err.code == ERR_INVALID && err.text[0] && !fill.rows);
    }
    if (!ofsted_parse(list_text.data, list_text.len, NULL, NULL, &list, &err)) {
        REQUIRE(err.code == ERR_INVALID && err.text[0] && !list.active && !list.inactive);
    } else if (directory_import(&list, previous, &fill, NULL, NULL, &import, &err)) {
        check_result(&import);
    }
    directory_import_free(&import);
    ofsted_free(&list);
    directory_unref(previous);
    fill_free(&fill);
    return 0;
}
