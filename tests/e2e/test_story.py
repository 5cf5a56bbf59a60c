# SPDX-License-Identifier: Apache-2.0
"""From a ranked list to a placement, over real processes: search, referrals to three agencies of which one is off
line and comes back, question and answer, an offer, the outcome, and the audit by somebody who has files alone."""

import json
import os
import re
import subprocess

import support
from support import SchemeCase, lab

REQUEST = {"search_ref": "STORY-2026-0001", "children": [{"age": 9, "sex": "U"}],
           "placement": {"type": "PT_SHORT", "needed_by": "later"}, "prefer": {"CS_SIM": 3, "DS_AUT": 2},
           "location": {"anchors": [{"name": "mrkschool", "at": "SE 35 35", "within_km": 30, "weight": 3}],
                        "avoid": [{"name": "mrkrisk", "at": "SE 49 49", "within_km": 5}]}}
MARKS = ("STORY-2026", "mrkschool", "mrkrisk", "SE 35", "a quiet, clever girl", "how does she sleep",
         "soundly, and late", "a farm with two dogs")


class StoryCase(SchemeCase):
    agencies, households = 4, 120

    @classmethod
    def prepare(cls):
        """All of them live near one another, so that every agency has somebody for most requests."""
        super().prepare()
        support.bring_together(cls.directory)

    def party(self, name):
        return self.scheme.parties.get(name)

    def tell(self, party, *arguments, codes=(0,), clock_offset=None):
        """The JSON that a party's command prints."""
        done = self.run_party(self.party(party), *map(str, arguments), "--json", clock_offset=clock_offset)
        self.assertIn(done.returncode, codes, f"{arguments}: {done.stdout}{done.stderr}")
        return json.loads(done.stdout)

    def say(self, party, *arguments, codes=(0,)):
        """The same for a person."""
        done = self.run_party(self.party(party), *map(str, arguments))
        self.assertIn(done.returncode, codes, f"{arguments}: {done.stdout}{done.stderr}")
        return done.stdout

    def file(self, name, text):
        path = self.directory / name
        path.write_text(text, encoding="utf-8")
        return path

    def restart_matcher(self, between=lambda: None):
        """A matcher that stops writes a checkpoint behind all that it has logged."""
        lab("stop", self.directory, "matcher")
        between()
        lab("start", self.directory, "matcher")
        self.wait_all_attached()

    def export(self, party, role):
        """An export of the matcher's log for that party, anew."""
        path = self.directory / f"{party}.export"
        path.unlink(missing_ok=True)
        done = lab("run", self.directory, "matcher", "--", "audit", "export", f"--{role}", party, "--out", path)
        self.assertEqual(done.returncode, 0, done.stderr)
        return path

    def wait_received(self, agency, count):
        """Until the agency's own `serve` has stored so many referrals."""
        def received():
            return len(self.tell(agency, "inbox", "--offline")["referrals"]) >= count
        self.wait_for(received, f"{agency} has {count} referrals")


