/* SPDX-License-Identifier: Apache-2.0
 * A year of figures in one process (docs/figures.md): matcher, hub and every agency and LA with its
 * own home, keys and stores, the real code of each, and a driver that knows what it did to whom.
 *   figures.c     options, and the periods one after the other
 *   world.c       who there is: from the generator's files
 *   households.c  what agencies hold, and how it changes
 *   searches.c    what LAs sought, and what came of it
 *   fates.c       what happens to whom in a period
 *   agree.c       a period's manifest, its release key
 *   contribute.c  one contributor's turn
 *   deliver.c     what reaches matcher and hub
 *   release.c     sets compared, halves, sums
 *   sums.c        sums and releases against what was really counted
 *   coverage.c    coverage, ledgers, what is kept
 *   budgets.c     a second hub, and a thirteenth period
 *   report.c      checks counted, tables printed
 * What must not fail at all aborts (parties_must); what is to be tested is a check. TLS and the
 * protocol's streams are left out: tests/e2e has them.
 */
#ifndef HEARTH_TESTS_SOAK_H
#define HEARTH_TESTS_SOAK_H

#include <stdio.h>

#include "agent/figures_count.h"
#include "client/figures_count.h"
#include "proto/figures/collection.h"
#include "proto/figures/contributor.h"
#include "tests/unit/support_keys/parties.h"

enum { SOAK_PERIODS_MAX = 12, SOAK_CERTIFICATE_DAYS = 1000 };
static const int64_t SOAK_HOUR = 3600000, SOAK_DAY = 24 * (int64_t)3600000;

/* What happens to an enrolled party in a period. */
enum fate {
    FATE_WHOLE,
    FATE_ABSENT,       /* does not contribute */
    FATE_LATE,         /* sends after the window has closed */
    FATE_ONLY_MATCHER, /* reaches only one of the two; the other gets it passed on */
    FATE_ONLY_HUB,
    FATE_TWICE, /* contributes again, from a copy of its home that knows nothing of it */
    FATE_LEAVES /* contributes, then leaves the hub for good */
};

/* A search of the generator's. */
struct soak_search {
    char *fields[12]; /* as searches.csv has them */
    int32_t asked;    /* day */
    int32_t ended;    /* day on which the outcome is written down, NO_DAY: never */
    size_t children;
    uint8_t name[HASH_BYTES];
};

struct soak_sent {
    struct signed_bytes raw;
    uint8_t hash[HASH_BYTES];
    const struct figures_table *table;
};

struct soak_party {
    enum role role;
    char id[ID_MAX + 1];
    char code[GEOGRAPHY_CODE]; /* of an LA */
    struct party party;
    size_t from, until; /* first and last period in which it is enrolled */
    bool joined;
    const struct figures_table *off; /* it has turned that table off, or NULL */
    /* an agency's */
    char (*refs)[PROFILE_REF_MAX + 1];
    size_t ref_count;
    /* an LA's, in order of asking */
    struct soak_search *searches;
    size_t search_count, asked_count;
    /* of the present period */
    bool enrolled;
    enum fate fate;
    struct tally *tally;
    struct soak_sent sent[FIGURES_TABLES_MAX];
    size_t sent_count;
    /* what its ledger must hold */
    uint64_t entries;
    uint64_t spent[SOAK_PERIODS_MAX + 1];
    /* of tasks that run at the same time: what was wrong, "" where nothing was */
    char wrong[512];
};

struct soak_row { /* of the table at the end */
    uint32_t period;
    size_t enrolled, contributed, late, passed, released, given_up, cells, shown;
    double mean, variance; /* of the standardised residuals */
    double seconds, contributing_s, checking_s, opening_s;
    uint64_t bytes;
};

/* Sums of standardised residuals z, over cells. */
struct soak_moments {
    size_t cells;
    double z, z2, var_z2, largest;
};

struct soak {
    const char *work;           /* directory of all homes */
    const char *carers;         /* the generator's, as of the day on which the year begins */
    const char *year;           /* the same with searches.csv */
    size_t periods, low;        /* how many; in which the LAs stay below their quorum */
    uint32_t first;             /* period */
    int64_t real_ms, steady_ms; /* the clock as it was before it was offset */
    bool json;
    struct pool *pool;
    struct parties *authority;
    struct party matcher, hub;
    struct collection *at_matcher, *at_hub;
    struct geography *areas;
    uint32_t insiders[FIGURES_SIDES];
    struct soak_party *parties; /* agencies, then LAs */
    size_t agencies, las;
    size_t period_index;
    struct agreement agreement; /* of the present period */
    struct soak_row rows[SOAK_PERIODS_MAX];
    struct soak_moments moments, of_period, of_tables[FIGURES_TABLES_MAX];
    size_t few_prices, few_prices_shown; /* prices with few placements behind them */
    bool released[SOAK_PERIODS_MAX][FIGURES_TABLES_MAX];
    struct signed_bytes signed_releases[FIGURES_TABLES_MAX]; /* of the present period */
    size_t signed_release_count;
    uint8_t (*taken)[HASH_BYTES]; /* everything that a collector ever took */
    size_t taken_count;
    size_t checks_passed, checks_failed;
};

/* ---- report.c ---- */
/* One check of the run; where it fails, what and why is printed. */
void soak_check(struct soak *soak, bool ok, const char *name, const char *fmt, ...)
    PRINTF_LIKE(4, 5);
/* The same for every party that has something in `wrong`, which is emptied. */
void soak_check_parties(struct soak *soak, const char *name);
/* Notes what is wrong with a party, the first thing only. Always false. */
bool soak_wrong(struct soak_party *party, const char *fmt, ...) PRINTF_LIKE(2, 3);
void soak_print(const struct soak *soak, bool json);

