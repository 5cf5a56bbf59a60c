# SPDX-License-Identifier: Apache-2.0
"""Agents and the matcher are killed, stopped and restarted in the middle of searches, importing programs in the
middle of imports: a search ends in time with what the others answered, an import is whole or not there."""

import csv
import signal
import time

from stage import ANYBODY, DEADLINE_MS, LONG, SLOW, Searching, Stage

AGENTS = ("ifa-001", "ifa-002", "ifa-003")
# Longer than keepalive (30 s) in the long version, longer than the deadline of a search in the short one.
STOPPED_SECONDS = 35 if LONG else DEADLINE_MS / 1000 + 0.5


class Processes(Stage):
    def setUp(self):
        super().setUp()
        self.request = self.request_file(ANYBODY)

    def searching(self):
        """A search that runs, and a moment in its middle."""
        search = Searching(self, request=self.request)
        time.sleep(self.chance.uniform(0.05, 0.7) * SLOW)  # the instant is what the seed chooses
        return search

    def test_killed_agent(self):
        for _ in range(self.times(4, 12)):
            victim = self.chance.choice(AGENTS)
            search = self.searching()
            self.kill(victim)
            answer = search.ended()
            self.assertGreaterEqual(answer.get("answered", 0), self.agencies - 1, answer)
            self.start(victim)
            took = self.recovered(self.all_answer, "all agencies answer again")
            self.note("killed", "agent, in a search", accepted=1, longest_s=took)

    def test_stopped_agent(self):
        for _ in range(self.times(2, 2)):
            victim = self.chance.choice(AGENTS)
            pid = self.pid(victim)
            search = self.searching()
            self.kill(victim, signal.SIGSTOP)
            try:
                answer = search.ended()
                self.assertGreaterEqual(answer.get("answered", 0), self.agencies - 1, answer)
                time.sleep(max(0, STOPPED_SECONDS - search.seconds))  # it is stopped so long
            finally:
                self.kill(victim, signal.SIGCONT)
            took = self.recovered(self.all_answer, "all agencies answer again")
            self.assertEqual(self.pid(victim), pid)
            self.note(f"stopped for {STOPPED_SECONDS:.0f} s", "agent, in a search", accepted=1, longest_s=took)

    def restart(self, name, number):
        """Under a service manager: as soon as it has ended."""
        self.kill(name, number)
        self.start(name)

    def test_restarted_agent(self):
        for _ in range(self.times(3, 10)):
            victim = self.chance.choice(AGENTS)
            search = self.searching()
            self.restart(victim, signal.SIGTERM)
            self.assertGreaterEqual(search.ended().get("answered", 0), self.agencies - 1)
            took = self.recovered(self.all_answer, "all agencies answer again")
            self.note("restarted", "agent, in a search", accepted=1, longest_s=took)

    def test_killed_matcher(self):
        pids = self.stays_up(*AGENTS)
        for number, fault in ((signal.SIGKILL, "killed"), (signal.SIGTERM, "restarted")):
            for _ in range(self.times(2, 10)):
                search = self.searching()
                self.restart("matcher", number)
                answer = search.ended()
                if "error" in answer:
                    self.assertEqual(answer["error"]["code"], "unavailable", answer)
                took = self.recovered(self.all_answer, "all agencies answer again")
                self.verify_log()
                self.note(fault, "matcher, in a search", accepted=int("error" not in answer), longest_s=took)
        self.assertEqual(self.stays_up(*AGENTS), pids, "agents stay up")

    def stop_matcher_in_a_search(self):
        """The search, which goes on: one may be over before the matcher is stopped."""
        for _ in range(30):
            search = self.searching()
            self.kill("matcher", signal.SIGSTOP)
            search.join(2 * SLOW)
            if search.is_alive():
                return search
            self.kill("matcher", signal.SIGCONT)
            search.ended()
        self.fail("every search was over before the matcher was stopped")

    def test_stopped_matcher(self):
        pids = self.stays_up("matcher", *AGENTS)
        self.addCleanup(self.kill, "matcher", signal.SIGCONT)
        search = self.stop_matcher_in_a_search()
        try:
            # Ends by itself: keepalive finds that nobody is there.
            if LONG:
                self.assertIn("error", search.ended())
            else:
                time.sleep(STOPPED_SECONDS)
        finally:
            self.kill("matcher", signal.SIGCONT)
        search.ended()
        took = self.recovered(self.all_answer, "all agencies answer again")
        self.verify_log()
        self.assertEqual(self.stays_up("matcher", *AGENTS), pids)
        self.note(f"stopped for {STOPPED_SECONDS:.0f} s", "matcher, in a search", longest_s=took)

    def test_agent_is_stopped_while_the_matcher_is_silent(self):
        """SIGTERM ends an agent that is attached to, or dials, a matcher that says nothing."""
        for attached in (True, False):
            if not attached:
                self.kill("ifa-001", signal.SIGTERM)
            self.kill("matcher", signal.SIGSTOP)
            try:
                if not attached:
                    self.start("ifa-001")
                began = time.monotonic()
                self.daemon("ifa-001").signal(signal.SIGTERM)
                self.wait_for(self.daemon("ifa-001").ended, "the agent has ended", 9)
                took = time.monotonic() - began
            finally:
                self.kill("matcher", signal.SIGCONT)
            self.start("ifa-001")
            self.recovered(self.all_answer, "all agencies answer again")
            self.note("SIGTERM, matcher silent", "agent" + ("" if attached else ", dialling"), longest_s=took)

    # ---- imports ----
    def refs(self, agency):
        told = self.told(agency, "list")
        return {carer["ref"] for carer in told["carers"]}

    def test_killed_import(self):
        agency = "ifa-002"
        own = self.directory / "carers" / f"{agency}.csv"
        with open(own, encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        half = self.directory / "half.csv"
        with open(half, "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows[:len(rows) // 2])
        whole = {own: self.refs(agency)}
        code, out, longest = self.command(agency, "import", "--replace", half)
        self.assertEqual(code, 0, out)
        whole[half] = self.refs(agency)
        self.assertNotEqual(whole[own], whole[half])
        now, kills, kept = half, 0, 0
        for _ in range(self.times(10, 60)):
            path = own if now == half else half
            code, out, _seconds = self.command(agency, "import", "--replace", path,
                                               kill_after=self.chance.uniform(0, 1.1 * longest))
            found = self.refs(agency)
            self.assertIn(found, whole.values(), "half an import")
            if code == 0:
                self.assertEqual(found, whole[path], "an import that was told of is lost")
            kills, kept = kills + (code != 0), kept + (code == 0)
            now = next(path for path, refs in whole.items() if refs == found)
        code, out, _seconds = self.command(agency, "import", "--replace", own)
        self.assertEqual(code, 0, out)
        self.assertEqual(self.refs(agency), whole[own])
        took = self.recovered(self.all_answer, "all agencies answer")
        self.note("killed", "agency's import", tried=kills, accepted=kept, longest_s=took)
