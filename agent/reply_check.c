/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/reply_check.h"

#include <string.h>

#include "agent/blind_list.h"
#include "proto/base/text.h"
#include "proto/domain/versions.h"

static const struct {
    const char *name, *words;
} ITEMS[REPLY_CHECKS] = {
    [REPLY_CERTIFICATE] = {"certificate", "the agency's certificate is the Authority's, and was "
                                          "valid when it was asked"},
    [REPLY_SIGNATURE] = {"signature", "the agency signed this reply"},
    [REPLY_QUERY] = {"query", "the reply is to this query"},
    [REPLY_SEED] = {"seed", "the seed is the one that the agency committed to"},
    [REPLY_SLOT_SETS] = {"slot_sets", "the slot sets are those that it committed to"},
    [REPLY_READABLE] = {"households", "there are as many as it says, and they are well formed"},
    [REPLY_COUNT] = {"count", "the number of items is that of so many households"},
    [REPLY_C1] = {"c1", "the first halves of the scores are those of the seed and the query"},
    [REPLY_C2] = {"c2", "the second halves, which hold the scores, follow from the slot sets"},
};

const char *reply_check_words(enum reply_check_item item)
{
    REQUIRE((unsigned)item < REPLY_CHECKS);
    return ITEMS[item].words;
}

const char *reply_check_name(enum reply_check_item item)
{
    REQUIRE((unsigned)item < REPLY_CHECKS);
    return ITEMS[item].name;
}

struct checking {
    const struct kept_reply *kept;
    const struct certificate *agent;
    const struct reply_question *question;
    struct trust *trust;
    struct reply_check *out;
    struct query query;
    uint8_t query_hash[HASH_BYTES];
    struct reading reading;
    struct point joint_key;
    struct reply reply; /* as it was signed */
};

/* Notes what was found; returns it, so that checks can be chained. */
static bool note(const struct checking *c, enum reply_check_item item, bool follows,
                 const char *why)
{
    c->out->items[item] = follows ? REPLY_FOLLOWS : REPLY_DIFFERS;
    if (!follows && !c->out->why[0]) {
        text_copy_cut(c->out->why, sizeof c->out->why, why && why[0] ? why : ITEMS[item].name);
    }
    return follows;
}

/* ---- what was signed ---- */

static bool check_certificate(const struct checking *c)
{
    struct err err = {0};
    return note(c, REPLY_CERTIFICATE,
                trust_check(c->trust, c->agent, ROLE_AGENT, c->question->at_ms, &err), err.text);
}

static bool check_signature(struct checking *c)
{
    struct err err = {0};
    const struct signed_bytes *s = &c->kept->signed_reply;
    bool ok = certificate_verify(c->agent, TAG_REPLY, s->body.data, s->body.len, s->signature,
                                 SIGNATURE_BYTES, &err) &&
              reply_decode(s->body.data, s->body.len, &c->reply, &err);
    if (ok && strcmp(c->reply.agent, c->agent->organisation) != 0) {
        ok = err_set(&err, ERR_UNAUTHENTICATED, "agent", "%s signed for %s", c->agent->organisation,
                     c->reply.agent);
    }
    return note(c, REPLY_SIGNATURE, ok, err.text);
}

static bool check_query(const struct checking *c)
{
    bool ok = sodium_memcmp(c->reply.query_hash, c->query_hash, HASH_BYTES) == 0 &&
              c->reply.epoch == c->query.epoch;
    return note(c, REPLY_QUERY, ok, "the reply names another query, or another epoch");
}

/* The salts come from the seed: where it is another nothing can be said of the slot sets. */
static bool check_commitments(const struct checking *c)
{
    struct reply again = c->reply;
    const struct buf *sets = &c->kept->slot_sets;
    reply_commit(&again, c->kept->seed.data, sets->data, sets->len);
    bool seed = sodium_memcmp(again.seed_commitment, c->reply.seed_commitment, HASH_BYTES) == 0;
    bool same = sodium_memcmp(again.slots_commitment, c->reply.slots_commitment, HASH_BYTES) == 0;
    return note(c, REPLY_SEED, seed, "the agency committed to another seed") &&
           note(c, REPLY_SLOT_SETS, same, "the agency committed to other slot sets");
}

/* ---- what follows ---- */

