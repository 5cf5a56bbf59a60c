# SPDX-License-Identifier: Apache-2.0
"""Referrals: while an LA and two agencies write to one another, matcher and agents are killed, stopped and
restarted, and the network between them delays, holds back and cuts. What a command called written down arrives
once, in order."""

import os
import signal
import time

from proxy import Proxy
from stage import ANYBODY, LONG, SEED, SLOW, Searching, Stage
from support import wait_until
from test_kills import Letters

SECONDS = 60 if LONG else 6
STOPPED_SECONDS = 35 if LONG else 2


class MailCase(Letters, Stage):
    agencies, households = 2, 45
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.proxy = Proxy(cls.scheme.memory["port"], SEED)
        cls.through_the_proxy([*cls.scheme.parties.agents, *cls.scheme.parties.las])

    @classmethod
    def through_the_proxy(cls, parties):
        for party in parties:
            cls.scheme.set_config(party, {"matcher": f"127.0.0.1:{cls.proxy.port}"})
        for agent in cls.scheme.parties.agents:
            cls.scheme.launch(agent)
        cls.scheme.wait_attached(cls.scheme.parties.agents, 60)

    def tearDown(self):
        self.proxy.set_calm()
        super().tearDown()

    def broken(self, fault, where, break_once, kill_share, wild=False):
        """Breaks something again and again while everybody writes; then nothing may be missing."""
        threads = self.threads(f"{fault[:6].upper()}-1")
        before = self.proxy.total()
        if wild:
            self.proxy.set_wild()
        writers = self.write(threads, SEED, kill_share)
        faults, until = 0, time.monotonic() + SECONDS * SLOW
        try:
            while time.monotonic() < until:
                wait_until(lambda: False, self.chance.uniform(0, 0.5))  # a random instant
                faults += break_once()
        finally:
            self.proxy.set_calm()
            self.stop_writing(writers)
        took = self.recovered(lambda: self.status()[0] == 0, "all agents are attached")
        began = time.monotonic()
        self.settle(threads, writers)
        faults += self.proxy.total() - before + sum(writer.kills for writer in writers)
        self.note(fault, where, tried=faults, accepted=sum(len(writer.kept) for writer in writers),
                  longest_s=took + time.monotonic() - began)
        self.assertGreater(faults, 0)

    def cut_once(self):
        if self.chance.random() < 0.3:
            self.proxy.cut_all()
            return 1
        if self.chance.random() < 0.2:
            self.proxy.set_calm()
            self.proxy.set_wild()
        return 0

    def test_mail(self):
        self.broken("delays, holds, cuts", "all to the matcher; referrals", self.cut_once, 0, wild=True)

    def test_searches(self):
        request = self.request_file(ANYBODY)
        for _ in range(self.times(5, 30)):
            before = self.proxy.total()
            self.proxy.set_wild(self.chance.choice((("delay",), ("cut",), ("hold", "cut", "delay"))))
            self.proxy.cut_all()
            wait_until(lambda: False, self.chance.uniform(0, 0.6))
            search = Searching(self, request=request)
            wait_until(lambda search=search: not search.is_alive(), 8)
            self.proxy.set_calm()
            answer = search.ended()
            if "error" in answer:
                self.assertEqual(answer["error"]["code"], "unavailable", answer)
            took = self.recovered(lambda: self.answered(request=request) == self.agencies, "all agencies answer")
            self.note("delays, holds, cuts", "all to the matcher; searches",
                      tried=self.proxy.total() - before + 1, accepted=int("error" not in answer), longest_s=took)
        self.verify_log()

    def kill_once(self):
        name = self.chance.choice(["matcher", "ifa-001", "ifa-002"])
        number = self.chance.choice([signal.SIGKILL, signal.SIGTERM, signal.SIGSTOP])
        if number != signal.SIGSTOP:
            self.kill(name, number)
            self.start(name)
            return 1
        os.kill(self.pid(name), number)
        wait_until(lambda: False, self.chance.uniform(0, STOPPED_SECONDS))
        self.kill(name, signal.SIGCONT)
        return 1

    def test_kills_stops_and_restarts(self):
        self.broken("killed, stopped, restarted", "matcher, agents, commands; referrals", self.kill_once, 0.2)
