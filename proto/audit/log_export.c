/* SPDX-License-Identifier: Apache-2.0
 * The check that whoever gets an export makes.
 */
#include "proto/audit/log_export.h"

#include <stdlib.h>
#include <string.h>

#include "proto/audit/log_walk.h"
#include "proto/base/mem.h"

struct check {
    struct log_walk walk;
    const struct known_head **known; /* by length */
    size_t known_count, at;
    log_entry_fn each;
    void *ctx;
    struct log_check *out;
};

static enum log_step check_start(struct check *check, struct trust *trust)
{
    struct log_walk *walk = &check->walk;
    const struct log_header *header = &walk->header;
    static const uint8_t zeros[HASH_BYTES];
    struct checkpoint checkpoint;
    struct err err = {0};
    if (!checkpoint_open(&header->checkpoint, &header->certificate, trust, &checkpoint, &err)) {
        return log_walk_bad(walk, 0, "%s%s%.300s", err.field, err.field[0] ? ": " : "", err.text);
    }
    if (strcmp(checkpoint.matcher, header->matcher) != 0) {
        return log_walk_bad(walk, 0, "checkpoint: is one of %s, the export says %s",
                            checkpoint.matcher, header->matcher);
    }
    if (checkpoint.head.length != header->head.length ||
        sodium_memcmp(checkpoint.head.hash, header->head.hash, HASH_BYTES) != 0) {
        return log_walk_bad(walk, 0,
                            "checkpoint: its head of %llu entries is not the head that the export "
                            "names",
                            (unsigned long long)checkpoint.head.length);
    }
    if (header->from == 1 && sodium_memcmp(header->previous, zeros, HASH_BYTES) != 0) {
        return log_walk_bad(walk, 1, "is not the first: the export names one before it");
    }
    return STEP_ENTRY;
}

/* ---- heads that the party holds ---- */

static int by_length(const void *a, const void *b)
{
    const struct known_head *const *x = a, *const *y = b;
    uint64_t left = (*x)->head.length, right = (*y)->head.length;
    return (left > right) - (left < right);
}

static void sort_known(struct check *check, const struct known_head *known, size_t count)
{
    check->known = mem_array(count, sizeof(struct known_head *));
    check->known_count = count;
    for (size_t i = 0; i < count; i++) check->known[i] = &known[i];
    if (count > 0) qsort(check->known, count, sizeof(struct known_head *), by_length);
}

/* Those whose length the walk has reached. */
static enum log_step look_at_known(struct check *check)
{
    struct log_walk *walk = &check->walk;
    uint64_t length = walk->next - 1;
    for (; check->at < check->known_count; check->at++) {
        const struct known_head *known = check->known[check->at];
        if (known->head.length > length) break;
        if (known->head.length < length) {
            check->out->earlier++;
        } else if (sodium_memcmp(known->head.hash, walk->hash, HASH_BYTES) == 0) {
            check->out->checked++;
        } else {
            return log_walk_bad(walk, length,
                                "is not the one that %s names: it, or entries before it, were "
                                "replaced",
                                known->from);
        }
    }
    return STEP_ENTRY;
}

/* ---- the walk ---- */

static enum log_step look_at_entry(struct check *check, const struct log_line *line)
{
    struct audit_entry entry;
    struct err err = {0};
    if (!line->shown) return STEP_ENTRY;
    check->out->own++;
    if (audit_inner_decode(line->inner.data, line->inner.len, line->number, check->walk.before,
                           &entry, &err)) {
        if (check->each) check->each(&entry, check->ctx);
        return STEP_ENTRY;
    }
    if (err.code == ERR_VERSION) return STEP_ENTRY; /* it has its hash: a newer matcher wrote it */
    return log_walk_bad(&check->walk, line->number, "%s", err.text);
}

static enum log_step walk_all(struct check *check, struct trust *trust, struct err *err)
{
    struct log_line line;
    enum log_step step = check_start(check, trust);
    if (step == STEP_ENTRY) step = look_at_known(check);
    while (step == STEP_ENTRY) {
        step = log_walk_next(&check->walk, &line, err);
        if (step != STEP_ENTRY) break;
        step = look_at_known(check);
        if (step == STEP_ENTRY) step = look_at_entry(check, &line);
        log_line_free(&line);
    }
    return step;
}

static void conclude(const struct check *check, enum log_step step)
{
    const struct log_walk *walk = &check->walk;
    struct log_check *out = check->out;
    memcpy(out->matcher, walk->header.matcher, sizeof out->matcher);
    memcpy(out->party, walk->header.party, sizeof out->party);
    out->from = walk->header.from;
    out->head = walk->header.head;
    out->later = check->known_count - check->at;
    out->intact = step == STEP_END;
    out->bad = walk->bad;
    memcpy(out->reason, walk->reason, sizeof out->reason);
}

bool log_export_check(FILE *in, struct trust *trust, const struct known_head *known,
                      size_t known_count, log_entry_fn each, void *ctx, struct log_check *out,
                      struct err *err)
{
    struct log_check found = {0};
    struct check check = {.each = each, .ctx = ctx, .out = &found};
    if (!log_walk_open(in, &check.walk, err)) {
        log_walk_close(&check.walk);
        return false;
    }
    sort_known(&check, known, known_count);
    enum log_step step = walk_all(&check, trust, err);
    conclude(&check, step);
    free(check.known);
    log_walk_close(&check.walk);
    if (step == STEP_FAILED) return false;
    *out = found;
    return true;
}

void known_heads_add(struct known_heads *heads, const struct known_head *head)
{
    if (heads->count == heads->room) {
        heads->room = heads->room ? 2 * heads->room : 64;
        heads->list = mem_resize(heads->list, heads->room, sizeof *heads->list);
    }
    heads->list[heads->count++] = *head;
}
