# SPDX-License-Identifier: Apache-2.0
"""The officer's desk, and the agency's, over real processes: what history and exports hold and in which shape,
saved attachments, outcomes of every kind, purging, and what is said where something is wrong."""

import csv
import io
import json
import re

from support import lab, without_sanitizers
from test_erase import lmdb_entries
from test_story import REQUEST, StoryCase

DAY = 24 * 3600
COLUMNS = ["search_ref", "kind", "number", "at", "query_hash", "agency", "stage", "state", "detail"]
INSTANT = r"\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\Z"
PLAN = bytes(range(256)) * 5
PICTURE = b"\x89PNG a drawing of the house"


def asked(ref, **more):
    return REQUEST | {"search_ref": ref} | more


class DeskCase(StoryCase):
    def found(self, ref):
        """A search of that name, and the agencies of its list."""
        answer = self.search(asked(ref))
        return answer, [agency["id"] for agency in answer["agencies"]]

    def referred(self, ref, *options):
        """A search, referred to its first agency, which has it: the agency and the thread."""
        first = self.found(ref)[1][0]
        before = len(self.tell(first, "inbox", "--all", "--offline")["referrals"])
        told = self.tell("la-1", "refer", ref, "--to", first, *options)

        def arrived():
            return len(self.tell(first, "inbox", "--all", "--offline")["referrals"]) > before
        self.wait_for(arrived, f"{first} has the referral")
        return first, told["referrals"][0]["thread"]

    def states(self, ref):
        return {one["agency"]: one["state"] for one in self.tell("la-1", "referrals", ref)["referrals"]}

    def wait_state(self, ref, state):
        self.wait_for(lambda: state in self.states(ref).values(), f"a referral of {ref} is {state}")

    def refused(self, party, *arguments, code=2):
        """What a person reads where a command fails."""
        done = self.run_party(self.party(party), *map(str, arguments))
        self.assertEqual(done.returncode, code, f"{arguments}: {done.stdout}{done.stderr}")
        return done.stderr

    def table(self, *options):
        """The CSV export, a dictionary a line."""
        done = self.run_party(self.party("la-1"), "export", *options)
        self.assertEqual(done.returncode, 0, done.stderr)
        reader = csv.DictReader(io.StringIO(done.stdout, newline=""), strict=True)
        self.assertEqual(reader.fieldnames, COLUMNS)
        return list(reader)


