/* SPDX-License-Identifier: Apache-2.0
 * What stands in the mailboxes' store: it reads back, and whatever is malformed is told as corrupt.
 */
#include "tests/unit/matcher/letters.h"

static void must_be_corrupt(bool ok, const struct err *err)
{
    assert_false(ok);
    assert_int_equal(err->code, ERR_CORRUPT);
    assert_string_equal(err->field, HOME_MAIL);
}

/* ---- decoders ---- */

typedef bool (*decode_fn)(const uint8_t *data, size_t len, struct err *err);

static bool item_reads(const uint8_t *data, size_t len, struct err *err)
{
    struct item_record item;
    return item_decode(data, len, &item, err);
}

static bool seen_reads(const uint8_t *data, size_t len, struct err *err)
{
    struct seen_record seen;
    return seen_decode(data, len, &seen, err);
}

static bool thread_reads(const uint8_t *data, size_t len, struct err *err)
{
    static const uint8_t key[MAIL_ID_BYTES];
    struct mail_thread thread;
    return thread_decode(key, sizeof key, data, len, &thread, err);
}

static bool counts_read_back(const uint8_t *data, size_t len, struct err *err)
{
    struct counts counts;
    return counts_decode(data, len, &counts, err);
}

static bool certificate_reads(const uint8_t *data, size_t len, struct err *err)
{
    struct certificate certificate = {0};
    bool ok = certificate_record_decode(data, len, &certificate, err);
    if (ok) certificate_free(&certificate);
    return ok;
}

/* All of it, and nothing shorter or longer. */
static void check_length(decode_fn decode, const struct buf *record)
{
    struct err err = {0};
    struct buf longer = {0};
    parties_must(decode(record->data, record->len, &err), &err);
    for (size_t len = 0; len < record->len; len++) {
        uint8_t *cut = mem_copy(record->data, len); /* so that a sanitizer sees what is behind */
        must_be_corrupt(decode(cut, len, &err), &err);
        free(cut);
    }
    buf_append(&longer, record->data, record->len);
    buf_u8(&longer, 0);
    must_be_corrupt(decode(longer.data, longer.len, &err), &err);
    buf_free(&longer);
}

static struct item_record example_item(struct scene *scene, const struct letter *letter)
{
    const struct signed_bytes *raw = &certificate_of(&scene->la)->raw;
    struct item_record item = {.kind = ITEM_MAIL,
                               .at_ms = 1234567,
                               .from = party_of(&scene->la),
                               .body = letter->body.data,
                               .body_len = letter->body.len,
                               .signature = letter->signature,
                               .certificate = raw->body.data,
                               .certificate_len = raw->body.len,
                               .certificate_signature = raw->signature};
    memcpy(item.mail_id, letter->mail.mail_id, MAIL_ID_BYTES);
    memset(item.thread_id, 9, MAIL_ID_BYTES);
    return item;
}

static void items_read_back(void **state)
{
    struct scene *scene = *state;
    struct letter letter = letter_of(scene, &scene->la, &scene->agency, NULL, 50);
    struct item_record item = example_item(scene, &letter), read;
    struct buf record = {0};
    struct err err = {0};
    item_encode(&item, &record);
    check_length(item_reads, &record);
    parties_must(item_decode(record.data, record.len, &read, &err), &err);
    assert_true(read.kind == ITEM_MAIL && read.at_ms == 1234567 && read.body_len == 50);
    assert_memory_equal(read.body, letter.body.data, 50);
    assert_memory_equal(read.thread_id, item.thread_id, MAIL_ID_BYTES);
    assert_true(mail_party_is(&read.from, &item.from));
    assert_true(item_room(&item) >= record.len && item_room(&item) <= record.len + 4096);
    record.data[0] = 3; /* no kind of item */
    must_be_corrupt(item_decode(record.data, record.len, &read, &err), &err);
    buf_free(&record);

    item.kind = ITEM_NOTICE;
    item.state = NOTICE_UNREADABLE;
    item_encode(&item, &record);
    check_length(item_reads, &record);
    assert_true(item_room(&item) >= record.len);
    for (unsigned last = 0; last < 256; last++) {
        record.data[record.len - 1] = (uint8_t)last;
        bool good = last >= NOTICE_TAKEN && last <= NOTICE_UNREADABLE;
        assert_int_equal(item_decode(record.data, record.len, &read, &err), good);
    }
    buf_free(&record);
    buf_free(&letter.body);
}

