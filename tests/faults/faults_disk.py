# SPDX-License-Identifier: Apache-2.0
"""The disk below a party's home is full, or read-only: what cannot be written down is refused with a reason,
what was accepted stays, and work goes on without a hand when there is room again."""

import json
import threading
import unittest

import disks
from stage import ANYBODY, Stage
from support import wait_until

KIB = {"matcher": 12 << 10, "agent": 8 << 10, "la": 8 << 10}
PAGE = 4096
AGENT = "ifa-002"


class DiskCase(Stage):
    @classmethod
    def setUpClass(cls):
        if not disks.permitted():
            print(f"left out: {cls.__name__} needs root and mount namespaces", flush=True)
            raise unittest.SkipTest("no mounts here")
        super().setUpClass()
        parties = [cls.scheme.parties.get(name) for name in ("matcher", AGENT, "la-1")]
        cls.scheme.stop(*parties[:2])
        cls.disks = {party.role: disks.SmallDisk(party.home, KIB[party.role]) for party in parties}
        cls.addClassCleanup(cls.leave, parties[:2])
        cls.scheme.launch(parties[0])
        cls.scheme.launch(parties[1])
        cls.scheme.wait_attached(cls.scheme.parties.agents, 60)

    @classmethod
    def leave(cls, daemons):
        cls.scheme.stop(*daemons)
        for disk in cls.disks.values():
            disk.close()

    def setUp(self):
        super().setUp()
        for disk in self.disks.values():
            self.addCleanup(disk.free)
            self.addCleanup(disk.read_only, False)

    def spare(self):
        """From nothing to some pages: so that it fills in the middle of something."""
        return self.chance.choice((0, 0, 1, 2, 3, 5, 8, 16, 40)) * PAGE

    def refusal(self, out, *words):
        """An error that a person can act on."""
        self.assertTrue(any(word in out for word in words), out)

    def referral(self, number):
        """A search of its own that was found, and its reference."""
        request = ANYBODY | {"search_ref": f"FAULT-{number}"}
        answer = self.ask(request=self.request_file(request))
        self.assertEqual(answer.get("answered"), self.agencies, answer)
        return request["search_ref"]

    def threads_at(self, agency):
        return [one["id"] for one in self.told(agency, "inbox", "--all", "--offline")["referrals"]]

    def arrives(self, agency, thread):
        return self.recovered(lambda: self.threads_at(agency).count(thread) == 1, f"{agency} has {thread}")