class Shapes(DeskCase):
    def test_table_names_what_refer_takes(self):
        """The list for a person has the ids that --to wants."""
        _, ids = self.found("D-TABLE")
        table = lab("search", self.directory, self.request_file(asked("D-TABLE"))).stdout
        heading, *rows = table[table.index("Rank"):].splitlines()
        self.assertEqual(heading.split()[:3], ["Rank", "Id", "Agency"])
        self.assertEqual({row.split()[1] for row in rows[:len(ids)]}, set(ids))

    def test_fee_of_an_outcome(self):
        """Written down with the outcome, shown wherever the outcome is; refused where nobody is paid one."""
        self.referred("D-FEE")
        for wrong in (("none-found", "--fee", "905"), ("placed-elsewhere", "kinship", "--fee", "905"),
                      ("placed-elsewhere", "ifa", "--fee", "0"), ("placed-elsewhere", "ifa", "--fee", "905.5"),
                      ("placed-elsewhere", "ifa", "--fee", "10001")):
            done = self.run_party(self.party("la-1"), "outcome", "D-FEE", *wrong)
            self.assertEqual((done.returncode, wrong), (2, wrong))
            self.assertIn("--fee", done.stderr)
        told = self.tell("la-1", "outcome", "D-FEE", "placed-elsewhere", "ifa", "--fee", "905")
        self.assertEqual(told["fee"], 905)
        search, = self.tell("la-1", "history", "D-FEE")["searches"]
        self.assertEqual(search["outcome"]["fee"], 905)
        self.assertIn("905 pounds a week", search["events"][-1]["detail"])

    def test_history_and_export_agree(self):
        first, thread = self.referred("D-SHAPES")
        self.tell(first, "reply", thread, "decline", "--reason", "timing")
        self.wait_state("D-SHAPES", "decline")
        self.tell("la-1", "outcome", "D-SHAPES", "placed-elsewhere", "kinship")
        history = self.tell("la-1", "history", "D-SHAPES")["searches"]
        self.assertEqual([search["search_ref"] for search in history], ["D-SHAPES"])
        search = history[0]
        self.assertEqual(set(search), {"search_ref", "first_searched", "last_searched", "runs", "amendments",
                                       "outcome", "events"})
        self.assertEqual(search["outcome"],
                         {"outcome": "placed_elsewhere", "agency": None, "elsewhere": "kinship", "days": 0,
                          "fee": None})
        self.assertEqual([event["kind"] for event in search["events"]],
                         ["run", "decision", "referral", "answer", "outcome"])
        for event in search["events"]:
            self.assertEqual(list(event), COLUMNS[1:], "every event has every key")
            self.assertRegex(event["at"], INSTANT)
        self.assertEqual(search["events"][3]["state"], "decline")
        self.assertIn("timing", search["events"][3]["detail"])

        for options in (("--format", "json"), ("--json",)):
            done = self.run_party(self.party("la-1"), "export", *options)
            self.assertEqual(done.returncode, 0, done.stderr)
            searches = json.loads(done.stdout)["searches"]
            self.assertEqual([one for one in searches if one["search_ref"] == "D-SHAPES"], history, options)
        lines = [row for row in self.table() if row["search_ref"] == "D-SHAPES"]
        told = [{"search_ref": "D-SHAPES"} | {key: "" if value is None else str(value)
                                             for key, value in event.items()} for event in search["events"]]
        self.assertEqual(lines, told)

    def test_export_to_a_file(self):
        self.found("D-FILE")
        path = self.directory / "export.csv"
        self.say("la-1", "export", path)
        self.addCleanup(path.unlink)
        self.assertEqual(path.stat().st_mode & 0o777, 0o600)
        self.assertIn(b"D-FILE", path.read_bytes())
        before = path.read_bytes()
        self.assertIn("File exists", self.refused("la-1", "export", path))
        self.assertEqual(path.read_bytes(), before)
        self.refused("la-1", "export", "--format", "xml")

    def test_a_cell_runs_nothing(self):
        """A reference that a spreadsheet would compute goes out as text."""
        self.found("=1+1")
        self.assertEqual({row["search_ref"] for row in self.table() if "1+1" in row["search_ref"]}, {"'=1+1"})

    def test_outcomes_of_every_kind(self):
        first, _ = self.referred("D-KINDS")
        elsewhere = ("in_house", "ifa", "residential", "supported", "kinship", "other")
        for kind in elsewhere:
            self.assertIn(kind, self.say("la-1", "outcome", "--help"))
            told = self.tell("la-1", "outcome", "D-KINDS", "placed-elsewhere", kind)
            self.assertEqual((told["outcome"], told["elsewhere"]), ("placed_elsewhere", kind))
        words = self.say("la-1", "outcome", "D-KINDS", "none-found")
        self.assertIn("D-KINDS: none found after 0 days.", words)
        hint = re.search(r"'(hearth withdraw D-KINDS)'", words)
        self.assertTrue(hint, "what is still open, and how to end it")
        self.assertEqual(self.tell("la-1", "outcome", "D-KINDS", "withdrawn")["outcome"], "withdrawn")
        words = self.say("la-1", "outcome", "D-KINDS", "placed", "--with", first, "--withdraw")
        self.assertEqual(words, f"D-KINDS: placed with {first} after 0 days.\n")
        self.assertIn(f"placed with {first} after 0 days", self.say("la-1", "history"))
        self.assertEqual(len(self.tell("la-1", "history", "D-KINDS")["searches"][0]["events"]), 12)
        for wrong in (("placed",), ("placed", "--with", "ifa-099"), ("placed-elsewhere",), ("gone",),
                      ("placed-elsewhere", "moon"), ("none-found", "--with", first), ("none-found", "more"),
                      ("withdrawn", "--on", "2020-01-01"), ("withdrawn", "--on", "tomorrow")):
            with self.subTest(wrong=wrong):
                self.refused("la-1", "outcome", "D-KINDS", *wrong)
        self.assertEqual(len(self.tell("la-1", "history", "D-KINDS")["searches"][0]["events"]), 12)


    def test_a_placement_is_not_withdrawn(self):
        """The hint after an outcome is safe: the agency that has the child is not told that it is over."""
        _, ids = self.found("D-PLACED")
        told = self.tell("la-1", "refer", "D-PLACED", "--to", ",".join(ids[:2]))
        threads = {one["agency"]: one["thread"] for one in told["referrals"]}
        words = self.say("la-1", "outcome", "D-PLACED", "placed", "--with", ids[0])
        self.assertIn(threads[ids[1]][:8], words)
        self.assertNotIn(threads[ids[0]][:8], words)
        for _ in range(2):
            self.tell("la-1", "withdraw", "D-PLACED", codes=(0, 2))
            self.assertEqual(self.states("D-PLACED"), {ids[0]: "placed", ids[1]: "withdrawn"})
        self.assertIn("hearth outcome", self.refused("la-1", "withdraw", threads[ids[0]]))
        self.tell("la-1", "outcome", "D-PLACED", "none-found")  # it broke down
        self.tell("la-1", "withdraw", threads[ids[0]])
        self.wait_state("D-PLACED", "withdrawn")


