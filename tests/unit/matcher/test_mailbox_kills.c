/* SPDX-License-Identifier: Apache-2.0
 * A process that puts, takes and acknowledges is killed at random instants, some hundreds of times.
 * After each the store is compared with what the process had been told: nothing that was accepted
 * is lost, nothing is there twice, nothing that was taken comes back.
 */
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/matcher/letters.h"

enum { KILLS = 400, MAILS_MAX = 100000, DELAY_MAX_US = 6000, THREAD = 4, PATIENCE_MS = 20000 };

/* How far each step had come when the process was killed. */
enum step { STEP_NONE, STEP_BEGUN, STEP_DONE };

/* In memory that both processes share, so that a kill leaves it as it stood. */
struct told {
    volatile uint32_t running; /* the process has opened the store */
    volatile uint32_t count;   /* messages that were begun to be put */
    struct {
        volatile uint8_t put, ack, noted; /* of the message, of its notice */
    } mails[MAILS_MAX];
};

struct killing {
    struct scene *scene;
    struct told *told;
    size_t kills, in_the_midst; /* of a step */
};

/* Every message can be made again from its number: the same bytes under the same id. */
static void make_letter(struct scene *scene, uint32_t number, struct letter *out)
{
    struct letter letter = letter_of(scene, &scene->la, &scene->agency, NULL, 0);
    uint32_t thread = number - number % THREAD;
    uint8_t seed[randombytes_SEEDBYTES] = {0};
    memset(letter.mail.mail_id, 0, MAIL_ID_BYTES);
    memset(letter.mail.thread_id, 0, MAIL_ID_BYTES);
    memcpy(letter.mail.mail_id, &number, sizeof number);
    memcpy(letter.mail.thread_id, &thread, sizeof thread);
    memcpy(seed, &number, sizeof number);
    size_t bytes = 100 + number * 7919 % 20000;
    randombytes_buf_deterministic(buf_reserve(&letter.body, bytes), bytes, seed);
    memset(letter.signature, 7, sizeof letter.signature);
    *out = letter;
}

static uint32_t number_of(const uint8_t mail_id[MAIL_ID_BYTES])
{
    uint32_t number = 0;
    memcpy(&number, mail_id, sizeof number);
    return number;
}

/* ---- the process that is killed ---- */

static void put(struct killing *killing, uint32_t number)
{
    struct letter letter;
    make_letter(killing->scene, number, &letter);
    killing->told->mails[number].put = STEP_BEGUN;
    struct mailbox_answer answer = letter_put(killing->scene, &letter);
    parties_must(!answer.refused, &answer.reason);
    killing->told->mails[number].put = STEP_DONE;
    buf_free(&letter.body);
}

/* Acknowledges the first item after a random number of them. */
static void ack_one(struct killing *killing, const struct party *party)
{
    const struct mail_party owner = party_of(party);
    struct mailbox_item item = {.number = 0};
    bool found = true, withheld = false;
    struct err err = {0};
    for (uint32_t skip = randombytes_uniform(3) + 1; found && skip > 0; skip--) {
        parties_must(mailbox_next(killing->scene->mailbox, &owner, item.number, 0, &item, &found,
                                  &withheld, &err),
                     &err);
    }
    if (!found) return;
    uint32_t number = number_of(item.mail_id);
    volatile uint8_t *step = item.kind == ITEM_MAIL ? &killing->told->mails[number].ack
                                                    : &killing->told->mails[number].noted;
    *step = STEP_BEGUN;
    assert_true(item_ack(killing->scene, party, item.number, NOTICE_TAKEN));
    *step = STEP_DONE;
}

static void work(struct killing *killing)
{
    struct told *told = killing->told;
    scene_open(killing->scene);
    told->running = 1;
    /* A sender puts again what it has had no answer for. */
    if (told->count > 0) put(killing, told->count - 1);
    for (;;) {
        uint32_t chance = randombytes_uniform(10);
        if (chance < 4) {
            REQUIRE(told->count < MAILS_MAX);
            told->count++;
            put(killing, told->count - 1);
        } else {
            ack_one(killing, chance < 8 ? &killing->scene->agency : &killing->scene->la);
        }
    }
}

static void run_and_kill(struct killing *killing)
{
    killing->told->running = 0;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        work(killing);
        _exit(1);
    }
    int64_t end_ms = clock_steady_ms() + PATIENCE_MS;
    while (!killing->told->running && clock_steady_ms() < end_ms) (void)sched_yield();
    int64_t kill_us = clock_steady_us() + randombytes_uniform(DELAY_MAX_US);
    while (clock_steady_us() < kill_us) (void)sched_yield();
    int status = 0;
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    killing->kills++;
}

/* ---- what is found afterwards ---- */

