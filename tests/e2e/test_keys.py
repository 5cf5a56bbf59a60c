# SPDX-License-Identifier: Apache-2.0
"""hearth-keys as people use it: a root, requests, certificates, renewal, revocation, in temporary directories."""

import concurrent.futures
import json
import os
import pathlib
import pty
import stat
import subprocess
import tempfile
import unittest

from support import BUILD

KEYS = BUILD / "hearth-keys"
PASSPHRASE = "correct horse"
DAY = 86400


def line(text):
    """A descriptor from which one line can be read."""
    descriptor = os.memfd_create("passphrase")
    os.write(descriptor, text.encode() + b"\n")
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def keys(command, *arguments, passphrase=None, new=None, later=0):
    """Runs hearth-keys; the finished process, with its output as text."""
    words, descriptors = [KEYS, command, *map(str, arguments)], []
    for option, text in (("--passphrase-fd", passphrase), ("--new-passphrase-fd", new)):
        if text is not None:
            descriptors.append(line(text))
            words += [option, str(descriptors[-1])]
    try:
        return subprocess.run(words, check=False, capture_output=True, encoding="utf-8", timeout=60,
                              stdin=subprocess.DEVNULL, pass_fds=descriptors, start_new_session=True,
                              env=os.environ | {"HEARTH_CLOCK_OFFSET": str(later)})
    finally:
        for descriptor in descriptors:
            os.close(descriptor)


class KeysCase(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="hearth-keys-")
        self.addCleanup(folder.cleanup)
        self.dir = pathlib.Path(folder.name)
        self.authority = self.dir / "authority"
        self.out = self.dir / "out"

    def ok(self, *arguments, **options):
        done = keys(*arguments, **options)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        return done.stdout

    def refused(self, code, text, *arguments, **options):
        """An exit code and a sentence on stderr; as JSON the same in one object."""
        done = keys(*arguments, **options)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        self.assertIn(text, done.stderr)
        self.assertNotIn(PASSPHRASE, done.stdout + done.stderr)
        return done

    def root(self, directory=None, **options):
        return self.ok("root", "-C", directory or self.authority, "--name", "Test Authority", "--argon2",
                       "interactive", passphrase=PASSPHRASE, **options)

    def request(self, role, name, *more):
        home = self.dir / f"{role}-{name}"
        self.ok("request", "-C", home, "--role", role, "--id", name, "--name", f"The {name}", "--argon2",
                "interactive", *more, passphrase=PASSPHRASE)
        return home

    def issue(self, *homes, **options):
        out = self.ok("issue", "-C", self.authority, "--out", self.out, "--json",
                      *(home / "identity.req" for home in homes), passphrase=PASSPHRASE, **options)
        return [each["serial"] for each in json.loads(out)["issued"]]

    def install(self, home, *more, **options):
        return self.ok("install", "-C", home, "--root", self.authority / "authority.root",
                       self.out / f"{home.name}.cert", *more, **options)

    def show(self, path, *more, **options):
        return json.loads(self.ok("show", "--json", path, *more, **options))["files"][0]

    def files(self, directory):
        return sorted(entry.name for entry in directory.iterdir())

    def modes(self, directory):
        return {entry.name: stat.S_IMODE(entry.stat().st_mode) for entry in directory.iterdir()}