/* ---- figures.c ---- */
/* Sets the clock by its offset. No other thread may run. */
void soak_set_clock(const struct soak *soak, int64_t wall_ms);
uint32_t soak_period(const struct soak *soak, size_t index);
/* Runs one task for every enrolled party, on all processors. */
typedef void (*soak_task)(struct soak *soak, struct soak_party *party);
void soak_each(struct soak *soak, soak_task task);

/* ---- world.c ---- */
/* Reads who there is and what they have; makes homes, stores, matcher, hub. */
void world_open(struct soak *soak);
void world_close(struct soak *soak);
static inline size_t soak_party_count(const struct soak *soak)
{
    return soak->agencies + soak->las;
}
static inline enum figures_side soak_side(const struct soak_party *party)
{
    return party->role == ROLE_AGENT ? FIGURES_CAPACITY : FIGURES_DEMAND;
}
/* Whether this party's contribution to that table is in the sum. */
bool soak_counts(const struct soak_party *party, const struct figures_table *table);

/* ---- households.c, searches.c ---- */
/* Makes the vault from the agency's file; remembers references. */
void households_import(struct soak *soak, struct soak_party *party);
/* Some households change, most are confirmed, on the clock's day. */
void households_change(const struct soak *soak, struct soak_party *party);
/* Reads searches.csv, and gives each LA its own. */
void searches_read(struct soak *soak);
void searches_free(struct soak_party *party);
/* Writes down what was asked and concluded up to the end of a period. */
void searches_write(struct soak_party *party, struct records *records, uint32_t period);
/* Children asked for, and children whose search was concluded, in that period. */
size_t searches_children(const struct soak_party *party, uint32_t period, bool concluded);
/* The LA's records; records_close. */
struct records *searches_open(const struct soak_party *party);

/* ---- fates.c ---- */
/* Once: who comes later, who has turned a table off. */
void fates_plan(struct soak *soak);
void fates_draw(struct soak *soak);

/* ---- agree.c ---- */
/* A manifest for who is enrolled in that period, drawn up by the hub, agreed to by the matcher; the
 * clock says when. agreement_free. */
void agree(struct soak *soak, const struct party *hub, struct collection *at_hub, uint32_t period,
           struct agreement *out);
/* The same, as the party checks it for itself. */
void agree_checked(const struct soak *soak, const struct soak_party *party,
                   const struct agreement *agreement, struct agreement *out);

/* ---- contribute.c ---- */
/* The party's contributor with what it counts, open; home NULL: its own. */
struct soak_desk {
    struct figures_vault vault;
    struct figures_records records;
    struct contributor *contributor;
};
void desk_open(struct soak_party *party, const char *home, struct soak_desk *out);
void desk_close(struct soak_desk *desk);
/* What happens in the month: households change, searches are written down. */
void contribute_live(struct soak *soak, struct soak_party *party);
/* Notes, joins, previews and prepares; what is to be sent is in party->sent. */
void contribute_in_window(struct soak *soak, struct soak_party *party);
/* Prepares at that desk and appends what it made to `sent`; contribute_free. */
void contribute_prepare(struct soak_desk *desk, const struct agreement *agreement,
                        struct soak_sent *sent, size_t *count, size_t *refused);
void contribute_free(struct soak_sent *sent, size_t *count);
void contribute_forget(struct soak_party *party);
/* How many tables a party contributes, and what they spend. */
size_t contribute_tables(const struct soak_party *party, uint64_t *epsilon);

/* ---- deliver.c ---- */
/* Puts one to matcher or hub (role), now; desk, which may be NULL, gets the receipt. */
MUST_CHECK bool deliver_one(struct soak *soak, const struct soak_party *party,
                            struct soak_desk *desk, const struct soak_sent *sent, enum role role,
                            struct err *err);
void deliver_in_window(struct soak *soak, struct soak_party *party);
void deliver_late(struct soak *soak, struct soak_party *party);

/* ---- release.c ---- */
/* While the window is open, the matcher gives nothing. */
void release_too_early(struct soak *soak);
/* Every table: as hearth hub fetch does. */
void release_all(struct soak *soak);
void release_forget(struct soak *soak);

/* ---- sums.c ---- */
/* Unrounded sums of a table against what the parties counted. */
void sums_check(struct soak *soak, const struct manifest_term *term, const int64_t *sums,
                size_t contributions);
/* What is shown against the sums. */
void sums_check_release(struct soak *soak, const struct manifest_term *term, const int64_t *sums,
                        const struct release *release);
/* Of all periods: how often a price is shown that should not be. */
void prices_check(struct soak *soak);
/* Mean and variance over many cells. */
void moments_check(struct soak *soak, const struct soak_moments *moments, const char *name);
void moments_add(struct soak_moments *moments, double z, double excess);

/* ---- coverage.c ---- */
void coverage_check(struct soak *soak);
/* Both ledgers walk, and hold what was released. */
void ledgers_check(struct soak *soak);
/* A contributor looks at the releases, and at its own books. */
void look_at_releases(struct soak *soak, struct soak_party *party);
/* What was released is gone from both stores; every contribution of the year is. */
void erased_check_released(struct soak *soak);
void erased_check(struct soak *soak);

/* ---- budgets.c ---- */
/* In the last period's window: what a second hub gets. */
void budgets_second_hub(struct soak *soak);
/* After the year: one more period. */
void budgets_thirteenth(struct soak *soak);

#endif
