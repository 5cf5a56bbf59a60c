/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/show.h"

#include <string.h>
#include <sys/stat.h>

#include "keys/armour.h"
#include "proto/base/file.h"
#include "proto/base/mem.h"

/* What every describing function gets: the bytes inside the armour, and where to put the facts. */
struct subject {
    const char *path;
    const uint8_t *data;
    size_t len;
    const struct authority_root *root;
    int64_t now_ms;
    struct facts *facts;
};

static void add_issuer(const struct subject *subject)
{
    facts_text(subject->facts, "signature", "signature",
               subject->root ? "by the given Authority: correct" : "not checked (give --root)");
}

static bool show_key(const struct subject *subject, struct err *err)
{
    struct key_file_header header;
    struct stat info;
    if (!key_file_inspect(subject->data, subject->len, &header, err)) return false;
    facts_of_key_file(subject->facts, &header);
    if (stat(subject->path, &info) == 0) {
        unsigned mode = (unsigned)info.st_mode & 0777U;
        facts_add(subject->facts, "mode", json_sprintf("%03o", mode), "mode", "%03o%s", mode,
                  mode & 077U ? " - OTHERS CAN REACH IT: chmod 600" : "");
    }
    return true;
}

static bool show_request(const struct subject *subject, struct err *err)
{
    struct certificate_request request = {0};
    if (!certificate_request_decode(subject->data, subject->len, &request, err)) return false;
    facts_of_request(subject->facts, &request);
    facts_text(subject->facts, "signature", "signature", "by the keys above: correct");
    certificate_request_free(&request);
    return true;
}

static bool issued_by_root(const struct credentials *credentials, const struct authority_root *root,
                           struct err *err)
{
    const struct signed_bytes *raw = &credentials->certificate.raw;
    return certificate_verify(&root->certificate, TAG_CERTIFICATE, raw->body.data, raw->body.len,
                              raw->signature, SIGNATURE_BYTES, err) &&
           x509_leaf_check(&credentials->tls_certificate, &root->tls_ca, &credentials->certificate,
                           NULL, err);
}

static bool show_certificate(const struct subject *subject, struct err *err)
{
    struct credentials credentials = {0};
    struct x509_addresses addresses;
    if (!credentials_decode(subject->data, subject->len, &credentials, err)) return false;
    bool ok = (!subject->root || issued_by_root(&credentials, subject->root, err)) &&
              x509_leaf_addresses(&credentials.tls_certificate, &addresses, err);
    if (ok) {
        facts_of_certificate(subject->facts, &credentials.certificate, subject->now_ms);
        facts_of_addresses(subject->facts, &addresses);
        add_issuer(subject);
    }
    credentials_free(&credentials);
    return ok;
}

static bool show_root(const struct subject *subject, struct err *err)
{
    struct authority_root root = {0};
    char fingerprint[FINGERPRINT_TEXT];
    if (!authority_root_decode(subject->data, subject->len, &root, err)) return false;
    bool ok = x509_ca_check(&root.tls_ca, err);
    if (ok) {
        facts_of_certificate(subject->facts, &root.certificate, subject->now_ms);
        fingerprint_text(root.fingerprint, fingerprint);
        facts_text(subject->facts, "fingerprint", "fingerprint", fingerprint);
    }
    authority_root_free(&root);
    return ok;
}

static bool show_revocations(const struct subject *subject, struct err *err)
{
    struct revocations list = {0};
    const struct certificate *root = subject->root ? &subject->root->certificate : NULL;
    if (!revocations_decode(subject->data, subject->len, root, &list, err)) return false;
    facts_of_revocations(subject->facts, &list);
    add_issuer(subject);
    revocations_free(&list);
    return true;
}

static const struct kind {
    const char *name, *title;
    bool (*show)(const struct subject *subject, struct err *err);
} kinds[ARMOUR_KINDS] = {
    [ARMOUR_KEY] = {"key",
                    "a key file: private keys, encrypted under a passphrase. Never give it away.",
                    show_key},
    [ARMOUR_REQUEST] = {"request", "a request for a certificate, to be sent to the Authority.",
                        show_request},
    [ARMOUR_CERTIFICATE] = {"certificate", "a certificate, issued by the Authority. Public.",
                            show_certificate},
    [ARMOUR_ROOT] = {"root",
                     "the Authority's root. Public; compare the fingerprint with the Authority by "
                     "telephone.",
                     show_root},
    [ARMOUR_REVOCATIONS] = {"revocations", "the Authority's list of revoked certificates. Public.",
                            show_revocations},
};

/* The two plain text files have a first line instead of armour. */
static bool show_pins(const struct subject *subject, struct err *err)
{
    struct pins pins = {.path = mem_string(subject->path)};
    bool ok = pins_load(&pins, err);
    if (ok) {
        facts_text(subject->facts, "kind", "kind", "pins");
        facts_of_pins(subject->facts, &pins);
    }
    pins_free(&pins);
    return ok;
}

static bool show_issued(const struct subject *subject, struct err *err)
{
    struct issued issued = {0};
    const struct certificate *root = subject->root ? &subject->root->certificate : NULL;
    if (!issued_load(subject->path, root, &issued, err)) return false;
    facts_text(subject->facts, "kind", "kind", "issued");
    facts_of_issued(subject->facts, &issued);
    add_issuer(subject);
    issued_free(&issued);
    return true;
}

static bool starts_with(const struct buf *text, const char *line)
{
    return text->len >= strlen(line) && sodium_memcmp(text->data, line, strlen(line)) == 0;
}

static bool show_text(const struct buf *text, struct subject *subject, const char **title,
                      struct err *err)
{
    enum armour_kind kind = ARMOUR_KEY;
    struct buf data = {0};
    if (starts_with(text, PINS_FIRST_LINE)) {
        *title = "what this party has seen and will not go behind. Its own.";
        return show_pins(subject, err);
    }
    if (starts_with(text, ISSUED_FIRST_LINE)) {
        *title = "the Authority's record of what it issued. Keep a copy.";
        return show_issued(subject, err);
    }
    if (!armour_kind_of(text->data, text->len, &kind)) {
        return err_set(err, ERR_INVALID, "",
                       "%s is no Hearth key file, request, certificate, root or revocation list",
                       subject->path);
    }
    *title = kinds[kind].title;
    facts_add(subject->facts, "kind", json_string(kinds[kind].name), "kind", "HEARTH %s, %zu bytes",
              armour_kind_name(kind), text->len);
    bool ok = armour_read(kind, text->data, text->len, &data, err);
    subject->data = data.data;
    subject->len = data.len;
    ok = ok && kinds[kind].show(subject, err);
    buf_free(&data);
    return ok;
}

bool show_file(const char *path, const struct authority_root *root, int64_t now_ms,
               struct facts *facts, const char **title, struct err *err)
{
    struct buf text = {0};
    struct subject subject = {.path = path, .root = root, .now_ms = now_ms, .facts = facts};
    if (!file_read(path, ISSUED_FILE_MAX, &text, err)) return false;
    facts_text(facts, "file", "file", path);
    bool ok = show_text(&text, &subject, title, err);
    buf_free(&text);
    return ok;
}
