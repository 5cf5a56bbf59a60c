/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/evaluate.h"

struct gathering {
    const struct evaluation *in;
    struct blind_list *list;
    struct slot_set *set; /* guarded */
};

/* References, names and places are wiped as soon as a carer's slots are known. */
static bool gather(const struct profile *profile, void *ctx, struct err *err)
{
    (void)err;
    const struct gathering *g = ctx;
    profile_slots(profile, g->in->question.catalogue, g->in->today, g->in->fresh_days, g->set);
    blind_list_add(g->list, g->set);
    return true;
}

static bool gather_all(struct vault *vault, const struct evaluation *in, struct blind_list *list,
                       struct err *err)
{
    struct secret room = secret_new(sizeof(struct slot_set));
    struct gathering g = {in, list, (struct slot_set *)(void *)room.data};
    bool ok = vault_each(vault, gather, &g, NULL, err);
    secret_free(&room);
    return ok;
}

bool evaluate(struct vault *vault, const struct evaluation *in, struct evaluated *out,
              struct err *err)
{
    struct blind_list list;
    blind_list_start(&list, &in->question);
    bool ok = gather_all(vault, in, &list, err);
    if (ok) {
        struct evaluated result = {.seed = secret_random(SEED_BYTES)};
        blind_list_evaluate(&list, &result.seed, &result.reply, &result.c1, &result.c2);
        result.slot_sets = list.frames;
        result.carers = list.count;
        list.frames = (struct buf){0};
        *out = result;
    }
    blind_list_free(&list);
    return ok;
}

void evaluated_free(struct evaluated *evaluated)
{
    buf_free(&evaluated->c1);
    buf_free(&evaluated->c2);
    secret_free(&evaluated->seed);
    buf_wipe(&evaluated->slot_sets);
}
