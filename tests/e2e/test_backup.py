# SPDX-License-Identifier: Apache-2.0
"""Backups of real homes in the middle of work, restored and used; what a restored home says and refuses; stores of
the form before today's and after it. HEARTH_E2E_BACKUPS backups, at instants that a seed tells."""

import contextlib
import csv
import dataclasses
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import threading

from support import BUILD, SLOW, lab, wait_until
from test_kills import Letters, Writer

BACKUPS = int(os.environ.get("HEARTH_E2E_BACKUPS", "6" if SLOW == 1 else "3"))
SEED = int(os.environ.get("HEARTH_E2E_SEED", "20261127"))
EARLIER = -600  # seconds: as if the backup and its restore had been ten minutes ago
REQUEST = {"children": [{"age": 9, "sex": "U"}], "placement": {"type": "PT_SHORT", "needed_by": "later"}}


class Sparing(Writer):
    """A writer that stays below what the matcher accepts of a party on one day."""

    most = 150

    def run(self):
        while not self.over.is_set() and self.number < self.most:
            code = self.one()
            (self.kept if code == 0 else self.doubtful).append(self.number)


class Searcher(threading.Thread):
    """Searches one after the other; `done` grows with each that has its result."""

    def __init__(self, case):
        super().__init__()
        self.case, self.over, self.done, self.failed = case, threading.Event(), [], []

    def run(self):
        while not self.over.is_set():
            ref = f"BACKUP-{len(self.done) + len(self.failed)}"
            path = self.case.directory / f"{ref}.json"
            path.write_text(json.dumps(REQUEST | {"search_ref": ref}), encoding="utf-8")
            code = lab("search", self.case.directory, path, "--json").returncode
            (self.done if code in (0, 3) else self.failed).append(ref)


