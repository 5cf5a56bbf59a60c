# SPDX-License-Identifier: Apache-2.0
"""A whole scheme built with ThreadSanitizer and put under load: LAs that search, ask for explanations, refer and
answer at the same time, agencies that reply, import and change their carers, agents that stop, die and come back,
a directory that is signed anew, an epoch that ends, a window of figures that opens, fills and closes, certificates
that are revoked. Nothing may be reported (tests/tsan/run looks), and all of it must have happened."""

import collections
import csv
import datetime
import json
import os
import pathlib
import random
import re
import signal
import tempfile
import threading

import support
from test_hub import DAY, HUB, HubCase, next_month

RACE = 66  # TSAN_OPTIONS exitcode
SECONDS = int(os.environ.get("HEARTH_TSAN_SECONDS", "40"))
KINDS = ("search", "explain", "refer", "inbox", "answer", "reply", "import", "figures", "directory", "status",
         "agent started again")  # what must go well at least once, however slow the machine is
CHILDREN = [[{"age": 9, "sex": "U"}], [{"age": 3, "sex": "U"}, {"age": 9, "sex": "U"}], [{"age": 14, "sex": "M"}]]


class Actor(threading.Thread):
    """Somebody who does one thing after the other for as long as the load lasts."""

    def __init__(self, case, name, step, *arguments):
        super().__init__(name=name, daemon=True)
        self.case, self.step, self.arguments, self.round = case, step, arguments, 0
        self.chance = random.Random(name)
        self.error = None

    def run(self):
        try:
            while not self.case.over.is_set():
                self.round += 1
                self.step(self, *self.arguments)
        except Exception as error:  # told by the test's own thread
            self.error = error
            self.case.over.set()


