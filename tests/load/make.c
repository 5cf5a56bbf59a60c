/* SPDX-License-Identifier: Apache-2.0
 * A scheme on disk, made by calls into keys/ in one process: a thousand parties within seconds.
 */
#include <stdio.h>

#include "matcher/directory.h"
#include "proto/base/mem.h"
#include "proto/rpc/rpc.h"
#include "tests/load/load.h"

static void add(struct parties *parties, enum role role, const char *name, unsigned count)
{
    for (unsigned i = 1; i <= count; i++) {
        char id[ID_MAX + 1];
        (void)snprintf(id, sizeof id, "%s-%u", name, i);
        struct party party = parties_add(parties, role, id);
        party_close(&party);
    }
}

void load_make(const char *dir, unsigned agents, unsigned las)
{
    struct err err = {0};
    struct buf csv = {0};
    struct parties *parties = parties_new(dir);
    struct party matcher = parties_add(parties, ROLE_MATCHER, "matcher");
    add(parties, ROLE_AGENT, "a", agents);
    add(parties, ROLE_LA, "l", las);
    buf_text(&csv, "id,name,urn,judgement,frameworks,sector,contact\n");
    for (unsigned i = 1; i <= agents; i++) {
        buf_format(&csv, "a-%u,Agency %u,URN,good,,private,x@example.org\n", i, i);
    }
    parties_must(directory_write(matcher.home, matcher.identity, csv.data, csv.len, &err), &err);
    buf_free(&csv);
    party_close(&matcher);
    parties_free(parties);
}

struct party load_open(const char *dir, enum role role, const char *name, unsigned number)
{
    struct err err = {0};
    struct secret passphrase = parties_passphrase();
    struct party party = {.home = mem_format("%s/%s-%s-%u", dir, role_name(role), name, number)};
    parties_must(
        trust_open_home(party.home, &party.trust, &err) &&
            identity_open(party.home, &passphrase, party.trust, role, &party.identity, &err),
        &err);
    secret_free(&passphrase);
    return party;
}

struct rpc_channel *load_connect(const struct party *party, int port)
{
    struct err err = {0};
    struct rpc_channel *channel = NULL;
    char target[64];
    (void)snprintf(target, sizeof target, "127.0.0.1:%d", port);
    const struct rpc_channel_config config = {.target = target,
                                              .server_id = "matcher",
                                              .message_max = REPLY_MAX,
                                              .queue_max = AGENTS_MAX + 8};
    parties_must(rpc_channel_open(&config, party->identity, party->trust, &channel, &err), &err);
    return channel;
}
