/* SPDX-License-Identifier: Apache-2.0 */
#include "client/thread_report.h"

#include <string.h>

#include <sodium.h>

#include "proto/base/clock.h"
#include "proto/base/text.h"

void age_text(int64_t ms, char out[AGE_TEXT])
{
    long long minutes = ms > 0 ? (long long)(ms / 60000) : 0;
    if (minutes < 120) {
        (void)snprintf(out, AGE_TEXT, "%lld min", minutes);
    } else if (minutes < 48 * 60LL) {
        (void)snprintf(out, AGE_TEXT, "%lld h", minutes / 60);
    } else {
        (void)snprintf(out, AGE_TEXT, "%lld days", minutes / (24 * 60LL));
    }
}

void thread_state_text(const struct thread *thread, char out[STATE_TEXT])
{
    switch (thread->state) {
    case THREAD_DECLINE:
        (void)snprintf(out, STATE_TEXT, "declined: %s", decline_reason_words(thread->reason));
        break;
    case THREAD_REFUSED: (void)snprintf(out, STATE_TEXT, "refused: %s", thread->why); break;
    default: (void)snprintf(out, STATE_TEXT, "%s", thread_state_name(thread->state));
    }
    text_make_printable(out);
}

const char *thread_search_ref(const struct thread *thread, const struct kept_search *searches,
                              size_t search_count)
{
    for (size_t i = 0; thread->known && i < search_count; i++) {
        if (sodium_memcmp(searches[i].name, thread->search, HASH_BYTES) == 0) {
            return searches[i].record.search_ref;
        }
    }
    return NULL;
}

static const char *stage_text(const struct thread *thread)
{
    return thread->stage ? referral_stage_name(thread->stage) : "-";
}

void threads_table(FILE *out, const struct thread *const *list, size_t count,
                   const struct kept_search *searches, size_t search_count)
{
    int64_t now = clock_wall_ms();
    (void)fprintf(out, "%-8s  %-16s  %-16s  %-7s  %-9s  %s\n", "Thread", "Search", "Agency",
                  "Stage", "Age", "State");
    for (size_t i = 0; i < count; i++) {
        const struct thread *thread = list[i];
        char id[THREAD_SHORT], age[AGE_TEXT], state[STATE_TEXT];
        const char *ref = thread_search_ref(thread, searches, search_count);
        thread_short_id(thread, id);
        age_text(now - thread->since_ms, age);
        thread_state_text(thread, state);
        (void)fprintf(out, "%-8s  %-16s  %-16s  %-7s  %-9s  %s", id, ref ? ref : "-",
                      thread->agency, stage_text(thread), age, state);
        if (thread->unread > 0) (void)fprintf(out, " (%zu unread)", thread->unread);
        if (thread->refusal[0] && thread->state != THREAD_REFUSED) {
            (void)fprintf(out, "; the last message was refused: %s", thread->refusal);
        }
        (void)fputc('\n', out);
    }
}

json_t *thread_json(const struct thread *thread, const struct kept_search *searches,
                    size_t search_count)
{
    char id[2 * MAIL_ID_BYTES + 1], hash[2 * HASH_BYTES + 1];
    const char *ref = thread_search_ref(thread, searches, search_count);
    json_t *object = json_pack(
        "{s:s,s:s?,s:s,s:s,s:s,s:s,s:s,s:o,s:o,s:I,s:I}", "thread",
        text_hex(thread->id, MAIL_ID_BYTES, id), "search_ref", ref, "query_hash",
        text_hex(thread->query_hash, HASH_BYTES, hash), "agency", thread->agency, "name",
        thread->name, "stage", stage_text(thread), "state", thread_state_name(thread->state),
        "since", instant_json(thread->since_ms), "opened", instant_json(thread->opened_ms),
        "messages", (json_int_t)thread->messages, "unread", (json_int_t)thread->unread);
    REQUIRE(object != NULL);
    if (thread->state == THREAD_DECLINE) {
        (void)json_object_set_new(object, "reason", json_string(thread->reason));
    }
    if (thread->state == THREAD_REFUSED) {
        (void)json_object_set_new(object, "why", json_string(thread->why));
    }
    if (thread->refusal[0]) {
        (void)json_object_set_new(object, "refusal", json_string(thread->refusal));
    }
    return object;
}