class Saved(DeskCase):
    def test_attachments_both_ways(self):
        """Saved as they were, under names that do not collide, for their owner alone, and never over a file."""
        plan, note = self.directory / "plan.pdf", self.file("note.txt", "A note.\n")
        plan.write_bytes(PLAN)
        first, thread = self.referred("D-SAVE", "--stage", "full", "--note", note, "--attach", plan)
        here = self.directory / "agency" / "new"
        self.say(first, "inbox", "show", thread[:8], "--save", here)
        self.saved(here, {PLAN})
        number = next(iter(here.iterdir())).name.split("-")[0]
        shown = self.tell(first, "inbox", "show", thread)
        self.assertEqual([str(message["number"]) for message in shown["messages"] if message["attachments"]],
                         [number])

        picture = self.directory / "plan.png"
        picture.write_bytes(PICTURE)
        other = self.directory / "other"
        other.mkdir(exist_ok=True)
        (other / "plan.png").write_bytes(PLAN)  # two of one name, in two messages
        self.tell(first, "reply", thread, "question", "--text", note, "--attach", picture)
        self.tell(first, "reply", thread, "offer", "--text", note, "--attach", other / "plan.png")
        self.wait_state("D-SAVE", "offer")
        there = self.directory / "la"
        shown = self.tell("la-1", "inbox", "show", thread[:8], "--save", there)
        self.assertEqual([message["attachments"] for message in shown["said"] if message["from"] == first],
                         [[{"name": "plan.png", "bytes": size}] for size in (len(PICTURE), len(PLAN))])
        self.saved(there, {PICTURE, PLAN})

        # A second time nothing is written over, and nothing half shown.
        for party, where in ((first, here), ("la-1", there)):
            for path in where.iterdir():
                path.write_bytes(b"mine")
            done = self.run_party(self.party(party), "inbox", "show", thread, "--save", str(where))
            self.assertNotEqual(done.returncode, 0)
            self.assertEqual(done.stdout, "", party)
            self.assertIn("File exists", done.stderr)
            self.assertEqual({path.read_bytes() for path in where.iterdir()}, {b"mine"})

    def saved(self, where, contents):
        files = list(where.iterdir())
        self.assertEqual({path.read_bytes() for path in files}, contents)
        self.assertEqual(len(files), len(contents))
        self.assertEqual({path.stat().st_mode & 0o777 for path in files}, {0o600})
        self.assertEqual(where.stat().st_mode & 0o777, 0o700)

    def test_what_was_not_shown_stays_unread(self):
        first, thread = self.referred("D-FULL")
        self.tell(first, "reply", thread, "question", "--text", self.file("asks.txt", "How tall?\n"))
        self.wait_state("D-FULL", "question")
        for party, unread in ((first, "referrals"), ("la-1", "unread")):
            def counted(name=party, key=unread):
                return sum(one["unread"] for one in self.tell(name, "inbox", "--offline")[key])
            before = counted()
            self.assertGreater(before, 0)
            with open("/dev/full", "w", encoding="ascii") as full:
                done = self.run_party(self.party(party), "inbox", "show", thread, stdout=full)
            self.assertEqual(done.returncode, 1)
            self.assertIn("stays unread", done.stderr)
            self.assertEqual(counted(), before, party)
            self.say(party, "inbox", "show", thread)
            self.assertEqual(counted(), before - 1, party)

    def test_empty_words_are_refused(self):
        """A message that says nothing is a slip."""
        first, thread = self.referred("D-EMPTY")
        for name, text in (("nothing.txt", ""), ("blank.txt", " \n\t\r\n\n")):
            blank = self.file(name, text)
            for party, *arguments in (("la-1", "answer", thread, "--text"),
                                      ("la-1", "withdraw", "D-EMPTY", "--text"),
                                      ("la-1", "refer", "D-EMPTY", "--to", first, "--stage", "full", "--note"),
                                      (first, "reply", thread, "offer", "--text"),
                                      (first, "reply", thread, "question", "--text"),
                                      (first, "reply", thread, "decline", "--reason", "other", "--text")):
                with self.subTest(party=party, arguments=arguments, text=text):
                    said = self.refused(party, *arguments, blank)
                    self.assertIn(f"{name} is empty", said)
        events = self.tell("la-1", "history", "D-EMPTY")["searches"][0]["events"]
        self.assertEqual([event["kind"] for event in events], ["run", "decision", "referral"])

    @without_sanitizers
    def test_without_the_matcher(self):
        """Nothing is half done, and the officer is told so, and what can be had all the same."""
        first, thread = self.referred("D-OFF")
        self.wait_state("D-OFF", "taken")
        lab("stop", self.directory, "matcher")
        self.addCleanup(self.wait_all_attached)
        self.addCleanup(lab, "start", self.directory, "matcher")
        text = self.file("off.txt", "Words.\n")
        before = self.tell("la-1", "history", "D-OFF")
        for arguments, hint in ((("referrals",), "--offline"), (("inbox",), "--offline"),
                                (("answer", thread, "--text", text), "nothing was written down"),
                                (("withdraw", "D-OFF"), "nothing was withdrawn"),
                                (("refer", "D-OFF", "--to", first, "--stage", "full"), "nothing was referred"),
                                (("outcome", "D-OFF", "none-found", "--withdraw"), "no outcome was written down")):
            with self.subTest(arguments=arguments):
                self.assertIn(hint, self.refused("la-1", *arguments, code=4))
        self.assertEqual(self.tell("la-1", "history", "D-OFF"), before)
        self.assertIn(thread, json.dumps(self.tell("la-1", "referrals", "--offline")))
        told = self.tell(first, "reply", thread, "question", "--text", text, codes=(3,))
        self.assertFalse(told["sent"])


