# SPDX-License-Identifier: Apache-2.0
"""Whole searches against an independent computation from the agencies' files and the request alone: who is listed,
with what band, in what order, ties included. The matcher publishes the seed of its ties when its epoch is over."""

import collections
import concurrent.futures
import csv
import datetime
import json
import os
import random
import re
import unittest.mock

from support import REQUESTS, SchemeCase, lab

import catalogue  # from tests/lab
import enquiry
import places
import plain_area
import plain_places
import plain_rank
import plain_score
import population
import postcodes

ALL_JUDGEMENTS = ["good", "outstanding", "good", "not_inspected", "requires_improvement", "good", "outstanding",
                  "inadequate"]
MOST_QUADRANTS = 16
SHOWN = 3


def read_agencies(directory):
    with open(directory / "agencies.csv", encoding="utf-8", newline="") as file:
        return {row["id"]: row for row in csv.DictReader(file)}


def features_of_area(location):
    area = location["area"]
    if isinstance(area, str):
        return {"area in a file"}
    rings = max(map(len, plain_area.polygons(area)))
    return {f"area {area['type']}", "hole" if rings > 1 else "no hole",
            "area and anchors" if "anchors" in location else "area alone"}


def form_of_place(text):
    if text.upper().startswith("ZZ"):
        return "postcode" if len(text) > 6 else "sector" if " " in text else "district"
    if "," in text:
        return "degrees"
    return "cell" if re.fullmatch(r"[A-Z]{2}\d\d[NS][EW]", text) else "grid reference"


def features(request):
    """What a request makes use of, in words."""
    location = request.get("location", {})
    placement = request["placement"]
    children = request["children"]
    points = location.get("anchors", []) + location.get("avoid", [])
    used = {f"{len(children)} children", f"needed {placement['needed_by']}",
            f"accept_unconfirmed {placement.get('accept_unconfirmed', 'left out')}"}
    used |= {"sex U" for child in children if child["sex"] == "U"}
    used |= {"unborn" for child in children if child["age"] == "unborn"}
    used |= {name for name in ("must", "prefer") if request.get(name)}
    used |= {f"provider.{name}" for name in request.get("provider", {})}
    used |= {f"location.{name}" for name in location} or {"no location"}
    if len(location.get("anchors", [])) > 1:
        used.add(f"combine {location.get('combine', 'left out')}")
    if "area" in location:
        used |= features_of_area(location)
    used |= {"weight" for anchor in points if anchor.get("weight")}
    return used | {form_of_place(point["at"]) for point in points}


EVERY_FEATURE = (
    {f"{count} children" for count in range(1, 6)} | {"sex U", "unborn", "must", "prefer", "no location", "weight"}
    | {f"needed {when}" for when in plain_score.AVAILABLE}
    | {f"accept_unconfirmed {value}" for value in (True, False, "left out")}
    | {"provider.min_judgement", "provider.frameworks", "combine all", "combine any"}
    | {"degrees", "grid reference", "cell", "postcode", "sector", "district"}
    | {f"location.{name}" for name in ("anchors", "combine", "avoid", "squares", "area")}
    | {f"area {kind}" for kind in ("Polygon", "MultiPolygon", "Feature", "FeatureCollection", "in a file",
                                   "and anchors", "alone")} | {"hole", "no hole"})


