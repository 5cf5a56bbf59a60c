/* SPDX-License-Identifier: Apache-2.0
 * Inside of a search, for the files search*.c alone: one a step of docs/protocol.md "Opening".
 *   search.c          life, legal order of messages, hello
 *   search_query.c    checks of the query, fan-out
 *   search_replies.c  agents' replies, declines, departures; handing replies to the LA
 *   search_open.c     the LA's shares, opening
 *   search_measure.c  what of it goes into the metrics
 *   search_finish.c   closing, the proof, ranking, result and receipts
 */
#ifndef HEARTH_MATCHER_SEARCH_INTERNAL_H
#define HEARTH_MATCHER_SEARCH_INTERNAL_H

#include "matcher/envelope.h"
#include "matcher/matcher.h"
#include "matcher/search.h"

enum {
    LA_MESSAGE_MS = 10000,  /* within which an LA has to send a message that is due */
    SHARES_GRACE_MS = 3000, /* for the LA's shares, after the deadline or the last reply */
    SHARES_PER_MS = 2,      /* and a millisecond more for so many items that it has to share */
    SHARES_LAST_MS = 75000, /* after the deadline: replies and shares end, whoever was slow */
    MEMBER_PATIENCE =
        GROUP_QUERIES, /* times as long for a member of a group: all are asked at once */
    MEMBER_DEADLINE_MAX_MS =
        240000,       /* whatever the configured deadline: the epoch key is waiting */
    GOODBYE_MS = 5000 /* for the LA to take what is queued once its search has ended */
};

enum search_phase {
    PHASE_HELLO,      /* the hello is due */
    PHASE_QUERY,      /* the query is due */
    PHASE_WAITING,    /* the query waits for its turn */
    PHASE_CHECKING,   /* the query is being checked */
    PHASE_COLLECTING, /* agents answer, the LA sends shares */
    PHASE_CLOSING,    /* closed; the proof of shares is due */
    PHASE_VERIFYING,  /* proof, ranking, log, result */
    PHASE_DONE,
    PHASES
};

enum asked_state {
    ASKED_WAITING,  /* nothing yet; late once the deadline has passed */
    ASKED_CHECKING, /* its reply is being checked */
    ASKED_RELAYED,  /* the LA has its reply */
    ASKED_OPENING,  /* the LA's shares came */
    ASKED_OPENED,
    ASKED_DECLINED,
    ASKED_LEFT,   /* detached before it answered */
    ASKED_REFUSED /* answered nonsense */
};

struct asked {
    struct agent *agent; /* one reference */
    enum asked_state state;
    struct buf c1, c2;    /* from RELAYED to OPENING; wiped */
    struct point *points; /* of c1, likewise; the LA has them too */
    uint32_t count;       /* items */
    struct blind_opened *opened;
};

struct search {
    atomic_uint refs;
    struct matcher *matcher;
    struct rpc_stream *stream; /* one reference */
    /* Written once, before the phase that reads them; freed with the last reference. */
    struct certificate la;
    uint8_t hash[HASH_BYTES];
    struct point query_key;
    uint32_t catalogue; /* the query's version */
    uint32_t run;       /* of this search within 28 days; 0: not counted as one */
    struct search_options options;
    bool is_member; /* of a group: it is told a choice and no list */
    uint8_t group_hash[HASH_BYTES];
    struct epoch_key *epoch;
    struct directory *directory;

    pthread_mutex_t mutex; /* guards all below */
    enum search_phase phase;
    bool greeted, hashed, accepted;
    int64_t due_ms; /* steady time at which the LA's message is overdue; 0 = none is due */
    Hearth__V1__FromLa *query; /* while it waits */
    int64_t started_ms, deadline_ms;
    int64_t grace_ms; /* until when shares are waited for; later with every reply */
    struct asked *asked;
    size_t asked_count;
    size_t *order; /* indices into asked in the order of opening: the order of the proof */
    size_t order_count;
    size_t items;               /* of all replies handed to the LA */
    int64_t query_us, phase_us; /* steady: the query came; the phase began */
};

/* ---- all with the search's mutex held ---- */
/* Ends the search: status to the LA, everything confidential wiped. err NULL = it is complete. Not
 * a second time. `refused`: what the LA sent was at fault, which is logged and audited as a
 * refusal. */
void search_end(struct search *search, const struct err *err, bool refused);
/* Its place among those in work is another's now (search_query.c). */
void search_give_turn(struct search *search, struct search *next);
/* Closes if nobody is waited for any more (search_finish.c). */
void search_check_close(struct search *search);
/* Runs job(ctx) on the pool; members of a group give way to ordinary searches. */
void search_run_job(struct search *search, void (*job)(void *ctx), void *ctx);
uint32_t search_count_state(const struct search *search, enum asked_state state);

/* ---- search_time.c ---- */
/* Begins a phase, and the time within which the LA's message is due in it. */
void search_set_phase(struct search *search, enum search_phase phase);
/* At that time of the steady clock, looks whether the LA's message is overdue, and whether agents
 * are still waited for. */
void search_wake_at(struct search *search, int64_t at_ms);
/* What a time limit is multiplied by: 1, or MEMBER_PATIENCE. */
int64_t search_patience(const struct search *search);
/* How long agents have to answer, in ms, where the configuration says `configured_ms`. */
int64_t search_deadline(uint32_t configured_ms, bool is_member);
/* The LA has been given a reply: its time for shares begins anew. */
void search_extend_grace(struct search *search);

/* ---- search_measure.c: for the metrics ---- */
/* Before the phase changes. */
void search_measure_phase(struct search *search);
void search_measure_fan_out(const struct search *search, int64_t began_us);
/* When nobody is waited for any more: what became of each that was asked. */
void search_measure_answers(const struct search *search);
/* With what search_end was told. */
void search_measure_end(struct search *search, const struct err *err, bool refused);

/* ---- steps; the mutex is held, the message is taken over ---- */
void search_on_query(struct search *search, Hearth__V1__FromLa *message);
void search_on_shares(struct search *search, Hearth__V1__FromLa *message);
void search_on_shares_proof(struct search *search, Hearth__V1__FromLa *message);

#endif
