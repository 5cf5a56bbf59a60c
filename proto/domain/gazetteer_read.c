/* SPDX-License-Identifier: Apache-2.0
 * First half of an import: files into a batch.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/base/mem.h"
#include "proto/base/text.h"
#include "proto/domain/gazetteer_import.h"
#include "proto/domain/gazetteer_members.h"

enum { CHUNK = 256 * 1024 };

struct reading {
    const struct gazetteer_import_options *options;
    struct gazetteer_report *report;
    const char *const *files;
    uint8_t *chunk;
    uint64_t done, total;
};

void gazetteer_report_free(struct gazetteer_report *report)
{
    free(report->sources);
    batch_free(&report->batch);
    *report = (struct gazetteer_report){0};
}

/* "/x/y/ONSPD.zip" and "/x/y/" by their last part. */
static void set_name(char out[GAZETTEER_FILE_NAME_MAX + 1], const char *path)
{
    char *copy = mem_string(path);
    size_t len = strlen(copy);
    while (len > 1 && copy[len - 1] == '/') copy[--len] = '\0';
    const char *slash = strrchr(copy, '/');
    text_copy_cut(out, GAZETTEER_FILE_NAME_MAX + 1, slash && slash[1] ? slash + 1 : copy);
    bool printable = text_is_printable_utf8(out, strlen(out));
    for (char *p = out; !printable && *p; p++) {
        if (*p < 0x20 || *p > 0x7e) *p = '?';
    }
    free(copy);
}

static struct gazetteer_source *source_of(struct gazetteer_report *report, const char *path,
                                          enum gazetteer_file_kind kind)
{
    char name[GAZETTEER_FILE_NAME_MAX + 1];
    set_name(name, path);
    for (size_t i = 0; i < report->count; i++) {
        struct gazetteer_source *source = &report->sources[i];
        if (source->kind == kind && strcmp(source->name, name) == 0) return source;
    }
    report->sources = mem_resize(report->sources, report->count + 1, sizeof *report->sources);
    struct gazetteer_source *added = &report->sources[report->count++];
    *added = (struct gazetteer_source){.kind = kind};
    memcpy(added->name, name, sizeof name);
    return added;
}

static void add_tally(struct gazetteer_tally *sum, const struct gazetteer_tally *one)
{
    sum->rows += one->rows;
    sum->taken += one->taken;
    sum->no_reference += one->no_reference;
    sum->other_grid += one->other_grid;
    sum->outside += one->outside;
    sum->other_type += one->other_type;
    sum->malformed += one->malformed;
    for (size_t i = 0; i < one->problem_count && sum->problem_count < GAZETTEER_PROBLEMS; i++) {
        sum->problems[sum->problem_count++] = one->problems[i];
    }
}

static bool feed_all(struct reading *reading, struct gazetteer_stream *stream,
                     struct gazetteer_file *file, struct err *err)
{
    for (;;) {
        size_t len = 0;
        if (!gazetteer_stream_read(stream, reading->chunk, CHUNK, &len, err)) return false;
        if (len == 0) return gazetteer_file_end(file, err);
        if (!gazetteer_file_feed(file, reading->chunk, len, err)) return false;
        reading->done += len;
        if (reading->options->progress) {
            reading->options->progress(reading->options->ctx, reading->done, reading->total);
        }
    }
}

static bool check_alone(const struct gazetteer_file *file, struct err *err)
{
    const struct gazetteer_tally *tally = gazetteer_file_tally(file);
    if (tally->taken > 0) return true;
    return err_set(err, ERR_INVALID, "", "nothing to import: %s",
                   tally->rows > 0 ? "no row of it lies on the National Grid" : "it has no rows");
}

/* Beside the data in directories and ZIP files there are guides and lists of codes. */
static bool is_beside(const struct gazetteer_member *member, const struct gazetteer_file *file,
                      const struct err *err)
{
    return !member->alone && gazetteer_file_tally(file)->taken == 0 &&
           (err->code == ERR_NONE || err->code == ERR_INVALID);
}

static bool read_member(struct reading *reading, const struct gazetteer_member *member,
                        struct err *err)
{
    struct gazetteer_stream *stream = NULL;
    struct gazetteer_report *report = reading->report;
    if (!gazetteer_stream_open(member, &stream, err)) return false;
    struct gazetteer_file *file = gazetteer_file_new(&report->batch);
    uint64_t before = reading->done;
    bool ok = feed_all(reading, stream, file, err);
    if (ok && member->alone) ok = check_alone(file, err);
    gazetteer_stream_close(stream);
    reading->done = before + member->size;
    const struct gazetteer_tally *tally = gazetteer_file_tally(file);
    if (is_beside(member, file, err)) {
        report->files_left_out++;
        *err = (struct err){0};
        ok = true;
    } else if (ok) {
        struct gazetteer_source *source =
            source_of(report, reading->files[member->argument], gazetteer_file_kind(file));
        source->files++;
        add_tally(&source->tally, tally);
    } else if (err->field[0] == '\0') {
        (void)err_in(err, member->name);
    }
    gazetteer_file_free(file);
    return ok;
}

static bool nothing_found(const struct gazetteer_report *report, struct err *err)
{
    return err_set(err, ERR_INVALID, "",
                   "none of the %llu CSV files is the ONS Postcode Directory, Code-Point Open, OS "
                   "Open Names or a list of postcode sectors or districts",
                   (unsigned long long)report->files_left_out);
}

bool gazetteer_read_files(const char *const *files, size_t count,
                          const struct gazetteer_import_options *options,
                          struct gazetteer_report *report, struct err *err)
{
    struct gazetteer_members members = {0};
    struct reading reading = {.options = options, .report = report, .files = files};
    bool ok = true;
    *err = (struct err){0};
    for (size_t i = 0; ok && i < count; i++) ok = gazetteer_members_add(&members, files[i], i, err);
    reading.chunk = mem_array(CHUNK, 1);
    reading.total = members.bytes;
    for (size_t i = 0; ok && i < members.count; i++) {
        ok = read_member(&reading, &members.items[i], err);
    }
    free(reading.chunk);
    gazetteer_members_free(&members);
    if (ok && report->count == 0) ok = nothing_found(report, err);
    return ok;
}