/* How often each message is in a mailbox; they stand in the order of their numbers. */
static uint8_t *tally(struct killing *killing, const struct party *party, enum item_kind kind)
{
    uint8_t *times = mem_array(killing->told->count + 1, 1);
    size_t count = 0;
    int64_t last = -1;
    struct mailbox_item *items = items_of(killing->scene, party, &count);
    for (size_t i = 0; i < count; i++) {
        uint32_t number = number_of(items[i].mail_id);
        assert_int_equal(items[i].kind, kind);
        assert_true(number < killing->told->count);
        if (kind == ITEM_MAIL) assert_true((int64_t)number > last);
        last = number;
        times[number]++;
    }
    free(items);
    return times;
}

static bool was_seen(struct killing *killing, uint32_t number)
{
    const struct mail_party la = party_of(&killing->scene->la);
    uint8_t id[MAIL_ID_BYTES] = {0}, key[SEEN_KEY];
    const uint8_t *value = NULL;
    size_t len = 0;
    bool found = false;
    struct store_txn *txn = NULL;
    struct err err = {0};
    memcpy(id, &number, sizeof number);
    seen_key(&la, id, key);
    parties_must(store_begin(killing->scene->mailbox->store, false, &txn, &err) &&
                     store_get(txn, MAILBOX_SEEN, key, sizeof key, &value, &len, &found, &err),
                 &err);
    store_abort(txn);
    return found;
}

/* What was begun is done altogether or not at all; from here on we know which. */
static void settle(struct killing *killing, uint32_t number, uint8_t in_box, uint8_t noticed)
{
    struct told *told = killing->told;
    bool seen = was_seen(killing, number);
    if (told->mails[number].put == STEP_BEGUN) {
        killing->in_the_midst++;
        assert_int_equal(in_box, seen ? 1 : 0);
        if (seen) told->mails[number].put = STEP_DONE;
    }
    if (told->mails[number].ack == STEP_BEGUN) {
        killing->in_the_midst++;
        told->mails[number].ack = in_box ? STEP_NONE : STEP_DONE;
    }
    if (told->mails[number].noted == STEP_BEGUN) {
        killing->in_the_midst++;
        told->mails[number].noted = noticed ? STEP_NONE : STEP_DONE;
    }
    bool put = told->mails[number].put == STEP_DONE, ack = told->mails[number].ack == STEP_DONE;
    bool noted = told->mails[number].noted == STEP_DONE;
    assert_int_equal(seen, put);
    assert_int_equal(in_box, put && !ack ? 1 : 0);
    assert_int_equal(noticed, ack && !noted ? 1 : 0);
}

static void check(struct killing *killing)
{
    scene_open(killing->scene);
    scene_check(killing->scene);
    uint8_t *in_box = tally(killing, &killing->scene->agency, ITEM_MAIL);
    uint8_t *noticed = tally(killing, &killing->scene->la, ITEM_NOTICE);
    for (uint32_t i = 0; i < killing->told->count; i++) settle(killing, i, in_box[i], noticed[i]);
    free(in_box);
    free(noticed);
    mailbox_close(killing->scene->mailbox);
}

/* A thread's first message, once acknowledged, is what the thread says was taken. */
static bool check_taken(const struct mail_thread *thread, void *ctx, struct err *err)
{
    const struct killing *killing = ctx;
    (void)err;
    uint32_t number = number_of(thread->thread_id);
    assert_int_equal(number % THREAD, 0);
    assert_int_equal(thread->taken_at != 0, killing->told->mails[number].ack == STEP_DONE);
    assert_int_equal(thread->answered_at, 0);
    return true;
}

static void nothing_is_lost_or_doubled(void **state)
{
    struct scene *scene = *state;
    struct told *told =
        mmap(NULL, sizeof *told, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(told != MAP_FAILED);
    struct killing killing = {.scene = scene, .told = told};
    struct err err = {0};
    scene_begin(scene);
    scene->limits.per_day = scene->limits.items = MAILS_MAX;
    mailbox_close(scene->mailbox);
    while (killing.kills < KILLS) {
        run_and_kill(&killing);
        check(&killing);
    }
    scene_open(scene);
    parties_must(mailbox_threads(scene->mailbox, check_taken, &killing, &err), &err);
    print_message("%zu kills, %zu in the midst of a step, %u messages\n", killing.kills,
                  killing.in_the_midst, told->count);
    assert_true(told->count >= KILLS / 4);
    assert_true(killing.in_the_midst >= KILLS / 4); /* else the test tests nothing */
    scene_end(scene);
    (void)munmap(told, sizeof *told);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(nothing_is_lost_or_doubled)};
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, scene_set_up, scene_tear_down);
}
