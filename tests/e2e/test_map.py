# SPDX-License-Identifier: Apache-2.0
"""What a location means before it is asked: `hearth check` and `hearth search --map`, areas in files, and maps
whose cells and points are those of a plain computation."""

import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree

import support
from plain_places import grid_point
from plain_score import CELL, PlainRequest
from support import ANYBODY, SchemeCase, lab

SVG = "{http://www.w3.org/2000/svg}"
SCHOOL = {"name": "school", "at": "SE 297 338", "within_km": 22, "weight": 4}
AUNT = {"name": "aunt", "at": "SE 17 33", "within_km": 30, "weight": 1}
RISK = {"name": "known risk", "at": "SE 33 21", "within_km": 6}
AREA = {"type": "Polygon",
        "coordinates": [[[-1.8, 53.7], [-1.3, 53.7], [-1.3, 53.95], [-1.8, 53.95], [-1.8, 53.7]],
                        [[-1.6, 53.75], [-1.5, 53.75], [-1.5, 53.8], [-1.6, 53.75]]]}
# Postcodes of an area that does not exist: in use at the school, ended at the aunt's.
POSTCODES = """pcd,pcd2,pcds,dointr,doterm,oseast1m,osnrth1m,osgrdind,ctry
ZZ6 3AA,ZZ6  3AA,ZZ6 3AA,199001,,429700,433800,1,E92000001
ZZ7 1AB,ZZ7  1AB,ZZ7 1AB,199001,201905,417000,433000,1,E92000001
"""
BY_POSTCODE = {"anchors": [SCHOOL | {"at": "zz63aa"}, AUNT | {"at": "ZZ7 1AB"}], "avoid": [RISK]}
BY_GRID = {"anchors": [SCHOOL, AUNT], "avoid": [RISK]}
ENDED = {"field": "location.anchors[1].at", "note": "ZZ7 1AB ended in 2019-05"}
HOSTILE = "</text><script>alert(1)</script>\"'&]]>"


def run(*words, home=None, **options):
    """hearth without any configuration, in its own way."""
    options = {"stdin": subprocess.DEVNULL, "env": os.environ | {"HOME": str(home or "/nonexistent")}} | options
    return subprocess.run([support.BUILD / "hearth", *map(str, words)], check=False, capture_output=True,
                          encoding="utf-8", timeout=support.COMMAND_SECONDS, **options)


def import_postcodes(home):
    """A gazetteer in home/gazetteer."""
    with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
        file.write(POSTCODES)
        file.flush()
        done = run("gazetteer", "import", "-C", home, file.name)
    if done.returncode != 0:
        raise AssertionError(done.stdout + done.stderr)


def plain_points(request):
    """{name of the acceptable cell: points}"""
    plain = PlainRequest(request)
    return {(column, row): 1000 * loc // plain.best if plain.best else 0
            for (column, row), loc in plain.cells.items()}