static void other_records_read_back(void **state)
{
    struct scene *scene = *state;
    struct buf record = {0};
    const struct seen_record seen = {.accepted_at = 5, .sent_at = 6, .hash = {7}};
    seen_encode(&seen, &record);
    check_length(seen_reads, &record);
    record.data[0] = 0x80; /* a time before 1970 */
    struct err err = {0};
    must_be_corrupt(seen_reads(record.data, record.len, &err), &err);
    buf_free(&record);
    const struct counts counts = {1, 2, 3, 4};
    counts_encode(&counts, &record);
    check_length(counts_read_back, &record);
    buf_free(&record);
    certificate_record_encode(certificate_of(&scene->la), &record);
    check_length(certificate_reads, &record);
    buf_free(&record);
    const struct mail_thread thread = {.la = "la-1", .agency = "agent-1", .opened_at = 9};
    thread_encode(&thread, &record);
    check_length(thread_reads, &record);
    record.data[0] = ROLE_AGENT; /* an agency in the place of the LA */
    must_be_corrupt(thread_reads(record.data, record.len, &err), &err);
    buf_free(&record);
}

static void names_of_parties(void **state)
{
    (void)state;
    struct mail_party party = {.role = ROLE_LA, .id = "la-1"}, read;
    uint8_t key[PARTY_KEY];
    struct err err = {0};
    mail_party_key(&party, key);
    parties_must(mail_party_key_decode(key, sizeof key, &read, &err), &err);
    assert_true(mail_party_is(&party, &read));
    must_be_corrupt(mail_party_key_decode(key, sizeof key - 1, &read, &err), &err);
    static const struct {
        size_t place;
        uint8_t value;
    } bad[] = {{0, ROLE_NONE}, {0, ROLE_MATCHER}, {0, 255}, {1, 0}, {1, 'L'}, {2, '/'}, {20, 'a'}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        mail_party_key(&party, key);
        key[bad[i].place] = bad[i].value;
        must_be_corrupt(mail_party_key_decode(key, sizeof key, &read, &err), &err);
    }
    memset(party.id, 'a', ID_MAX); /* the longest */
    mail_party_key(&party, key);
    parties_must(mail_party_key_decode(key, sizeof key, &read, &err), &err);
    assert_true(mail_party_is(&party, &read));
}

/* ---- a store that is damaged ---- */

static void damage(struct scene *scene, size_t table, const void *key, size_t key_len,
                   const void *value, size_t len)
{
    struct store_txn *txn = NULL;
    struct err err = {0};
    parties_must(store_begin(scene->mailbox->store, true, &txn, &err) &&
                     store_put(txn, table, key, key_len, value, len, &err) &&
                     store_commit(txn, &err),
                 &err);
}

static bool put_fails(struct scene *scene, const struct letter *letter, struct err *err)
{
    const struct mailbox_put put = {.mail = &letter->mail,
                                    .body = letter->body.data,
                                    .len = letter->body.len,
                                    .signature = letter->signature,
                                    .sender = certificate_of(letter->sender),
                                    .now_ms = scene->now_ms};
    struct mailbox_answer answer;
    return mailbox_put(scene->mailbox, &put, &answer, err);
}

/* Nothing is put into a store that cannot be believed, and nothing half. */
static void damaged_tables_refuse_messages(void **state)
{
    struct scene *scene = *state;
    static const enum counted whats[] = {COUNTED_BOX, COUNTED_SENDER, COUNTED_ALL};
    struct err err = {0};
    for (size_t i = 0; i < 6; i++) {
        scene_begin(scene);
        struct letter letter = letter_of(scene, &scene->la, &scene->agency, NULL, LETTER_BYTES);
        const struct mail_party la = party_of(&scene->la), agency = party_of(&scene->agency);
        uint8_t key[STORE_KEY_MAX] = {0};
        if (i < 3) {
            key[0] = (uint8_t)whats[i];
            mail_party_key(i == 0 ? &agency : &la, key + 1);
            damage(scene, MAILBOX_COUNTS, key, i == 2 ? 1 : 1 + PARTY_KEY, "x", 1);
        } else if (i == 3) {
            seen_key(&la, letter.mail.mail_id, key);
            damage(scene, MAILBOX_SEEN, key, SEEN_KEY, "", 0);
        } else if (i == 4) {
            damage(scene, MAILBOX_THREADS, letter.mail.thread_id, MAIL_ID_BYTES, "xyz", 3);
        } else {
            damage(scene, MAILBOX_STATE, "forgotten", 9, "1234567", 7);
        }
        uint64_t version = store_version(scene->mailbox->store);
        must_be_corrupt(put_fails(scene, &letter, &err), &err);
        assert_int_equal(store_version(scene->mailbox->store), version);
        buf_free(&letter.body);
        scene_end(scene);
    }
}

