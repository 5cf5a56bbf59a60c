# SPDX-License-Identifier: Apache-2.0
"""A scheme's gazetteer: imported once, used by every agency and LA."""

import csv
import json
import subprocess

from support import ANYBODY, GENERATE, SchemeCase, lab


class LabGazetteer(SchemeCase):
    @classmethod
    def prepare(cls):
        subprocess.run([GENERATE, "--agencies", "3", "--households", "60", "--region", "London",
                        "--invent-postcodes", cls.directory], check=True, capture_output=True)

    def links(self):
        state = self.directory / "state"
        return [*state.glob("agents/*/gazetteer"), *state.glob("las/*/gazetteer")]

    def postcodes(self):
        with open(self.directory / "gazetteer.csv", encoding="utf-8", newline="") as file:
            return {row["pcds"]: row for row in csv.DictReader(file)}

    def test_all_agencies_and_las_share_it(self):
        self.assertEqual(len(self.links()), 3 + 2)
        for link in self.links():
            self.assertTrue(link.is_symlink())
            self.assertEqual(link.resolve(), (self.directory / "state" / "gazetteer").resolve())
        done = lab("run", self.directory, "ifa-002", "--", "gazetteer", "status", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(str(len(self.postcodes())), done.stdout)

    def test_up_again_imports_nothing(self):
        self.assertNotIn("gazetteer", self.up().stderr)

    def test_search_by_postcode(self):
        """A postcode finds what its own point finds."""
        path = sorted((self.directory / "carers").glob("*.csv"))[0]
        with open(path, encoding="utf-8", newline="") as file:
            code = next(row["postcode"] for row in csv.DictReader(file) if row["postcode"])
        row = self.postcodes()[code]
        east, north = int(row["oseast1m"]), int(row["osnrth1m"])
        letters = {5: "TQ", 4: "SU"}[east // 100000]
        point = f"{letters} {east % 100000:05d} {north % 100000:05d}"
        found = []
        for at in (code, code.replace(" ", "").lower(), point):
            request = ANYBODY | {"location": {"anchors": [{"at": at, "within_km": 30, "weight": 3}]}}
            answer = self.search(request)
            found.append({agency["id"]: agency["band"] for agency in answer["agencies"]})
        self.assertTrue(found[0])
        self.assertEqual(found[0], found[1])
        self.assertEqual(found[0], found[2])

    def test_unknown_postcode(self):
        request = ANYBODY | {"location": {"anchors": [{"at": "ZZ99 9ZZ", "within_km": 30}]}}
        done = lab("search", self.directory, self.request_file(request), "--json")
        self.assertEqual(done.returncode, 2)
        self.assertEqual(json.loads(done.stdout)["error"]["field"], "location.anchors[0].at")

    def test_households_have_postcodes(self):
        for path in (self.directory / "carers").glob("*.csv"):
            with open(path, encoding="utf-8", newline="") as file:
                wanted = {row["ref"]: row["postcode"] for row in csv.DictReader(file) if row["postcode"]}
            done = lab("run", self.directory, path.stem, "--", "export")
            held = {row["ref"]: row["postcode"] for row in csv.DictReader(done.stdout.splitlines())}
            self.assertEqual({ref: held[ref] for ref in wanted}, wanted)