def drawn_cells(svg):
    """The same, read from a map; each cell's number, title and class must agree."""
    cells = {}
    for group in svg.iter(f"{SVG}g"):
        if group.get("class") != "cell":
            continue
        name, points = group.find(f"{SVG}title").text.split(": ")
        east, north = grid_point(name)
        cell = (east // CELL, north // CELL)
        if cell in cells:
            raise AssertionError(f"{name} is drawn twice")
        cells[cell] = int(points)
        number = group.find(f"{SVG}text")
        if number is not None and number.text != points:
            raise AssertionError(f"{name}: {number.text} and {points}")
    return cells


class Map(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="hearth-e2e-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def write(self, request, name="request.json"):
        path = self.folder / name
        path.write_text(json.dumps(request), encoding="utf-8")
        return path

    def draw(self, location, ref="MAP-1"):
        """The parsed map of a request that must be valid, and what check printed."""
        path = self.folder / "map.svg"
        done = run("check", "--json", "--map", path,
                   self.write(ANYBODY | {"search_ref": ref, "location": location}))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(path.stat().st_mode & 0o777, 0o600)
        return xml.etree.ElementTree.parse(path).getroot(), json.loads(done.stdout)

    def test_cells_are_those_of_the_plain_computation(self):
        for location in ({"anchors": [SCHOOL]},
                         {"anchors": [SCHOOL, AUNT], "combine": "all", "avoid": [RISK]},
                         {"anchors": [SCHOOL, AUNT | {"at": "SK 58 39"}], "combine": "any"},
                         {"anchors": [SCHOOL | {"weight": 0}]},
                         {"anchors": [{"at": "SP 00 00", "within_km": 97, "weight": 5}]},
                         {"squares": ["SE", "TA"], "avoid": [RISK]},
                         {"area": AREA},
                         {"area": AREA, "anchors": [AUNT], "avoid": [RISK]}):
            with self.subTest(location=location):
                svg, told = self.draw(location)
                expected = plain_points(ANYBODY | {"location": location})
                self.assertEqual(drawn_cells(svg), expected)
                self.assertEqual(told["cells"], len(expected))
                self.assertEqual(told["most_cell_points"], max(expected.values()))
                self.assertEqual(told["notes"], [])
                quadrants = [rect for rect in svg.iter(f"{SVG}rect") if rect.get("class") == "quadrant"]
                self.assertEqual(len(quadrants), len(told["quadrants"]))
                text = "".join(svg.itertext())
                for name in told["quadrants"]:
                    self.assertIn(name, text)
                decoys = told["quadrants_sent"] - len(told["quadrants"])
                self.assertEqual("decoy" in text, decoys > 0)

    def test_shades_follow_the_points(self):
        svg, _ = self.draw({"anchors": [SCHOOL]})
        shades = {}
        for group in svg.iter(f"{SVG}g"):
            if group.get("class") == "cell":
                points = int(group.find(f"{SVG}title").text.split(": ")[1])
                shades.setdefault(group.find(f"{SVG}rect").get("class"), []).append(points)
        ranges = [(min(values), max(values)) for _, values in sorted(shades.items())]
        self.assertGreater(len(ranges), 3)
        self.assertEqual(ranges, sorted(ranges))
        for (_, high), (low, _) in zip(ranges, ranges[1:]):
            self.assertLess(high, low)

    def test_cells_lie_north_up_in_their_places(self):
        svg, _ = self.draw({"anchors": [SCHOOL]})
        places = {}
        for group in svg.iter(f"{SVG}g"):
            if group.get("class") == "cell":
                rect = group.find(f"{SVG}rect")
                east, north = grid_point(group.find(f"{SVG}title").text.split(": ")[0])
                places[east, north] = int(rect.get("x")), int(rect.get("y"))
        (east, north), (x, y) = next(iter(places.items()))
        for (other_east, other_north), (other_x, other_y) in places.items():
            self.assertEqual(other_x - x, (other_east - east) // 100)
            self.assertEqual(other_y - y, (north - other_north) // 100)

    def test_names_are_only_text(self):
        svg, _ = self.draw({"anchors": [SCHOOL | {"name": HOSTILE}], "avoid": [RISK | {"name": HOSTILE}]}, HOSTILE)
        known = {"svg", "title", "desc", "style", "defs", "pattern", "path", "g", "rect", "text", "circle"}
        self.assertLessEqual({element.tag.removeprefix(SVG) for element in svg.iter()}, known)
        self.assertEqual(svg.find(f"{SVG}title").text, f"Location of the request {HOSTILE}")
        self.assertIn(HOSTILE, svg.find(f"{SVG}desc").text)
        for element in svg.iter():
            for name, value in element.attrib.items():
                self.assertNotRegex(name, r"^on|href", element.tag)
                self.assertNotRegex(value, r"script:|//|url\((?!#hatch\))")

    def test_sizes(self):
        svg, told = self.draw({"squares": ["SE", "SD", "SK", "SJ"]})
        self.assertEqual(told["cells"], 1600)
        self.assertEqual(len(drawn_cells(svg)), 1600)
        self.assertLess((self.folder / "map.svg").stat().st_size, 400000)
        self.assertLess(int(svg.get("width")), 2000)

    def test_what_cannot_be_drawn(self):
        for request, options, code in ((ANYBODY, ["--map", self.folder / "a.svg"], 2),
                                       (ANYBODY | {"location": {"anchors": [SCHOOL]}}, ["--map", "-"], 2),
                                       (ANYBODY | {"location": {"anchors": [SCHOOL]}},
                                        ["--map", self.folder / "no" / "a.svg"], 1),
                                       (ANYBODY | {"location": {"anchors": [SCHOOL | {"within_km": 200}]}},
                                        ["--map", self.folder / "a.svg"], 2)):
            done = run("check", "--json", *options, self.write(request))
            self.assertEqual(done.returncode, code, done.stdout + done.stderr)
            self.assertIn("error", json.loads(done.stdout.splitlines()[-1]))
            self.assertFalse((self.folder / "a.svg").exists())

    def test_the_request_is_not_drawn_over(self):
        path = self.write(ANYBODY | {"location": {"anchors": [SCHOOL]}})
        before = path.read_bytes()
        for command in ("check", "search"):
            done = run(command, "--map", self.folder / "." / path.name, path)
            self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
            self.assertIn("another file", done.stderr)
        self.assertEqual(path.read_bytes(), before)

    def test_words(self):
        done = run("check", self.write(ANYBODY | {"location": {"anchors": [SCHOOL], "area": AREA}}))
        self.assertEqual(done.returncode, 0, done.stderr)
        points = plain_points(ANYBODY | {"location": {"anchors": [SCHOOL], "area": AREA}})
        self.assertIn("Anchor 1, school: easting 429700, northing 433800, in SE23SE; within 22 km, weight 4",
                      done.stdout)
        self.assertIn(f"{len(points)} acceptable cells", done.stdout)
        self.assertIn(f"up to {max(points.values())} of 1000 points", done.stdout)
        self.assertEqual(done.stderr, "")

    # ---- areas in files ----
    def test_area_is_found_beside_the_request(self):
        (self.folder / "deep").mkdir()
        (self.folder / "deep" / "area.geojson").write_text(json.dumps(AREA), encoding="utf-8")
        inline = json.loads(run("check", "--json", self.write(ANYBODY | {"location": {"area": AREA}})).stdout)
        by_path = ANYBODY | {"location": {"area": "area.geojson"}}
        beside = self.write(by_path, "deep/request.json")
        for words, where in ((["check", "--json", beside], "/"),
                             (["check", "--json", "request.json"], self.folder / "deep"),
                             (["check", "--json", "deep/request.json"], self.folder)):
            done = run(*words, cwd=where)
            self.assertEqual(json.loads(done.stdout), inline, done.stderr)
        with open(beside, encoding="utf-8") as file:  # standard input: from the current directory
            done = run("check", "--json", "-", cwd=self.folder / "deep", stdin=file)
        self.assertEqual(json.loads(done.stdout), inline, done.stderr)
        with open(beside, encoding="utf-8") as file:
            done = run("check", "--json", "-", cwd=self.folder, stdin=file)
        self.assertEqual(done.returncode, 2)
        self.assertEqual(json.loads(done.stdout)["error"]["field"], "location.area")

    def test_errors_name_the_position_and_the_file(self):
        collection = {"type": "FeatureCollection", "features": [
            {"type": "Feature", "properties": {}, "geometry": AREA},
            {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [
                [[-1.8, 53.7], [-1.3, 53.7], [53.95, -1.3], [-1.8, 53.7]]]}}]}
        (self.folder / "area.geojson").write_text(json.dumps(collection), encoding="utf-8")
        done = run("check", "--json", self.write(ANYBODY | {"location": {"area": "area.geojson"}}))
        self.assertEqual(done.returncode, 2)
        error = json.loads(done.stdout)["error"]
        self.assertEqual(error["field"], "location.area.features[1].geometry.coordinates[0][2]")
        self.assertIn("is [-1.3, 53.95] meant?", error["message"])
        self.assertIn("area.geojson", error["message"])

    def test_boundaries_of_every_authority(self):
        data = support.ROOT.parent / "shared" / "data" / "england_la_boundaries.geojson"
        if not data.is_file():
            self.skipTest(f"no {data}")
        with open(data, encoding="utf-8") as file:
            features = json.load(file)["features"]
        for feature in features[::20]:
            (self.folder / "la.geojson").write_text(json.dumps(feature), encoding="utf-8")
            done = run("check", "--json", self.write(ANYBODY | {"location": {"area": "la.geojson"}}))
            told = json.loads(done.stdout)
            expected = len(PlainRequest(ANYBODY | {"location": {"area": feature}}).cells)
            if expected:
                self.assertEqual(told.get("cells"), expected, feature["properties"])
            else:  # some London boroughs hold no cell's centre
                self.assertEqual(told["error"]["field"], "location.area")


    # ---- postcodes ----
    def test_postcodes_are_looked_up_in_the_home(self):
        path = self.write(ANYBODY | {"location": BY_POSTCODE})
        home, drawn = self.folder / "home", self.folder / "m.svg"
        done = run("check", "--json", path)
        self.assertEqual(done.returncode, 2)
        error = json.loads(done.stdout)["error"]
        self.assertEqual(error["field"], "location.anchors[0].at")
        self.assertIn("gazetteer import", error["message"])
        home.mkdir()
        import_postcodes(home)
        done = run("check", "--json", "-C", home, "--map", drawn, path)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        told = json.loads(done.stdout)
        self.assertEqual(told["notes"], [ENDED])
        self.assertEqual(told["places"], [
            {"field": "location.anchors[0].at", "easting": 429700, "northing": 433800, "cell": "SE23SE"},
            {"field": "location.anchors[1].at", "easting": 417000, "northing": 433000, "cell": "SE13SE"},
            {"field": "location.avoid[0].at", "easting": 433000, "northing": 421000, "cell": "SE32SW"}])
        self.assertEqual(done.stderr, f"hearth check: note: {ENDED['field']}: {ENDED['note']}\n")
        svg = xml.etree.ElementTree.parse(drawn).getroot()
        self.assertEqual(drawn_cells(svg), plain_points(ANYBODY | {"location": BY_GRID}))
        self.assertIn(ENDED["note"], "".join(svg.itertext()))
        # By default from ~/.hearth, which may link to a gazetteer elsewhere.
        (self.folder / ".hearth").mkdir()
        (self.folder / ".hearth" / "gazetteer").symlink_to(home / "gazetteer")
        self.assertEqual(run("check", path, home=self.folder).returncode, 0)


class SearchMap(SchemeCase):
    agencies, households, seed = 3, 60, 5

    def test_search_names_its_decoys(self):
        request = ANYBODY | {"location": {"anchors": [SCHOOL | {"within_km": 60}], "area": AREA}}
        path = self.directory / "map.svg"
        self.addCleanup(lambda: path.unlink(missing_ok=True))
        done = lab("run", self.directory, "la-1", "--", "search", "--json", "--map", path,
                   self.request_file(request))
        self.assertIn(done.returncode, (0, 3), done.stdout + done.stderr)
        self.assertEqual(json.loads(done.stdout)["notes"], [])
        svg = xml.etree.ElementTree.parse(path).getroot()
        self.assertEqual(drawn_cells(svg), plain_points(request))
        lines = [text.text or "" for text in svg.iter(f"{SVG}text")]
        at = lines.index("The others are decoys, not drawn here:")
        named = set(lines[at + 1].split())
        self.assertTrue(all(re.fullmatch(r"[A-Z]{2}\.[NS][EW]", name) for name in named), named)
        told = json.loads(run("check", "--json", self.request_file(request)).stdout)
        self.assertEqual(len(named), told["quadrants_sent"] - len(told["quadrants"]))
        self.assertFalse(named & set(told["quadrants"]))

    def test_postcodes_at_both_ends(self):
        """An LA's search and an agency's own scores, each with the gazetteer of its home."""
        by_grid = self.request_file(ANYBODY | {"location": BY_GRID})
        by_postcode = self.request_file(ANYBODY | {"location": BY_POSTCODE})
        agent, la = self.scheme.parties.agents[0], self.scheme.parties.las[0]
        done = lab("score", self.directory, agent.id, by_postcode, "--json")
        self.assertEqual(done.returncode, 2)
        self.assertEqual(json.loads(done.stdout)["error"]["field"], "location.anchors[0].at")
        with tempfile.TemporaryDirectory(prefix="hearth-e2e-") as home:
            import_postcodes(home)
            for party in (agent, la):
                (party.home / "gazetteer").symlink_to(pathlib.Path(home) / "gazetteer")
                self.addCleanup((party.home / "gazetteer").unlink)
            self.assertEqual(self.score(agent.id, by_postcode), self.score(agent.id, by_grid))
            answers = [self.search(path) for path in (by_postcode, by_grid)]
        self.assertEqual([answer.pop("notes") for answer in answers], [[ENDED], []])
        found = [{(agency["id"], agency["band"]) for agency in answer["agencies"]} for answer in answers]
        self.assertEqual(found[0], found[1])

    def test_area_finds_whom_the_scores_find(self):
        request = ANYBODY | {"location": {"area": "area.geojson", "avoid": [RISK]}}
        area = self.directory / "area.geojson"
        triangle = [[-2.5, 52], [0, 52], [0, 53], [-2.5, 52]]
        area.write_text(json.dumps({"type": "Polygon", "coordinates": [triangle]}), encoding="utf-8")
        self.addCleanup(area.unlink)
        path = self.request_file(request)
        answer = self.search(path)
        found = {agency["id"] for agency in answer["agencies"]}
        scores = {row.id: self.score(row.id, path)["eligible"] for row in self.scheme.parties.agents}
        self.assertEqual(found, {agency for agency, eligible in scores.items() if eligible})


if __name__ == "__main__":
    unittest.main()
