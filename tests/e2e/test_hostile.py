#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Peers that misbehave: each is refused with a status and a reason, and changes nothing else. The peers are
C programs (tests/e2e/hostile) that go through the real protocol and depart from it in one place."""

import json
import os
import re
import subprocess
import unittest

from support import ANYBODY, BUILD, SLOW, SchemeCase, lab, without_sanitizers

VICTIM = "ifa-002"


class Hostile(SchemeCase):
    agencies, households, seed = 3, 90, 11
    up_options = ("--deadline-ms", str(3000 * SLOW))

    def setUp(self):
        self.la = self.scheme.parties.las[0]
        self.request = self.request_file(ANYBODY)

    def anybody(self):
        """The honest client's result."""
        return self.search(ANYBODY)

    @staticmethod
    def bands(result):
        """Without the order: ties are drawn anew for each query."""
        return sorted((agency["id"], agency["band"]) for agency in result["agencies"])

    def peer(self, program, party, role, mode, *rest):
        secret = os.open(party.passphrase, os.O_RDONLY)
        try:
            return subprocess.Popen(
                [BUILD / "hostile" / program, party.home, str(secret), role,
                 f"127.0.0.1:{self.scheme.memory['port']}", mode, *rest],
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
        "future": ("FAILED_PRECONDITION", "valid from"),
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
        "shifted-slots": ("INVALID_ARGUMENT", "hard_slots"),
        "shifted-next-slots": ("INVALID_ARGUMENT", "soft_slots"),
        "wrapped-slots": ("INVALID_ARGUMENT", "ciphertexts"),
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
        "member-alone": ("INVALID_ARGUMENT", "group"),
        "no-member": ("INVALID_ARGUMENT", "group"),
        "seventeenth": ("INVALID_ARGUMENT", "group.queries"),
        "seventeen": ("INVALID_ARGUMENT", "group.queries: 17 of them"),
        "one-twice": ("INVALID_ARGUMENT", "group.queries"),
        "other-group-id": ("INVALID_ARGUMENT", "group.group_id"),
        "group-of-another": ("UNAUTHENTICATED", "group.la"),
        "expired-group": ("FAILED_PRECONDITION", "group.expires_at"),
        "group-signature": ("UNAUTHENTICATED", "group"),
        "two-groups": ("ALREADY_EXISTS", "group.group_id"),
        "member-twice": ("ALREADY_EXISTS", "query_id"),
    }
    # Their first round is good.
    SECOND = ("replay", "two-groups", "member-twice")

    def attack(self, mode, party=None, role="la"):
        peer = self.peer("hostile_la", party or self.la, role, mode, self.request)
        out, errors = peer.communicate(timeout=100 * SLOW)
        self.assertEqual(peer.returncode, 0, out + errors)
        statuses = re.findall(r"^status=(\w+) detail=(.*)$", out, re.MULTILINE)
        self.assertTrue(statuses, out + errors)
        return out, *statuses[-1]

    def test_refusals(self):
        before = self.anybody()
        for mode, (wanted, word) in self.REFUSED.items():
            with self.subTest(mode):
                out, status, detail = self.attack(mode)
                self.assertRegex(status, f"^({wanted})$", detail)
                self.assertIn(word, detail)
                if mode not in (*self.SECOND, "no-shares"):
                    self.assertNotIn("result", out)
        after = self.anybody()
        self.assertEqual(self.bands(before), self.bands(after))
        self.assertEqual(after["answered"], 3)

    def test_an_honest_copy_of_the_peer_is_served(self):
        out, status, _ = self.attack("honest")
        self.assertEqual(status, "OK", out)
        self.assertRegex(out, r"result agencies=[123]")

    def test_a_query_of_a_version_that_nobody_has_is_read_by_what_is_known(self):
        out, status, _ = self.attack("next-catalogue")
        self.assertEqual(status, "OK", out)
        self.assertRegex(out, r"result agencies=[123]")

    def test_a_member_is_told_no_list(self):
        """Whoever asks for it: the agencies stay untold, as many as there are."""
        self.assertTrue(self.anybody()["agencies"])
        out, status, _ = self.attack("member")
        self.assertEqual(status, "OK", out)
        self.assertRegex(out, "result agencies=0 choice=[23]")

    @without_sanitizers
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


