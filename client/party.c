/* SPDX-License-Identifier: Apache-2.0 */
#include "client/party.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "client/report.h"

bool la_open_records(const struct cli_common *common, const struct la *la, struct records **out,
                     struct err *err)
{
    char *home = la_home(common);
    struct secret key = identity_derive(la->identity, RECORDS_PURPOSE);
    bool ok = records_open(home, &key, out, err);
    secret_free(&key);
    free(home);
    return ok;
}

bool la_open_correspondence(const struct cli_common *common, const struct la *la,
                            struct correspondence **out, struct err *err)
{
    char *home = la_home(common);
    struct secret key = identity_derive(la->identity, CORRESPONDENCE_PURPOSE);
    bool ok = correspondence_open(home, &key, out, err);
    secret_free(&key);
    free(home);
    return ok;
}

bool desk_open(const struct cli_common *common, struct desk *out, struct err *err)
{
    *out = (struct desk){.common = common};
    if (la_open(common, &out->la, err) && la_open_records(common, &out->la, &out->records, err) &&
        la_open_correspondence(common, &out->la, &out->correspondence, err)) {
        return true;
    }
    desk_close(out);
    return false;
}

void desk_close(struct desk *desk)
{
    exchange_close(desk->exchange);
    if (desk->rpc) rpc_stop();
    correspondence_close(desk->correspondence);
    records_close(desk->records);
    la_close(&desk->la);
    sodium_memzero(desk, sizeof *desk);
}

static bool connect(struct desk *desk, struct err *err)
{
    const struct exchange_parts parts = {.identity = desk->la.identity,
                                         .trust = desk->la.trust,
                                         .correspondence = desk->correspondence,
                                         .target = desk->la.matcher_address,
                                         .matcher_id = desk->la.matcher_id};
    if (desk->exchange) return true;
    if (!desk->rpc) rpc_start();
    desk->rpc = true;
    return exchange_open(&parts, &desk->exchange, err);
}

bool desk_settle(struct desk *desk, struct exchange_counts *counts, struct err *err)
{
    if (connect(desk, err) && exchange_settle(desk->exchange, counts, err)) return true;
    exchange_close(desk->exchange);
    desk->exchange = NULL;
    struct err why = *err;
    if (why.code != ERR_UNAVAILABLE) return false;
    return err_set(err, why.code, why.field, "the mailbox at %s gives no answer: %s",
                   desk->la.matcher_address, why.text);
}

bool desk_send(struct desk *desk, struct err *err)
{
    struct exchange_counts counts = {0};
    if (desk_settle(desk, &counts, err)) return true;
    struct err why = *err;
    if (why.code != ERR_UNAVAILABLE) return false;
    return err_set(err, why.code, why.field,
                   "it is written down, and sent by the next command that reaches the matcher: %s",
                   why.text);
}

/* Nobody has refused anything where the passphrase of the own key file is wrong, or a store is
 * full. */
int desk_exit_code(const struct err *err)
{
    static const char *const own[] = {HOME_RECORDS, HOME_CORRESPONDENCE, HOME_CONFIG};
    const char *last = strrchr(err->field, '.');
    if (strcmp(last ? last + 1 : err->field, "passphrase") == 0) return EXIT_OTHER;
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        if (strncmp(err->field, own[i], strlen(own[i])) == 0) return EXIT_OTHER;
    }
    if (err->code == ERR_EXISTS) return EXIT_BAD_REQUEST;
    bool named = strcmp(err->field, "search") == 0 || strcmp(err->field, "thread") == 0;
    return err->code == ERR_NOT_FOUND && named ? EXIT_BAD_REQUEST : (int)exit_code_of(err);
}
