/* SPDX-License-Identifier: Apache-2.0
 * What was received, and the certificates that it came with.
 */
#include <stdio.h>

#include "keys/certificate.h"
#include "proto/base/clock.h"
#include "proto/mail/correspondence_internal.h"

#define TAG_PARTY "hearth correspondence party"

enum { CERTIFICATE_PAD = 512 };

static void name_party(const struct correspondence *c, enum role role, const char *organisation,
                       uint8_t out[HASH_BYTES])
{
    struct buf name = {0};
    buf_u8(&name, (uint8_t)role);
    buf_text(&name, organisation);
    sealed_name(&c->sealed, name.data, name.len, out);
    buf_free(&name);
}

static bool keep_party(const struct correspondence *c, struct store_txn *txn,
                       const struct certificate *certificate, struct err *err)
{
    uint8_t name[HASH_BYTES];
    struct buf packed = {0};
    name_party(c, certificate->role, certificate->organisation, name);
    const struct sealed_place place = {TABLE_PARTIES, TAG_PARTY, name, sizeof name};
    signed_bytes_pack(&certificate->raw, &packed);
    bool ok = sealed_put(&c->sealed, txn, &place, &packed, CERTIFICATE_PAD, err);
    buf_free(&packed);
    return ok;
}

bool correspondence_party(struct correspondence *c, enum role role, const char *organisation,
                          struct certificate *out, bool *found, struct err *err)
{
    struct store_txn *txn = NULL;
    uint8_t name[HASH_BYTES];
    struct buf packed = {0};
    name_party(c, role, organisation, name);
    const struct sealed_place place = {TABLE_PARTIES, TAG_PARTY, name, sizeof name};
    if (!sealed_begin(&c->sealed, false, &txn, err)) return false;
    bool ok = sealed_get(&c->sealed, txn, &place, &packed, found, err);
    store_abort(txn);
    ok = ok && (!*found || certificate_unpack(packed.data, packed.len, out, err));
    buf_free(&packed);
    return ok || err_in(err, HOME_CORRESPONDENCE);
}

bool correspondence_receive(struct correspondence *c, struct entry *entry,
                            const struct certificate *sender, const struct content *content,
                            const struct buf *raw, bool *fresh, struct err *err)
{
    struct store_txn *txn = NULL;
    uint64_t number = 0;
    int64_t forgotten = 0;
    uint8_t seen_id[MAIL_ID_BYTES];
    bool known = false;
    if (!sealed_begin(&c->sealed, true, &txn, err)) return false;
    if (content) correspondence_describe(entry, content);
    entry->incoming = true;
    entry->read = false;
    entry->state = MAIL_RECEIVED;
    entry->state_ms = clock_wall_ms();
    (void)snprintf(entry->peer_name, sizeof entry->peer_name, "%s", sender->name);
    correspondence_seen_id(entry, seen_id);
    bool ok = correspondence_seen(c, txn, seen_id, &known, &number, err) &&
              correspondence_forgotten(txn, &forgotten, err);
    if (entry->mail.sent_at <= forgotten) known = true;
    ok = ok && (known ||
                (keep_party(c, txn, sender, err) && correspondence_add(c, txn, entry, raw, err)));
    *fresh = !known;
    return sealed_finish(&c->sealed, txn, ok, err);
}

static bool mark(const struct correspondence *c, struct store_txn *txn, uint64_t number,
                 struct err *err)
{
    struct entry entry;
    bool found = false;
    if (!correspondence_get_entry(c, txn, number, &entry, &found, err)) return false;
    if (!found)
        return err_set(err, ERR_NOT_FOUND, NULL, "there is no message %llu",
                       (unsigned long long)number);
    entry.read = entry.incoming;
    return correspondence_put_entry(c, txn, &entry, err);
}

bool correspondence_mark_read(struct correspondence *c, uint64_t number, struct err *err)
{
    struct store_txn *txn = NULL;
    return sealed_begin(&c->sealed, true, &txn, err) &&
           sealed_finish(&c->sealed, txn, mark(c, txn, number, err), err);
}