class Story(StoryCase):
    def test_story(self):
        found = self.search(REQUEST)
        ids = [agency["id"] for agency in found["agencies"]]
        self.assertGreaterEqual(len(ids), 3, "the population has to have three agencies for it")
        first, second, third = ids[:3]
        self.refer(found, first, second, third)
        self.question_and_answer(first)
        self.the_full_stage_and_an_offer(first)
        self.others_decline(second, third)
        self.outcome(first)
        self.nothing_in_the_clear()
        self.audit(found, first)

    # ---- the parts ----
    def refer(self, found, first, second, third):
        self.addCleanup(lab, "start", self.directory, third)
        lab("stop", self.directory, third)
        names = f"{second},{third}"
        told = self.tell("la-1", "refer", REQUEST["search_ref"], "--to", names, codes=(2,))
        self.assertEqual(told["error"]["field"], "reason")
        self.assertIn(first, told["error"]["message"])
        told = self.tell("la-1", "refer", REQUEST["search_ref"], "--to", f"{first},{names}", "--dry-run")
        left_out = " ".join(told["left_out"])
        for word in ("mrkschool", "mrkrisk", REQUEST["search_ref"]):
            self.assertIn(word, left_out)
        self.assertEqual(self.tell("la-1", "referrals")["referrals"], [])
        told = self.tell("la-1", "refer", found["query_hash"][:10], "--to", f"{first},{names}")
        self.assertEqual([referral["agency"] for referral in told["referrals"]], [first, second, third])
        again = self.tell("la-1", "refer", REQUEST["search_ref"], "--to", first, codes=(1, 2, 4))
        self.assertEqual(again["error"]["code"], "exists")
        self.wait_received(first, 1)
        self.wait_received(second, 1)
        states = self.states()
        self.assertEqual((states[first], states[second], states[third]), ("taken", "taken", "accepted"))
        lab("start", self.directory, third)
        self.wait_received(third, 1)
        self.wait_for(lambda: self.states()[third] == "taken", "the LA knows that the third has it")

    def states(self):
        return {referral["agency"]: referral["state"] for referral in self.tell("la-1", "referrals")["referrals"]}

    def thread(self, agency):
        return next(referral["thread"] for referral in self.tell("la-1", "referrals")["referrals"]
                    if referral["agency"] == agency)

    def question_and_answer(self, first):
        referral = self.tell(first, "inbox")["referrals"][0]
        self.assertEqual((referral["la"], referral["stage"]), ("la-1", "profile"))
        self.unread_where_it_was_not_shown(first, referral["id"])
        shown = self.tell(first, "inbox", "show", referral["id"][:8])
        self.assertTrue(shown["query_answered"])
        self.assertEqual(self.tell(first, "inbox")["unread"], 0)
        body = json.dumps(shown)
        for word in ("mrkschool", "mrkrisk", REQUEST["search_ref"]):
            self.assertNotIn(word, body)
        self.tell(first, "reply", referral["id"], "question", "--text", self.file("q.txt", MARKS[5] + "?\n"))
        self.wait_for(lambda: self.states()[first] == "question", "the question is here")
        thread = self.thread(first)
        shown = self.tell("la-1", "inbox", "show", thread[:8])
        self.assertIn(MARKS[5], json.dumps(shown))
        self.tell("la-1", "answer", thread, "--text", self.file("a.txt", MARKS[6] + "\n"))

    def unread_where_it_was_not_shown(self, agency, referral):
        party = self.party(agency)
        secret = os.open(party.passphrase, os.O_RDONLY)
        try:
            with open("/dev/full", "w", encoding="utf-8") as full:
                done = subprocess.run([party.program, "inbox", "show", referral, *party.options(secret)],
                                      pass_fds=(secret,), stdin=subprocess.DEVNULL, stdout=full,
                                      stderr=subprocess.PIPE, encoding="utf-8", check=False)
        finally:
            os.close(secret)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertEqual(self.tell(agency, "inbox")["unread"], 1)

    def the_full_stage_and_an_offer(self, first):
        refused = self.run_party(self.party("la-1"), "refer", REQUEST["search_ref"], "--to", first, "--note",
                                 str(self.file("n.txt", MARKS[4])))
        self.assertEqual(refused.returncode, 2, refused.stderr)
        self.assertIn("--stage full", refused.stderr)
        plan = self.directory / "plan.bin"
        plan.write_bytes(bytes(range(256)) * 40)
        self.tell("la-1", "refer", REQUEST["search_ref"], "--to", first, "--stage", "full", "--note",
                  self.file("n.txt", MARKS[4] + "\n"), "--attach", plan)
        thread = self.thread(first)

        def stage():
            return self.tell(first, "inbox", "--offline")["referrals"][0]["stage"]
        self.wait_for(lambda: stage() == "full", "the full stage is here")
        saved = self.directory / "saved"
        shown = self.tell(first, "inbox", "show", thread, "--save", saved)
        body = json.dumps(shown)
        for word in ("mrkschool", "mrkrisk", MARKS[4], MARKS[6]):
            self.assertIn(word, body)
        self.assertNotIn(REQUEST["search_ref"], body)
        files = list(saved.iterdir())
        self.assertEqual([path.read_bytes() for path in files], [plan.read_bytes()])
        self.assertEqual(files[0].stat().st_mode & 0o777, 0o600)
        own = [(carer["ref"], carer["score"]) for carer in shown["carers"]["eligible"]]
        match = [(carer["ref"], carer["score"]) for carer in self.score(first, REQUEST)["eligible"]]
        self.assertEqual(own, match)
        self.assertTrue(own)
        self.tell(first, "reply", thread[:6], "offer", "--text", self.file("o.txt", MARKS[7] + "\n"))
        self.wait_for(lambda: self.states()[first] == "offer", "the offer is here")

    def others_decline(self, second, third):
        inbox = self.tell(second, "inbox")["referrals"]
        bad = self.run_party(self.party(second), "reply", inbox[0]["id"], "decline")
        self.assertEqual(bad.returncode, 2)
        self.tell(second, "reply", inbox[0]["id"], "decline", "--reason", "too_far")
        self.wait_for(lambda: self.states()[second] == "decline", "the second has declined")
        self.tell("la-1", "withdraw", REQUEST["search_ref"], "--to", third)

        def withdrawn():
            referrals = self.tell(third, "inbox", "--all", "--offline")["referrals"]
            return referrals and referrals[0]["withdrawn"]
        self.wait_for(withdrawn, "the third knows that it is over")
        late = self.tell(third, "reply", "1", "offer", "--text", self.directory / "o.txt", codes=(1, 2))
        self.assertEqual(late["error"]["code"], "expired")

    def outcome(self, first):
        told = self.tell("la-1", "outcome", REQUEST["search_ref"], "placed", "--with", first)
        self.assertEqual(told["days"], 0)
        history = self.tell("la-1", "history", REQUEST["search_ref"])
        text = json.dumps(history)
        for word in ("placed", first, "too_far"):
            self.assertIn(word, text)
        self.assertEqual(self.states()[first], "placed")
        table = self.say("la-1", "export", "--format", "csv")
        self.assertIn(REQUEST["search_ref"], table)

    def nothing_in_the_clear(self):
        """On no disk of anybody, and not in the matcher's log."""
        for path in (self.directory / "state").rglob("*"):
            if not path.is_file():
                continue
            data = path.read_bytes()
            for mark in MARKS:
                self.assertNotIn(mark.encode(), data, path)
        done = lab("run", self.directory, "matcher", "--", "audit", "show", "--json")
        for mark in MARKS:
            self.assertNotIn(mark, done.stdout)

    # ---- the audit ----
    def audit(self, found, first):
        self.restart_matcher()
        export = self.export("la-1", "la")
        package = self.directory / "package.json"
        self.say("la-1", "audit", "open", REQUEST["search_ref"], "--log", export, "--out", package)
        self.assertEqual(package.stat().st_mode & 0o777, 0o600)
        words = self.checked("hearth", "audit", "check", package)
        for word in ("aged 9", "similar needs (CS_SIM), weight 3", "(la-1)", found["query_hash"]):
            self.assertIn(word, words)
        self.assertRegex(words, r"(?i)logged")
        whole = self.say("la-1", "audit", "log", export)
        self.assertIn("and all of it holds", whole)
        reply = self.directory / "reply.json"
        self.say(first, "audit", "open", found["query_hash"][:12], "--out", reply)
        words = self.checked("hearth-agent", "audit", "check", reply, "--query", package)
        self.assertIn("exactly what the query gives with these slot sets", words)
        self.tampered(package)

    def auditor(self, *arguments):
        """Somebody who has the files and the Authority's root, and no home."""
        root = self.directory / "state" / "authority" / "authority.root"
        program, *rest = arguments
        return subprocess.run([support.BUILD / program, *map(str, rest), "--root", root], cwd="/",
                              stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", check=False,
                              env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent"})

    def checked(self, *arguments):
        done = self.auditor(*arguments)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def tampered(self, package):
        text = package.read_text(encoding="utf-8")
        changed = self.file("changed.json", re.sub(r'"CS_SIM": ?3', '"CS_SIM":4', text))
        self.assertNotEqual(changed.read_text(encoding="utf-8"), text)
        done = self.auditor("hearth", "audit", "check", changed)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)