class Ceremony(KeysCase):
    def test_from_root_to_renewal(self):
        self.root()
        self.assertEqual(self.modes(self.authority),
                         {"identity.key": 0o600, "authority.root": 0o644, "revocations": 0o644})
        matcher = self.request("matcher", "matcher", "--address", "127.0.0.1", "--address", "m.example.org")
        agent = self.request("agent", "agency-1", "--urn", "SC1")
        self.assertEqual(self.modes(agent), {"identity.key": 0o600, "identity.req": 0o644})
        self.assertEqual(self.issue(matcher, agent), [2, 3])
        self.install(matcher)
        self.install(agent, "--revocations", self.authority / "revocations")
        self.assertEqual(self.files(agent),
                         ["authority.root", "identity.cert", "identity.key", "identity.req", "revocations"])
        # Renewal: everything but the directory comes from the present certificate.
        self.ok("request", "-C", matcher, passphrase=PASSPHRASE)
        self.assertEqual(self.issue(matcher), [4])
        self.install(matcher)
        shown = self.show(matcher / "identity.cert", "--root", self.authority / "authority.root")
        self.assertEqual((shown["serial"], shown["role"], shown["id"], shown["name"]),
                         (4, "matcher", "matcher", "The matcher"))
        self.assertEqual(shown["addresses"], ["127.0.0.1", "m.example.org"])
        self.assertEqual(self.files(self.authority), ["authority.root", "identity.key", "issued", "revocations"])

    def test_issue_prints_what_it_certifies(self):
        self.root()
        agent = self.request("agent", "agency-1")
        request = agent / "identity.req"
        fingerprint = self.show(request)["key_fingerprint"]
        first = self.ok("issue", "-C", self.authority, "--out", self.out, request, passphrase=PASSPHRASE)
        self.assertIn(fingerprint, first)
        self.assertIn("first certificate", first)
        again = self.ok("issue", "-C", self.authority, "--out", self.out, request, passphrase=PASSPHRASE)
        self.assertIn("renews serial 2, the same keys", again)
        (agent / "identity.key").unlink()
        self.request("agent", "agency-1")
        other = self.ok("issue", "-C", self.authority, "--out", self.out, request, passphrase=PASSPHRASE)
        self.assertIn("OTHER KEYS than serial 3", other)

    def test_issue_all_or_none(self):
        self.root()
        agent, la = self.request("agent", "agency-1"), self.request("la", "la-1")
        damaged = self.dir / "damaged.req"
        damaged.write_text((la / "identity.req").read_text()[:-60])
        issue = ("issue", "-C", self.authority, "--out", self.out)
        self.refused(2, "damaged.req is refused; nothing is issued", *issue, agent / "identity.req", damaged,
                     passphrase=PASSPHRASE)
        self.refused(2, "are both for agent agency-1", *issue, agent / "identity.req", agent / "identity.req",
                     passphrase=PASSPHRASE)
        self.refused(2, "a HEARTH REQUEST file is wanted", *issue, self.authority / "authority.root",
                     passphrase=PASSPHRASE)
        self.refused(2, "no request is given", *issue, passphrase=PASSPHRASE)
        self.assertFalse(self.out.exists())
        self.assertFalse((self.authority / "issued").exists())
        self.assertEqual(self.issue(agent, la), [2, 3])

    def test_two_at_once_never_share_a_serial(self):
        self.root()
        homes = [self.request("agent", f"agency-{i}") for i in range(4)]
        with concurrent.futures.ThreadPoolExecutor() as pool:
            serials = list(pool.map(self.issue, homes))
        self.assertEqual(sorted(serials), [[2], [3], [4], [5]])
        listed = json.loads(self.ok("list", "-C", self.authority, "--json"))["certificates"]
        self.assertEqual([each["serial"] for each in listed], [2, 3, 4, 5])

    def test_revoke_and_list(self):
        self.root()
        homes = [self.request(*party) for party in
                 (("agent", "agency-1"), ("agent", "agency-2"), ("la", "la-1"))]
        self.issue(*homes)
        revoke = ("revoke", "-C", self.authority, "--json")
        out = json.loads(self.ok(*revoke, 4, passphrase=PASSPHRASE))
        self.assertEqual((out["number"], out["revoked"]), (2, [4]))
        out = json.loads(self.ok(*revoke, "agent/agency-1", passphrase=PASSPHRASE))
        self.assertEqual((out["number"], out["revoked"]), (3, [2, 4]))
        listed = json.loads(self.ok("list", "-C", self.authority, "--json"))["certificates"]
        self.assertEqual({each["id"]: each["revoked"] for each in listed},
                         {"agency-1": True, "agency-2": False, "la-1": True})
        self.assertRegex(self.ok("list", "-C", self.authority), r"2 +agent +agency-1 +\S+ +revoked")
        for what in ("99", "1"):
            self.refused(2, "was never issued here", "revoke", "-C", self.authority, what, passphrase=PASSPHRASE)
        for what in ("la/nobody", "agent/la-1"):
            self.refused(2, "no valid certificate", "revoke", "-C", self.authority, what, passphrase=PASSPHRASE)
        self.refused(2, "neither a serial nor ROLE/ID", "revoke", "-C", self.authority, "agency-1",
                     passphrase=PASSPHRASE)
        self.assertEqual(self.show(self.authority / "revocations")["number"], 3)


