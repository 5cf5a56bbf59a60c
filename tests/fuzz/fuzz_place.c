/* SPDX-License-Identifier: Apache-2.0
 * Any text as a place, with a small gazetteer and without one: refused with a reason that can be
 * printed, or a point of the grid, the same point for the text without its spaces around it.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proto/base/file.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"
#include "proto/domain/gazetteer.h"
#include "proto/domain/gazetteer_import.h"
#include "proto/domain/place.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const char CODES[] = "pcds,doterm,oseast1m,osnrth1m\n"
                            "LS6 3AA,,428000,436000\nLS6 3AB,201905,428000,436000\n"
                            "SE2 3NW,,547000,179000\nSE15 1AA,,534000,177000\n"
                            "W1A 0AX,,528900,181600\nGIR 0AA,,433000,397000\n";
static const char AREAS[] = "code,easting,northing\nBD3 9,418000,434000\nBD4,419000,431000\n";
static const char NAMES[] =
    "id,name1,name2,type,local_type,geometry_x,geometry_y,postcode_district,district_borough,"
    "county_unitary\n"
    "1,Leeds,,populatedPlace,City,429900,433500,LS1,Leeds,West Yorkshire\n"
    "2,Leeds,,populatedPlace,Village,582500,153300,ME17,Maidstone,Kent\n"
    "3,St Ives,,populatedPlace,Town,151800,40500,TR26,,Cornwall\n";

static void read_text(struct gazetteer_batch *batch, const char *text, size_t len)
{
    struct gazetteer_file *file = gazetteer_file_new(batch);
    struct err err;
    REQUIRE(gazetteer_file_feed(file, text, len, &err) && gazetteer_file_end(file, &err));
    gazetteer_file_free(file);
}

/* Made once; the directory is gone at once, which the open file does not mind. */
static struct gazetteer *make(void)
{
    char dir[] = "/tmp/hearth-fuzz-XXXXXX";
    static const char *const names[] = {"data.mdb", "lock.mdb"};
    struct gazetteer_report report = {.count = 1};
    struct gazetteer *gazetteer = NULL;
    struct err err;
    REQUIRE(mkdtemp(dir) != NULL);
    read_text(&report.batch, CODES, sizeof CODES - 1);
    read_text(&report.batch, AREAS, sizeof AREAS - 1);
    read_text(&report.batch, NAMES, sizeof NAMES - 1);
    report.sources = mem_new(struct gazetteer_source);
    report.sources[0].kind = FILE_AREAS;
    REQUIRE(gazetteer_merge(dir, false, &report, &err) && gazetteer_open(dir, &gazetteer, &err));
    gazetteer_report_free(&report);
    for (size_t i = 0; i < 2; i++) {
        char *path = file_join(dir, names[i]);
        (void)unlink(path);
        free(path);
    }
    (void)rmdir(dir);
    return gazetteer;
}

static void locate(const char *text, struct gazetteer *gazetteer)
{
    struct place place = {0}, again = {0};
    struct err err = {0};
    if (!place_locate(text, gazetteer, &place, &err)) {
        REQUIRE(err.code == ERR_INVALID && err.text[0] != '\0');
        REQUIRE(text_is_printable_utf8(err.text, strlen(err.text)));
        return;
    }
    REQUIRE(grid_contains(place.at) && text_is_printable_utf8(place.note, strlen(place.note)));
    char *copy = mem_string(text);
    REQUIRE(place_locate(text_trim(copy), gazetteer, &again, &err));
    REQUIRE(again.at.east == place.at.east && again.at.north == place.at.north);
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct gazetteer *gazetteer;
    if (!gazetteer) gazetteer = make();
    char *text = mem_array(len + 1, 1);
    memcpy(text, data, len);
    locate(text, NULL);
    locate(text, gazetteer);
    free(text);
    return 0;
}