class Refusals(StoryCase):
    """What the matcher refuses for good is told by the command that sent it, and by its exit status."""

    def per_day(self, count):
        path = self.party("matcher").home / "config.json"
        config = json.loads(path.read_text(encoding="utf-8"))
        config.pop("mail_per_day", None)
        self.restart_matcher(lambda: path.write_text(
            json.dumps(config | ({"mail_per_day": count} if count else {})), encoding="utf-8"))

    def test_a_day_that_is_used_up(self):
        first = self.search(REQUEST)["agencies"][0]["id"]
        ref = REQUEST["search_ref"]
        self.per_day(1)
        self.addCleanup(self.per_day, None)
        self.tell("la-1", "refer", ref, "--to", first)
        thread = self.tell("la-1", "referrals")["referrals"][0]["thread"]
        text = self.file("m.txt", "hello\n")
        told = self.tell("la-1", "answer", thread, "--text", text, codes=(5,))
        self.assertEqual((told["error"]["code"], told["error"]["field"]), ("denied", "thread"))
        self.assertIn("used up", told["error"]["message"])
        self.assertNotIn("Sent", self.say("la-1", "answer", thread, "--text", text, codes=(5,)))
        for command in (("withdraw", thread), ("outcome", ref, "none-found", "--withdraw")):
            told = self.tell("la-1", *command, codes=(5,))
            referral = told.get("referrals", told.get("open"))[0]
            self.assertNotEqual(referral["state"], "withdrawn")
            self.assertIn("used up", referral["refusal"])
        self.assertIn("used up", self.say("la-1", "withdraw", thread, codes=(5,)))
        told = self.tell("la-1", "refer", ref, "--to", first, "--stage", "full", "--again", codes=(5,))
        self.assertIn("used up", told["referrals"][0]["refusal"])
        self.per_day(None)
        told = self.tell("la-1", "withdraw", ref)
        self.assertIn("withdrawn", {referral["state"] for referral in told["referrals"]})