class Purge(DeskCase):
    agencies, households = 2, 40

    def ages(self, *arguments, days=0, codes=(0,)):
        return self.tell("la-1", *arguments, codes=codes, clock_offset=days * DAY)

    def test_purge(self):
        """What is old goes, and is in no file any more; what is younger stays."""
        home = self.party("la-1").home
        first, _ = self.referred("D-OLD")
        self.wait_state("D-OLD", "taken")
        self.tell("la-1", "outcome", "D-OLD", "placed", "--with", first)
        self.assertEqual(self.ages("purge", "--older-than", "28d")["searches"], 0)
        would = self.ages("purge", "--older-than", "28d", "--dry-run", days=29)
        self.assertEqual(would, {"dry_run": True, "searches": 1, "runs": 1, "decisions": 1, "outcomes": 1,
                                 "messages": 1, "erased": False})
        self.assertEqual(len(self.tell("la-1", "history", "D-OLD")["searches"][0]["events"]), 4)
        pieces = self.sealed(home)
        self.assertGreaterEqual(len(pieces), 4)
        self.assertEqual(self.ages("purge", "--older-than", "30d", days=29)["searches"], 0)
        gone = self.ages("purge", "--older-than", "28d", days=29)
        self.assertEqual(gone, would | {"dry_run": False, "erased": True})
        for path, piece in pieces:
            self.assertNotIn(piece, path.read_bytes(), path)
        self.assertEqual(self.tell("la-1", "history")["searches"], [])
        self.assertEqual(self.tell("la-1", "referrals")["referrals"], [])
        self.assertEqual(self.table(), [])
        said = self.tell("la-1", "history", "D-OLD", codes=(2,))
        self.assertEqual(said["error"]["code"], "not_found")
        self.assertEqual(self.ages("purge", "--older-than", "28d", days=29)["searches"], 0)

    def sealed(self, home):
        """A piece of each value of both stores, of what was asked, said and done."""
        return {(home / store / "data.mdb", value[:48])
                for store, *tables in (("records", "searches", "runs", "decisions", "outcomes"),
                                       ("correspondence", "entries", "contents"))
                for table in tables for value in lmdb_entries(home / store, table).values()}

    def test_days(self):
        for wrong in ("", "180", "27d", "-1d", "0d", "d", "180x", "1.5d", "99999d", "999999999999999999999d"):
            with self.subTest(days=wrong):
                self.assertIn("28d to 36500d", self.refused("la-1", "purge", "--older-than", wrong))
        self.assertIn("--older-than", self.refused("la-1", "purge"))


