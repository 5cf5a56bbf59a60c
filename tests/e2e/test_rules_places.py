# SPDX-License-Identifier: Apache-2.0
"""Every form of a place: `hearth gazetteer show` and `hearth check` against an independent computation.
Postcodes of files in the formats that ONS and Ordnance Survey publish; the entries themselves are invented."""

import csv
import json
import pathlib
import random
import subprocess
import tempfile
import unittest

from support import BUILD, COMMAND_SECONDS, ROOT

import places  # from tests/lab
import plain_places

DATA = ROOT.parent / "shared" / "data"
ONSPD = ["pcd", "pcd2", "pcds", "dointr", "doterm", "oseast1m", "osnrth1m", "osgrdind", "ctry"]
# In use, ended, without a reference. SE15 and SE2 are districts in London that can be read as grid references.
UNITS = {"LS6 3AA": (427310, 435890), "LS6 3AB": (427512, 435701), "LS6 3ZZ": (427111, 436003),
         "LS6 4AA": (426000, 436000), "SE15 1AA": (534567, 177123), "SE2 3NW": (546000, 178000),
         "SE2 3NE": (546101, 178101), "EC1A 1BB": (532000, 181500), "M1 1AE": (384500, 398100),
         "LS12 3AA": (426500, 433100)}
ENDED = {"LS6 3QQ": (427400, 435950), "BD3 9ZZ": (418000, 433000)}
NOWHERE = ["LS6 3XX"]
SECTORS = {"LS7 1": (430000, 436001), "LS6 3": (1000, 1000)}  # LS6 3 is better known by its postcodes
DISTRICTS = {"LS8": (433333, 437777), "LS7": (430505, 436505)}
NAMES = [("Otley", "Town", 420200, 445600, "Leeds"), ("Ashford", "Town", 601000, 142600, "Ashford"),
         ("Ashford", "Village", 507000, 171500, "Spelthorne")]


def write_rows(path, rows):
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def onspd_rows():
    rows = [ONSPD]
    for code, (east, north) in (UNITS | ENDED).items():
        outward, inward = code.split()
        ended = "201905" if code in ENDED else ""
        rows.append([f"{outward:<4}{inward}", f"{outward:<4} {inward}", code, "198001", ended, east, north, 1,
                     "E92000001"])
    return rows + [[code, code, code, "198001", "", "", "", 9, "E92000001"] for code in NOWHERE]


def open_names_rows():
    """The 34 columns of OS Open Names, without headings."""
    rows = []
    for number, (name, kind, east, north, district) in enumerate(NAMES):
        row = [""] * 34
        row[0], row[2], row[6], row[7], row[8], row[9] = f"osgb{number}", name, "populatedPlace", kind, east, north
        row[21], row[24] = district, "Countyshire"
        rows.append(row)
    return rows


