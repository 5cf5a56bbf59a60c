# SPDX-License-Identifier: Apache-2.0
"""Every rule of docs/domain.md "Requests", through `hearth check --json`: values that are good, bad, and just
on either side of a limit. A bad one must be refused, with the field named."""

import copy
import json
import pathlib
import random
import subprocess
import tempfile
import unittest

from support import BUILD, COMMAND_SECONDS, REQUESTS, generate

import catalogue  # from tests/lab
import enquiry
import places
import plain_area
import plain_places
import plain_score

AGES = [0, 17, "unborn"]
FRAMEWORK = "F" * 32
MOST_BYTES = 256 * 1024

BASE = {
    "search_ref": "RULES-1",
    "children": [{"age": 11, "sex": "F"}, {"age": 6, "sex": "M"}],
    "placement": {"type": "PT_LONG", "needed_by": "within_5_days", "accept_unconfirmed": True},
    "must": ["DS_AUT", "RC_MISS"],
    "prefer": {"CS_SIM": 5, "LN_PL": 3, "ET_WBRI": 1},
    "location": {"anchors": [{"name": "school", "at": "SE 297 338", "within_km": 12, "weight": 4},
                             {"name": "grandmother", "at": "SE 297 338", "within_km": 25}],
                 "combine": "all",
                 "avoid": [{"name": "known risk", "at": "SE 33 21", "within_km": 5}]},
    "provider": {"min_judgement": "good", "frameworks": ["WWH"]},
}
ANCHOR = {"at": "SE 297 338", "within_km": 20}
GONE = object()


def run_check(data):
    """Exit status of `hearth check` and the JSON that it printed; data: bytes, or a value for json.dumps."""
    if not isinstance(data, bytes):
        data = json.dumps(data).encode()
    done = subprocess.run([BUILD / "hearth", "check", "--json", "-"], input=data, capture_output=True,
                          timeout=COMMAND_SECONDS, check=False)
    return done.returncode, json.loads(done.stdout)


def changed(path, value):
    """BASE with another value at "location.anchors[0].at" (GONE: without it)."""
    request = copy.deepcopy(BASE)
    *way, last = path.replace("[", ".[").split(".")
    at = request
    for step in way:
        at = at[int(step[1:-1])] if step.startswith("[") else at[step]
    if value is GONE:
        del at[last]
    elif last.startswith("["):
        at[int(last[1:-1])] = value
    else:
        at[last] = value
    return request


def near(*anchors, **more):
    return BASE | {"location": {"anchors": list(anchors), **more}}


def degrees(at):
    """A position of GeoJSON that is exactly this point of the grid."""
    lat, lon = plain_places.degrees_at(*at)
    return [lon, lat]


def rectangle(west, south, east, north):
    return [(west, south), (east, south), (east, north), (west, north), (west, south)]