class Races(HubCase):
    households = 160
    seconds = 900
    up_options = ("--deadline-ms", 4000)

    @classmethod
    def setUpClass(cls):
        """Every program's clock can be stepped, once certificates were issued by that which TLS goes by."""
        folder = pathlib.Path(tempfile.mkdtemp(prefix="hearth-clock-"))
        cls.addClassCleanup(support.subprocess.run, ["rm", "-r", str(folder)], check=True)
        cls.link = folder / "clock"
        now = datetime.datetime.now(datetime.timezone.utc)
        cls.opens = int((next_month(now) - now).total_seconds())
        os.environ["HEARTH_CLOCK_LINK"] = str(cls.link)
        cls.addClassCleanup(os.environ.pop, "HEARTH_CLOCK_LINK", None)
        cls.step(0)
        super().setUpClass()

    @classmethod
    def step(cls, seconds):
        fresh = cls.link.with_name("next")
        fresh.symlink_to(str(seconds))
        fresh.replace(cls.link)

    # ---- what is done, and how often it went well ----
    def done(self, kind, party, *arguments):
        """A party's command; its JSON where it went well."""
        finished = self.run_party(self.party(party), *map(str, arguments), "--json")
        with self.counting:
            self.counts_of[kind, finished.returncode] += 1
        self.assertNotEqual(finished.returncode, RACE, f"{arguments}: {finished.stderr[-4000:]}")
        self.assertGreaterEqual(finished.returncode, 0, f"{arguments}: {finished.stderr[-4000:]}")
        return json.loads(finished.stdout) if finished.returncode == 0 and finished.stdout else None

    def la(self, actor, name):
        reference = f"{name}-{actor.round}"
        path = self.directory / f"{name}.json"
        request = {"search_ref": reference, "children": actor.chance.choice(CHILDREN),
                   "placement": {"type": "PT_SHORT", "needed_by": "later"}, "must": ["ED_KEEP"][:actor.round % 2]}
        path.write_text(json.dumps(request), encoding="utf-8")
        explain = ["--explain"] if actor.round % 5 == 2 else []
        found = self.done("explain" if explain else "search", name, "search", path, *explain)
        if not found or not found["agencies"]:
            return
        agencies = [agency["id"] for agency in found["agencies"]][:2]
        self.done("refer", name, "refer", reference, "--to", ",".join(agencies))
        inbox = self.done("inbox", name, "inbox")
        for thread in (inbox or {"unread": []})["unread"][:1]:
            self.done("answer", name, "answer", thread["thread"], "--text", self.text)

    def agency(self, actor, name):
        inbox = self.done("inbox", name, "inbox", *["--offline"][:actor.round % 2])
        waiting = [one for one in (inbox or {"referrals": []})["referrals"] if not one["answer"]]
        for referral in waiting[:2]:
            how = actor.chance.choice([["offer", "--text", self.text], ["question", "--text", self.text],
                                       ["decline", "--reason", "timing"]])
            self.done("reply", name, "reply", referral["id"], *how)
        if actor.round % 3 == 0:
            self.done("import", name, "import", "--replace", self.directory / "carers" / f"{name}.csv")
        elif actor.round % 3 == 1:
            self.done("figures", name, "figures", "send")

    def comings(self, actor, name):
        """An agent that is stopped, or killed, and started again."""
        party = self.party(name)
        pid = self.scheme.daemon(party).pid()
        if actor.round % 2 and pid:
            os.kill(pid, signal.SIGKILL)
            support.wait_until(lambda: self.scheme.daemon(party).pid() is None, 10)
        else:
            self.scheme.stop(party)
        self.scheme.launch(party)
        self.counts_of["agent started again", 0] += 1
        self.over.wait(2)

    def matcher(self, actor):
        """A directory that changes, by turns with one that does not; the matcher is told at once."""
        path = self.directory / "agencies.csv"
        with open(path, encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        rows[-1]["name"] = f"Agency of round {actor.round // 2}"
        with open(path, "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        self.done("directory", "matcher", "directory", "sign", path)
        os.kill(self.pid("matcher"), signal.SIGHUP)
        self.done("status", "matcher", "status")
        self.over.wait(1)

    # ---- the test ----
    def test_nothing_races(self):
        self.over, self.counting = threading.Event(), threading.Lock()
        self.counts_of = collections.Counter()
        self.text = self.file("text.txt", "A room with a view.")
        self.join_hub()
        las = [party.id for party in self.scheme.parties.las]
        agencies = [party.id for party in self.scheme.parties.agents]
        actors = [Actor(self, name, self.la, name) for name in las]
        actors += [Actor(self, name, self.agency, name) for name in agencies[:2]]
        actors += [Actor(self, "comings", self.comings, agencies[2]), Actor(self, "matcher", self.matcher)]
        for actor in actors:
            actor.start()
        try:
            self.while_it_lasts(agencies[-1], las[-1])
        finally:
            self.over.set()
            for actor in actors:
                actor.join(support.COMMAND_SECONDS)
        for actor in actors:
            self.assertFalse(actor.is_alive(), f"{actor.name} has not come to its end")
            if actor.error:
                raise actor.error
        self.close_window()
        self.all_has_happened()

    def join_hub(self):
        """At the first day of the next month. Agencies contribute by themselves from here on; LAs when they are
        asked to."""
        self.step(self.opens)
        self.wait_all_attached()
        self.done("open", HUB, "hub", "open")
        for party in [*self.scheme.parties.agents, *self.scheme.parties.las]:
            self.done("figures", party.id, "figures", "send")
            self.done("join", party.id, "figures", "join", HUB)

    def while_it_lasts(self, agency, la):
        self.over.wait(SECONDS / 3)
        self.step(self.opens + DAY + 60)  # the epoch is over, and every certificate still good
        self.over.wait(SECONDS / 3)
        for party in (agency, la):
            self.scheme.revoke(self.party(party))
        os.kill(self.pid("matcher"), signal.SIGHUP)
        self.over.wait(SECONDS / 3)
        self.wait_for(lambda: self.over.is_set() or all(self.counts_of[kind, 0] for kind in KINDS), "all done", 60)

    def close_window(self):
        for party in [*self.scheme.parties.agents[:3], *self.scheme.parties.las[:3]]:
            self.done("figures", party.id, "figures", "send")
        self.step(self.opens + 8 * DAY)
        self.wait_for(lambda: self.done("fetch", HUB, "hub", "fetch"), "the window is closed and opened", 30)

    def all_has_happened(self):
        table = collections.defaultdict(dict)
        for (kind, code), count in sorted(self.counts_of.items()):
            table[kind][code] = count
        print("under load, with how many of which exit status:")
        for kind, codes in table.items():
            print(f"  {kind:<20} {codes.get(0, 0):>4} done   " +
                  " ".join(f"{count} with status {code}" for code, count in codes.items() if code))
        for kind in (*KINDS, "fetch"):
            self.assertGreater(table[kind].get(0, 0), 0, kind)
        log = (self.directory / "state" / "logs" / "matcher.log").read_text(encoding="utf-8")
        for event in ("directory", "epoch", "revocations"):
            told = len(re.findall(rf"^\S+ info {event} ", log, re.MULTILINE))
            print(f"  matcher's log: {event} {told} times")
            self.assertGreater(told, 0, event)
