# SPDX-License-Identifier: Apache-2.0
"""One open search a child: what an LA keeps of its searches, what it notices, and the budgets it is told."""

import concurrent.futures
import json
import re
import subprocess

import support
from support import SchemeCase, lab

MUSTS = ["DS_AUT", "CM_BSL", "SU_DOL", "AC_HOIST"]


def request(ref, must=(), age=9, **more):
    return {"search_ref": ref, "children": [{"age": age, "sex": "U"}],
            "placement": {"type": "PT_SHORT", "needed_by": "later"}, "must": list(must)} | more


class Records(SchemeCase):
    agencies, households = 2, 40
    up_options = ("--budget", "200")

    def setUp(self):
        self.home = self.scheme.parties.get("la-1").home
        self.run_search(request("R-FIRST"))  # the records exist

    def run_search(self, wanted, *options):
        """(the answer or the table, what went to standard error)"""
        done = lab("search", self.directory, self.request_file(wanted), *options)
        self.assertIn(done.returncode, (0, 3), done.stdout + done.stderr)
        return (json.loads(done.stdout) if "--json" in options else done.stdout), done.stderr

    def test_amendments_are_counted(self):
        changes = [[], [], ["DS_AUT"], ["DS_AUT"], []]
        for number, (musts, amendments) in enumerate(zip(changes, (0, 0, 1, 1, 2)), 1):
            answer, warnings = self.run_search(request("R-AMENDED", musts, 3), "--json")
            self.assertEqual((answer["run"], answer["amendments"]), (number, amendments))
            self.assertNotIn("warning", warnings)
        self.assertRegex(answer["first_searched"], r"\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\Z")
        table, _ = self.run_search(request("R-AMENDED", ["CM_BSL"], 3))
        self.assertRegex(table, r"Run +6 within 28 days; amendment 3 of R-AMENDED, "
                                r"first searched on \d+ [A-Z][a-z]+\n")

    def test_probing_is_noticed(self):
        first, warnings = self.run_search(request("P-1", MUSTS, 4), "--json")
        self.assertIsNone(first["similar_to"])
        self.assertNotIn("warning", warnings)
        variants = [MUSTS[:3], MUSTS[1:], [*MUSTS, "HE_FEED"], [*MUSTS[:3], "HE_FEED"]]
        for nth, musts in enumerate(variants, 2):
            answer, warnings = self.run_search(request(f"P-{nth}", musts, 4), "--json")
            similar = answer["similar_to"]
            self.assertEqual((similar["search_ref"], similar["nth"]), ("P-1", nth))
            self.assertEqual(similar["first_searched"], first["first_searched"])
            self.assertLess(similar["percent"], 100)
            self.assertIn(f"warning: P-{nth} is nearly the same as P-1 ({similar['percent']} % alike", warnings)
            self.assertRegex(warnings, r"the 2nd search|the 3rd search|the [45]th search")
            logged = [line for line in warnings.splitlines() if "similar_search" in line]
            self.assertEqual(len(logged), 1, warnings)
            self.assertRegex(logged[0], rf"search=[0-9a-f]{{64}} like=[0-9a-f]{{64}} nth={nth}\Z")
        self.assertEqual(answer["run"], 1)  # another reference is another search to the matcher
        other, warnings = self.run_search(request("Q-1", ["LS_J1", "LS_J2", "DS_AUT"], 14), "--json")
        self.assertIsNone(other["similar_to"])
        self.assertNotIn("warning", warnings)

    def test_a_request_that_cannot_be_sent_is_not_kept(self):
        self.addCleanup(self.wait_all_attached)
        self.addCleanup(lab, "start", self.directory, "matcher")
        lab("stop", self.directory, "matcher")
        self.search(request("N-1", ["HE_FEED", "LS_J2", "SU_DOL"], 11), codes=(4,))
        lab("start", self.directory, "matcher")
        self.wait_all_attached()
        answer, _ = self.run_search(request("N-2", ["HE_FEED", "LS_J2", "SU_DOL"], 11), "--json")
        self.assertIsNone(answer["similar_to"])

    def test_runs_outlive_the_matcher(self):
        before = self.search(request("R-OUTLIVES", [], 5))["run"]
        lab("stop", self.directory, "matcher")
        lab("start", self.directory, "matcher")
        self.wait_all_attached()
        self.assertEqual(self.search(request("R-OUTLIVES", [], 5))["run"], before + 1)
        self.assertEqual(self.search(request("R-OUTLIVES", [], 5), "--la", "la-2")["run"], 1)
        done = lab("run", self.directory, "matcher", "--", "audit", "show", "--json")
        self.assertIn('"run":2', re.sub(r"\s", "", done.stdout))

    def test_budget_is_told(self):
        first = self.search(request("B-1", [], 6), "--la", "la-2")["budget"]
        second = self.search(request("B-1", [], 6), "--la", "la-2")["budget"]
        self.assertEqual((second["used"], second["limit"]), (first["used"] + 1, 200))
        self.assertRegex(second["renews_at"], r"T(00|23):00:00Z\Z")
        table, _ = self.run_search(request("B-1", [], 6), "--la", "la-2")
        self.assertRegex(table, rf"Budget {second['used'] + 1} of 200 searches of today used; "
                                r"renews 00:00 on \d+ [A-Z][a-z]+\n")

    def test_nothing_is_readable_on_disk(self):
        musts = ["HE_LIFE", "LS_J1", "SU_DOL"]
        wanted = request("SECRET-REFERENCE-7", musts, 7)
        self.run_search(wanted)
        files = [path for path in (self.home / "records").rglob("*") if path.is_file()]
        self.assertTrue(files)
        for path in files:
            data = path.read_bytes()
            for word in ("SECRET-REFERENCE-7", "REFERENCE", *musts, "PT_SHORT", "search_ref"):
                self.assertNotIn(word.encode(), data, path)
            self.assertEqual(path.stat().st_mode & 0o077, 0, path)

    def test_wrong_passphrase_opens_nothing(self):
        before = (self.home / "records" / "data.mdb").read_bytes()
        done = subprocess.run([support.BUILD / "hearth", "search", self.request_file(request("W-1")), "--json",
                               "-C", self.home, "--passphrase-fd", "0"],
                              input=b"wrong\n", capture_output=True, check=False)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertEqual((self.home / "records" / "data.mdb").read_bytes(), before)

    def test_searches_at_once_are_all_kept(self):
        wanted = request("R-AT-ONCE", [], 8)
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda _: self.search(wanted), range(4)))
        self.assertEqual(sorted(answer["run"] for answer in answers), [1, 2, 3, 4])
        table, _ = self.run_search(wanted)
        self.assertIn("Run    5 within 28 days, first searched on", table)
