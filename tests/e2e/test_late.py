# SPDX-License-Identifier: Apache-2.0
"""What comes of an agency that is late, over real processes whose clocks are moved on together: a referral that
nobody takes expires and its sender is told; who does not answer in time is ranked behind who does."""

import csv
import json
import os
import shutil

from support import lab
from test_story import REQUEST, StoryCase

HOUR = 3600
DAY = 24 * HOUR
MARK = "wants to be near the sea"


class LateCase(StoryCase):
    agencies, households = 2, 60
    later = 0  # seconds that every clock is ahead

    def go_on(self, later, *parties):
        """Stops everything and starts these again, with clocks that are so far ahead."""
        self.later = later
        self.scheme.stop(*self.scheme.parties.daemons())
        os.environ["HEARTH_CLOCK_OFFSET"] = str(later)
        try:
            for party in parties:
                self.scheme.launch(self.party(party))
        finally:
            os.environ.pop("HEARTH_CLOCK_OFFSET", None)
        agents = {party for party in parties if party.startswith("ifa")}
        self.wait_for(lambda: agents <= self.scheme.attached(), "the agencies are attached", 60)

    def now(self, party, *arguments, codes=(0,)):
        return self.tell(party, *arguments, codes=codes, clock_offset=self.later)

    def list_of(self, ref):
        """The ids of a search's list, best first."""
        answer = self.now("la-1", "search", self.request_file(REQUEST | {"search_ref": ref}))
        return [agency["id"] for agency in answer["agencies"]]

    def states(self, ref):
        return {one["agency"]: one["state"] for one in self.now("la-1", "referrals", ref)["referrals"]}

    def wait_here(self, agency, thread):
        def here():
            return thread in {one["id"] for one in self.now(agency, "inbox", "--all", "--offline")["referrals"]}
        self.wait_for(here, f"{agency} has {thread}")


class Expiry(LateCase):
    def test_nobody_takes_it(self):
        first, second = self.list_of("L-EXPIRES")
        lab("stop", self.directory, second)
        note = self.file("note.txt", MARK + "\n")
        told = self.now("la-1", "refer", "L-EXPIRES", "--to", f"{first},{second}", "--stage", "full", "--note",
                        note)
        threads = {one["agency"]: one["thread"] for one in told["referrals"]}
        self.wait_here(first, threads[first])
        self.assertEqual(self.states("L-EXPIRES"), {first: "taken", second: "accepted"})

        self.go_on(14 * DAY - HOUR, "matcher")  # mail_days is 14
        log = self.scheme.daemon(self.party("matcher")).log
        self.assertIn(" warn clock_moved ", log.read_text(encoding="utf-8"))
        self.assertEqual(self.states("L-EXPIRES")[second], "accepted")
        self.assertEqual(self.waiting(), 1)
        self.go_on(14 * DAY + HOUR, "matcher")
        self.wait_for(lambda: self.states("L-EXPIRES")[second] == "expired", "the notice is here")
        self.assertEqual(self.states("L-EXPIRES")[first], "taken")
        self.assertEqual(self.waiting(), 0)
        self.assertIn("expired", json.dumps(self.now("la-1", "history", "L-EXPIRES")))
        done = lab("run", self.directory, "matcher", "--", "audit", "show", "--json")
        entries = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual([entry["fields"]["thread"] for entry in entries if entry["kind"] == "mail_expired"],
                         [threads[second]])

        # It is gone for good, and may be sent anew.
        self.go_on(self.later, "matcher", first, second)
        self.assertEqual(self.now(second, "inbox", "--all")["referrals"], [])
        told = self.now("la-1", "refer", "L-EXPIRES", "--to", second, "--again")
        self.wait_here(second, told["referrals"][0]["thread"])
        self.assertEqual([one["id"] for one in self.now(second, "inbox", "--all")["referrals"]],
                         [told["referrals"][0]["thread"]])
        self.wait_for(lambda: self.states("L-EXPIRES")[second] == "taken", "the second one is taken")

    def waiting(self):
        return json.loads(lab("run", self.directory, "matcher", "--", "status", "--json").stdout)["mail_waiting"]


class Reliability(LateCase):
    """Two agencies with the same carers, of which the one with the better judgement answers late."""

    quick, late = "ifa-001", "ifa-002"

    @classmethod
    def prepare(cls):
        super().prepare()
        carers = cls.directory / "carers"
        shutil.copy(carers / f"{cls.quick}.csv", carers / f"{cls.late}.csv")
        path = cls.directory / "agencies.csv"
        with open(path, encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        for row in rows:
            row["judgement"] = "outstanding" if row["id"] == cls.late else "good"
        with open(path, "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)

    def refer_and_answer(self, ref):
        """To both; one of them answers at once."""
        self.list_of(ref)
        told = self.now("la-1", "refer", ref, "--to", f"{self.quick},{self.late}")
        for one in told["referrals"]:
            self.wait_here(one["agency"], one["thread"])
            if one["agency"] == self.quick:
                self.now(self.quick, "reply", one["thread"], "decline", "--reason", "other")
        return told["referrals"]

    def test_who_answers_in_time_comes_first(self):
        everybody = ("matcher", self.quick, self.late)
        self.assertEqual(self.list_of("L-FIRST"), [self.late, self.quick], "by judgement")
        for number in range(2):
            self.refer_and_answer(f"L-{number}")
        self.go_on(73 * HOUR, *everybody)  # answer_hours is 72
        self.assertEqual(self.list_of("L-NEWCOMER"), [self.late, self.quick], "two say nothing yet")
        third = self.refer_and_answer("L-2")
        self.go_on(144 * HOUR, *everybody)
        self.assertEqual(self.list_of("L-IN-TIME"), [self.late, self.quick], "the third has some time left")
        self.go_on(146 * HOUR, *everybody)
        self.assertEqual(self.list_of("L-LATE"), [self.quick, self.late])

        # An answer that comes late does not mend it, nor does the LA's closing it.
        for one in third:
            if one["agency"] == self.late:
                self.now(self.late, "reply", one["thread"], "offer", "--text", self.file("pen.txt", "A farm.\n"))
        self.now("la-1", "outcome", "L-2", "none-found", "--withdraw")
        self.go_on(self.later, *everybody)
        self.assertEqual(self.list_of("L-STILL"), [self.quick, self.late])


class Retention(LateCase):
    """What an LA keeps goes with time, not with its own clock: that may jump, and what was removed is gone."""

    def kept(self):
        return {one["search_ref"] for one in self.now("la-1", "history")["searches"]}

    def test_a_clock_that_is_ahead_removes_nothing(self):
        config = self.party("la-1").home / "config.json"
        before = config.read_text(encoding="utf-8")
        self.addCleanup(config.write_text, before, encoding="utf-8")
        config.write_text(json.dumps(json.loads(before) | {"keep_days": 28}), encoding="utf-8")
        self.list_of("L-KEPT")
        request = self.request_file(REQUEST | {"search_ref": "L-AHEAD"})
        ahead = self.run_party(self.party("la-1"), "search", str(request), clock_offset=40 * DAY)
        self.assertNotEqual(ahead.returncode, 0, ahead.stdout)
        self.assertIn("L-KEPT", self.kept())

        self.go_on(40 * DAY, "matcher", "ifa-001", "ifa-002")
        self.assertIn("L-KEPT", self.kept())
        self.list_of("L-TODAY")
        self.assertNotIn("L-KEPT", self.kept())