static bool add_all(const struct checking *c, struct blind_list *list, struct err *err)
{
    struct secret room = secret_new(sizeof(struct slot_set));
    struct slot_set *set = (struct slot_set *)(void *)room.data;
    struct reader reader = reader_of(c->kept->slot_sets.data, c->kept->slot_sets.len);
    bool ok = true;
    while (ok && reader.pos < reader.len) {
        ok = list->count < BLIND_ITEMS_MAX * 3 / 4
                 ? slot_set_unframe(&reader, c->reading.catalogue, set, err)
                 : err_set(err, ERR_INVALID, "slot_sets", "more than an agency can hold");
        if (ok) blind_list_add(list, set);
    }
    secret_free(&room);
    return ok;
}

static bool check_households(const struct checking *c, struct blind_list *list)
{
    struct err err = {0};
    bool ok = add_all(c, list, &err);
    if (ok && list->count != c->kept->carers) {
        ok = err_set(&err, ERR_INVALID, "carers", "%zu are said, %zu are there", c->kept->carers,
                     list->count);
    }
    return note(c, REPLY_READABLE, ok, err.text);
}

static bool check_halves(const struct checking *c, const struct blind_list *list)
{
    struct reply again;
    struct buf c1 = {0}, c2 = {0};
    blind_list_evaluate(list, &c->kept->seed, &again, &c1, &c2);
    buf_free(&c1);
    buf_free(&c2);
    bool count = note(c, REPLY_COUNT, again.count == c->reply.count,
                      "the reply has another number of items");
    bool first =
        note(c, REPLY_C1, sodium_memcmp(again.c1_hash, c->reply.c1_hash, HASH_BYTES) == 0,
             "the first halves that the agency sent do not follow from its seed and slot sets");
    bool second = note(c, REPLY_C2, sodium_memcmp(again.c2_hash, c->reply.c2_hash, HASH_BYTES) == 0,
                       "the scores that the agency sent do not follow from the slot sets that it "
                       "committed to");
    return count && first && second;
}

static bool recompute(const struct checking *c)
{
    const struct blind_question question = {.query = &c->query,
                                            .catalogue = c->reading.catalogue,
                                            .layout = &c->reading.layout,
                                            .joint_key = &c->joint_key,
                                            .query_hash = c->query_hash,
                                            .agent = c->reply.agent};
    struct blind_list list;
    blind_list_start(&list, &question);
    bool ok = check_households(c, &list) && check_halves(c, &list);
    blind_list_free(&list);
    return ok;
}

/* ---- all of it ---- */

/* How the agency read the query: by its own catalogue, or the one before. */
static bool read_query(struct checking *c, struct err *err)
{
    const struct reply_question *question = c->question;
    if (!query_decode(question->query, question->query_len, &c->query, err)) {
        c->query = (struct query){0};
        return err_in(err, "query");
    }
    query_hash(c->query_hash, question->query, question->query_len);
    const struct catalogue *catalogue = catalogue_get(c->kept->catalogue);
    if (!catalogue) {
        return err_set(err, ERR_VERSION, "catalogue",
                       "version %u is not known here: this program "
                       "must be updated",
                       (unsigned)c->kept->catalogue);
    }
    if (!reading_of(catalogue, &c->query, "the LA", &c->reading, err)) return false;
    if (c->reading.catalogue != catalogue) {
        return err_set(err, ERR_INVALID, "catalogue",
                       "the agency says that it read a query of version %u by version %u",
                       (unsigned)c->query.catalogue, (unsigned)catalogue->version);
    }
    c->reading.layout.cells = (uint16_t)(QUADRANT_CELLS * c->query.footprint_count);
    if (strcmp(c->query.la, c->kept->la) != 0) {
        return err_set(err, ERR_INVALID, "la", "the query is of %s, the reply to one of %s",
                       c->query.la, c->kept->la);
    }
    return blind_joint_key(&c->joint_key, &c->query.key, &question->epoch->key) ||
           err_set(err, ERR_INVALID, "query", "its key cannot be joined with the epoch's");
}

bool reply_check(const struct kept_reply *kept, const struct certificate *agent,
                 const struct reply_question *question, struct trust *trust,
                 struct reply_check *out, struct err *err)
{
    struct checking c = {
        .kept = kept, .agent = agent, .question = question, .trust = trust, .out = out};
    *out = (struct reply_check){.follows = false};
    memcpy(out->agent, agent->organisation, sizeof out->agent);
    bool ok = read_query(&c, err);
    if (ok) {
        bool known = check_certificate(&c);
        out->follows = check_signature(&c) && check_query(&c) && check_commitments(&c) &&
                       recompute(&c) && known;
    }
    query_free(&c.query);
    return ok;
}