class Install(KeysCase):
    def setUp(self):
        super().setUp()
        self.root()
        self.agent = self.request("agent", "agency-1")
        self.issue(self.agent)
        self.certificate = self.out / "agent-agency-1.cert"

    def attempt(self, code, text, *arguments, **options):
        before = {entry.name: entry.read_bytes() for entry in self.agent.iterdir()}
        self.refused(code, text, "install", "-C", self.agent, *arguments, **options)
        self.assertEqual({entry.name: entry.read_bytes() for entry in self.agent.iterdir()}, before)

    def test_needs_a_root(self):
        self.attempt(2, "authority.root", self.certificate)

    def test_foreign_root(self):
        other = self.dir / "other"
        self.root(other)
        self.attempt(1, "signature", "--root", other / "authority.root", self.certificate)
        self.install(self.agent)
        self.attempt(1, "another Authority", "--root", other / "authority.root", self.certificate)

    def test_certificate_of_another(self):
        second = self.request("agent", "agency-2")
        self.issue(second)
        self.attempt(2, "issued for another key file", "--root", self.authority / "authority.root",
                     self.out / "agent-agency-2.cert")

    def test_older_certificate(self):
        old = self.dir / "old.cert"
        old.write_bytes(self.certificate.read_bytes())
        self.issue(self.agent)
        self.install(self.agent)
        self.attempt(1, "older than serial 3", old)

    def test_expired_and_revoked(self):
        root = self.authority / "authority.root"
        self.attempt(1, "expired", "--root", root, self.certificate, later=366 * DAY)
        self.attempt(1, "is valid from", "--root", root, self.certificate, later=-DAY)
        self.ok("revoke", "-C", self.authority, "2", passphrase=PASSPHRASE)
        self.attempt(1, "revoked", "--root", root, "--revocations", self.authority / "revocations",
                     self.certificate)

    def test_older_list(self):
        old = self.dir / "old"
        old.write_bytes((self.authority / "revocations").read_bytes())
        self.issue(self.request("la", "la-1"))
        self.ok("revoke", "-C", self.authority, "la/la-1", passphrase=PASSPHRASE)
        self.install(self.agent, "--revocations", self.authority / "revocations")
        self.attempt(1, "older than list 2", "--revocations", old)
        self.attempt(2, "there is no", "--revocations", self.dir / "missing")


class Passphrases(KeysCase):
    def setUp(self):
        super().setUp()
        self.home = self.request("la", "la-1")

    def test_change(self):
        before = self.show(self.home / "identity.key")
        self.refused(1, "passphrase is wrong", "passphrase", "-C", self.home, passphrase="wrong", new="next")
        self.ok("passphrase", "-C", self.home, passphrase=PASSPHRASE, new="next")
        self.assertEqual(self.show(self.home / "identity.key"), before)
        self.assertEqual(self.modes(self.home), {"identity.key": 0o600, "identity.req": 0o644})
        renew = ("request", "-C", self.home, "--role", "la", "--id", "la-1", "--name", "The la-1")
        self.refused(1, "passphrase is wrong", *renew, passphrase=PASSPHRASE)
        self.ok(*renew, passphrase="next")

    def test_cost(self):
        self.ok("passphrase", "-C", self.home, "--argon2", "moderate", passphrase=PASSPHRASE, new=PASSPHRASE)
        shown = self.show(self.home / "identity.key")
        self.assertEqual((shown["argon2_passes"], shown["argon2_memory"]), (3, 256 << 20))
        self.refused(2, "not interactive, moderate or sensitive", "passphrase", "-C", self.home,
                     "--argon2", "weak", passphrase=PASSPHRASE, new=PASSPHRASE)

    def test_only_from_a_terminal_or_a_descriptor(self):
        done = self.refused(1, "no terminal", "passphrase", "-C", self.home)
        self.assertIn("--passphrase-fd", done.stderr)
        self.refused(2, "empty", "passphrase", "-C", self.home, passphrase="", new="next")
        for option in (("--passphrase", PASSPHRASE), ("--passphrase=" + PASSPHRASE,)):
            done = keys("passphrase", "-C", self.home, *option)
            self.assertEqual(done.returncode, 2)

    def test_loose_mode(self):
        (self.home / "identity.key").chmod(0o640)
        self.refused(1, "chmod 600", "passphrase", "-C", self.home, passphrase=PASSPHRASE, new="next")
        self.assertIn("OTHERS CAN REACH IT", self.ok("show", self.home / "identity.key"))

    def at_terminal(self, lines, *arguments):
        """Answers each prompt with a line; the exit code and all that the terminal showed."""
        process, terminal = pty.fork()
        if process == 0:
            os.execv(KEYS, [str(KEYS), *map(str, arguments)])
        shown = b""
        lines = list(lines)
        while True:
            try:
                shown += os.read(terminal, 4096)
            except OSError:
                break
            if lines and shown.endswith(b": "):
                os.write(terminal, lines.pop(0).encode() + b"\n")
        os.close(terminal)
        return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), shown.decode()

    def test_terminal(self):
        arguments = ("passphrase", "-C", self.home)
        code, shown = self.at_terminal([PASSPHRASE, "next one", "next two"], *arguments)
        self.assertEqual(code, 2)
        self.assertIn("differ", shown)
        code, shown = self.at_terminal([PASSPHRASE, "next one", "next one"], *arguments)
        self.assertEqual(code, 0, shown)
        self.assertNotIn(PASSPHRASE, shown)
        self.assertNotIn("next one", shown)
        self.ok(*arguments, passphrase="next one", new=PASSPHRASE)


