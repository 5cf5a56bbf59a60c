#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Peers that misbehave: each is refused with a status and a reason, and changes nothing else. The peers are
C programs (tests/e2e/hostile) that go through the real protocol and depart from it in one place."""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "lab"))

from scheme import Scheme  # noqa: E402

BUILD = pathlib.Path(os.environ.get("HEARTH_BUILD", ROOT / "build")).resolve()
ANYBODY = {"search_ref": "HOSTILE-1", "children": [{"age": 9, "sex": "U"}],
           "placement": {"type": "PT_LONG", "needed_by": "later"}}
VICTIM = "ifa-002"


class Hostile(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="hearth-hostile-")
        cls.addClassCleanup(cls.folder.cleanup)
        directory = pathlib.Path(cls.folder.name)
        subprocess.run([ROOT / "tests/lab/generate", "--seed", "11", "--agencies", "3", "--households", "90",
                        directory], check=True, capture_output=True)
        cls.request = directory / "request.json"
        cls.request.write_text(json.dumps(ANYBODY), encoding="utf-8")
        cls.scheme = Scheme(directory, BUILD)
        cls.addClassCleanup(cls.scheme.down)
        cls.scheme.up(deadline_ms=4000)
        cls.address = f"127.0.0.1:{cls.scheme.memory['port']}"
        cls.la = cls.scheme.parties.las[0]

    def search(self):
        """The honest client's result."""
        secret = os.open(self.la.passphrase, os.O_RDONLY)
        try:
            done = subprocess.run(
                [BUILD / "hearth", "search", self.request, "--json", "-C", self.la.home, "--passphrase-fd",
                 str(secret)], pass_fds=(secret,), capture_output=True, encoding="utf-8", check=False)
        finally:
            os.close(secret)
        self.assertIn(done.returncode, (0, 3), done.stdout + done.stderr)
        return json.loads(done.stdout)

    def peer(self, program, party, role, mode, *rest):
        secret = os.open(party.passphrase, os.O_RDONLY)
        try:
            return subprocess.Popen(
                [BUILD / "hostile" / program, party.home, str(secret), role, self.address, mode, *rest],
                pass_fds=(secret,), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                encoding="utf-8")
        finally:
            os.close(secret)

    def log_of(self, party_id):
        return (self.scheme.state / "logs" / f"{party_id}.log").read_text(encoding="utf-8")


