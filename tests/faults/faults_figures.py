# SPDX-License-Identifier: Apache-2.0
"""A period of anonymised figures while contributors, matcher and hub are killed: each table is contributed,
charged and released once."""

import datetime
import os
import signal
import threading

from stage import DAY, Stage
from support import wait_until
from test_hub import HUB, TABLES, HubCase, next_month

AGENCIES, LAS = ("ifa-001", "ifa-002", "ifa-003"), ("la-1", "la-2", "la-3")


class Figures(HubCase, Stage):
    agencies, households = 4, 200
    clock, base = True, 0

    def killed(self, party, *arguments, longest):
        """A command that is killed at a random instant, or comes to its end before."""
        code, out, _seconds = self.command(party, *arguments, "--json",
                                           kill_after=self.chance.uniform(0.02, longest))
        self.assertIn(code, (0, 3, 4, -signal.SIGKILL), out)
        return code == -signal.SIGKILL

    def until_done(self, party, *arguments, done):
        """Until nothing of it is left to do."""
        def finished():
            code, out, _seconds = self.command(party, *arguments, "--json")
            self.assertIn(code, (0, 3, 4), out)
            return done(self.json_in(out))
        return self.recovered(finished, f"{party} {arguments}")

    def daemons_die(self, over):
        """The matcher and the hub, again and again until it is over."""
        while not over.is_set():
            over.wait(self.chance.uniform(0.3, 1.2))
            name = self.chance.choice(("matcher", HUB))
            self.kill(name)
            self.start(name)
            self.deaths += 1

    def while_daemons_die(self, work):
        over, self.deaths = threading.Event(), 0
        thread = threading.Thread(target=self.daemons_die, args=(over,))
        thread.start()
        try:
            work()
        finally:
            over.set()
            thread.join()

    def contribute(self):
        self.kills = 0

        def work():
            for party in (*AGENCIES, *LAS):
                for _ in range(self.times(2, 12)):
                    self.kills += self.killed(party, "figures", "send", longest=1.0)
        self.while_daemons_die(work)
        longest = max(self.until_done(party, "figures", "send", done=lambda told: told["waiting"] == 0)
                      for party in (*AGENCIES, *LAS))
        for party in (*AGENCIES, *LAS):
            tables = TABLES["agent" if party in AGENCIES else "la"]
            self.assertEqual(self.now(party, "figures", "ledger")["count"], tables, "each table is charged once")
            self.assertEqual(self.coverage()[party], ("whole", tables))
        self.note("killed", "figures send, matcher and hub meanwhile", tried=self.kills + self.deaths,
                  accepted=sum(TABLES.values()) * 3, longest_s=longest)

    def release(self):
        self.kills = 0

        def work():
            for _ in range(self.times(5, 30)):
                self.kills += self.killed(HUB, "hub", "fetch", longest=1.5)
        self.while_daemons_die(work)

        def done(told):
            return self.now(HUB, "hub", "ledger")["length"] >= sum(TABLES.values())
        longest = self.until_done(HUB, "hub", "fetch", done=done)
        ledger = self.now(HUB, "hub", "ledger")
        self.assertEqual(ledger["length"], sum(TABLES.values()), "each table is released and charged once")
        self.assertEqual(self.now(HUB, "hub", "fetch", codes=(0, 3)).get("given_up", 0), 0)
        self.note("killed", "hub fetch, matcher and hub meanwhile", tried=self.kills + self.deaths,
                  accepted=sum(TABLES.values()), longest_s=longest)

    def test_a_period(self):
        now = datetime.datetime.now(datetime.timezone.utc)
        opens = int((next_month(now) - now).total_seconds())
        self.scheme.stop(*self.scheme.parties.agents)  # they would contribute by themselves
        self.step(opens)
        self.now(HUB, "hub", "open")
        for party in (*AGENCIES, *LAS):
            self.now(party, "figures", "send")
            self.now(party, "figures", "join", HUB)
        self.contribute()
        self.step(opens + 8 * DAY)
        self.release()
        code, out, _seconds = self.command("matcher", "audit", "verify")
        self.assertEqual(code, 0, out)