@without_sanitizers
class Busy(Hostile):
    """A matcher that takes one search, and a peer that holds it open without ever proving its shares."""

    agencies, households = 1, 20
    up_options = ("--deadline-ms", "1000")

    def take_the_only_place(self):
        path = self.scheme.parties.get("matcher").home / "config.json"
        self.assertEqual(lab("stop", self.directory, "matcher").returncode, 0)
        config = json.loads(path.read_text(encoding="utf-8"))
        path.write_text(json.dumps(config | {"searches_max": 1}), encoding="utf-8")
        self.assertEqual(lab("start", self.directory, "matcher").returncode, 0)
        self.wait_all_attached()
        answered = " outcome=answered "
        before = self.log_of("ifa-001").count(answered)
        peer = self.peer("hostile_la", self.la, "la", "no-proof", self.request)
        self.wait_for(lambda: self.log_of("ifa-001").count(answered) > before, "the only place is taken")
        return peer

    def test_a_busy_matcher_says_when_to_try_again(self):
        peer = self.take_the_only_place()
        answer = self.search(ANYBODY, "--la", "la-2", codes=(5,))
        self.assertEqual(answer["error"]["code"], "budget")
        self.assertEqual(answer["error"]["field"], "searches")
        self.assertEqual(answer["error"]["retry_after_s"], 10)
        told = lab("search", self.directory, self.request, "--la", "la-2")
        self.assertEqual(told.returncode, 5)
        self.assertRegex(told.stderr, r"searches: as many searches are open already as there may be \(1\); "
                                      r"try again in 10 s\n$")
        waited = lab("search", self.directory, self.request, "--la", "la-2", "--wait", "60")
        self.assertEqual(waited.returncode, 0, waited.stderr)
        self.assertRegex(waited.stderr, r"The matcher is busy; trying again in 1\d s\.")
        out, _ = peer.communicate(timeout=100 * SLOW)
        self.assertIn("DEADLINE_EXCEEDED", out)


class HostileAgent(Hostile):
    NOT_COUNTED = ["silent", "die", "garbage", "other-query", "other-epoch", "other-agent", "odd-count",
                   "short-half", "not-canonical-c1", "not-canonical-c2", "identity-c1", "repeated-c1",
                   "changed-c1", "changed-c2", "wrong-signature"]

    def setUp(self):
        super().setUp()
        self.victim = self.scheme.parties.get(VICTIM)
        self.scheme.stop_party(self.victim)

    def attached(self, mode):
        peer = self.peer("hostile_agent", self.victim, "agent", mode)
        self.addCleanup(self.end, peer)
        self.assertEqual(peer.stdout.readline().strip(), "attached")
        return peer

    @staticmethod
    def end(peer):
        peer.terminate()
        peer.communicate(timeout=20 * SLOW)

    def test_costs_only_its_own_answer(self):
        wanted = self.bands(self.anybody())
        for mode in self.NOT_COUNTED:
            with self.subTest(mode):
                peer = self.attached(mode)
                result = self.anybody()
                self.end(peer)
                self.assertEqual((result["asked"], result["answered"]), (3, 2), result)
                self.assertEqual(self.bands(result), wanted)

    def test_a_copy_that_behaves_counts(self):
        self.attached("honest")
        self.assertEqual(self.anybody()["answered"], 3)

    def test_second_reply_changes_nothing(self):
        self.attached("twice")
        self.assertEqual(self.anybody()["answered"], 3)

    def test_an_la_cannot_attach(self):
        peer = self.peer("hostile_agent", self.la, "la", "honest")
        out, errors = peer.communicate(timeout=60 * SLOW)
        self.assertIn("status=PERMISSION_DENIED", out, errors)


del Hostile  # has no tests of its own

if __name__ == "__main__":
    unittest.main()
