/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/restored.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "keys/authority.h"
#include "proto/base/file.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"

enum { NUMBERS = 3 };

/* ---- reading ---- */

static bool take_number(char *word, void *ctx)
{
    struct {
        uint64_t *out;
        size_t count;
    } *taking = ctx;
    int64_t number = 0;
    if (taking->count >= NUMBERS || !text_integer(word, 0, INT64_MAX, &number)) return false;
    taking->out[taking->count++] = (uint64_t)number;
    return true;
}

static bool take_line(char *line, void *ctx)
{
    struct restored *out = ctx;
    uint64_t numbers[NUMBERS] = {0};
    struct {
        uint64_t *out;
        size_t count;
    } taking = {numbers, 0};
    if (!text_split(line, ' ', take_number, &taking) || taking.count != NUMBERS ||
        numbers[0] < out->from || numbers[1] <= numbers[0] || numbers[2] <= out->number) {
        return false;
    }
    /* What an earlier restore did not know is not known now either. */
    if (out->to == 0) out->from = numbers[0];
    out->to = numbers[1];
    out->number = numbers[2];
    return true;
}

static bool parse(struct buf *text, struct restored *out)
{
    size_t first = sizeof RESTORED_FIRST_LINE - 1;
    if (text->len <= first || sodium_memcmp(text->data, RESTORED_FIRST_LINE, first) != 0 ||
        text->data[text->len - 1] != '\n' || memchr(text->data, '\0', text->len)) {
        return false;
    }
    text->data[text->len - 1] = '\0';
    return text_split((char *)text->data + first, '\n', take_line, out);
}

bool restored_load(const char *dir, struct restored *out, struct err *err)
{
    struct restored made = {0};
    struct buf text = {0};
    char *path = file_join(dir, AUTHORITY_RESTORED);
    bool ok = !file_exists(path) ||
              (file_read(path, RESTORED_FILE_MAX, &text, err) &&
               (parse(&text, &made) || err_set(err, ERR_CORRUPT, AUTHORITY_RESTORED,
                                               "is no record of restores, or cut short")));
    buf_free(&text);
    free(path);
    if (ok) *out = made;
    return ok;
}

/* ---- adding ---- */

struct loaded {
    struct authority_root root;
    struct issued issued;
    struct revocations list;
    struct restored before;
};

static bool load(const char *dir, struct loaded *out, struct err *err)
{
    char *root = file_join(dir, HOME_ROOT), *issued = file_join(dir, AUTHORITY_ISSUED);
    char *list = file_join(dir, HOME_REVOCATIONS);
    bool ok = authority_root_load(root, &out->root, err) &&
              revocations_load(list, &out->root.certificate, &out->list, err) &&
              issued_load(issued, &out->root.certificate, &out->issued, err) &&
              restored_load(dir, &out->before, err);
    free(root);
    free(issued);
    free(list);
    return ok;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static bool add_line(const char *dir, const struct loaded *loaded, struct err *err)
{
    const struct issued *issued = &loaded->issued;
    uint64_t last = loaded->root.certificate.serial;
    if (issued->count > 0) last = larger(last, issued->list[issued->count - 1].serial);
    uint64_t to = larger(last, loaded->before.to) + RESTORED_SERIALS;
    uint64_t number = larger(loaded->list.number, loaded->before.number) + RESTORED_NUMBERS;
    struct buf text = {0};
    char *path = file_join(dir, AUTHORITY_RESTORED);
    bool ok = !file_exists(path) || file_read(path, RESTORED_FILE_MAX, &text, err);
    if (text.len == 0) buf_text(&text, RESTORED_FIRST_LINE);
    buf_format(&text, "%llu %llu %llu\n", (unsigned long long)last, (unsigned long long)to,
               (unsigned long long)number);
    ok = ok && file_write(path, text.data, text.len, 0600, err);
    free(path);
    buf_free(&text);
    return ok;
}

bool restored_note(const char *dir, struct err *err)
{
    struct loaded loaded = {0};
    bool ok = load(dir, &loaded, err) && add_line(dir, &loaded, err);
    authority_root_free(&loaded.root);
    issued_free(&loaded.issued);
    revocations_free(&loaded.list);
    return ok;
}