class HostileLa(Hostile):
    """Each attack, the status that ends the call, and a word of the reason."""

    REFUSED = {
        "expired": ("FAILED_PRECONDITION", "expire"),
        "future": ("FAILED_PRECONDITION", "issued"),
        "long-lived": ("INVALID_ARGUMENT", "expires_at"),
        "other-epoch": ("FAILED_PRECONDITION", "epoch"),
        "other-la": ("UNAUTHENTICATED|PERMISSION_DENIED", "la"),
        "wrong-proof": ("UNAUTHENTICATED", "proof"),
        "rogue-key": ("UNAUTHENTICATED", "proof"),
        "identity-key": ("INVALID_ARGUMENT", "key"),
        "not-canonical": ("INVALID_ARGUMENT", "ciphertexts"),
        "identity-c1": ("INVALID_ARGUMENT", "ciphertexts"),
        "truncated": ("INVALID_ARGUMENT", "ciphertexts"),
        "other-catalogue": ("FAILED_PRECONDITION", "catalogue"),
        "other-protocol": ("FAILED_PRECONDITION", "protocol"),
        "wrong-signature": ("UNAUTHENTICATED", "signature"),
        "changed-after-signing": ("UNAUTHENTICATED", "signature"),
        "other-options": ("INVALID_ARGUMENT|UNAUTHENTICATED", "query_hash"),
        "no-hello": ("FAILED_PRECONDITION|INVALID_ARGUMENT", ""),
        "bad-hello": ("UNAUTHENTICATED", ""),
        "garbage": ("INVALID_ARGUMENT", ""),
        "huge": ("RESOURCE_EXHAUSTED", ""),
        "replay": ("ALREADY_EXISTS", ""),
        "no-shares": ("DEADLINE_EXCEEDED|OK", ""),
        "no-proof": ("DEADLINE_EXCEEDED", ""),
        "unknown-agent": ("INVALID_ARGUMENT|NOT_FOUND|FAILED_PRECONDITION", "agent"),
        "short-shares": ("INVALID_ARGUMENT", "shares"),
        "wrong-shares": ("UNAUTHENTICATED", "proof"),
        "double-shares": ("ALREADY_EXISTS|FAILED_PRECONDITION|INVALID_ARGUMENT", ""),
        "fewer-in-proof": ("INVALID_ARGUMENT|UNAUTHENTICATED", ""),
        "bad-proof-signature": ("UNAUTHENTICATED", "signature"),
    }

    def attack(self, mode, party=None, role="la"):
        peer = self.peer("hostile_la", party or self.la, role, mode, self.request)
        out, errors = peer.communicate(timeout=100)
        self.assertEqual(peer.returncode, 0, out + errors)
        statuses = re.findall(r"^status=(\w+) detail=(.*)$", out, re.MULTILINE)
        self.assertTrue(statuses, out + errors)
        return out, *statuses[-1]

    def test_refusals(self):
        before = self.search()
        for mode, (wanted, word) in self.REFUSED.items():
            with self.subTest(mode):
                out, status, detail = self.attack(mode)
                self.assertRegex(status, f"^({wanted})$", detail)
                self.assertIn(word, detail)
                if mode not in ("replay", "no-shares"):
                    self.assertNotIn("result", out)
        after = self.search()
        self.assertEqual(before["agencies"], after["agencies"])
        self.assertEqual(after["answered"], 3)

    def test_an_honest_copy_of_the_peer_is_served(self):
        out, status, _ = self.attack("honest")
        self.assertEqual(status, "OK", out)
        self.assertRegex(out, r"result agencies=[123]")

    def test_without_shares_nothing_is_opened(self):
        out, _, _ = self.attack("no-shares")
        self.assertNotRegex(out, r"result agencies=[1-9]")

    def test_an_agency_cannot_search(self):
        agency = self.scheme.parties.get("ifa-001")
        _, status, _ = self.attack("honest", agency, "agent")
        self.assertEqual(status, "PERMISSION_DENIED")

    def test_refusals_are_logged(self):
        self.attack("wrong-signature")
        self.assertIn("signature", self.log_of("matcher"))


class HostileAgent(Hostile):
    NOT_COUNTED = ["silent", "die", "garbage", "other-query", "other-epoch", "other-agent", "odd-count",
                   "short-half", "not-canonical-c1", "not-canonical-c2", "identity-c1", "repeated-c1",
                   "changed-c1", "changed-c2", "wrong-signature"]

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.victim = cls.scheme.parties.get(VICTIM)
        cls.scheme.stop_party(cls.victim)

    def attached(self, mode, party=None, role="agent"):
        peer = self.peer("hostile_agent", party or self.victim, role, mode)
        self.addCleanup(self.end, peer)
        self.assertEqual(peer.stdout.readline().strip(), "attached")
        return peer

    @staticmethod
    def end(peer):
        peer.terminate()
        peer.communicate(timeout=20)

    def others(self, result):
        return [agency for agency in result["agencies"] if agency["id"] != VICTIM]

    def test_costs_only_its_own_answer(self):
        before = self.search()
        wanted = [(agency["id"], agency["band"]) for agency in before["agencies"]]
        for mode in self.NOT_COUNTED:
            with self.subTest(mode):
                peer = self.attached(mode)
                result = self.search()
                self.end(peer)
                self.assertEqual((result["asked"], result["answered"]), (3, 2), result)
                got = [(agency["id"], agency["band"]) for agency in result["agencies"]]
                self.assertEqual(sorted(got), sorted(wanted))

    def test_a_copy_that_behaves_counts(self):
        self.attached("honest")
        self.assertEqual(self.search()["answered"], 3)

    def test_second_reply_changes_nothing(self):
        self.attached("twice")
        self.assertEqual(self.search()["answered"], 3)

    def test_an_la_cannot_attach(self):
        peer = self.peer("hostile_agent", self.la, "la", "honest")
        out, errors = peer.communicate(timeout=60)
        self.assertIn("status=PERMISSION_DENIED", out, errors)


del Hostile

if __name__ == "__main__":
    unittest.main()