def lattice_ring(rng, kind, corner, size):
    """A closed ring on multiples of 2,500 m, half of which are centres of cells, at least 10 km wide."""
    at = [corner + 2500 * i for i in range(size // 2500)]
    if kind == "rectangle":
        (west, east), (south, north) = (sorted(rng.sample(at[::5], 2)) for _ in range(2))
        return rectangle(west, south, east + 2500, north + 2500)
    a, b, c = ((rng.choice(at), rng.choice(at)) for _ in range(3))
    if abs(plain_area.cross(a, b, c)) < 200000000:
        return lattice_ring(rng, kind, corner, size)
    return [a, b, c, a]


def ring_within(rng, shell):
    (west, south), (east, north) = shell[0], shell[2]
    return rectangle(west + 2500, south + 2500, *((high - 2500 * rng.randint(1, 2)) for high in (east, north)))


class RequestRules(unittest.TestCase):
    def accept(self, request, **expected):
        code, answer = run_check(request)
        self.assertEqual(code, 0, answer)
        self.assertIs(answer["valid"], True)
        self.assertEqual({name: answer[name] for name in expected}, expected)

    def refuse(self, request, field, words=()):
        code, answer = run_check(request)
        self.assertEqual(code, 2, answer)
        self.assertEqual(list(answer), ["error"])
        error = answer["error"]
        self.assertEqual((error["code"], error["field"]), ("invalid", field), error)
        self.assertTrue(error["message"])
        for word in words:
            self.assertIn(word, error["message"])

    def take(self, path, good=(), bad=(), field=None):
        """Puts each value at the path: the good ones are valid, the bad ones refused with the path named."""
        for value in good:
            with self.subTest(path=path, good=value):
                self.accept(changed(path, value))
        for value in bad:
            with self.subTest(path=path, bad="left out" if value is GONE else value):
                self.refuse(changed(path, value), field or path)

    def test_base(self):
        self.accept(BASE, search_ref="RULES-1", children=2)

    # ---- the file ----
    def test_not_an_object(self):
        for data in (b"", b" ", b"[]", b"null", b"5", b"{", b"{}{}", json.dumps(BASE).encode() + b"x",
                     b"[" * 100000, b'{"a":' * 100000, json.dumps(BASE).encode("utf-16"),
                     json.dumps(BASE).encode()[:-1], b"\x00" + json.dumps(BASE).encode()):
            with self.subTest(data=data[:40]):
                code, answer = run_check(data)
                self.assertEqual(code, 2)
                self.assertTrue(answer["error"]["message"])

    def test_size(self):
        text = json.dumps(BASE).encode()
        self.accept(text + b" " * (MOST_BYTES - len(text)))
        code, answer = run_check(text + b" " * (MOST_BYTES - len(text) + 1))
        self.assertEqual(code, 2)
        self.assertIn(str(MOST_BYTES), answer["error"]["message"])

    def test_byte_order_mark(self):
        self.accept(b"\xef\xbb\xbf" + json.dumps(BASE).encode())

    def test_encoding(self):
        text = json.dumps(BASE | {"search_ref": "Zoë-1"}, ensure_ascii=False)
        self.accept(text.encode(), search_ref="Zoë-1")
        code, _ = run_check(text.encode("latin-1"))
        self.assertEqual(code, 2)

    def test_numbers_and_characters_that_no_field_takes(self):
        for path in ("search_ref", "children[0].age", "prefer.CS_SIM", "location.anchors[0].within_km",
                     "provider.frameworks[0]"):
            self.take(path, bad=[10 ** 30, -10 ** 30, "a\x00b"])
            for value in (float("nan"), float("inf")):  # not JSON
                with self.subTest(value=value):
                    self.assertEqual(run_check(changed(path, value))[0], 2)

    def test_repeated_fields(self):
        text = json.dumps(BASE)
        for once, twice in (('"search_ref":', '"search_ref": "A", "search_ref":'),
                            ('"age": 11', '"age": 10, "age": 11'),
                            ('"needed_by":', '"needed_by": "today", "needed_by":'),
                            ('"CS_SIM": 5', '"CS_SIM": 4, "CS_SIM": 5'),
                            ('"within_km": 12', '"within_km": 12, "within_km": 12'),
                            ('"min_judgement":', '"min_judgement": "good", "min_judgement":')):
            with self.subTest(twice=twice):
                self.assertIn(once, text)
                code, answer = run_check(text.replace(once, twice, 1).encode())
                self.assertEqual(code, 2)
                name = once.split('"')[1]
                self.assertIn(name, answer["error"]["field"] + answer["error"]["message"])

    def test_unknown_fields(self):
        for path in ("extra", "Children", "children[0].extra", "placement.extra", "location.extra",
                     "location.anchors[0].extra", "location.avoid[0].extra", "location.avoid[0].weight",
                     "provider.extra", "provider.sector"):
            with self.subTest(path=path):
                self.refuse(changed(path, 1), path)

    def test_nothing_that_identifies_a_child(self):
        for name in ("name", "child_name", "first_name", "surname", "initials", "dob", "date_of_birth",
                     "case_number", "case_ref", "upn", "nhs_number", "address", "notes"):
            for path in (name, f"children[0].{name}"):
                with self.subTest(path=path):
                    self.refuse(changed(path, "x"), path)

    # ---- search_ref, children, placement ----
    def test_search_ref(self):
        self.take("search_ref", ["1", "x" * 64, "LCC 2026/42", "é" * 32],
                  [GONE, "", "x" * 65, "é" * 33, "a\nb", "a\x7fb", 5, None, ["x"], True])

    def test_number_of_children(self):
        child = {"age": 9, "sex": "M"}
        for count in range(1, 6):
            self.accept(BASE | {"children": [child] * count}, children=count)
        for children in ([], [child] * 6, [child] * 100, child, None, "1", 1):
            with self.subTest(children=children):
                self.refuse(BASE | {"children": children}, "children")
        self.take("children", bad=[GONE])
        self.take("children[1]", bad=[None, 5, "F", []])

    def test_age(self):
        self.take("children[1].age", AGES, [-1, 18, 100, "5", "Unborn?", "", 5.0, 5.5, True, False, None, [], {},
                                            10 ** 15, GONE])

    def test_sex(self):
        self.take("children[1].sex", ["M", "F", "U"], ["X", "f", "Female", "", None, 1, True, ["M"], "MF", GONE])

    def test_musts_are_counted(self):
        """Distinct ages and sexes, the number, the type and the availability; U adds none."""
        plain = {"search_ref": "x", "placement": {"type": "PT_LONG", "needed_by": "today"}}
        for children, musts in (([(5, "M")], 5), ([(5, "U")], 4), ([(5, "M"), (5, "M")], 5),
                                ([(5, "M"), (5, "F")], 6), ([(5, "M"), (6, "U")], 6),
                                ([("unborn", "U"), (0, "F")], 6), ([(a, "U") for a in range(5)], 8)):
            with self.subTest(children=children):
                made = [{"age": age, "sex": sex} for age, sex in children]
                self.accept(plain | {"children": made}, musts=musts, cells=0, quadrants=[])

    def test_random_requests_are_counted(self):
        """Musts, preferences, acceptable cells and quadrants of requests that use every field."""
        directory = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory())) / "scheme"
        generate(directory, 6, 120, 4)
        source = enquiry.Enquiries(catalogue.Catalogue(), enquiry.read_households(directory), 4,
                                   areas=True)
        for request in (source.make() for _ in range(max(20, REQUESTS // 4))):
            with self.subTest(request=request):
                plain = plain_score.PlainRequest(request)
                quadrants = {(column // 10, row // 10) for column, row in plain.cells}
                names = [places.square_of(column * 50000, row * 50000) + "." + "SN"[row % 2] + "WE"[column % 2]
                         for column, row in sorted(quadrants, key=lambda at: (at[1], at[0]))]
                self.accept(request, children=len(request["children"]), cells=len(plain.cells), quadrants=names,
                            musts=len(plain.musts) + 1 + (not plain.anywhere), preferences=len(plain.prefer))

    def test_areas(self):
        """The centres of SE33 are at 432500 and 437500 in both directions, so that this square holds four."""
        at = {(east, north): degrees((east, north)) for east in (432500, 437500) for north in (432500, 437500)}
        ring = [at[432500, 432500], at[437500, 432500], at[437500, 437500], at[432500, 437500],
                at[432500, 432500]]
        square = {"type": "Polygon", "coordinates": [ring]}
        feature = {"type": "Feature", "properties": None, "geometry": square}
        high = {"type": "Polygon", "coordinates": [[[*position, 31.5] for position in ring]]}
        for area in (square, square | {"coordinates": [ring[::-1]]}, square | {"bbox": [-2, 53, -1, 54]}, high,
                     {"type": "MultiPolygon", "coordinates": [[ring]]}, feature,
                     {"type": "MultiPolygon", "coordinates": [[ring], [ring]]}, feature | {"id": 5},
                     {"type": "FeatureCollection", "features": [feature]},
                     {"type": "GeometryCollection", "geometries": [square, square]}):
            with self.subTest(area=area):
                self.accept(BASE | {"location": {"area": area}}, cells=4)
        self.accept(near({"at": "SE 32500 32500", "within_km": 5}, area=square), cells=3)
        avoid = [{"at": "SE 325 325", "within_km": 1}]
        self.accept(BASE | {"location": {"area": square, "avoid": avoid}}, cells=3)
        self.refuse(BASE | {"location": {"area": square, "squares": ["SE"]}}, "location.squares")
        self.refuse_areas(square, ring)

    def refuse_areas(self, square, ring):
        swapped = [[lat, lon] for lon, lat in ring]
        crossed = [degrees(at) for at in ((432500, 432500), (442500, 442500), (442500, 432500), (432500, 442500),
                                          (432500, 432500))]
        crs = {"type": "name", "properties": {"name": "EPSG:27700"}}
        for area in (None, 5, [], {}, "", "no-such-file.geojson", square | {"type": "polygon"},
                     {"type": "Point", "coordinates": ring[0]}, {"type": "LineString", "coordinates": ring},
                     square | {"coordinates": []}, square | {"coordinates": [[]]}, square | {"coordinates": ring},
                     square | {"coordinates": [ring[:-1]]}, square | {"coordinates": [ring[:2] + ring[:1]]},
                     square | {"coordinates": [[["-1.5", "53.8"]] * 4]}, square | {"coordinates": [swapped]},
                     square | {"coordinates": [crossed]}, square | {"crs": crs}, {"type": "Polygon"},
                     {"type": "FeatureCollection", "features": []}, {"type": "Feature", "geometry": None},
                     square | {"coordinates": [[[430000, 430000], [440000, 430000], [430000, 440000]] * 2]}):
            with self.subTest(area=area):
                code, answer = run_check(BASE | {"location": {"area": area}})
                self.assertEqual(code, 2, answer)
                self.assertRegex(answer["error"]["field"], r"\Alocation\.area")

    def test_borderline_areas(self):
        """Rectangles and triangles whose corners and sides lie on cells' centres, with holes and without."""
        rng = random.Random(8)
        for number in range(40):
            kind = rng.choice(["rectangle", "triangle"])
            shell = lattice_ring(rng, kind, 400000, 60000)
            rings = [shell]
            if kind == "rectangle" and rng.random() < 0.6:
                rings.append(ring_within(rng, shell))
            area = {"type": "Polygon", "coordinates": [[degrees(at) for at in ring] for ring in rings]}
            plain = plain_score.PlainRequest(BASE | {"location": {"area": area}})
            with self.subTest(number=number, rings=rings):
                self.accept(BASE | {"location": {"area": area}}, cells=len(plain.cells))

    def test_placement(self):
        types = catalogue.Catalogue().placement_types
        self.take("placement.type", types, ["PT_NONE", "pt", "", "DS_AUT", "AGE_05", None, 4, ["PT_LONG"], GONE])
        self.take("placement.needed_by", plain_score.AVAILABLE, ["tomorrow", "", "Today", 5, None, True, GONE])
        self.take("placement.accept_unconfirmed", [True, False, GONE], ["true", "yes", 1, 0, None])
        self.take("placement", bad=[GONE, None, [], "PT_LONG", 5])

    # ---- must, prefer ----
    def test_kinds(self):
        """A must needs kind hard or both, a preference soft or both; and no code that a field stands for."""
        known = catalogue.Catalogue()
        fields = catalogue.FIELD_CODES | {c for c, g in known.group.items() if g in catalogue.FIELD_GROUPS}
        musts = [c for c in known.group if known.can_be_must(c) and c not in fields]
        preferences = [c for c in known.group if known.can_be_preferred(c) and c not in fields]
        self.accept(BASE | {"must": musts, "prefer": {}})
        self.accept(BASE | {"must": [], "prefer": dict.fromkeys(preferences, 1)})
        self.assertGreater(min(len(musts), len(preferences)), 100)
        for code in sorted(set(known.group) - set(musts)):
            with self.subTest(must=code):
                self.refuse(BASE | {"must": ["RC_SH", code]}, "must[1]")
        for code in sorted(set(known.group) - set(preferences)):
            with self.subTest(prefer=code):
                self.refuse(BASE | {"prefer": {code: 1}}, f"prefer.{code}")

    def test_codes_of_no_carer(self):
        for code in ("PQ_GOOD", "PC_FWK", "NO_SUCH", "DS_AU", "DS_AUTT"):
            with self.subTest(code=code):
                self.refuse(BASE | {"must": [code]}, "must[0]")
                self.refuse(BASE | {"prefer": {code: 3}}, f"prefer.{code}")
        for value in (None, 5, True, ["DS_AUT"], {}):
            with self.subTest(value=value):
                self.refuse(BASE | {"must": [value]}, "must[0]")

    def test_a_code_once(self):
        self.refuse(BASE | {"must": ["DS_AUT", "RC_MISS", "DS_AUT"]}, "must[2]", ["DS_AUT"])
        self.refuse(BASE | {"must": ["DS_AUT"], "prefer": {"DS_AUT": 2}}, "prefer.DS_AUT")

    def test_forms_of_must_and_prefer(self):
        self.take("must", [[], GONE], ["DS_AUT", {"DS_AUT": 1}, None, 5])
        self.take("prefer", [{}, GONE], [["CS_SIM"], "CS_SIM", None, 5])

    def test_weights(self):
        self.take("prefer.CS_SIM", [1, 2, 3, 4, 5], [0, 6, -1, 1.0, 2.5, "3", True, None, [], 2 ** 32 + 1])

    # ---- location ----
    def test_anchors(self):
        self.take("location.anchors", [[ANCHOR], [ANCHOR] * 16],
                  [[ANCHOR] * 17, ANCHOR, None, "SE 297 338", 5])
        self.take("location.anchors[0]", bad=[None, "SE 297 338", 5, []])
        self.take("location.anchors[0].within_km", [12, 25, 1 + 10],
                  [0, -1, 201, 1.5, 12.0, "12", None, True, GONE, 2 ** 32 + 12])
        self.take("location.anchors[0].weight", [0, 1, 5, GONE], [-1, 6, 2.5, 3.0, "3", None, True])
        self.take("location.anchors[0].name", ["x", "x" * 80, "Zoë's school", GONE], ["x" * 81, 5, None, ["x"]])
        self.take("location.anchors[0].at", bad=[GONE, None, 5, ["SE 297 338"], ""])
        self.take("location.combine", ["all", "any", GONE], ["both", "", "ALL", None, True, 1])

    def test_reach(self):
        """within_km 1 and 200 are fine in themselves, with a second anchor that keeps the area small."""
        cell = {"at": "SE 32500 32500", "within_km": 1}
        self.accept(near(cell), cells=1, quadrants=["SE.SW"])
        self.accept(near(cell, ANCHOR | {"within_km": 200}, combine="all"), cells=1)
        self.refuse(near(cell, ANCHOR | {"within_km": 200}, combine="any"), "location", ["16", "squares"])

    def test_within_means_up_to_and_with(self):
        """The centre of SE33SW is at 432500, 432500."""
        for at, cells in (("SE 32500 31500", 1), ("SE 32500 31499", 0),
                          ("SE 33500 32500", 1), ("SE 33501 32500", 0),
                          ("SE 31900 31700", 1), ("SE 31899 31700", 0)):  # 600, 800, 1000
            with self.subTest(at=at):
                if cells:
                    self.accept(near({"at": at, "within_km": 1}), cells=cells)
                else:
                    self.refuse(near({"at": at, "within_km": 1}), "location.anchors")
        self.refuse(near({"at": "SE 30 30", "within_km": 3}), "location.anchors")  # where four cells meet: 3,536 m
        self.accept(near({"at": "SE 30 30", "within_km": 4}), cells=4)
        self.accept(near({"at": "SE 30 30", "within_km": 4}, {"at": "SE 35 30", "within_km": 4}), cells=2)
        self.accept(near({"at": "SE 30 30", "within_km": 4}, {"at": "SE 35 30", "within_km": 4}, combine="any"),
                    cells=6)

    def test_avoid(self):
        squares = BASE | {"location": {"squares": ["SE"]}}
        self.accept(squares, cells=400)
        for at, km, cells in (("SE 32500 31500", 1, 399), ("SE 32500 31499", 1, 400), ("SE 30 30", 3, 400),
                              ("SE 30 30", 4, 396)):
            with self.subTest(at=at, km=km):
                avoid = [{"at": at, "within_km": km}]
                self.accept(BASE | {"location": {"squares": ["SE"], "avoid": avoid}}, cells=cells)
        everything = [{"at": "SE 50 50", "within_km": 80}]
        self.refuse(BASE | {"location": {"squares": ["SE"], "avoid": everything}}, "location.avoid")
        self.refuse(BASE | {"location": {"avoid": everything}}, "location.avoid", ["squares"])
        self.take("location.avoid", [[], [ANCHOR | {"within_km": 1}] * 16, GONE],
                  [[ANCHOR] * 17, ANCHOR, None, "SE 33 21"])
        self.take("location.avoid[0].within_km", [1, 5], [0, 201, 1.5, "5", None, GONE])
        self.take("location.avoid[0].at", bad=[GONE, "", 5, None, "nowhere in particular"])
        self.take("location.avoid[0].name", ["x" * 80, GONE], ["x" * 81, 5])

    def test_squares(self):
        for squares, cells in ((["SE"], 400), (["SE", "SD"], 800), (["SE", "SD", "SJ", "SK"], 1600)):
            with self.subTest(squares=squares):
                self.accept(BASE | {"location": {"squares": squares}}, cells=cells)
        for squares, field in ((["SE", "SE"], "location.squares[1]"), (["SE", 5], "location.squares[1]"),
                               (["S"], "location.squares[0]"), (["SEE"], "location.squares[0]"),
                               (["IE"], "location.squares[0]"), (["ZZ"], "location.squares[0]"),
                               (["SE", "SE1"], "location.squares[1]"), ([""], "location.squares[0]"),
                               (["SE", "SD", "SJ", "SK", "SP"], "location.squares"),
                               ("SE", "location.squares"), (None, "location.squares")):
            with self.subTest(squares=squares):
                self.refuse(BASE | {"location": {"squares": squares}}, field)
        self.refuse(near(ANCHOR, squares=["SE"]), "location.squares")

    def test_empty_lists_say_nothing(self):
        for location in ({}, {"anchors": []}, {"squares": []}, {"anchors": [], "squares": [], "avoid": []}):
            with self.subTest(location=location):
                self.accept(BASE | {"location": location}, cells=0, quadrants=[], quadrants_sent=0)
        self.take("location", [GONE], [[], None, "SE", 5])

    # ---- places ----
    def test_places(self):
        """Each form, by the one cell whose centre is within a kilometre."""
        for at in ("SE 325 325", "SE325325", "se325325", "SE 32500 32500", "SE3250032500", "SE 3250 3250",
                   " SE 325 325 "):
            with self.subTest(at=at):
                self.accept(near({"at": at, "within_km": 1}), cells=1, quadrants=["SE.SW"])
        for at in ("SE 33", "SE33SW", "se33sw", "SE33NE", "SE 30 30", "53.8,-1.55", "53.8, -1.55",
                   "53.8,-1.550000"):
            with self.subTest(at=at):
                self.accept(near({"at": at, "within_km": 4}))
        for at in ("SE 29 338", "SE 2971 3385 1", "SE 297 33", "ZZ 12 12", "IE 12 12", "SE", "SE 2", "SE33XX",
                   "SE 123456 123456", "91,0", "53.8", "53.8,", ",", "53.8,-1.55,3", "53.8;-1.55", "53,8,-1,55",
                   "53.8N,1.55W", "nan,nan", "inf,0", "0,0", "53.8,-181", "-53.8,1.55", "1e1,1", "x"):
            with self.subTest(at=at):
                self.refuse(near({"at": at, "within_km": 20}), "location.anchors[0].at")

    def test_district_or_grid_reference(self):
        """SE23 may be either, and is refused while no gazetteer says; with a space it is the 10 km square."""
        self.refuse(near({"at": "SE23", "within_km": 20}), "location.anchors[0].at", ["SE 23"])
        self.accept(near({"at": "SE 23", "within_km": 20}))

    # ---- provider ----
    def test_provider(self):
        self.take("provider.min_judgement", ["outstanding", "good", "requires_improvement", GONE],
                  ["inadequate", "not_inspected", "Good", "", None, 1, ["good"]])
        self.take("provider.frameworks", [[], ["A"] * 1, [f"F{i}" for i in range(16)], [FRAMEWORK], GONE],
                  [[f"F{i}" for i in range(17)], "WWH", None, {"WWH": 1}])
        self.take("provider.frameworks[0]", good=["A b"], bad=["", FRAMEWORK + "x", 5, None, " A", "A ", "A;B"])
        self.take("provider", [{}, GONE], [[], None, "good"])