class Show(KeysCase):
    def test_explains_every_file_without_a_passphrase(self):
        self.root()
        agent = self.request("agent", "agency-1")
        self.issue(agent)
        self.install(agent)
        kinds = {"identity.key": "key", "identity.req": "request", "identity.cert": "certificate",
                 "authority.root": "root"}
        for name, kind in kinds.items():
            self.assertEqual(self.show(agent / name)["kind"], kind)
        for name, kind in {"revocations": "revocations", "issued": "issued"}.items():
            self.assertEqual(self.show(self.authority / name)["kind"], kind)
        words = self.ok("show", agent / "identity.cert", "--root", agent / "authority.root")
        for text in ("role          agent", "id            agency-1", "(364 days left)",
                     "by the given Authority: correct"):
            self.assertIn(text, words)
        words = self.ok("show", agent / "identity.cert", later=370 * DAY)
        self.assertIn("expired", words)
        self.assertEqual(self.show(agent / "identity.cert", later=-DAY)["state"], "not yet valid")
        self.assertEqual(len({self.show(agent / name)["key_fingerprint"]
                              for name in ("identity.key", "identity.req", "identity.cert")}), 1)

    def test_checks_signatures_where_it_can(self):
        self.root()
        other = self.dir / "other"
        self.root(other)
        self.refused(1, "signature", "show", "--root", other / "authority.root", self.authority / "revocations")
        junk = self.dir / "junk"
        junk.write_bytes(os.urandom(200))
        self.refused(2, "is no Hearth", "show", junk)
        self.refused(2, "No such file", "show", self.dir / "missing")
        self.refused(2, "no file is given", "show")


class Usage(KeysCase):
    def test_bad_input(self):
        first = ("request", "-C", self.dir / "home", "--name", "N")
        for words, text in (
                ((*first, "--role", "king", "--id", "a"), "is not matcher, agent, la or hub"),
                ((*first, "--role", "authority", "--id", "a"), "cannot be asked for"),
                ((*first, "--role", "la", "--id", "Upper"), "a-z, 0-9 and -"),
                ((*first, "--role", "la", "--id", "../x"), "a-z, 0-9 and -"),
                ((*first, "--role", "la", "--id", "a" * 33), "at most 32"),
                ((*first, "--role", "la", "--id", "a", "--urn", "S C"), "letters and digits"),
                ((*first, "--role", "la", "--id", "a", "--address", "1.2.3.4"), "only a matcher"),
                ((*first, "--role", "matcher", "--id", "a", "--address", "a,b"), "neither a DNS name"),
                ((*first, "--role", "la"), "--role, --id and --name"),
                (("request", "-C", self.dir / "home", "--role", "la", "--id", "a", "--name", "a\nb"), "printable"),
                (("request", "--role", "la"), "-C DIR is wanted"),
                (("root", "-C", self.authority), "--name NAME is wanted"),
                (("root", "-C", self.authority, "--name", "N", "--days", "7301"), "1 to 7300"),
                (("root", "-C", self.authority, "--name", "N", "--days", "0"), "1 to 7300"),
                (("issue", "-C", self.authority, "--days", "1101", "x"), "1 to 1100"),
                (("list", "-C", self.authority, "more"), "one argument too many"),
                (("list", "-C", self.dir / "nowhere"), "No such file"),
                (("nonsense",), "unknown command")):
            with self.subTest(words=words):
                self.refused(2, text, *words, passphrase=None if words[0] == "nonsense" else PASSPHRASE)
        self.assertEqual(self.files(self.dir), [])

    def test_a_second_root_is_refused(self):
        self.root()
        before = (self.authority / "identity.key").read_bytes()
        self.refused(2, "is there already", "root", "-C", self.authority, "--name", "N", passphrase=PASSPHRASE)
        self.assertEqual((self.authority / "identity.key").read_bytes(), before)

    def test_errors_as_json(self):
        done = keys("list", "-C", self.dir / "nowhere", "--json")
        self.assertEqual(done.returncode, 2)
        self.assertEqual(json.loads(done.stdout)["error"]["code"], "not_found")

    def test_help(self):
        for command in ("root", "request", "issue", "install", "revoke", "list", "passphrase", "show"):
            self.assertIn(command, self.ok("--help"))
            self.assertIn("Usage: hearth-keys " + command, self.ok(command, "--help"))


if __name__ == "__main__":
    unittest.main()