class Places(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.home = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        areas = [["code", "easting", "northing"]]
        files = [write_rows(cls.home / "onspd.csv", onspd_rows()),
                 write_rows(cls.home / "names.csv", open_names_rows()),
                 write_rows(cls.home / "sectors.csv", areas + [[c, *at] for c, at in SECTORS.items()]),
                 write_rows(cls.home / "districts.csv", areas + [[c, *at] for c, at in DISTRICTS.items()])]
        cls.run_gazetteer("import", *files)
        known = plain_places.with_means(UNITS, ENDED)
        cls.places = plain_places.Places(DISTRICTS | SECTORS | known)

    @classmethod
    def run_gazetteer(cls, command, *arguments, home=None):
        done = subprocess.run([BUILD / "hearth", "gazetteer", command, "--json", "-C", home or cls.home, "--",
                               *arguments], capture_output=True, encoding="utf-8", timeout=COMMAND_SECONDS,
                              check=False)
        if command == "import" and done.returncode != 0:
            raise AssertionError(done.stdout + done.stderr)
        return done.returncode, json.loads(done.stdout)

    def point(self, text, home=None):
        code, answer = self.run_gazetteer("show", text, home=home)
        self.assertEqual(code, 0, answer)
        self.assertEqual(len(answer["places"]), 1, answer)
        return answer["places"][0]["easting"], answer["places"][0]["northing"]

    def check(self, at, within_km=4):
        """Exit status of `hearth check` for an anchor there, and its JSON."""
        request = {"search_ref": "PLACES", "children": [{"age": 5, "sex": "U"}],
                   "placement": {"type": "PT_LONG", "needed_by": "today"},
                   "location": {"anchors": [{"at": at, "within_km": within_km}]}}
        done = subprocess.run([BUILD / "hearth", "check", "--json", "-C", self.home, "-"], capture_output=True,
                              input=json.dumps(request).encode(), timeout=COMMAND_SECONDS, check=False)
        return done.returncode, json.loads(done.stdout)

    def take(self, text, expected):
        """A request takes this text, and means this point."""
        with self.subTest(text=text):
            self.assertEqual(self.point(text), expected)
            code, answer = self.check(text)
            self.assertEqual(code, 0, answer)
            near = [east for east in range(2500, 700000, 5000) for north in range(2500, 1300000, 5000)
                    if (east - expected[0]) ** 2 + (north - expected[1]) ** 2 <= 4000 ** 2]
            self.assertEqual(answer["cells"], len(near))

    def refuse(self, text, *words):
        with self.subTest(text=text):
            code, answer = self.check(text)
            self.assertEqual((code, answer.get("error", {}).get("field")), (2, "location.anchors[0].at"), answer)
            for word in words:
                self.assertIn(word, answer["error"]["message"])

    # ---- the grid ----
    def test_grid_references(self):
        rng = random.Random(1)
        for _ in range(40):
            east, north = rng.randrange(20000, 650000), rng.randrange(20000, 1000000)
            digits = rng.choice([2, 4, 6, 8, 10])
            text = places.grid_reference(east, north, digits)
            if digits == 2:  # SE 23; SE 2 3 could be a sector
                text = text[:4] + text[-1]
            unit = 10 ** (5 - digits // 2)
            with self.subTest(text=text):
                self.assertEqual(self.point(text), (east // unit * unit, north // unit * unit))
                if digits > 2:
                    self.assertEqual(self.point(text.replace(" ", "").lower()),
                                     (east // unit * unit, north // unit * unit))

    def test_cells(self):
        for text, expected in (("SE33NW", (430000, 435000)), ("se33sw", (430000, 430000)),
                               ("SE 33 NE", (435000, 435000)), ("SE33SE", (435000, 430000)),
                               ("SE 23 NW", (420000, 435000))):  # SE23NW may be a postcode
            with self.subTest(text=text):
                self.assertEqual(self.point(text), expected)

    # ---- degrees ----
    def test_degrees(self):
        """All over Great Britain, to the metre."""
        rng = random.Random(2)
        for _ in range(60):
            lat, lon = round(rng.uniform(50.0, 58.5), rng.randint(2, 7)), round(rng.uniform(-5.5, 1.5), 5)
            with self.subTest(lat=lat, lon=lon):
                self.assertEqual(self.point(f"{lat},{lon}"), plain_places.degrees_point(lat, lon))

    def test_degrees_are_where_ordnance_survey_says(self):
        """Its published example, Caister water tower: to within the five metres of our transformation."""
        lat, lon = 52 + 39 / 60 + 28.8282 / 3600, 1 + 42 / 60 + 57.8663 / 3600
        east, north = self.point(f"{lat:.7f},{lon:.7f}")
        self.assertLessEqual(max(abs(east - 651409.792), abs(north - 313177.448)), 5)

    def test_points_of_districts_by_degrees(self):
        """Degrees of real districts are within five metres of their eastings and northings."""
        path = DATA / "postcode_districts_england.csv"
        if not path.exists():
            self.skipTest(f"no {path}")
        with open(path, encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        for row in rows:
            east, north = plain_places.degrees_point(float(row["lat"]), float(row["lon"]))
            self.assertLessEqual(max(abs(east - int(row["easting"])), abs(north - int(row["northing"]))), 5, row)
        for row in random.Random(3).sample(rows, 40):
            self.assertEqual(self.point(f"{row['lat']},{row['lon']}"),
                             plain_places.degrees_point(float(row["lat"]), float(row["lon"])))

    # ---- postcodes ----
    def test_units(self):
        for code, at in (UNITS | ENDED).items():
            self.take(code, at)
        for text in ("ls6 3aa", "LS63AA", "ls63aa", " LS6 3AA ", "LS6  3AA"):
            self.take(text, UNITS["LS6 3AA"])
        for text in ("EC1A1BB", "M11AE"):
            self.take(text, UNITS["EC1A 1BB" if text[0] == "E" else "M1 1AE"])

    def test_sectors_and_districts(self):
        """The mean of the postcodes in use, else what a file of sectors or districts says, else the mean of ended
        ones."""
        in_use = [UNITS[code] for code in ("LS6 3AA", "LS6 3AB", "LS6 3ZZ")]
        self.take("LS6 3", tuple(sum(values) // 3 for values in zip(*in_use)))
        self.take("LS6", tuple(sum(values) // 4 for values in zip(*in_use, UNITS["LS6 4AA"])))
        self.take("LS7 1", SECTORS["LS7 1"])
        self.take("LS7", DISTRICTS["LS7"])
        self.take("ls8", DISTRICTS["LS8"])
        self.take("BD3 9", ENDED["BD3 9ZZ"])
        self.take("BD3", ENDED["BD3 9ZZ"])
        for text in ("LS6 3", "LS6", "SE15", "EC1A", "EC1A 1", "M1", "M1 1"):
            self.take(text, self.places.point(text))

    def test_postcodes_that_are_missing(self):
        """Near ones are named where some are held; else the sector's point serves, or the district's."""
        self.refuse("LS6 3AC", "LS6 3AA")
        self.refuse("LS6 3XX")
        self.refuse("LS6 9AA", "LS6")
        self.take("LS7 1AA", SECTORS["LS7 1"])
        self.take("LS8 1AA", DISTRICTS["LS8"])
        self.refuse("LS9 1AA")
        self.refuse("LS9")

    def test_one_that_has_ended_is_told(self):
        code, answer = self.check("LS6 3QQ")
        self.assertEqual(code, 0)
        self.assertIn("2019", json.dumps(answer))

    def test_postcode_or_grid_reference(self):
        self.take("SE15", UNITS["SE15 1AA"])
        self.take("SE 15", (410000, 450000))
        self.refuse("SE16", "SE 16")
        self.refuse("SE23NW", "SE2 3NW")
        self.take("SE2 3NW", UNITS["SE2 3NW"])
        self.take("SE23SW", (420000, 430000))  # no such postcode: the cell
        self.take("SE 23", (420000, 430000))
        self.refuse("LS63")  # a district of its own, not sector LS6 3
        self.take("LS123", UNITS["LS12 3AA"])  # can only be sector LS12 3

    # ---- names ----
    def test_names(self):
        self.take("Otley", (420200, 445600))
        self.take("otley", (420200, 445600))
        self.refuse("Ashford", "Spelthorne")
        self.take("Ashford, Spelthorne", (507000, 171500))
        self.refuse("Ashford, Countyshire")
        self.refuse("Otley, Spelthorne")
        self.take("Otley, countyshire", (420200, 445600))
        self.refuse("Nowhere-under-Lyme")

    def test_code_point_open(self):
        """Without headings, postcodes padded to seven characters; quality 90 has no place."""
        home = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        rows = [["LS6 3AA", 10, 427310, 435890, "E92000001", "", "", "", "E08000035", "E05011383"],
                ["M1  1AE", 10, 384500, 398100, "E92000001", "", "", "", "E08000003", "E05011376"],
                ["EC1A1BB", 10, 532000, 181500, "E92000001", "", "", "", "E09000001", "E05009302"],
                ["LS6 3ZY", 90, 0, 0, "E92000001", "", "", "", "E08000035", "E05011383"]]
        path = write_rows(home / "codepo.csv", rows)
        self.run_gazetteer("import", path, home=home)
        for code, at in plain_places.read_code_point_open(path).items():
            with self.subTest(code=code):
                if at == (0, 0):
                    self.assertEqual(self.run_gazetteer("show", code, home=home)[0], 2)
                else:
                    self.assertEqual(self.point(code, home), at)
