/* SPDX-License-Identifier: Apache-2.0 */
#include "matcher/directory_import_id.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/text.h"

enum { LONGEST_SUFFIX = 16, SHORTEST = 8 };

/* U+2019, the apostrophe of word processors. */
static const char curly[] = "\xE2\x80\x99";

struct writer {
    char *out;
    size_t used, longest;
    bool gap;   /* a hyphen is due before the next letter */
    bool whole; /* nothing was cut off */
};

static void put(struct writer *writer, const char *text)
{
    size_t len = strlen(text), hyphen = writer->gap && writer->used > 0;
    if (!writer->whole || writer->used + hyphen + len > writer->longest) {
        writer->whole = false;
        return;
    }
    if (hyphen) writer->out[writer->used++] = '-';
    memcpy(writer->out + writer->used, text, len);
    writer->used += len;
    writer->gap = false;
}

/* A word that was cut off goes, if it began in the second half. */
static void drop_broken_word(struct writer *writer, char next)
{
    if (writer->gap || !isalnum((unsigned char)next)) return;
    for (size_t i = writer->used; i > writer->longest / 2; i--) {
        if (writer->out[i - 1] == '-') {
            writer->used = i - 1;
            return;
        }
    }
}

void import_id_of_name(const char *name, size_t longest, char out[ID_MAX + 1])
{
    REQUIRE(longest >= SHORTEST && longest <= ID_MAX);
    struct writer writer = {.out = out, .longest = longest, .whole = true};
    while (*name) {
        size_t step = 1;
        char letter[2] = {(char)tolower((unsigned char)*name), '\0'};
        if (isalnum((unsigned char)*name)) {
            put(&writer, letter);
        } else if (*name == '&') {
            writer.gap = true;
            put(&writer, "and");
            writer.gap = true;
        } else if (strncmp(name, curly, strlen(curly)) == 0) {
            step = strlen(curly);
        } else if (*name != '\'') {
            writer.gap = true;
        }
        if (!writer.whole) break;
        name += step;
    }
    if (!writer.whole) drop_broken_word(&writer, *name);
    out[writer.used] = '\0';
    if (writer.used == 0) (void)snprintf(out, ID_MAX + 1, "agency");
}

static void join(const char *name, const char *suffix, char out[ID_MAX + 1])
{
    size_t len = strlen(suffix);
    import_id_of_name(name, ID_MAX - 1 - len, out);
    size_t used = strlen(out);
    out[used] = '-';
    memcpy(out + used + 1, suffix, len + 1);
}

void import_id_told_apart(const char *name, const char *urn, import_id_taken_fn taken, void *ctx,
                          char out[ID_MAX + 1])
{
    char suffix[ID_MAX + 1];
    if (urn[0]) {
        import_id_of_name(urn, LONGEST_SUFFIX, suffix);
        join(name, suffix, out);
        if (!taken(out, ctx)) return;
    }
    for (unsigned number = 2;; number++) {
        (void)snprintf(suffix, sizeof suffix, "%u", number);
        join(name, suffix, out);
        if (!taken(out, ctx)) return;
    }
}