class Importer(threading.Thread):
    """Imports an agency's file with one household more each time; `done` is how many it had the last time."""

    def __init__(self, case, name):
        super().__init__()
        self.case, self.party, self.over = case, case.party(name), threading.Event()
        self.rows = case.rows_of(name)
        self.done = len(self.rows)

    def run(self):
        while not self.over.is_set():
            self.rows.append(self.rows[0] | {"ref": f"MORE-{len(self.rows)}"})
            path = self.case.directory / f"more-{self.party.id}.csv"
            with open(path, "w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, list(self.rows[0]))
                writer.writeheader()
                writer.writerows(self.rows)
            done = self.case.run_party(self.party, "import", str(path))
            self.case.assertEqual(done.returncode, 0, done.stderr)
            self.done = len(self.rows)


class BackupCase(Letters):
    def party(self, name):
        return self.scheme.parties.get(name)

    def setUp(self):
        self.made = 0

    @staticmethod
    def words(party, command):
        return ("hub", command) if party.role == "hub" else (command,)

    def rows_of(self, name):
        with open(self.scheme.parties.carers_file(self.party(name)), encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def back_up(self, party, clock_offset=None):
        self.made += 1
        to = self.directory / "backups" / f"{party.label}-{self.made}"
        to.parent.mkdir(exist_ok=True)
        done = self.run_party(party, *self.words(party, "backup"), str(to), "--json",
                              clock_offset=clock_offset)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertFalse(to.with_name(to.name + ".partial").exists())
        for path in to.rglob("*"):
            self.assertEqual(path.stat().st_mode & 0o777, 0o700 if path.is_dir() else 0o600, path)
        return to

    def restore(self, party, backup, clock_offset=None):
        """The party in a new home."""
        home = self.directory / "restored" / backup.name
        fresh = dataclasses.replace(party, home=home)
        done = self.run_party(fresh, *self.words(party, "restore"), str(backup), "--json",
                              clock_offset=clock_offset)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return fresh

    def swap(self, party, fresh):
        """The restored home in the place of the party's own, which is gone with its disk."""
        shutil.rmtree(party.home)
        fresh.home.rename(party.home)

    def kill(self, name):
        party = self.party(name)
        daemon = self.scheme.daemon(party)
        daemon.signal(signal.SIGKILL)
        self.assertTrue(wait_until(lambda: daemon.pid() is None, 20 * SLOW))
        return party

    def heads(self):
        """LENGTH:HEAD of the matcher's log that came with results."""
        path = self.party("la-1").home / "log-heads"
        lines = path.read_text(encoding="ascii").split("\n")[:-1] if path.exists() else []
        return [line.rpartition("at=")[2] for line in lines]

    def verify_log(self, matcher, heads):
        for head in [None, *heads]:
            words = ["--at", head] if head else []
            done = self.run_party(matcher, "audit", "verify", *words, "--json")
            self.assertEqual(done.returncode, 0, f"{head}: {done.stdout}{done.stderr}")

    def check_config(self, party):
        done = self.run_party(party, *self.words(party, "check-config"), "--json")
        return done.returncode, json.loads(done.stdout)


class Working(BackupCase):
    """Each round: what has been acknowledged is written down, then a backup is made, then it is restored and
    compared. What came after the backup was begun may be there or not."""

    def check_matcher(self, known, fresh):
        self.verify_log(fresh, known["heads"][-3:])

    def check_la(self, known, fresh):
        refs = {search["search_ref"] for search in self.json_of_home(fresh, "history")["searches"]}
        self.assertLessEqual(set(known["searches"]), refs)
        self.assertEqual([head for head in known["heads"] if head not in
                          (fresh.home / "log-heads").read_text(encoding="ascii")], [])
        self.check_said(known, fresh, "mark-la-")

    def check_agent(self, known, fresh):
        carers = self.json_of_home(fresh, "list")["carers"]
        self.assertGreaterEqual(len(carers), known["carers"])
        self.assertGreaterEqual({carer["ref"] for carer in carers},
                                {row["ref"] for row in self.rows_of(fresh.id)})
        self.check_said(known, fresh, f"mark-{fresh.id}")

    def check_said(self, known, fresh, prefix):
        """What the party's own writers were told is written down."""
        for mark, numbers in known["said"].items():
            agency = mark.removeprefix("mark-la-").removeprefix("mark-")
            if mark.startswith(prefix) and agency in known["threads"]:
                # Off line: a copy that dials would take, and acknowledge, what is meant for the party itself.
                thread = known["threads"][agency]
                shown = self.said(self.json_of_home(fresh, "inbox", "show", thread, "--offline"))
                self.assertLessEqual(set(numbers), set(shown.get(mark, [])), f"{mark} in {fresh.home}")

    def json_of_home(self, party, *arguments):
        done = self.run_party(party, *arguments, "--json")
        self.assertEqual(done.returncode, 0, f"{arguments}: {done.stdout}{done.stderr}")
        return json.loads(done.stdout)

    def tell_counts(self, writers, agency, thread):
        """For whoever reads of a failure: how many of each writer's messages are on either side."""
        sides = [self.said(self.json_of(name, "inbox", "show", thread)) for name in ("la-1", agency)]
        print("written:", {writer.mark: (len(writer.kept), len(writer.doubtful)) for writer in writers},
              "at the LA:", {mark: len(numbers) for mark, numbers in sides[0].items()}, "at the agency:",
              {mark: len(numbers) for mark, numbers in sides[1].items()}, file=sys.stderr)

    def test_backups_in_the_middle_of_work(self):
        chance = random.Random(SEED)
        threads = self.threads()
        agency, thread = next(iter(threads.items()))
        writers = [Sparing(self.party("la-1"), ["answer", thread], f"mark-la-{agency}", SEED, 0),
                   Sparing(self.party(agency), ["reply", thread, "question"], f"mark-{agency}", SEED + 1, 0)]
        for writer in writers:
            writer.start()
        workers = [Searcher(self), Importer(self, agency)]
        for worker in workers:
            worker.start()
        counts = {"matcher": 0, "agent": 0, "la": 0}
        try:
            self.wait_for(lambda: len(workers[0].done) >= 2, "two searches are done")
            for number in range(BACKUPS):
                name = ["matcher", "la-1", agency][number % 3]
                party = self.party(name)
                wait_until(lambda: False, chance.uniform(0, 0.4))  # some instant of the work
                known = {"threads": threads, "heads": self.heads(), "searches": list(workers[0].done),
                         "said": {writer.mark: list(writer.kept) for writer in writers},
                         "carers": workers[1].done}
                fresh = self.restore(party, self.back_up(party))
                checks = {"matcher": self.check_matcher, "la": self.check_la, "agent": self.check_agent}
                checks[party.role](known, fresh)
                code, told = self.check_config(fresh)
                self.assertEqual(code, 0, told)
                counts[party.role] += 1
        finally:
            for worker in workers:
                worker.over.set()
            for worker in workers:
                worker.join()
            self.stop_writing(writers)
        self.assertEqual(workers[0].failed, [])
        self.tell_counts(writers, agency, thread)
        self.settle({agency: thread}, writers)
        print(f"backups during work, restored and compared: {counts['matcher']} of the matcher, {counts['la']} of "
              f"the LA, {counts['agent']} of agencies; meanwhile {len(workers[0].done)} searches, "
              f"{sum(len(writer.kept) for writer in writers)} messages, "
              f"{len(workers[1].rows) - len(self.rows_of(agency))} imports; lost of what was acknowledged: 0")


class Disks(BackupCase):
    """The disk of a party is gone; its home is made of a backup, and used."""

    def test_a_matcher_on_a_new_disk(self):
        threads = self.threads()
        self.assertIn(self.counts(REQUEST | {"search_ref": "BEFORE"})[0], (1, 2))
        lab("stop", self.directory, "ifa-002")
        self.addCleanup(lab, "start", self.directory, "ifa-002")
        text = self.directory / "text"
        text.write_text("waits in the mailbox", encoding="utf-8")
        self.json_of("la-1", "answer", threads["ifa-002"], "--text", text)
        heads = self.heads()
        matcher = self.party("matcher")
        backup = self.back_up(matcher, EARLIER)
        self.search(REQUEST | {"search_ref": "AFTER"})
        lost = self.heads()[-1]
        self.assertNotIn(lost, heads)
        self.kill("matcher")
        self.swap(matcher, self.restore(matcher, backup, EARLIER))
        self.assertEqual(self.check_config(matcher)[0], 0)
        lab("start", self.directory, "matcher")
        lab("start", self.directory, "ifa-002")
        self.wait_all_attached()
        self.wait_for(lambda: "waits in the mailbox" in json.dumps(
            self.json_of("ifa-002", "inbox", "show", threads["ifa-002"])), "the message has come")
        self.assertEqual(self.counts(REQUEST | {"search_ref": "AGAIN"})[:2], (2, 2))
        self.verify_log(matcher, heads)
        self.the_log_says_it(matcher, lost)

    def the_log_says_it(self, matcher, lost):
        """A head of the time since the backup is not in it, and everybody can read why."""
        done = self.run_party(matcher, "audit", "verify", "--at", lost, "--json")
        self.assertEqual(done.returncode, 1, done.stdout)
        export = self.directory / "la.export"
        done = lab("run", self.directory, "matcher", "--", "audit", "export", "--la", "la-1", "--out", export)
        self.assertEqual(done.returncode, 0, done.stderr)
        done = self.run_party(self.party("la-1"), "audit", "log", str(export))
        self.assertEqual(done.returncode, 1, done.stdout)
        shown = self.run_party(matcher, "audit", "show", "--last", "200").stdout
        entries = [line for line in shown.splitlines() if " restored " in line]
        self.assertEqual(len(entries), 1, shown)
        self.assertIn("backup=", entries[0])
        # Once, not with every start.
        lab("stop", self.directory, "matcher")
        lab("start", self.directory, "matcher")
        self.wait_all_attached()
        shown = self.run_party(matcher, "audit", "show", "--last", "200").stdout
        self.assertEqual(sum(" restored " in line for line in shown.splitlines()), 1)

    def test_an_agency_on_a_new_disk(self):
        agent = self.party("ifa-001")
        before = self.json_of("ifa-001", "list")
        backup = self.back_up(agent)
        lab("stop", self.directory, "ifa-001")
        self.swap(agent, self.restore(agent, backup))
        lab("start", self.directory, "ifa-001")
        self.wait_all_attached()
        self.assertEqual(self.json_of("ifa-001", "list"), before)
        # A query of these minutes may have been answered before: no query has two replies.
        self.assertEqual(self.counts(REQUEST | {"search_ref": "MINUTES"}), (2, 1, 1))
        self.assertIn("before the restore", self.scheme.daemon(agent).log.read_text(encoding="utf-8"))
        # As if it had been ten minutes ago.
        lab("stop", self.directory, "ifa-001")
        backup = self.back_up(agent, EARLIER)
        self.swap(agent, self.restore(agent, backup, EARLIER))
        lab("start", self.directory, "ifa-001")
        self.wait_all_attached()
        self.assertEqual(self.counts(REQUEST | {"search_ref": "LATER"}), (2, 2, 0))

    def test_an_la_on_a_new_disk(self):
        la = self.party("la-1")
        self.search(REQUEST | {"search_ref": "LA-BEFORE"})
        backup = self.back_up(la)
        self.swap(la, self.restore(la, backup))
        refs = [search["search_ref"] for search in self.json_of("la-1", "history")["searches"]]
        self.assertIn("LA-BEFORE", refs)
        self.search(REQUEST | {"search_ref": "LA-AFTER"})

    def test_a_hub_and_the_authority(self):
        hub = self.party("hub-1")
        fresh = self.restore(hub, self.back_up(hub))
        self.assertEqual((fresh.home / "identity.key").read_bytes(), (hub.home / "identity.key").read_bytes())
        authority = self.scheme.parties.authority
        backup = self.back_up(authority)
        lost = self.issue(authority, "ifa-001", "lost")
        fresh = self.restore(authority, backup)
        again = self.issue(fresh, "ifa-001", "again")
        self.assertGreater(again, lost + 1000, "serials of the time since are passed over")
        # The lost one can be revoked all the same, and the list is newer than any that was made meanwhile.
        done = self.run_party(fresh, "revoke", str(lost), "--json")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertGreater(json.loads(done.stdout)["number"], 1000)

    def issue(self, authority, name, folder):
        """The serial of a certificate that is made and not installed."""
        out = self.directory / folder
        out.mkdir()
        done = self.run_party(authority, "issue", "--out", str(out), str(self.party(name).home / "identity.req"))
        self.assertEqual(done.returncode, 0, done.stderr)
        shown = subprocess.run([authority.program, "show", "--json", *out.glob("*.cert")], capture_output=True,
                               encoding="utf-8", check=True, timeout=60).stdout
        return int(re.search(r'"serial":(\d+)', shown).group(1))


class Refusals(BackupCase):
    def test_what_is_refused(self):
        agent, la = self.party("ifa-001"), self.party("la-1")
        backup = self.back_up(agent)
        wrong = dataclasses.replace(la, home=self.directory / "wrong")
        self.assertEqual(self.error(wrong, "restore", backup)["code"], "denied")
        self.assertEqual(self.error(agent, "restore", backup)["code"], "exists")
        self.assertEqual(self.error(agent, "backup", backup)["code"], "exists")
        self.assertEqual(self.error(dataclasses.replace(agent, home=la.home), "backup",
                                    self.directory / "other")["code"], "denied")
        told = self.error(agent, "backup", self.directory / "not-mounted" / "monday")
        self.assertEqual(told["code"], "not_found")
        self.assertIn("mount its disk", told["message"])
        self.assertFalse((self.directory / "not-mounted").exists())
        self.assertFalse((self.directory / "other").exists() or wrong.home.exists())
        data = backup / "vault" / "data.mdb"
        whole = data.read_bytes()
        data.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        fresh = dataclasses.replace(agent, home=self.directory / "fresh")
        for words in (("restore",), ("restore", "--check")):
            self.assertEqual(self.error(fresh, *words, backup)["code"], "corrupt")
        self.assertFalse(fresh.home.exists())
        data.write_bytes(whole)
        done = self.run_party(fresh, "restore", "--check", str(backup))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertFalse(fresh.home.exists())

    def error(self, party, *arguments):
        done = self.run_party(party, *map(str, arguments), "--json")
        self.assertNotEqual(done.returncode, 0, done.stdout)
        return json.loads(done.stdout)["error"]

    def test_killed_backups_leave_nothing_half(self):
        chance = random.Random(SEED)
        agent = self.party("ifa-001")
        complete = cut_short = 0
        for number in range(2 * BACKUPS):
            to = self.directory / f"killed-{number}"
            secret = os.open(agent.passphrase, os.O_RDONLY)
            with subprocess.Popen([agent.program, "backup", to, *agent.options(secret)], pass_fds=(secret,),
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(chance.uniform(0, 0.6 * SLOW))
                process.kill()
            os.close(secret)
            if to.exists():
                complete += 1
                done = self.run_party(agent, "restore", "--check", str(to))
                self.assertEqual(done.returncode, 0, done.stderr)
            else:
                cut_short += 1
                done = self.run_party(agent, "backup", str(to))
                self.assertEqual(done.returncode, 0, done.stderr)
            self.assertFalse(pathlib.Path(f"{to}.partial").exists() and not to.exists())
        print(f"killed backups: {cut_short} left nothing of that name, {complete} were complete")


class Forms(BackupCase):
    """A home of the programs before these, and one of those after."""

    def stores(self, party):
        return sorted(path.parent for path in party.home.glob("*/data.mdb"))

    def old_form(self, *words):
        subprocess.run([BUILD / "hostile" / "old_form", *words], check=True, timeout=60)

    def formats(self, party):
        notes = self.check_config(party)[1]
        return {one["field"]: one["message"] for one in [*notes["notes"], *notes["faults"]]
                if one["message"].startswith("format ")}

    def test_homes_of_before_are_upgraded_and_newer_ones_refused(self):
        self.threads()
        carers = self.json_of("ifa-001", "list")
        homes = [self.party(name) for name in ("matcher", "ifa-001", "ifa-002", "la-1")]
        self.assertEqual(lab("down", self.directory).returncode, 0)
        heads = self.heads()
        for party in homes:
            self.old_form(*self.stores(party))
            self.assertTrue(all("to be upgraded" in text for text in self.formats(party).values()))
            self.assertEqual(self.check_config(party)[0], 0)
        backup = self.back_up(homes[1])  # of the old form
        self.up()
        self.assertEqual(self.json_of("ifa-001", "list"), carers)
        self.search(REQUEST | {"search_ref": "UPGRADED"})
        self.assertTrue(self.json_of("ifa-001", "inbox", "--offline")["referrals"])
        self.json_of("la-1", "inbox")
        self.verify_log(self.party("matcher"), heads)
        for party in homes:
            texts = self.formats(party)
            self.assertGreaterEqual(len(texts), 2, party)
            for store, text in texts.items():
                self.assertRegex(text, r"^format \d, written by version 0\.1\.0", f"{party.id} {store}")
        fresh = self.restore(homes[1], backup)  # of the old form, upgraded when it is opened
        done = self.run_party(fresh, "list", "--json")
        self.assertEqual((done.returncode, json.loads(done.stdout)), (0, carers))
        self.newer_is_refused(homes[1])

    def newer_is_refused(self, agent):
        lab("stop", self.directory, agent.id)
        vault = agent.home / "vault"
        self.old_form("--newer", vault)
        before = (vault / "data.mdb").read_bytes()
        done = self.run_party(agent, "list")
        self.assertEqual(done.returncode, 1)
        for word in ("the store vault has format 7", "written by version 9.8.7", "version 0.1.0"):
            self.assertIn(word, done.stderr)
        code, checks = self.check_config(agent)
        self.assertEqual(code, 1)
        self.assertIn("written by version 9.8.7", json.dumps(checks["faults"]))
        newer = self.back_up(agent)  # a copy is a copy
        fresh = dataclasses.replace(agent, home=self.directory / "newer")
        done = self.run_party(fresh, "restore", str(newer))
        self.assertEqual(done.returncode, 1)
        self.assertIn("written by version 9.8.7", done.stderr)
        self.assertEqual((vault / "data.mdb").read_bytes(), before)
