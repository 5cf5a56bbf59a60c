/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/audit/log_walk.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/mem.h"

static bool in_line(const struct log_walk *walk, struct err *err)
{
    char name[32];
    (void)snprintf(name, sizeof name, "line %llu", (unsigned long long)walk->lines);
    return err_in(err, name);
}

bool log_walk_open(FILE *in, struct log_walk *walk, struct err *err)
{
    size_t len = 0;
    bool whole = false;
    *walk = (struct log_walk){.in = in, .text = mem_array(LOG_LINE_MAX, 1), .lines = 1};
    if (!log_read_line(in, walk->text, &len, &whole, err) ||
        !log_header_read(walk->text, len, &walk->header, err)) {
        return in_line(walk, err);
    }
    walk->next = walk->header.from;
    memcpy(walk->hash, walk->header.previous, HASH_BYTES);
    return true;
}

void log_walk_close(struct log_walk *walk)
{
    log_header_free(&walk->header);
    free(walk->text);
    *walk = (struct log_walk){0};
}

enum log_step log_walk_bad(struct log_walk *walk, uint64_t number, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(walk->reason, sizeof walk->reason, fmt, args);
    va_end(args);
    walk->bad = number;
    return STEP_BAD;
}

static enum log_step at_end(struct log_walk *walk)
{
    const struct log_head *head = &walk->header.head;
    if (walk->next <= head->length) {
        return log_walk_bad(walk, walk->next,
                            "is missing, with all behind it: the export ends here and should hold "
                            "%llu entries",
                            (unsigned long long)head->length);
    }
    if (sodium_memcmp(walk->hash, head->hash, HASH_BYTES) != 0) {
        return log_walk_bad(walk, head->length,
                            "is not the one of the head: it, or entries before it, were replaced");
    }
    return STEP_END;
}

static enum log_step follow(struct log_walk *walk, const struct log_line *line)
{
    uint8_t hash[HASH_BYTES];
    if (line->number > walk->header.head.length) {
        return log_walk_bad(walk, line->number, "was added: the log was %llu entries long",
                            (unsigned long long)walk->header.head.length);
    }
    if (line->number != walk->next) {
        return log_walk_bad(walk, walk->next,
                            "was removed or put elsewhere: number %llu is in its place",
                            (unsigned long long)line->number);
    }
    audit_entry_hash(hash, line->number, walk->hash, line->inner_hash);
    if (sodium_memcmp(hash, line->hash, HASH_BYTES) != 0) {
        return log_walk_bad(walk, line->number, "was altered: it does not have the hash it had");
    }
    memcpy(walk->before, walk->hash, HASH_BYTES);
    memcpy(walk->hash, hash, HASH_BYTES);
    walk->next++;
    return STEP_ENTRY;
}

enum log_step log_walk_next(struct log_walk *walk, struct log_line *line, struct err *err)
{
    size_t len = 0;
    bool whole = false;
    walk->lines++;
    if (!log_read_line(walk->in, walk->text, &len, &whole, err)) {
        (void)in_line(walk, err);
        return STEP_FAILED;
    }
    if (len == 0 && !whole) return at_end(walk);
    if (!log_line_read(walk->text, len, line, err)) {
        if (!whole) return log_walk_bad(walk, walk->next, "is cut off: the file ends inside it");
        (void)in_line(walk, err);
        return STEP_FAILED;
    }
    enum log_step step = follow(walk, line);
    if (step != STEP_ENTRY) log_line_free(line);
    return step;
}
