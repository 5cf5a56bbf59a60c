/* SPDX-License-Identifier: Apache-2.0
 * Bytes out of a file, or out of a ZIP file without unpacking it to disk.
 */
#include "proto/domain/gazetteer_zip.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proto/base/mem.h"
#include "proto/domain/gazetteer_members.h"

const char *gazetteer_last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

zip_t *gazetteer_zip_open(const char *path, struct err *err)
{
    int code = 0;
    zip_t *archive = zip_open(path, ZIP_RDONLY, &code);
    if (!archive) {
        zip_error_t why;
        zip_error_init_with_code(&why, code);
        (void)err_set(err, ERR_CORRUPT, gazetteer_last_part(path),
                      "cannot be read as a ZIP file: %s", zip_error_strerror(&why));
        zip_error_fini(&why);
    }
    return archive;
}

struct gazetteer_stream {
    int fd; /* -1 for a ZIP file's */
    zip_t *archive;
    zip_file_t *entry;
    const struct gazetteer_member *member;
    uint64_t done;
};

static bool open_entry(struct gazetteer_stream *stream, struct err *err)
{
    const struct gazetteer_member *member = stream->member;
    stream->archive = gazetteer_zip_open(member->path, err);
    if (!stream->archive) return false;
    stream->entry = zip_fopen_index(stream->archive, member->index, 0);
    if (stream->entry) return true;
    return err_set(err, ERR_CORRUPT, member->name, "cannot be read from %s: %s",
                   gazetteer_last_part(member->path), zip_strerror(stream->archive));
}

bool gazetteer_stream_open(const struct gazetteer_member *member, struct gazetteer_stream **out,
                           struct err *err)
{
    struct gazetteer_stream *stream = mem_new(struct gazetteer_stream);
    stream->member = member;
    stream->fd = -1;
    bool ok = true;
    if (member->zipped) {
        ok = open_entry(stream, err);
    } else {
        stream->fd = open(member->path, O_RDONLY | O_CLOEXEC);
        if (stream->fd < 0) ok = err_set_errno(err, errno, "", "cannot open %s", member->path);
    }
    if (!ok) {
        gazetteer_stream_close(stream);
        return false;
    }
    *out = stream;
    return true;
}

static bool read_entry(struct gazetteer_stream *stream, void *data, size_t cap, size_t *len,
                       struct err *err)
{
    const struct gazetteer_member *member = stream->member;
    zip_int64_t got = zip_fread(stream->entry, data, cap);
    if (got < 0) {
        return err_set(err, ERR_CORRUPT, member->name, "%s is damaged: %s",
                       gazetteer_last_part(member->path), zip_file_strerror(stream->entry));
    }
    stream->done += (uint64_t)got;
    if (stream->done > member->size) {
        return err_set(err, ERR_BUDGET, member->name, "unpacks to more than %s declares",
                       gazetteer_last_part(member->path));
    }
    *len = (size_t)got;
    return true;
}

bool gazetteer_stream_read(struct gazetteer_stream *stream, void *data, size_t cap, size_t *len,
                           struct err *err)
{
    if (stream->entry) return read_entry(stream, data, cap, len, err);
    for (;;) {
        ssize_t got = read(stream->fd, data, cap);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return err_set_errno(err, errno, stream->member->name, "cannot be read");
        *len = (size_t)got;
        return true;
    }
}

void gazetteer_stream_close(struct gazetteer_stream *stream)
{
    if (!stream) return;
    if (stream->fd >= 0) (void)close(stream->fd);
    if (stream->entry) (void)zip_fclose(stream->entry);
    if (stream->archive) zip_discard(stream->archive);
    free(stream);
}
