/* SPDX-License-Identifier: Apache-2.0 */
#include "matcher/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keys/identity.h"
#include "proto/base/config_file.h"
#include "proto/base/file.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"
#include "proto/domain/catalogue.h"

static const char LISTEN[] = "listen";

const struct config_key config_keys[] = {
    {"deadline_ms", "How long agents have to answer a query", offsetof(struct config, deadline_ms),
     100, 60000, 5000},
    {"budget", "Searches per LA and day (Europe/London); 0 = no limit",
     offsetof(struct config, budget), 0, 1000000, 200},
    {"epoch_hours", "Life of an epoch key", offsetof(struct config, epoch_hours), 1, 168, 24},
    {"threads", "Worker threads; 0 = one a processor", offsetof(struct config, threads), 0, 256, 0},
    {"searches_max", "Open searches at the same time", offsetof(struct config, searches_max), 1,
     1024, 256},
    {"searches_per_la", "Open searches of one LA at the same time",
     offsetof(struct config, searches_per_la), 1, 1024, 40},
    {"searches_at_once",
     "Searches that agents are asked for at the same time, while others wait; 0 = 8 a worker",
     offsetof(struct config, searches_at_once), 0, 1024, 0},
    {"audit_max_mib", "Largest size of the audit store", offsetof(struct config, audit_max_mib), 16,
     1048576, 4096},
    {"mailbox_items", "Messages that may wait in one mailbox",
     offsetof(struct config, mailbox_items), 1, 100000, 1000},
    {"mailbox_mib", "Largest size of what waits in one mailbox, in MiB",
     offsetof(struct config, mailbox_mib), 8, 65536, 256},
    {"mail_per_day", "Messages of one party that are accepted a day (Europe/London)",
     offsetof(struct config, mail_per_day), 1, 1000000, 500},
    {"mail_days", "Days that a message waits for its receiver", offsetof(struct config, mail_days),
     1, 90, 14},
    {"mail_max_mib", "Largest size of all messages that wait",
     offsetof(struct config, mail_max_mib), 16, 1048576, 4096},
    {"answer_hours", "Hours within which an answer to a referral is in time",
     offsetof(struct config, answer_hours), 1, 720, 72},
    {"connections_max", "Open connections", offsetof(struct config, connections_max), 16, 100000,
     4096},
    {"connections_per_address", "Open connections from one IPv4 address or IPv6 /64",
     offsetof(struct config, connections_per_address), 1, 100000, 1024},
    {"handshakes_per_second", "New connections a second from one such; ten times as many at once",
     offsetof(struct config, handshakes_per_second), 1, 10000, 100},
    {"streams_per_party", "Open streams of one party", offsetof(struct config, streams_per_party),
     8, 10000, 128},
    {"streams_per_second", "New streams of one party a second; ten times as many at once",
     offsetof(struct config, streams_per_second), 1, 10000, 50},
    {"messages_per_second", "Messages of one party a second; ten times as many at once",
     offsetof(struct config, messages_per_second), 1, 1000000, 5000},
    {"mib_per_second", "MiB of messages of one party a second; ten times as many at once",
     offsetof(struct config, mib_per_second), 1, 10000, 64},
    {"catalogue", "Newest catalogue version used; 0 = the newest that the program knows",
     offsetof(struct config, catalogue), 0, CATALOGUE_VERSION, 0},
};
const size_t config_key_count = sizeof config_keys / sizeof config_keys[0];

static uint32_t *field_of(struct config *config, const struct config_key *key)
{
    return (uint32_t *)(void *)((char *)config + key->offset);
}

void config_defaults(struct config *config)
{
    *config = (struct config){.listen = "127.0.0.1:0", .watch = watch_config_default()};
    for (size_t i = 0; i < config_key_count; i++) {
        *field_of(config, &config_keys[i]) = config_keys[i].preset;
    }
}

static bool set_number(struct config *config, const struct config_key *key, int64_t value,
                       struct err *err)
{
    if (value < key->min || value > key->max) {
        return err_set(err, ERR_INVALID, key->name, "%lld: a whole number %u to %u is wanted",
                       (long long)value, key->min, key->max);
    }
    *field_of(config, key) = (uint32_t)value;
    return true;
}

bool config_set(struct config *config, const struct config_key *key, const char *text,
                struct err *err)
{
    int64_t value = 0;
    if (!text_integer(text, key->min, key->max, &value)) {
        return err_set(err, ERR_INVALID, key->name, "\"%s\": a whole number %u to %u is wanted",
                       text, key->min, key->max);
    }
    return set_number(config, key, value, err);
}

bool config_set_listen(struct config *config, const char *text, struct err *err)
{
    if (strlen(text) >= LISTEN_MAX || !text_is_address(text, 0)) {
        return err_set(err, ERR_INVALID, LISTEN,
                       "\"%.100s\": an address and port is wanted, such as 0.0.0.0:7411", text);
    }
    (void)snprintf(config->listen, sizeof config->listen, "%s", text);
    return true;
}

static const struct config_key *find_key(const char *name)
{
    for (size_t i = 0; i < config_key_count; i++) {
        if (strcmp(config_keys[i].name, name) == 0) return &config_keys[i];
    }
    return NULL;
}

static bool take(void *ctx, const char *name, const json_t *value, bool *known, struct err *err)
{
    struct config *config = ctx;
    if (watch_config_knows(name)) {
        return watch_config_set(&config->watch, name, json_string_value(value), err);
    }
    const struct config_key *key = find_key(name);
    int64_t number = 0;
    if (strcmp(name, LISTEN) == 0) {
        return config_address(name, value, 0, LISTEN_MAX - 1, config->listen, err);
    }
    *known = key != NULL;
    return *known && config_number(name, value, key->min, key->max, &number, err) &&
           set_number(config, key, number, err);
}

static bool read_config(const char *home, struct config *out, struct checks *checks,
                        struct err *err)
{
    static const struct config_form form = {
        .take = take, .hint = "man hearth-matcher lists the keys", .maker = "hearth-matcher init"};
    struct config config;
    config_defaults(&config);
    bool ok = config_file_read(home, &form, &config, checks, err);
    if (ok || checks) *out = config;
    return ok || (err->code == ERR_NOT_FOUND ? false : err_in(err, HOME_CONFIG));
}

bool config_read(const char *home, struct config *out, struct err *err)
{
    return read_config(home, out, NULL, err);
}

bool config_check(const char *home, struct config *out, struct checks *checks)
{
    struct err ignored;
    return read_config(home, out, checks, &ignored);
}

bool config_create(const char *home, const struct config *config, struct err *err)
{
    struct config copy = *config;
    char *path = file_join(home, HOME_CONFIG);
    struct buf text = {0};
    buf_format(&text, "{\n  \"%s\": \"%s\"", LISTEN, copy.listen);
    for (size_t i = 0; i < config_key_count; i++) {
        buf_format(&text, ",\n  \"%s\": %u", config_keys[i].name,
                   *field_of(&copy, &config_keys[i]));
    }
    buf_text(&text, "\n}\n");
    bool ok = file_make_dirs(home, 0700, err) && file_create(path, text.data, text.len, 0600, err);
    buf_free(&text);
    free(path);
    return ok;
}