class Audits(DeskCase):
    agencies, households = 2, 40

    def test_exit_codes_and_words(self):
        """Whoever named a wrong file has found nothing wrong with a log; what is not proven is said so."""
        answer, ids = self.found("D-AUDIT")
        self.restart_matcher()
        agency, query = ids[0], answer["query_hash"][:12]
        package, reply = self.directory / "search.package", self.directory / "reply.package"
        done = self.run_party(self.party("la-1"), "audit", "open", "D-AUDIT", "--out", str(package))
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)
        self.assertIn("confidential", done.stderr)
        self.assertIn("without a part of the log", done.stderr)
        self.say(agency, "audit", "open", query, "--out", reply)
        missing = self.directory / "missing"
        others, own = self.export("la-1", "la"), self.export(agency, "agent")
        for party, *arguments in (("la-1", "audit", "log", missing), (agency, "audit", "log", missing),
                                  ("la-1", "audit", "open", "D-AUDIT", "--log", missing),
                                  ("la-1", "audit", "open", "D-AUDIT", "--run", "9"),
                                  ("la-1", "audit", "check", missing),
                                  (agency, "audit", "check", missing, "--query", package)):
            with self.subTest(arguments=arguments):
                self.refused(party, *arguments)
        self.assertIn("missing is no file", self.refused(agency, "audit", "check", missing, "--query", package))
        self.assertIn("package: is not", self.refused("la-1", "audit", "check", self.file("text", "Words.\n")))
        self.assertIn("the LA's word", self.say("la-1", "audit", "check", package))
        self.assertIn("is in it", self.say(agency, "audit", "log", own))
        words = self.say(agency, "audit", "log", others, codes=(1,))
        self.assertIn("NOT in order", words)
        self.assertNotIn("is in it.", words)
