# SPDX-License-Identifier: Apache-2.0
"""Matcher, agents and clients are killed at random instants while messages go both ways: none that a command
called written down is lost, none is shown twice, and those of one pair keep their order."""

import json
import os
import random
import re
import signal
import subprocess
import threading

import support
from support import SLOW, SchemeCase, wait_until

KILLS = int(os.environ.get("HEARTH_E2E_KILLS", "240" if SLOW == 1 else "40"))
REQUEST = {"children": [{"age": 9, "sex": "U"}],
           "placement": {"type": "PT_SHORT", "needed_by": "later"}}


class Writer(threading.Thread):
    """One side of one thread: says numbered things as long as the test lasts; its own program is killed now and
    then in the middle of it."""

    def __init__(self, party, arguments, mark, seed, kill_share):
        super().__init__(name=mark)
        self.party, self.arguments, self.mark, self.kill_share = party, arguments, mark, kill_share
        self.chance = random.Random(seed)
        self.number = 0
        self.kept, self.doubtful = [], []  # numbers that a command called written down; that were cut off
        self.over = threading.Event()
        self.kills = 0

    def one(self):
        self.number += 1
        secret = os.open(self.party.passphrase, os.O_RDONLY)
        try:
            command = [self.party.program, *self.arguments, "--text", "-", *self.party.options(secret)]
            with subprocess.Popen(command, pass_fds=(secret,), stdin=subprocess.PIPE,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
                process.stdin.write(f"{self.mark}:{self.number}:".encode())
                process.stdin.close()
                if self.chance.random() < self.kill_share:
                    try:
                        process.wait(self.chance.uniform(0, 0.25 * SLOW))
                    except subprocess.TimeoutExpired:
                        process.kill()
                        self.kills += 1
                process.wait(120 * SLOW)
        finally:
            os.close(secret)
        return process.returncode

    def run(self):
        while not self.over.is_set():
            code = self.one()
            # Killed, or without the matcher: it may be written down or not.
            (self.kept if code == 0 else self.doubtful).append(self.number)


class Letters(SchemeCase):
    """An LA and two agencies that write to one another."""

    agencies, households = 2, 60
    seconds = 900

    def json_of(self, party, *arguments):
        done = self.run_party(self.scheme.parties.get(party), *arguments, "--json")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return json.loads(done.stdout)

    def threads(self, ref="KILLS-1"):
        """agency -> thread id"""
        found = self.search(REQUEST | {"search_ref": ref})
        ids = [agency["id"] for agency in found["agencies"]]
        self.assertEqual(len(ids), 2)
        told = self.json_of("la-1", "refer", ref, "--to", ",".join(ids))
        threads = {referral["agency"]: referral["thread"] for referral in told["referrals"]}
        for agency, thread in threads.items():
            self.wait_for(lambda agency=agency, thread=thread: thread in self.threads_of(agency),
                          "the referral is here")
        return threads

    def threads_of(self, agency):
        return [one["id"] for one in self.json_of(agency, "inbox", "--offline")["referrals"]]

    def write(self, threads, seed, kill_share):
        """Both sides of each thread write until `stop_writing`."""
        writers = []
        for agency, thread in threads.items():
            agent, la = self.scheme.parties.get(agency), self.scheme.parties.get("la-1")
            for party, words, mark in ((la, ["answer", thread], f"mark-la-{agency}"),
                                       (agent, ["reply", thread, "question"], f"mark-{agency}")):
                writers.append(Writer(party, words, mark, seed + len(writers), kill_share))
        for writer in writers:
            writer.start()
        return writers

    @staticmethod
    def stop_writing(writers):
        for writer in writers:
            writer.over.set()
        for writer in writers:
            writer.join()

    def said(self, shown):
        """The numbered texts of a thread as one side shows them, in order, by who has said them."""
        found = {}
        for mark, number in re.findall(r"(mark-[a-z0-9-]+):(\d+):", json.dumps(shown)):
            found.setdefault(mark, []).append(int(number))
        return found

    def check(self, writer, seen, where):
        self.assertEqual(seen, sorted(seen), f"{writer.mark} out of order {where}")
        self.assertEqual(len(seen), len(set(seen)), f"{writer.mark} shown twice {where}")
        lost = set(writer.kept) - set(seen)
        self.assertEqual(lost, set(), f"{writer.mark}: lost {where}")
        self.assertLessEqual(set(seen), set(writer.kept) | set(writer.doubtful))

    def settle(self, threads, writers):
        self.wait_all_attached()
        by_mark = {writer.mark: writer for writer in writers}
        for agency, thread in threads.items():
            to_la, to_agency = by_mark[f"mark-{agency}"], by_mark[f"mark-la-{agency}"]

            def arrived():
                at_la = self.said(self.json_of("la-1", "inbox", "show", thread))
                at_agency = self.said(self.json_of(agency, "inbox", "show", thread))
                return (set(to_la.kept) <= set(at_la.get(to_la.mark, [])) and
                        set(to_agency.kept) <= set(at_agency.get(to_agency.mark, [])) and (at_la, at_agency))
            found = wait_until(arrived, 60 * SLOW)
            self.assertTrue(found, "what was written down is on the other side")
            self.check(to_la, found[0].get(to_la.mark, []), "at the LA")
            self.check(to_agency, found[1].get(to_agency.mark, []), "at the agency")
            self.assertGreater(len(to_la.kept) + len(to_agency.kept), 0)
        done = support.lab("run", self.directory, "matcher", "--", "audit", "verify")
        self.assertEqual(done.returncode, 0, done.stdout)


class Kills(Letters):
    def victim(self, chance):
        name = chance.choice(["matcher", "ifa-001", "ifa-002"])
        party = self.scheme.parties.get(name)
        pid = self.scheme.daemon(party).pid()
        if pid:
            os.kill(pid, signal.SIGKILL)
            wait_until(lambda: self.scheme.daemon(party).pid() is None, 10 * SLOW)
        self.scheme.launch(party)

    def test_nothing_is_lost_or_shown_twice(self):
        self.addCleanup(self.wait_all_attached)
        threads = self.threads()
        seed = random.SystemRandom().randrange(1 << 32)
        print(f"seed {seed}", flush=True)
        chance = random.Random(seed)
        writers = self.write(threads, seed, 0.4)
        daemons = 0
        try:
            while daemons + sum(writer.kills for writer in writers) < KILLS:
                wait_until(lambda: False, chance.uniform(0, 0.3))  # a random instant
                self.victim(chance)
                daemons += 1
        finally:
            self.stop_writing(writers)
        print(f"killed: {daemons} times matcher and agents, {sum(writer.kills for writer in writers)} times a "
              f"writing command; {sum(len(writer.kept) for writer in writers)} messages", flush=True)
        self.settle(threads, writers)
