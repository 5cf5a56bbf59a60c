# SPDX-License-Identifier: Apache-2.0
"""The matcher's log as a party gets it, checked by a second, independent reading of docs/audit.md."""

import hashlib
import json
import stat

from support import ANYBODY, SchemeCase, lab


def tagged(tag, data):
    """H(tag, data): BLAKE2b-256 over both, each behind its length in four bytes."""
    parts = b"".join(len(part).to_bytes(4, "big") + part for part in (tag, data))
    return hashlib.blake2b(parts, digest_size=32).digest()


def follow(header, lines):
    """The hash of the last entry, recomputed from the lines alone."""
    head = bytes.fromhex(header["previous"])
    for number, line in enumerate(lines, header["from"]):
        assert line["n"] == number
        inner = bytes.fromhex(line["inner"]) if "inner" in line else \
            tagged(b"hearth v1 audit inner", bytes.fromhex(line["entry"]))
        head = tagged(b"hearth v1 audit", number.to_bytes(8, "big") + head + inner)
        assert head.hex() == line["hash"]
    return head.hex()


class Export(SchemeCase):
    def export(self, *arguments, code=0):
        done = lab("run", self.directory, "matcher", "--", "audit", "export", *arguments)
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stdout

    def lines(self, *arguments):
        header, *lines = map(json.loads, self.export(*arguments).splitlines())
        self.assertEqual(header["length"] - header["from"] + 1, len(lines))
        self.assertEqual(follow(header, lines), header["head"])
        return header, lines

    def test_each_party_sees_its_own(self):
        answer = self.search(ANYBODY)
        self.export("--la", "la-1")  # while it runs, up to the newest checkpoint
        self.assertEqual(lab("stop", self.directory, "matcher").returncode, 0)
        self.addCleanup(lab, "start", self.directory, "matcher")
        header, lines = self.lines("--la", "la-1")
        self.assertEqual((header["matcher"], header["party"]), ("matcher", "la/la-1"))
        own = "".join(line.get("entry", "") for line in lines)
        self.assertEqual(own.count(answer["query_hash"]), 2)  # the query and its result
        for party in (("--la", "la-2"), ("--agent", "ifa-001")):
            with self.subTest(party=party):
                others, there = self.lines(*party)
                self.assertEqual(others["head"], header["head"])
                self.assertNotIn(answer["query_hash"], json.dumps(there))
        for party, named in (("la-1", True), ("la-x", False)):
            told = lab("run", self.directory, "matcher", "--", "audit", "export", "--la", party).stderr
            self.assertEqual(f"no entry names la/{party}" in told, not named, "a slip in the id is noticed")
        later, rest = self.lines("--la", "la-1", "--from", str(header["length"] - 2))
        self.assertEqual(len(rest), 3)
        self.assertEqual(later["previous"], lines[-4]["hash"])
        self.export("--la", "la-1", "--from", str(header["length"] + 1), code=2)

    def test_a_head_of_a_result_is_in_the_chain(self):
        self.search(ANYBODY)
        kept = (self.scheme.parties.las[0].home / "log-heads").read_text(encoding="ascii").splitlines()[-1]
        length, head = kept.split(" at=")[1].split(":")
        self.assertEqual(lab("stop", self.directory, "matcher").returncode, 0)
        self.addCleanup(lab, "start", self.directory, "matcher")
        _, lines = self.lines("--la", "la-1")
        self.assertEqual(lines[int(length) - 1]["hash"], head)

    def test_to_a_file(self):
        path = self.directory / "export.jsonl"
        self.export("--agent", "ifa-001", "--out", path)
        self.addCleanup(path.unlink)
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
        header, *lines = map(json.loads, path.read_text(encoding="ascii").splitlines())
        self.assertEqual(header["party"], "agent/ifa-001")
        self.assertEqual(follow(header, lines), header["head"])
        self.export("--agent", "ifa-001", "--out", self.directory / "nowhere" / "x", code=1)

    def test_a_party_has_to_be_named(self):
        for arguments in ((), ("--la", "la-1", "--agent", "x"), ("--la", "LA 1"), ("--la", "la-1", "--from", "0")):
            with self.subTest(arguments=arguments):
                self.export(*arguments, code=2)
