# SPDX-License-Identifier: Apache-2.0
"""What is in the memory and on the disk of each party, during and after a search and a referral: the table "Who
can learn what" of docs/protocol.md as a matrix. In each line something that the party may hold is found by the
same look, so that finding nothing of the rest means something."""

import fcntl
import json
import os
import pathlib
import signal
import subprocess

from markers import core_of, found_in, why_no_cores
from support import BUILD, LAB, SLOW, lab
from tap import DOWN
from test_leaks import (ANSWER, CARERS, CHILD, EVERYBODY, FIRST, NOBODY, NOTE, LeakCase)

OWN = {agency: [row[column] for row in rows for column in ("ref", "name", "grid_ref", "lat") if row.get(column)]
       for agency, rows in CARERS.items()}
COLUMNS = {"child": CHILD, "carers of one": OWN[EVERYBODY], "carers of the other": OWN[NOBODY],
           "messages": [NOTE, ANSWER]}
MUST_NOT, MAY, HOLDS = ".", "may", "holds"
PIPE_BYTES = 4096


def values(messages, path):
    return [value for message in messages for name, value in message.leaves if name == path]


def pieces(value):
    return [value[at:at + 32].hex() for at in range(0, len(value), 32)]


# Of 32. Mostly none; now and then a piece of a record stays in a small block that a library freed
# (docs/threat-model.md).
SHARES_LEFT = 16


class Blocked:
    """A party's command that cannot write what it has to say: its memory can be looked at."""

    def __init__(self, test, party, *arguments):
        self.read, write = os.pipe()
        test.addCleanup(os.close, self.read)
        fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        os.write(write, bytes(PIPE_BYTES))
        secret = os.open(party.passphrase, os.O_RDONLY)
        try:
            self.process = subprocess.Popen([party.program, *arguments, *party.options(secret)],
                                            pass_fds=(secret,), stdin=subprocess.DEVNULL, stdout=write,
                                            stderr=subprocess.DEVNULL)
        finally:
            os.close(secret)
            os.close(write)
        test.addCleanup(self.process.wait)
        test.addCleanup(self.process.kill)
        test.wait_for(self.is_blocked, f"{arguments} writes")

    def is_blocked(self):
        """In write(1, ...)."""
        if self.process.poll() is not None:
            raise AssertionError("it has ended")
        words = pathlib.Path(f"/proc/{self.process.pid}/syscall").read_text(encoding="ascii").split()
        return words[:2] == ["1", "0x1"]


