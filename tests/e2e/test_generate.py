# SPDX-License-Identifier: Apache-2.0
"""The generator of synthetic schemes, and the random requests."""

import collections
import csv
import filecmp
import pathlib
import subprocess
import tempfile
import unittest

from support import GENERATE, ROOT, generate

import catalogue  # from tests/lab
import enquiry

OFSTED = ROOT.parent / "shared" / "data" / "ofsted_ifas_2025-03-31.csv"


def rows(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


class Generate(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="hearth-generate-")
        self.addCleanup(folder.cleanup)
        self.top = pathlib.Path(folder.name)

    def make(self, name, agencies, households, seed):
        generate(self.top / name, agencies, households, seed)
        return self.top / name

    def test_same_seed_same_files(self):
        first, second, other = (self.make(name, 5, 70, seed) for name, seed in
                                (("a", 3), ("b", 3), ("c", 4)))
        names = sorted(str(path.relative_to(first)) for path in first.rglob("*.csv"))
        self.assertEqual(len(names), 5 + 3)
        match, mismatch, errors = filecmp.cmpfiles(first, second, names, shallow=False)
        self.assertEqual((match, mismatch, errors), (names, [], []))
        self.assertFalse(filecmp.cmp(first / "carers/ifa-001.csv", other / "carers/ifa-001.csv", shallow=False))

    def test_counts(self):
        for agencies, households in ((1, 0), (1, 7), (12, 540), (30, 20), (300, 15000)):
            made = self.make(f"{agencies}-{households}", agencies, households, 1)
            counts = [len(rows(path)) for path in sorted((made / "carers").glob("*.csv"))]
            self.assertEqual((len(counts), sum(counts)), (agencies, households))
        self.assertGreater(max(counts), 1500)
        self.assertGreater(min(counts), 0)

    def test_proportions(self):
        """Within a point or two of the published figures, whose sources population.py names."""
        made = self.make("large", 300, 12000, 1)
        places = collections.Counter()
        approved = collections.Counter()
        fresh = 0
        for path in (made / "carers").glob("*.csv"):
            for row in rows(path):
                count = int(row["approved_places"])
                approved[count] += 1
                away = row["status"] in ("on_hold", "not_available")
                places["away"] += count if away else 0
                places["vacant"] += 0 if away else int(row["places"] or count)
                places["all"] += count
                fresh += row["status"] == "available"
        self.assertAlmostEqual(places["away"] / places["all"], 0.22, delta=0.02)
        self.assertAlmostEqual(places["vacant"] / places["all"], 0.16, delta=0.02)
        self.assertAlmostEqual(approved[1] / 12000, 14535 / 43950, delta=0.02)
        self.assertAlmostEqual(approved[3] / 12000, 13075 / 43950, delta=0.02)
        self.assertGreater(fresh, 1500)
        judgements = collections.Counter(row["judgement"] for row in rows(made / "agencies.csv"))
        self.assertAlmostEqual(judgements["good"] / 300, 230 / 339, delta=0.08)

    def test_no_real_agency(self):
        if not OFSTED.exists():
            self.skipTest(f"{OFSTED} is not here")
        made = self.make("names", 339, 0, 1)
        real = {row["name"].lower() for row in rows(OFSTED)}
        first_words = {name.split()[0] for name in real}
        for row in rows(made / "agencies.csv"):
            self.assertNotIn(row["name"].lower(), real)
            self.assertNotIn(row["name"].split()[0].lower(), first_words)

    def test_bad_arguments(self):
        made = self.make("there", 1, 1, 1)
        for arguments, code in ((["--agencies", "0", self.top / "x"], 2), ([made], 2),
                                (["--today", "2026-02-30", self.top / "y"], 2)):
            done = subprocess.run([GENERATE, *arguments], capture_output=True, check=False)
            self.assertEqual(done.returncode, code, arguments)

    def test_requests_use_every_field(self):
        made = self.make("requests", 6, 200, 1)
        source = enquiry.Enquiries(catalogue.Catalogue(), enquiry.read_households(made), 5)
        seen = collections.Counter()
        for _ in range(300):
            request = source.make()
            location = request.get("location", {})
            seen.update(list(request))
            seen.update(list(request["placement"]))
            seen.update(list(location))
            seen.update(list(request.get("provider", {})))
            seen[f"{len(request['children'])} children"] += 1
            seen["unborn"] += any(child["age"] == "unborn" for child in request["children"])
            seen[location.get("combine", "none")] += 1
            seen["nowhere"] += not location
            seen["weight"] += any("weight" in anchor for anchor in location.get("anchors", []))
        for field in ("must", "prefer", "location", "provider", "accept_unconfirmed", "anchors", "avoid",
                      "squares", "combine", "all", "any", "nowhere", "weight", "min_judgement", "frameworks",
                      "unborn", "1 children", "2 children", "3 children", "5 children"):
            self.assertGreater(seen[field], 0, field)


if __name__ == "__main__":
    unittest.main()