class Disks(DiskCase):
    # ---- the matcher's ----
    def results_in_the_log(self):
        code, out, _seconds = self.command("matcher", "audit", "show", "--json")
        self.assertEqual(code, 0, out)
        return sum(json.loads(line)["kind"] == "result" for line in out.splitlines() if line.startswith("{"))

    def test_matcher_full(self):
        pids = self.stays_up("matcher", *[agent.id for agent in self.scheme.parties.agents])
        for number in range(self.times(3, 12)):
            ref = self.referral(f"matcher-{number}")
            logged, accepted = self.results_in_the_log(), 0
            self.disks["matcher"].fill(self.spare())
            for _ in range(4):
                answer = self.ask()
                accepted += "error" not in answer
                if "error" in answer:
                    self.assertIn(answer["error"]["code"], ("unavailable", "io", "internal"), answer)
            # Written down at the LA, whether the matcher takes it now or later.
            code, out, _seconds = self.command("la-1", "refer", ref, "--to", AGENT, "--json")
            self.assertIn(code, (0, 4), out)
            self.disks["matcher"].free()
            took = self.recovered(self.all_answer, "searches are answered again")
            self.command("la-1", "inbox")
            told = self.told("la-1", "referrals", ref)
            took += self.arrives(AGENT, told["referrals"][0]["thread"])
            self.assertGreaterEqual(self.results_in_the_log(), logged + accepted, "a result without its entry")
            self.verify_log()
            self.note("disk full", "matcher's home", accepted=accepted + 1, longest_s=took)
        self.assertEqual(self.stays_up(*pids), pids, "nobody has fallen")

    def test_matcher_full_at_the_start(self):
        """A matcher that cannot write answers nobody until it can."""
        self.scheme.stop(self.party("matcher"))
        self.disks["matcher"].fill()
        starting = threading.Thread(target=self.start, args=("matcher",))
        starting.start()
        accepted = sum("error" not in self.ask() for _ in range(2))
        self.disks["matcher"].free()
        starting.join()
        pid = self.pid("matcher")
        took = self.recovered(self.all_answer, "searches are answered again")
        self.assertEqual(self.pid("matcher"), pid)
        self.verify_log()
        self.note("disk full", "matcher's home, at the start", accepted=accepted, longest_s=took)

    def test_matcher_read_only(self):
        self.scheme.stop(self.party("matcher"))
        self.disks["matcher"].read_only(True)
        code, out, _seconds = self.command("matcher", "serve", bound=20)
        self.assertEqual(code, 1, out)
        self.refusal(out, "Read-only file system")
        self.assertEqual(self.ask()["error"]["code"], "unavailable")
        self.disks["matcher"].read_only(False)
        self.start("matcher")
        took = self.recovered(self.all_answer, "searches are answered again")
        self.verify_log()
        self.note("disk read-only", "matcher's home", longest_s=took)

    # ---- an agency's ----
    def refs(self):
        return {carer["ref"] for carer in self.told(AGENT, "list")["carers"]}

    def test_agency_full(self):
        pids = self.stays_up("matcher", AGENT)
        own = self.directory / "carers" / f"{AGENT}.csv"
        for number in range(self.times(3, 12)):
            ref = self.referral(f"agency-{number}")
            before = self.refs()
            self.disks["agent"].fill(self.spare())
            answers = [self.ask() for _ in range(3)]
            self.assertTrue(all(answer.get("answered", 0) >= self.agencies - 1 for answer in answers), answers)
            code, out, _seconds = self.command(AGENT, "import", "--replace", own)
            if code != 0:
                self.refusal(out, "No space left", "disk full")
            told = self.told("la-1", "refer", ref, "--to", AGENT)
            thread = told["referrals"][0]["thread"]
            code, out, _seconds = self.command(AGENT, "inbox", "--json")
            self.disks["agent"].free()
            took = self.recovered(self.all_answer, "all agencies answer again")
            took += self.arrives(AGENT, thread)
            self.assertEqual(self.refs(), before)
            took += self.answers_once(thread, ref, number)
            self.note("disk full", "agency's home", accepted=2, longest_s=took)
        self.assertEqual(self.stays_up(*pids), pids)

    def answers_once(self, thread, ref, number):
        """An answer that is refused for want of room was not given; the one that is accepted arrives once."""
        text = self.file(f"text-{number}.txt", f"mark-{number}-x\n")
        self.disks["agent"].fill(self.spare())
        code, out, _seconds = self.command(AGENT, "reply", thread, "offer", "--text", text)
        self.disks["agent"].free()
        if code == 3:
            code = 0  # written down, the matcher was not reached
        if code != 0:
            self.refusal(out, "No space left", "disk full")
            code, out, _seconds = self.command(AGENT, "reply", thread, "offer", "--text", text)
        self.assertEqual(code, 0, out)

        def there():
            shown = json.dumps(self.told("la-1", "inbox", "show", thread))
            return shown.count(f"mark-{number}-x") == 1
        return self.recovered(there, f"the offer for {ref} is with the LA once")

    def test_agency_read_only(self):
        self.scheme.stop(self.party(AGENT))
        before = self.refs()
        self.disks["agent"].read_only(True)
        own = self.directory / "carers" / f"{AGENT}.csv"
        for words in (("serve",), ("import", "--replace", own)):
            code, out, _seconds = self.command(AGENT, *words, bound=20)
            self.assertEqual(code, 1, out)
            self.refusal(out, "Read-only file system")
        self.disks["agent"].read_only(False)
        self.start(AGENT)
        took = self.recovered(self.all_answer, "all agencies answer again")
        self.assertEqual(self.refs(), before)
        self.note("disk read-only", "agency's home", longest_s=took)

    # ---- an LA's ----
    def kept(self):
        return {one["search_ref"] for one in self.told("la-1", "history")["searches"]}

    def test_la_full(self):
        for number in range(self.times(4, 16)):
            ref = self.referral(f"la-{number}")
            before = self.kept()
            self.disks["la"].fill(self.spare())
            later = f"FULL-{number}"
            answer = self.ask(request=self.request_file(ANYBODY | {"search_ref": later}))
            code, out, _seconds = self.command("la-1", "refer", ref, "--to", AGENT, "--json")
            self.disks["la"].free()
            if "error" in answer:
                self.refusal(answer["error"]["message"], "No space left", "disk full")
            else:
                self.assertIn(later, self.kept(), "a search that was told of is kept")
            if code != 0:
                self.refusal(out, "No space left", "disk full")
            self.assertLessEqual(before, self.kept())
            took = self.recovered(lambda: self.answered(la="la-1") == self.agencies, "searches work again")
            again = self.command("la-1", "refer", ref, "--to", AGENT, "--json")
            self.assertIn(again[0], (0, 2), again[1])  # 2: it was referred already
            self.command("la-1", "inbox")
            threads = [one["thread"] for one in self.told("la-1", "referrals", ref)["referrals"]]
            self.assertEqual(len(threads), 1, threads)
            took += self.arrives(AGENT, threads[0])
            self.note("disk full", "LA's home", accepted=1 + ("error" not in answer), longest_s=took)

    def test_la_read_only(self):
        self.referral("ro")
        before = self.kept()
        self.disks["la"].read_only(True)
        answer = self.ask(request=self.request_file(ANYBODY | {"search_ref": "READ-ONLY"}))
        code, out, _seconds = self.command("la-1", "refer", "FAULT-ro", "--to", AGENT, "--json")
        self.disks["la"].read_only(False)
        self.refusal(answer["error"]["message"], "Read-only file system")
        self.assertNotEqual(code, 0)
        self.refusal(out, "Read-only file system")
        self.assertEqual(self.kept(), before)
        took = self.recovered(lambda: self.answered(la="la-1") == self.agencies, "searches work again")
        self.note("disk read-only", "LA's home", longest_s=took)
