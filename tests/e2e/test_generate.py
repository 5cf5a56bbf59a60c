# SPDX-License-Identifier: Apache-2.0
"""The generator of synthetic schemes, and the random requests."""

import collections
import csv
import filecmp
import json
import math
import os
import pathlib
import subprocess
import tempfile
import unittest

from support import GENERATE, ROOT, generate

import authorities  # from tests/lab
import catalogue
import enquiry
import places
import population
import postcodes

DATA = ROOT.parent / "shared" / "data"
OFSTED = DATA / "ofsted_ifas_2025-03-31.csv"
JUDGEMENT = "overall_experiences_and_progress_of_children_and_young_people"
WORDS = {"Good": "good", "Outstanding": "outstanding", "Requires improvement to be good": "requires_improvement",
         "Inadequate": "inadequate", "": "not_inspected"}


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
        filled = collections.Counter()
        approved = collections.Counter()
        fresh = 0
        for path in (made / "carers").glob("*.csv"):
            for row in rows(path):
                count = int(row["approved_places"])
                approved[count] += 1
                away = row["status"] in ("on_hold", "not_available")
                filled["away"] += count if away else 0
                filled["vacant"] += 0 if away else int(row["places"] or count)
                filled["all"] += count
                fresh += row["status"] == "available"
        self.assertAlmostEqual(filled["away"] / filled["all"], 0.22, delta=0.02)
        self.assertAlmostEqual(filled["vacant"] / filled["all"], 0.16, delta=0.02)
        self.assertAlmostEqual(1 - (filled["away"] + filled["vacant"]) / filled["all"], 0.62, delta=0.02)
        self.assertAlmostEqual(approved[1] / 12000, 14535 / 43950, delta=0.02)
        self.assertAlmostEqual(approved[3] / 12000, 13075 / 43950, delta=0.02)
        self.assertGreater(fresh, 1500)
        judgements = collections.Counter(row["judgement"] for row in rows(made / "agencies.csv"))
        self.assertAlmostEqual(judgements["good"] / 300, 230 / 339, delta=0.08)

    def make_with(self, name, *options):
        subprocess.run([GENERATE, *options, self.top / name], check=True, capture_output=True)
        return self.top / name

    def files(self, made):
        return {str(path.relative_to(made)): path.read_bytes() for path in made.rglob("*") if path.is_file()}

    def test_python_hash_seed_does_not_matter(self):
        options = ["--agencies", "5", "--households", "60", "--untidy", "--bad-rows", "7", "--invent-postcodes"]
        made = []
        for seed in ("1", "2"):
            subprocess.run([GENERATE, *options, self.top / seed], check=True, capture_output=True,
                           env=os.environ | {"PYTHONHASHSEED": seed})
            made.append(self.files(self.top / seed))
        self.assertEqual(*made)

    def test_bad_rows_are_listed(self):
        made = self.make_with("bad", "--agencies", "3", "--households", "30", "--bad-rows", "26")
        listed = rows(made / "bad-rows.csv")
        self.assertEqual(len(listed), 26)
        good = self.make_with("good", "--agencies", "3", "--households", "30")
        for path in sorted((good / "carers").glob("*.csv")):
            lines = (made / "carers" / path.name).read_text(encoding="utf-8").splitlines()
            bad = [int(row["line"]) for row in listed if row["agency"] == path.stem]
            kept = [line for number, line in enumerate(lines, 1) if number not in bad]
            self.assertEqual(kept, path.read_text(encoding="utf-8").splitlines())

    def test_postcodes(self):
        """Households are where they would be without postcodes, to a square of 5 km."""
        made = self.make_with("postcodes", "--households", "200", "--invent-postcodes")
        plain = self.make_with("plain", "--households", "200")
        gazetteer = postcodes.read(made / "gazetteer.csv")
        again = self.make_with("again", "--households", "200", "--postcodes", made / "gazetteer.csv")
        count = 0
        for path in sorted((made / "carers").glob("*.csv")):
            self.assertEqual(path.read_bytes(), (again / "carers" / path.name).read_bytes())
            for row, other in zip(rows(path), rows(plain / "carers" / path.name), strict=True):
                if not row["postcode"]:
                    self.assertEqual({key: row[key] for key in other}, other)
                    continue
                count += 1
                self.assertEqual((row["grid_ref"], row["lat"], row["lon"]), ("", "", ""))
                point, at = gazetteer.points[row["postcode"]], places.metres_of(other["grid_ref"])
                self.assertEqual([metres // 5000 for metres in point], [metres // 5000 for metres in at])
        self.assertGreater(count, 30)

    def test_published_postcodes(self):
        path = DATA / "postcode_sectors_england.csv"
        if not path.exists():
            self.skipTest(f"{path} is not here")
        made = self.make_with("sectors", "--households", "300", "--postcodes", path)
        known = {row["code"] for row in rows(path)}
        given = [row["postcode"] for carers in (made / "carers").glob("*.csv") for row in rows(carers)]
        self.assertGreater(sum(map(bool, given)), 60)
        self.assertLessEqual(set(filter(None, given)), known)

    def test_untidy_files_are_untidy(self):
        """Byte order marks, line ends, headings, extra columns, dates and mapping files all vary."""
        made = self.make_with("untidy", "--agencies", "40", "--households", "800", "--untidy")
        seen, headings = collections.Counter(), set()
        for path in sorted((made / "carers").glob("*.csv")):
            raw = path.read_bytes()
            seen["mark"] += raw.startswith(b"\xef\xbb\xbf")
            seen["crlf"] += b"\r\n" in raw
            seen["comment"] += b"# Exported" in raw
            text = raw.decode("utf-8-sig")
            table = [tuple(row) for row in csv.reader(text.splitlines(keepends=True)) if any(row)]
            headings.add(table[1 if table[0][0].startswith("#") else 0])
            seen["mapping"] += path.with_suffix(".mapping.json").exists()
            seen["newline in a cell"] += any("\n" in cell for row in table for cell in row)
            seen["british date"] += any("/2" in cell for row in table for cell in row)
        for what in ("mark", "crlf", "comment", "mapping", "newline in a cell", "british date"):
            self.assertGreater(seen[what], 2, what)
            self.assertLess(seen[what], 40, what)
        self.assertGreater(len(headings), 35)
        for path in (made / "carers").glob("*.mapping.json"):
            self.assertEqual(set(json.loads(path.read_text(encoding="utf-8"))), {"headings", "values"})

    # ---- authorities and searches ----
    def make_searches(self, name, *more):
        return self.make_with(name, "--agencies", "6", "--households", "0", "--las", "150", "--searches", "400",
                              "--months", "3", "--today", "2026-03-15", *more)

    def test_authorities_do_not_overlap(self):
        made = self.make_searches("areas")
        listed = rows(made / "las.csv")
        features = json.loads((made / "areas.geojson").read_text(encoding="utf-8"))["features"]
        self.assertEqual([(row["code"], row["name"]) for row in listed],
                         [(one["properties"]["ons"], one["properties"]["name"]) for one in features])
        self.assertEqual(len({row["code"] for row in listed}), 150)
        self.assertEqual(len({row["name"] for row in listed}), 150)
        self.assertLessEqual({one["properties"]["region"] for one in features}, set(places.REGIONS))
        boxes = []
        for one in features:
            xs, ys = zip(*one["geometry"]["coordinates"][0])
            boxes.append((min(xs), min(ys), max(xs), max(ys)))
        for i, (west, south, east, north) in enumerate(boxes):
            self.assertTrue(west < east and south < north)
            for other_west, other_south, other_east, other_north in boxes[:i]:
                self.assertTrue(west >= other_east or other_west >= east or
                                south >= other_north or other_south >= north)

    def test_searches(self):
        """So many a month in the last whole months; what an outcome needs, and nothing else."""
        made = self.make_searches("searches")
        searches = rows(made / "searches.csv")
        months = collections.Counter(row["asked"][:7] for row in searches)
        self.assertEqual(months, {"2025-12": 400, "2026-01": 400, "2026-02": 400})
        self.assertEqual(len({row["search_ref"] for row in searches}), 1200)
        self.assertLessEqual({row["la"] for row in searches}, {row["id"] for row in rows(made / "las.csv")})
        codes = catalogue.Catalogue()
        for row in searches:
            self.assertEqual(row["agency"] != "", row["outcome"] == "placed", row)
            self.assertEqual(row["elsewhere"] != "", row["outcome"] == "placed_elsewhere", row)
            self.assertEqual(row["days"] != "", row["outcome"] != "", row)
            if row["fee"]:
                self.assertTrue(row["outcome"] == "placed" or row["elsewhere"] == "ifa", row)
                self.assertTrue(350 <= int(row["fee"]) <= 2000, row)
            for code in filter(None, row["must"].split(";")):
                self.assertTrue(code in codes.offers and codes.can_be_must(code), row)
            for child in row["children"].split(";"):
                age, sex = child.split(" ")
                self.assertTrue(0 <= int(age) <= 17 and sex in "MF", row)

    def test_searches_proportions(self):
        """Shares as authorities.py has them, to 3.5 standard deviations."""
        searches = rows(self.make_searches("shares") / "searches.csv")
        count = len(searches)
        seen = collections.Counter((row["outcome"], row["elsewhere"]) for row in searches)
        total = sum(authorities.OUTCOMES.values())
        for outcome, weight in authorities.OUTCOMES.items():
            self.near(seen[outcome], weight / total, count, outcome)
        musts = collections.Counter(code for row in searches for code in row["must"].split(";"))
        for code, chance in authorities.NEEDS.items():
            self.near(musts[code], chance, count, code)

    def near(self, seen, wanted, count, what):
        allowed = 3.5 * math.sqrt(wanted * (1 - wanted) / count)
        self.assertAlmostEqual(seen / count, wanted, delta=allowed, msg=what)

    def test_searches_are_the_same_for_a_seed(self):
        first, second = self.make_searches("first"), self.make_searches("second")
        other = self.make_searches("other", "--seed", "9")
        names = ["las.csv", "areas.geojson", "searches.csv"]
        self.assertEqual(filecmp.cmpfiles(first, second, names, shallow=False), (names, [], []))
        self.assertEqual(filecmp.cmpfiles(first, other, names, shallow=False), ([], names, []))
        households = self.make_with("plain", "--agencies", "6", "--households", "0", "--today", "2026-03-15")
        self.assertEqual((first / "agencies.csv").read_bytes(), (households / "agencies.csv").read_bytes())

    # ---- the published figures ----
    def published(self, name):
        path = DATA / name
        if not path.exists():
            self.skipTest(f"{path} is not here")
        return rows(path)

    def test_agencies_as_published(self):
        listed = self.published("ofsted_ifas_2025-03-31.csv")
        self.assertEqual(population.JUDGEMENTS, collections.Counter(WORDS[row[JUDGEMENT]] for row in listed))
        self.assertEqual(population.SECTORS, collections.Counter(row["sector"].lower() for row in listed))
        self.assertEqual({name: share for name, (share, _) in places.REGIONS.items()},
                         collections.Counter(row["government_office_region"]
                                             for row in listed))

    def test_households_as_published(self):
        england = self.published("ofsted_fostering_in_england_2018-19_by_area.csv")[0]
        self.assertEqual(england["area"], "England")
        words = {1: "one", 2: "two", 3: "three", 4: "four or more"}
        self.assertEqual(population.APPROVED_PLACES, {
            count: int(england[f"Number of households approved for {word} CYP"]) for count, word in words.items()})
        prefix = {"W": "White", "M": "Mixed", "A": "Asian/Asian British", "B": "Black/Black British"}
        groups = collections.Counter()
        for code, count in population.ETHNICITY.items():
            name = "Other ethnic groups" if code in ("ET_OOTH", "ET_CHNE") else prefix[code[3]]
            groups[name] += count
        self.assertEqual(groups, {name: int(england[f"carer_ethnicity: {name}"]) for name in groups})
        filled = int(england["Number of filled places"]) / int(england["Number of approved foster places"])
        self.assertAlmostEqual(filled, 0.62, delta=0.005)

    def test_children_as_published(self):
        groups = {"Under 1 year": (0, 0), "1 to 4 years": (1, 4), "5 to 9 years": (5, 9),
                  "10 to 15 years": (10, 15), "16 years and over": (16, 17)}
        listed = {groups[row["characteristic"]]: int(row["number"])
                  for row in self.published("dfe_cla_31march_2021-2025_by_la.csv")
                  if (row["year"], row["level"], row["group"]) == ("2025", "National", "Age group")
                  and row["characteristic"] in groups}
        self.assertEqual(population.CHILD_AGES, listed)

    def test_ages_follow_the_children(self):
        """A child of the published ages, drawn for a household, is one that it takes; older children have more
        households than babies."""
        made = self.make("ages", 20, 4000, 1)
        takes = collections.Counter()
        for path in (made / "carers").glob("*.csv"):
            for row in rows(path):
                takes.update(set(enquiry.ages_of(row)))
        self.assertGreater(takes[12], takes[7])
        self.assertGreater(takes[7], takes[0])

    def test_offices_follow_the_regions(self):
        """By the office nearest to the middle of an agency's households; three standard deviations of a share."""
        made = self.make("regions", 300, 9000, 1)
        nearest = collections.Counter()
        offices = [(name, *office[:2]) for name, (_, some) in places.REGIONS.items() for office in some]
        for path in (made / "carers").glob("*.csv"):
            points = [places.metres_of(row["grid_ref"]) for row in rows(path) if row["grid_ref"]]
            if points:
                middle = [sum(metres) / len(points) for metres in zip(*points)]
                nearest[min(offices, key=lambda office: math.dist(office[1:], middle))[0]] += 1
        count = sum(nearest.values())
        self.assertGreater(count, 250)
        for name, (share, _) in places.REGIONS.items():
            wanted = share / 339
            allowed = 3 * math.sqrt(wanted * (1 - wanted) / count)
            self.assertAlmostEqual(nearest[name] / count, wanted, delta=allowed, msg=name)

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
                                (["--today", "2026-02-30", self.top / "y"], 2),
                                (["--bad-rows", "-1", self.top / "z"], 2),
                                (["--postcodes", made / "agencies.csv", self.top / "v"], 2),
                                (["--postcodes", made / "none.csv", self.top / "w"], 2)):
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