class Memory(LeakCase):
    up_options = ("--deadline-ms", 60000)
    seconds = 600

    def setUp(self):
        reason = why_no_cores()
        if reason:
            self.skipTest(reason)
        self.parties = self.scheme.parties

    # ---- the matrix ----
    def look(self, name, files, control, child=MUST_NOT, one=MUST_NOT, other=MUST_NOT, messages=MUST_NOT):
        """One line: what these files hold of each column against what they may; `control` is found too."""
        cells = []
        for (column, markers), rule in zip(COLUMNS.items(), (child, one, other, messages)):
            found = {marker for path in files for marker in found_in(path, markers)}
            cells.append(f"{len(found)} of {len(markers)} {rule}")
            if rule == MUST_NOT:
                self.assertEqual(found, set(), f"{name}: {column}")
            if rule == HOLDS:
                self.assertTrue(found, f"{name} holds nothing of: {column}")
        there = [marker for path in files for marker in found_in(path, [control])]
        print(f"{name:<44}" + "".join(f"{cell:<20}" for cell in cells) + f"{control} {len(there)}", flush=True)
        self.assertTrue(there, f"{name}: {control}")

    def core(self, party_id):
        return core_of(self, self.pid(party_id))

    def disk(self, party):
        return [path for path in party.home.rglob("*") if path.is_file()]

    def test_the_matrix(self):
        print(f"\n{'memory and disk (found of marks; . = must not)':<44}" +
              "".join(f"{name:<20}" for name in COLUMNS) + "control")
        query = self.during_a_search()
        self.after_it(query)
        answer = self.search(FIRST)
        # Of each attached agency's connection TLS keeps the last reply, until the next one.
        found = self.scan("after another search", self.core("matcher"), query, items=False)
        self.assertEqual(found["bytes"]["c2"]["found"], 0)
        self.assertLessEqual(found["bytes"]["share"]["found"], SHARES_LEFT)
        thread = self.converse(answer)
        self.after_a_referral()
        self.in_the_hands_of_those_entitled(thread)
        self.on_disk()

    # ---- its parts ----
    def during_a_search(self):
        """Agents have answered, the LA has not got the replies; everybody else waits for it."""
        for agency in CARERS:
            os.kill(self.pid(agency), signal.SIGSTOP)
            self.addCleanup(os.kill, self.pid(agency), signal.SIGCONT)
        begun = {agency: len(self.attached(agency)[0]) for agency in CARERS}
        tap = self.taps["la-1"]
        process = subprocess.Popen([LAB, "search", self.directory, self.request_file(FIRST), "--build", BUILD],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8")
        self.addCleanup(process.kill)
        self.wait_for(lambda: values(self.messages("la-1"), "accepted.asked"), "the query is accepted")
        tap.held.add(DOWN)
        for agency in CARERS:
            os.kill(self.pid(agency), signal.SIGCONT)
        self.wait_for(lambda: all(len(self.attached(agency)[0]) > begun[agency] for agency in CARERS), "replies")
        core = self.core("matcher")
        client = core_of(self, process.pid)
        agent = self.core(EVERYBODY)
        tap.held.clear()
        out, errors = process.communicate(timeout=120 * SLOW)
        self.assertEqual(process.returncode, 0, out + errors)
        self.look("matcher, memory during a search", [core], EVERYBODY)
        self.look("LA's client, memory during a search", [client], "la-1", child=HOLDS)
        self.look("agency, memory during a search", [agent], EVERYBODY, one=MAY)
        query = self.what_was_asked()
        self.scan("during", core, query, items=True)
        return query

    def what_was_asked(self):
        """Keys, halves of replies and shares of the search, as the taps have them."""
        la = self.messages("la-1")
        found = {"M": values(la, "welcome.epoch.key")[-1].hex(), "A": values(la, "query.query.key")[-1].hex(),
                 "items": [], "shares": []}
        shares = dict(zip(values(la, "shares.agent"), values(la, "shares.shares")))
        for agency in CARERS:
            replies = self.attached(agency)[0]
            halves = [pieces(values(replies, f"reply.{half}")[-1]) for half in ("c1", "c2")]
            own = pieces(shares[agency.encode()])
            self.assertEqual(len(own), len(halves[0]))
            found["items"] += zip(*halves, own)
        return found

    def scan(self, when, core, query, items):
        """Looks for secret scalars, halves and opened points; tells what was found."""
        lines = [f"key M {query['M']}", f"key A {query['A']}", f"joint K {query['A']} {query['M']}"]
        for c1, c2, share in query["items"]:
            lines += [f"bytes c2 {c2}", f"bytes share {share}", f"item {c1} {c2} {share}"]
        done = subprocess.run([BUILD / "leaks" / "core_scan", core], input="\n".join(lines) + "\n",
                              capture_output=True, encoding="ascii", check=True, timeout=300)
        found = json.loads(done.stdout)
        told = "; ".join(f"{name} {one['found']} of {one['of']} ({one['copies']} copies)"
                         for name, one in found["bytes"].items())
        print(f"matcher, {when}: {found['windows']:,} windows of 32 bytes as scalars: M {found['keys']['M']}, "
              f"A {found['keys']['A']}, K {found['keys']['K']}; {told}", flush=True)
        self.assertGreater(found["keys"]["M"], 0, "the epoch's secret is there, or the scan finds nothing")
        self.assertEqual((found["keys"]["A"], found["keys"]["K"]), (0, 0))
        # Neither those of the scores, of which the matcher has a table by words, nor missed ones.
        self.assertEqual(found["bytes"]["opened"]["found"], 0)
        if items:
            self.assertEqual(found["bytes"]["c2"]["found"], found["bytes"]["c2"]["of"])
        return found

    def after_it(self, query):
        core = self.core("matcher")
        self.look("matcher, memory after a search", [core], EVERYBODY)
        found = self.scan("after", core, query, items=False)
        self.assertLessEqual(found["bytes"]["share"]["found"], SHARES_LEFT)
        self.look("agency that was not referred, memory", [self.core(NOBODY)], NOBODY, other=MAY)

    def after_a_referral(self):
        self.look("matcher, memory after a referral", [self.core("matcher")], "la-1")
        self.look("agency that was referred, memory", [self.core(EVERYBODY)], EVERYBODY, child=MAY, one=MAY,
                  messages=MAY)
        self.look("agency that was not referred, memory", [self.core(NOBODY)], NOBODY, other=MAY)

    def in_the_hands_of_those_entitled(self, thread):
        """The same marks are found where somebody may read them."""
        agency, other, la = (self.parties.get(name) for name in (EVERYBODY, NOBODY, "la-1"))
        for name, party, command, rules in (
                ("agency reads the referral, memory", agency, ("inbox", "show", thread),
                 {"child": HOLDS, "messages": HOLDS, "one": MAY}),
                ("agency lists its carers, memory", agency, ("export",), {"one": HOLDS}),
                ("the other lists its carers, memory", other, ("export",), {"other": HOLDS}),
                ("LA reads the answer, memory", la, ("inbox", "show", thread), {"messages": HOLDS, "child": MAY})):
            blocked = Blocked(self, party, *command)
            self.look(name, [core_of(self, blocked.process.pid)], party.id, **rules)
            blocked.process.kill()

    def on_disk(self):
        lab("stop", self.directory, "matcher")
        self.addCleanup(self.wait_all_attached)
        self.addCleanup(lab, "start", self.directory, "matcher")
        parties = self.parties
        for name, party, control in (
                ("matcher, disk", parties.matcher, EVERYBODY),
                ("agency that was referred, disk", parties.get(EVERYBODY), EVERYBODY),
                ("agency that was not referred, disk", parties.get(NOBODY), NOBODY),
                ("LA, disk", parties.get("la-1"), "la-1"), ("hub, disk", parties.hubs[0], "hub-1"),
                ("Authority, disk", parties.authority, "Lab Authority")):
            self.look(name, self.disk(party), control)
        self.look("carers' files, before they are imported", list((self.directory / "carers").iterdir()), "MRKREF",
                  one=HOLDS, other=HOLDS)
