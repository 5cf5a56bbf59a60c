# SPDX-License-Identifier: Apache-2.0
"""Parties that stop, hang, die, come back, are revoked or refuse: a search loses their answer and nothing else."""

import csv
import os
import signal
import subprocess
import threading
import time

import support
from support import ANYBODY, LAB, SLOW, SchemeCase, lab, wait_until, without_sanitizers

from daemons import read_json, write_json  # from tests/lab

DEADLINE_MS = 2500 * SLOW


class Lifecycle(SchemeCase):
    up_options = ("--deadline-ms", DEADLINE_MS)

    def lab(self, *arguments):
        done = lab(arguments[0], self.directory, *arguments[1:])
        self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def test_stopped_agent_is_not_asked(self):
        self.addCleanup(lab, "start", self.directory, "ifa-002")
        self.lab("stop", "ifa-002")
        code, status = self.status()
        self.assertEqual(code, 1)
        attached = {agent["id"]: agent["attached"] for agent in status["agents"]}
        self.assertEqual(attached, {"ifa-001": True, "ifa-002": False, "ifa-003": True, "ifa-004": True})
        self.assertEqual(self.counts(), (3, 3, 0))
        self.lab("start", "ifa-002")
        self.assertEqual(self.counts(), (4, 4, 0))

    @without_sanitizers
    def test_hanging_agent_is_late(self):
        pid = self.pid("ifa-001")
        self.addCleanup(os.kill, pid, signal.SIGCONT)
        os.kill(pid, signal.SIGSTOP)
        started = time.monotonic()
        self.assertEqual(self.counts(), (4, 3, 0))
        self.assertGreaterEqual(time.monotonic() - started, DEADLINE_MS / 1000)
        self.assertLess(time.monotonic() - started, DEADLINE_MS / 1000 + 10 * SLOW)
        os.kill(pid, signal.SIGCONT)
        self.wait_for(lambda: self.counts() == (4, 4, 0), "the agent answers again", 60)

    def test_killed_agent_comes_back(self):
        self.addCleanup(lab, "start", self.directory, "ifa-003")
        os.kill(self.pid("ifa-003"), signal.SIGKILL)
        self.wait_for(lambda: self.status()[0] == 1, "the matcher sees that the agent is gone")
        self.assertEqual(self.counts(), (3, 3, 0))
        self.lab("start", "ifa-003")
        self.assertEqual(self.counts(), (4, 4, 0))

    def test_matcher_stops_and_comes_back(self):
        self.addCleanup(lab, "start", self.directory, "matcher")
        self.lab("stop", "matcher")
        code, status = self.status()
        self.assertEqual((code, status["matcher"]), (3, "down"))
        self.assertFalse(any(agent["attached"] for agent in status["agents"]))
        answer = self.search(ANYBODY, codes=(4,))
        self.assertRegex(answer["error"]["message"], r"\Athe matcher at 127\.0\.0\.1:\d+ gives no answer: ")
        self.lab("start", "matcher")
        self.wait_all_attached()
        self.assertEqual(self.counts(), (4, 4, 0))

    def test_matcher_killed(self):
        self.addCleanup(lab, "start", self.directory, "matcher")
        os.kill(self.pid("matcher"), signal.SIGKILL)
        self.search(ANYBODY, codes=(4,))
        self.lab("start", "matcher")
        self.wait_all_attached()
        self.assertEqual(self.counts(), (4, 4, 0))
        done = self.lab("run", "matcher", "--", "audit", "verify")
        self.assertTrue(done.stdout or done.stderr)

    @without_sanitizers
    def test_matcher_terminated_during_a_search(self):
        """The search ends with a result or as unavailable, and the matcher goes without being killed."""
        hanging = self.pid("ifa-001")
        self.addCleanup(self.wait_all_attached)
        self.addCleanup(lab, "start", self.directory, "matcher")
        self.addCleanup(os.kill, hanging, signal.SIGCONT)
        os.kill(hanging, signal.SIGSTOP)  # so that the search is open until the deadline
        with subprocess.Popen([LAB, "search", self.directory, self.request_file(ANYBODY), "--json", "--build",
                               support.BUILD], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as search:
            log = self.scheme.daemon(self.scheme.parties.matcher).log
            before = log.stat().st_size
            wait_until(lambda: log.stat().st_size > before, 10 * SLOW)  # the matcher has noted the search
            matcher = self.scheme.daemon(self.scheme.parties.matcher)
            matcher.signal(signal.SIGTERM)
            self.wait_for(matcher.ended, "the matcher ends by itself")
            search.communicate(timeout=60 * SLOW)
            self.assertIn(search.returncode, (0, 3, 4))

    def test_allow_list(self):
        path = self.directory / "state" / "agents" / "ifa-004" / "config.json"
        config = read_json(path)
        self.addCleanup(lab, "start", self.directory, "ifa-004")
        self.addCleanup(write_json, path, config)
        self.addCleanup(lab, "stop", self.directory, "ifa-004")
        self.lab("stop", "ifa-004")
        write_json(path, config | {"allow": ["la-2"]})
        self.lab("start", "ifa-004")
        self.assertEqual(self.counts(), (4, 3, 1))
        self.assertEqual(self.counts(None, "--la", "la-2"), (4, 4, 0))

    def test_role_of_a_hub_may_not_search(self):
        done = lab("run", self.directory, "hub-1", "--", "search", "--json", self.request_file(ANYBODY))
        self.assertEqual(done.returncode, 5, done.stdout + done.stderr)
        self.assertIn("error", done.stdout)

    def test_import_during_searches(self):
        """Each reply comes from one state of the vault: the old carers or the new ones, never a mixture."""
        own = self.directory / "carers" / "ifa-001.csv"
        with open(own, encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        inverse = self.directory / "inverse.csv"  # nobody in it can be placed with
        self.addCleanup(inverse.unlink)
        with open(inverse, "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(row | {"status": "full", "places": 0, "available_from": ""} for row in rows)

        full = self.band_of("ifa-001")
        self.assertIsNotNone(full, "the test needs somebody to be found")
        stop = threading.Event()
        failures = []

        def import_in_turn():
            while not stop.is_set():
                for path in (inverse, own):
                    done = lab("run", self.directory, "ifa-001", "--", "import", "--replace", path)
                    if done.returncode != 0:
                        failures.append(done.stderr)

        importer = threading.Thread(target=import_in_turn)
        importer.start()
        try:
            bands = {self.band_of("ifa-001") for _ in range(12)}
        finally:
            stop.set()
            importer.join()
        self.assertEqual(failures, [])
        self.assertLessEqual(bands, {full, None})
        self.assertEqual(self.band_of("ifa-001"), full)

    def band_of(self, agency):
        answer = self.search(ANYBODY)
        self.assertEqual((answer["asked"], answer["answered"]), (4, 4))
        return {found["id"]: found["band"] for found in answer["agencies"]}.get(agency)

    def test_import_is_seen_without_a_restart(self):
        row = {"ref": "NEW-1", "grid_ref": "SE 297 338", "lat": "", "lon": "", "ages": "0-17", "sexes": "M;F",
               "places": 1, "approved_places": 1, "placement_types": "PT_SHORT", "status": "unknown",
               "status_date": ""}
        path = self.directory / "one.csv"
        self.addCleanup(path.unlink)
        with open(path, "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(row))
            writer.writeheader()
            writer.writerow(row)
        before = self.carers("ifa-004")
        self.lab("run", "ifa-004", "--", "import", path)
        self.addCleanup(lab, "run", self.directory, "ifa-004", "--", "remove", "NEW-1")
        self.assertIsNotNone(self.band_of("ifa-004"))
        self.wait_for(lambda: self.carers("ifa-004") == before + 1, "status tells the new number of carers")
        self.lab("run", "ifa-004", "--", "remove", "NEW-1")
        self.wait_for(lambda: self.carers("ifa-004") == before, "status tells the old number of carers")

    def carers(self, agency):
        return {agent["id"]: agent["carers"] for agent in self.status()[1]["agents"]}[agency]

    def test_directory_is_read_again(self):
        path = self.directory / "agencies.csv"
        text = path.read_text(encoding="utf-8")
        found = self.search(ANYBODY)["agencies"][0]
        self.addCleanup(lab, "run", self.directory, "matcher", "--", "directory", "sign", path)
        self.addCleanup(path.write_text, text, encoding="utf-8")
        path.write_text(text.replace(found["name"], "Renamed Fostering"), encoding="utf-8")
        self.lab("run", "matcher", "--", "directory", "sign", path)

        def renamed():
            return "Renamed Fostering" in [agency["name"] for agency in self.search(ANYBODY)["agencies"]]
        self.wait_for(renamed, "the new name in a result")


class Revocation(SchemeCase):
    agencies, households = 3, 60

    def test_revoked_parties_are_dropped_without_a_restart(self):
        self.assertEqual(self.counts(), (3, 3, 0))
        matcher = self.pid("matcher")
        self.assertEqual(lab("revoke", self.directory, "ifa-002").returncode, 0)
        self.wait_for(lambda: self.counts() == (2, 2, 0), "the revoked agent is not asked")
        self.assertEqual(self.status()[0], 1)
        self.assertEqual(lab("revoke", self.directory, "la-2").returncode, 0)

        def refused():
            return lab("search", self.directory, self.request_file(ANYBODY), "--json", "--la",
                       "la-2").returncode == 5
        self.wait_for(refused, "the revoked LA is refused")
        self.assertEqual(self.counts(), (2, 2, 0))
        self.assertEqual(self.pid("matcher"), matcher)


class Budget(SchemeCase):
    agencies, households = 2, 40

    def test_budget_of_an_la(self):
        self.up("--budget", "3")
        for _ in range(3):
            self.assertEqual(self.counts(), (2, 2, 0))
        answer = self.search(ANYBODY, codes=(5,))
        self.assertEqual(answer["error"]["code"], "budget")
        self.assertEqual(self.counts(None, "--la", "la-2"), (2, 2, 0))
        self.up()  # without a budget
        self.assertEqual(self.counts(), (2, 2, 0))

    def test_budget_of_an_agent(self):
        """An agent's own budget makes it decline; the search goes on without it."""
        path = self.directory / "state" / "agents" / "ifa-001" / "config.json"
        self.up()
        lab("stop", self.directory, "ifa-001")
        write_json(path, read_json(path) | {"budget": 1})
        self.assertEqual(lab("start", self.directory, "ifa-001").returncode, 0)
        seen = [self.counts(None, "--la", "la-2") for _ in range(3)]
        self.assertEqual(seen[-1], (2, 1, 1))
        self.up()
        self.assertEqual(self.counts(None, "--la", "la-2"), (2, 2, 0))