static void damaged_items_are_told(void **state)
{
    struct scene *scene = *state;
    struct mailbox_item item;
    struct mailbox_gone gone[MAILBOX_BATCH];
    bool found = false, withheld = false, existed = false, was_mail = false;
    size_t count = 0;
    struct err err = {0};
    scene_begin(scene);
    const struct mail_party agency = party_of(&scene->agency);
    uint8_t key[ITEM_KEY];
    (void)must_send(scene, &scene->la, &scene->agency, NULL);
    item_key(&agency, 1, key);
    damage(scene, MAILBOX_ITEMS, key, sizeof key, "\1abc", 4);
    must_be_corrupt(
        mailbox_next(scene->mailbox, &agency, 0, SIZE_MAX, &item, &found, &withheld, &err), &err);
    const struct mailbox_ack ack = {
        .party = agency, .number = 1, .state = NOTICE_TAKEN, .now_ms = scene->now_ms};
    must_be_corrupt(mailbox_ack(scene->mailbox, &ack, &existed, &was_mail, &gone[0], &err), &err);
    must_be_corrupt(mailbox_expire(scene->mailbox, scene->now_ms + 15 * DAY, gone, &count, &err),
                    &err);
    assert_int_equal(count, 0);
    scene_end(scene);
}

static bool never(const struct mail_thread *thread, void *ctx, struct err *err)
{
    (void)thread;
    (void)ctx;
    (void)err;
    fail();
    return false;
}

static void damaged_order_is_told(void **state)
{
    struct scene *scene = *state;
    struct mailbox_gone gone[MAILBOX_BATCH];
    struct certificate certificate = {0};
    bool found = false;
    size_t count = 0;
    struct err err = {0};
    scene_begin(scene);
    uint8_t key[9 + ITEM_KEY] = {DUE_ITEM};
    damage(scene, MAILBOX_DUE, key, 12, "", 0); /* too short */
    must_be_corrupt(mailbox_expire(scene->mailbox, scene->now_ms, gone, &count, &err), &err);
    scene_end(scene);

    scene_begin(scene);
    const struct mail_party agency = party_of(&scene->agency);
    item_key(&agency, 4, key + 9); /* an item that is not there */
    damage(scene, MAILBOX_DUE, key, sizeof key, "", 0);
    must_be_corrupt(mailbox_expire(scene->mailbox, scene->now_ms, gone, &count, &err), &err);
    key[0] = DUE_SEEN;
    damage(scene, MAILBOX_DUE, key, sizeof key, "", 0); /* of another length */
    must_be_corrupt(mailbox_forget(scene->mailbox, scene->now_ms, &err), &err);
    damage(scene, MAILBOX_THREADS, "short", 5, "", 0);
    must_be_corrupt(mailbox_threads(scene->mailbox, never, NULL, &err), &err);
    mail_party_key(&agency, key);
    damage(scene, MAILBOX_PARTIES, key, PARTY_KEY, "x", 1);
    must_be_corrupt(mailbox_party(scene->mailbox, &agency, &certificate, &found, &err), &err);
    scene_end(scene);
}

static void another_store_is_no_mailbox(void **state)
{
    struct scene *scene = *state;
    static const char *const tables[] = {"log"};
    static const struct store_schema schema = {.name = "log",
                                               .tables = tables,
                                               .table_count = 1,
                                               .format = 99,
                                               .oldest = 99,
                                               .readable = 99};
    struct store *store = NULL;
    struct mailbox *mailbox = NULL;
    struct err err = {0};
    scene_begin(scene);
    mailbox_close(scene->mailbox);
    char *other = file_join(scene->home, "other"), *path = file_join(other, HOME_MAIL);
    parties_must(store_open(path, true, &schema, 16, &store, &err), &err);
    store_close(store);
    assert_false(mailbox_open(other, &scene->limits, &mailbox, &err));
    assert_int_equal(err.code, ERR_VERSION);
    assert_non_null(strstr(err.field, HOME_MAIL));
    free(path);
    free(other);
    scene_open(scene);
    scene_end(scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_read_back),
        cmocka_unit_test(other_records_read_back),
        cmocka_unit_test(names_of_parties),
        cmocka_unit_test(damaged_tables_refuse_messages),
        cmocka_unit_test(damaged_items_are_told),
        cmocka_unit_test(damaged_order_is_told),
        cmocka_unit_test(another_store_is_no_mailbox),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, scene_set_up, scene_tear_down);
}