class PlainCase(SchemeCase):
    """Searches of one epoch, checked when it is over."""

    days_ahead = 0  # of the clocks of all programs

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if cls.days_ahead:  # certificates are made today, because TLS goes by the machine's clock
            lab("down", cls.directory)
            offset = {"HEARTH_CLOCK_OFFSET": str(cls.days_ahead * 86400)}
            cls.enterClassContext(unittest.mock.patch.dict(os.environ, offset))
            cls.up()
        cls.today = cls.programs_today()
        cls.rows = read_agencies(cls.directory)
        path = cls.directory / "gazetteer.csv"
        known = plain_places.with_means(*plain_places.read_onspd(path)) if path.exists() else {}
        cls.places = plain_places.Places(known)
        cls.held = {agency: cls.holdings(agency) for agency in cls.rows}

    @classmethod
    def programs_today(cls):
        """The day in London of their clocks."""
        now = datetime.datetime.now(datetime.timezone.utc)
        return places.london_today(now + datetime.timedelta(days=cls.days_ahead))

    @classmethod
    def holdings(cls, agency):
        with open(cls.directory / "carers" / f"{agency}.csv", encoding="utf-8-sig", newline="") as file:
            found = [plain_score.slots(row, cls.today, cls.places) for row in csv.DictReader(file)]
        return [holding for holding in found if holding]

    def ranking(self, request):
        """The plain Ranking; None where the request has no acceptable cell, or too many quadrants."""
        plain = plain_score.PlainRequest(request, self.places, self.directory)
        quadrants = {(column // 10, row // 10) for column, row in plain.cells}
        if not plain.anywhere and not 0 < len(quadrants) <= MOST_QUADRANTS:
            return None
        scores = {}
        for agency, held in self.held.items():
            own = [plain.score(*holding) for holding in held]
            scores[agency] = [score for score in own if score is not None]
        return plain_rank.Ranking(request.get("provider", {}), scores, self.rows)

    def search_directly(self, request):
        """Exit status and the JSON printed."""
        la = self.scheme.parties.las[0]
        done = self.run_party(la, "search", self.request_file(request), "--json", "--quiet")
        self.assertNotEqual(done.stdout, "", done.stderr)
        return done.returncode, json.loads(done.stdout)

    def search_all(self, requests):
        with concurrent.futures.ThreadPoolExecutor(2 * os.cpu_count()) as pool:
            return list(pool.map(self.search_directly, requests))

    def end_epoch(self):
        """Stops the matcher; gives the seed of all searches' ties, after checking it against what was published
        before."""
        matcher = self.scheme.parties.matcher
        self.assertTrue(self.scheme.stop(matcher))
        done = self.run_party(matcher, "audit", "show", "--json")
        entries = [json.loads(line) for line in done.stdout.splitlines()]
        start = max(number for number, entry in enumerate(entries) if entry["kind"] == "started")
        by_kind = collections.defaultdict(list)
        for entry in entries[start:]:
            by_kind[entry["kind"]].append(entry["fields"])
        self.assertEqual((len(by_kind["epoch"]), len(by_kind["tie_seed"])), (1, 1))
        seed = bytes.fromhex(by_kind["tie_seed"][0]["seed"])
        self.assertEqual(by_kind["epoch"][0]["tie_commitment"], plain_rank.commitment(seed).hex())
        self.assertEqual({query["epoch"] for query in by_kind["query"]}, {by_kind["epoch"][0]["epoch"]})
        return seed

    def difference(self, ranking, code, answer, seed):
        """What is wrong with an answer, in words; None where all is as computed."""
        if ranking is None:
            return None if code == 2 else f"exit status {code}, where the location is not acceptable"
        if code not in (0, 3):
            return f"exit status {code}: {answer}"
        expected, more = ranking.order(seed, bytes.fromhex(answer["query_hash"]))
        found = [(agency["id"], agency["band"]) for agency in answer["agencies"]]
        if found != expected:
            return f"found {found}, computed {expected}"
        if [agency["rank"] for agency in answer["agencies"]] != list(range(1, len(found) + 1)):
            return "the ranks are not 1, 2, 3..."
        counts = {"asked": len(self.rows), "answered": len(self.rows), "declined": 0, "more": more}
        wrong = {name: answer[name] for name in counts if answer[name] != counts[name]}
        if wrong or code != (0 if expected else 3):
            return f"exit status {code}, {wrong}"
        return None

    def check_all(self, requests):
        """Searches, then compares every answer; gives the answers and the plain rankings."""
        answers = self.search_all(requests)
        seed = self.end_epoch()
        if self.programs_today() != self.today:
            self.skipTest("midnight has passed in London meanwhile: availability has changed")
        rankings = [self.ranking(request) for request in requests]
        wrong = []
        for request, ranking, (code, answer) in zip(requests, rankings, answers):
            difference = self.difference(ranking, code, answer, seed)
            if difference:
                wrong.append(f"{json.dumps(request)}\n    {difference}")
        self.assertFalse(wrong, "\n".join([f"{len(wrong)} of {len(requests)} differ:", *wrong[:SHOWN]]))
        return answers, rankings


class PlainSearch(PlainCase):
    agencies, households, seed = 16, 700, 21
    searches = REQUESTS
    seconds = 600  # for 500 searches; they take 130 on two idle cores
    regions = ["West Midlands", "East Midlands"]  # near one another, so that several have somebody

    @classmethod
    def prepare(cls):
        cls.directory.mkdir()
        today = places.london_today()
        cls.gazetteer = postcodes.invent(random.Random(cls.seed))
        population.generate(cls.directory, cls.seed, cls.agencies, cls.households, catalogue.Catalogue(), today,
                            cls.regions, population.Options(today, gazetteer=cls.gazetteer, postcode_share=0.4))
        cls.write_gazetteer(cls.directory / "gazetteer.csv", today)
        rows = read_agencies(cls.directory).values()
        for number, row in enumerate(rows):
            row["judgement"] = ALL_JUDGEMENTS[number % len(ALL_JUDGEMENTS)]
            row["tier"] = ["", "standard", "enhanced"][number % 3]
        population.write_csv(cls.directory / "agencies.csv", [*population.AGENCY_COLUMNS, "tier"], rows)
        for path in (cls.directory / "carers").glob("*.csv"):
            cls.enlarge(path)

    @classmethod
    def write_gazetteer(cls, path, today):
        """Some postcodes have ended: they still have a place, but count no more for their sector's; of one sector
        all have."""
        postcodes.write(cls.gazetteer, path, today)
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        for number, line in enumerate(lines[1:], 1):
            fields = line.split(",")
            if number % 7 == 0 or "ZZ12 4" in fields[2]:
                lines[number] = ",".join([*fields[:4], "201905", *fields[5:]])
        path.write_text("".join(lines), encoding="utf-8")

    @staticmethod
    def enlarge(path):
        """Gives some households more places than most have, so that groups of siblings find somebody."""
        with open(path, encoding="utf-8", newline="") as file:
            households = list(csv.DictReader(file))
        for number, household in enumerate(households):
            if household["status"] == "available" and number % 4 == 0:
                household["places"] = household["approved_places"] = 3 + number // 4 % 7
        population.write_csv(path, list(households[0]), households)

    def test_random_requests(self):
        source = enquiry.Enquiries(catalogue.Catalogue(), enquiry.read_households(self.directory), self.seed,
                                   self.gazetteer.points, areas=True)
        requests = [source.make() for _ in range(self.searches)]
        for number, request in enumerate(requests):
            if number % 3 == 0 and "area" in request.get("location", {}):
                self.put_area_in_a_file(request, number)
        answers, rankings = self.check_all(requests)
        lists = [answer["agencies"] for code, answer in answers if code == 0]
        least = 0.4 if self.searches >= 40 else 0.2
        self.assertGreater(len(lists), self.searches * least, "too few searches find anybody to test anything")
        if self.searches >= 100:
            self.assertEqual(EVERY_FEATURE - set().union(*map(features, requests)), set())
            self.assertEqual({agency["band"] for found in lists for agency in found}, set(plain_rank.BANDS))
            self.assertGreater(max(map(len, lists)), 6)
            self.assertGreater(sum(len(found) > 2 for found in lists), self.searches / 10)
            self.assertGreater(sum(ranking is not None and ranking.ties() > 0 for ranking in rankings),
                               self.searches / 20, "too few lists have ties that the hash decides")

    def put_area_in_a_file(self, request, number):
        name = f"area {number}.geojson"
        (self.directory / name).write_text(json.dumps(request["location"]["area"]), encoding="utf-8")
        request["location"]["area"] = name


class Later(PlainSearch):
    """The same on a day on which statuses have grown old and other days have come."""

    agencies, households, seed = 6, 250, 23
    days_ahead = 12
    searches = max(10, REQUESTS // 10)


class Many(PlainCase):
    """More agencies than are listed, many of them equal."""

    agencies = 34
    heading = ["ref", "grid_ref", "lat", "lon", "ages", "sexes", "places", "approved_places", "placement_types",
               "status", "status_date", "available_from", "offers"]

    @classmethod
    def prepare(cls):
        cls.directory.mkdir()
        (cls.directory / "carers").mkdir()
        rows = [{"id": f"ifa-{number}", "name": f"Agency {number}", "urn": f"ZZ{number:06d}",
                 "judgement": ALL_JUDGEMENTS[number % len(ALL_JUDGEMENTS)],
                 "frameworks": "EAST" if number % 4 else "WEST; EAST",
                 "sector": "private", "contact": "referrals@agency.example"} for number in range(cls.agencies)]
        population.write_csv(cls.directory / "agencies.csv", population.AGENCY_COLUMNS, rows)
        for number, row in enumerate(rows):
            households = [cls.household(number, count) for count in range([1, 2, 4, 5, 6][number % 5])]
            population.write_csv(cls.directory / "carers" / f"{row['id']}.csv", cls.heading, households)

    @classmethod
    def household(cls, agency, number):
        return dict.fromkeys(cls.heading, "") | {
            "ref": f"A{agency}-{number}", "grid_ref": "SE 31 35" if number % 2 else "SE 42 22", "ages": "0-17",
            "sexes": "M;F", "approved_places": 2, "placement_types": "PT_LONG", "status": "available",
            "status_date": places.london_today().isoformat(),
            "offers": ["CS_SIM;CS_DRIVE", "CS_DRIVE", ""][(agency + number) % 3]}

    def test_more_than_are_listed(self):
        base = {"search_ref": "MANY", "children": [{"age": 9, "sex": "F"}],
                "placement": {"type": "PT_LONG", "needed_by": "today"}}
        changes = [{}, {"must": ["CS_DRIVE"]},
                   {"prefer": {"CS_SIM": 5, "CS_DRIVE": 1}}, {"prefer": {"CS_DRIVE": 5}},
                   {"prefer": {"CS_SIM": 3, "CS_DRIVE": 4, "LN_PL": 3},  # 700 and 400 exactly
                    "placement": {"type": "PT_LONG", "needed_by": "today", "accept_unconfirmed": False}},
                   {"provider": {"frameworks": ["WEST"]}}, {"provider": {"frameworks": ["west"]}},
                   {"provider": {"min_judgement": "outstanding"}}, {"provider": {"min_judgement": "good"}},
                   {"provider": {"min_judgement": "requires_improvement"}},
                   {"location": {"anchors": [{"at": "SE 31 35", "within_km": 20, "weight": 5}]}}]
        answers, _ = self.check_all([base | change for change in changes for _ in range(2)])
        listed = [(len(answer["agencies"]), answer["more"]) for _, answer in answers]
        self.assertEqual(listed[0], (plain_rank.MOST_LISTED, True))
        self.assertIn(False, [more for _, more in listed])
        orders = [[agency["id"] for agency in answer["agencies"]] for _, answer in answers[:2]]
        self.assertNotEqual(*orders, "two searches of one request have one order: ties are always won by the same")
