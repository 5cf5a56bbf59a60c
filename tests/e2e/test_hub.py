# SPDX-License-Identifier: Apache-2.0
"""A period of a hub over real processes whose clocks are moved on together: the manifest, agencies and LAs that
contribute, one that is missing, one that is late, one that reached the matcher alone; what is released is a plain
recount of the agencies' files within the noise that is told."""

import csv
import datetime
import json
import os

import support
from markers import core_of, found_in, why_no_cores
from test_story import StoryCase

DAY = 86400
HUB = "hub-1"
TABLES = {"agent": 7, "la": 11}
LEEDS, LEEDS_REGION = "E99000001", "E12000003"
# west, south, east, north: all carers live in the first.
AUTHORITIES = {"E99000001": ("Yorkshire and The Humber", -2.3, 53.5, -1.0, 54.3),
               "E99000002": ("London", -0.5, 51.2, 0.3, 51.7),
               "E99000003": ("South West", -4.0, 50.4, -3.2, 50.9),
               "E99000004": ("North East", -1.9, 54.8, -1.3, 55.3)}
DEVIATIONS = 8  # noise goes beyond in less than one of a hundred thousand cells


def boundaries():
    features = []
    for code, (region, west, south, east, north) in AUTHORITIES.items():
        ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
        features.append({"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [ring]},
                         "properties": {"ons": code, "name": f"Name of {code}", "region": region}})
    return {"type": "FeatureCollection", "features": features}


def rewrite(path, change):
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for i, row in enumerate(rows):
        change(i, row)
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


class HubCase(StoryCase):
    agencies, households = 4, 800
    later = 0  # seconds that every clock is ahead

    @classmethod
    def prepare(cls):
        support.generate(cls.directory, cls.agencies, cls.households, cls.seed)
        support.bring_together(cls.directory)
        with open(cls.directory / "las.csv", "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["id", "name", "code"])
            writer.writerows([f"la-{i}", f"Council {i}", code] for i, code in enumerate(AUTHORITIES, 1))
        (cls.directory / "areas.geojson").write_text(json.dumps(boundaries()), encoding="utf-8")
        today = datetime.date.today().isoformat()

        def change(i, row):
            status, places = ("full", "0") if i % 4 == 0 else ("available", "1")
            row.update({"status": status, "places": places, "status_date": today, "available_from": ""})
        for path in (cls.directory / "carers").glob("*.csv"):
            rewrite(path, change)

    def launch(self, *parties, later=None):
        """Starts these with clocks that are so far ahead, or as far as all."""
        os.environ["HEARTH_CLOCK_OFFSET"] = str(self.later if later is None else later)
        try:
            for party in parties:
                self.scheme.launch(self.party(party))
        finally:
            os.environ.pop("HEARTH_CLOCK_OFFSET", None)

    def go_on(self, later, *parties):
        """Stops everything and starts these again, with clocks that are so far ahead."""
        self.later = later
        self.scheme.stop(*self.scheme.parties.daemons())
        self.launch(*parties)

    def now(self, party, *arguments, codes=(0,), later=None):
        return self.tell(party, *arguments, codes=codes, clock_offset=self.later if later is None else later)

    def coverage(self):
        covered = self.now(HUB, "hub", "coverage")
        return {one["id"]: (one["coverage"], one["tables"]) for one in covered["parties"]}

    def count(self, agencies, status):
        """A plain recount of the agencies' files."""
        total = 0
        for agency in agencies:
            with open(self.directory / "carers" / f"{agency}.csv", encoding="utf-8", newline="") as file:
                total += sum(row["status"] == status for row in csv.DictReader(file))
        return total


def next_month(today):
    """Noon of its first day."""
    return today.replace(year=today.year + today.month // 12, month=today.month % 12 + 1, day=1, hour=12)


class Period(HubCase):
    def test_a_period(self):
        self.search({"search_ref": "HUB-1", "children": [{"age": 3, "sex": "U"}, {"age": 9, "sex": "U"}],
                     "placement": {"type": "PT_SHORT", "needed_by": "today"}})
        now = datetime.datetime.now(datetime.timezone.utc)
        self.period = now.strftime("%Y-%m")
        opens = int((next_month(now) - now).total_seconds())
        self.go_on(opens, "matcher", HUB)
        self.open()
        self.contribute()
        self.close(opens + 8 * DAY)
        self.come_late(opens)
        self.look()
        self.read_in_every_form()
        self.nothing_of_a_household_in_memory()

    def nothing_of_a_household_in_memory(self):
        """After a release: of contributors' households neither hub nor matcher holds anything."""
        if why_no_cores():
            return
        with open(self.directory / "carers" / "ifa-001.csv", encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))[:25]
        markers = [row[column] for row in rows for column in ("ref", "name")]
        for party in ("matcher", HUB):
            core = core_of(self, self.pid(party))
            self.assertEqual(found_in(core, markers), [], party)
            self.assertEqual(found_in(core, [HUB]), [HUB], f"the core is one of {party}'s memory")

    def open(self):
        """The month of the search; again it changes nothing."""
        self.assertEqual(self.now(HUB, "hub", "fetch", codes=(3,))["periods"], 0)
        self.open_elsewhere()
        opened = self.now(HUB, "hub", "open")
        self.assertEqual(opened["opened"], "new")
        self.assertEqual(opened["period"], self.period)
        self.assertEqual(opened["capacity"], {"enrolled": 4, "quorum": 3, "insiders": 1})
        self.assertEqual(opened["demand"], {"enrolled": 4, "quorum": 3, "insiders": 1})
        self.assertEqual(len(opened["tables"]), sum(TABLES.values()))
        again = self.now(HUB, "hub", "open", "--closes-in-days", "20")
        self.assertEqual(again.pop("opened"), "before")
        opened.pop("opened")
        self.assertEqual(again, opened)

    def open_elsewhere(self):
        """No contributor could connect to a host that the certificate does not carry."""
        path = self.party(HUB).home / "config.json"
        before = path.read_text(encoding="utf-8")
        for host in ("hub.example", "[::1]"):
            path.write_text(json.dumps(json.loads(before) | {"address": f"{host}:4422"}), encoding="utf-8")
            refused = self.now(HUB, "hub", "open", codes=(1,))["error"]
            self.assertEqual((refused["code"], refused["field"]), ("invalid", "config.json.address"))
        path.write_text(before, encoding="utf-8")

    def join(self, party):
        """Nothing goes out before the operator has agreed."""
        self.now(party, "figures", "send")
        self.now(party, "figures", "join", HUB)

    def contribute(self):
        for party in ("ifa-001", "ifa-002", "ifa-003", "la-1", "la-2", "la-3", "la-4"):
            self.join(party)
        self.assertEqual(set(self.coverage().values()), {("missing", 0)})
        for party in ("ifa-002", "ifa-003", "la-1", "la-2"):
            self.now(party, "figures", "send")
        self.launch("ifa-001")  # this one by itself
        self.wait_for(lambda: self.coverage()["ifa-001"] == ("whole", TABLES["agent"]), "ifa-001 contributes", 60)
        self.scheme.stop(self.party("ifa-001"), self.party(HUB))
        self.now("la-3", "figures", "send", codes=(4,))  # reaches the matcher alone
        self.assertEqual(self.coverage(), {
            "ifa-001": ("whole", 7), "ifa-002": ("whole", 7), "ifa-003": ("whole", 7), "ifa-004": ("missing", 0),
            "la-1": ("whole", 11), "la-2": ("whole", 11), "la-3": ("missing", 0), "la-4": ("missing", 0)})

    def close(self, later):
        """The matcher is not there, and then it is."""
        self.scheme.stop(*self.scheme.parties.daemons())
        self.later = later
        stopped = self.now(HUB, "hub", "fetch", codes=(4,))
        self.assertEqual((stopped["error"]["code"], stopped["tables"]), ("unavailable", []))
        self.launch("matcher")
        fetched = self.now(HUB, "hub", "fetch")
        self.assertEqual((fetched["released"], fetched["given_up"]), (sum(TABLES.values()), 0))
        for table in fetched["tables"]:
            capacity = table["table"].startswith("capacity")
            self.assertEqual((table["contributions"], table["taken"], table["passed"]),
                             (3, 0 if capacity else 1, 0), table)
        self.assertEqual(self.now(HUB, "hub", "fetch", codes=(3,))["periods"], 0)
        refused = self.now("la-1", "hub", "ledger", codes=(5,))["error"]
        self.assertEqual((refused["code"], refused["field"]), ("denied", "home"))

    def come_late(self, opens):
        """An LA whose clock is behind."""
        self.launch(HUB)
        sent = self.now("la-4", "figures", "send", later=opens)
        self.assertEqual({key: sent[key] for key in ("made", "late", "late_by_clock", "waiting")},
                         {"made": 11, "late": 22, "late_by_clock": 22, "waiting": 0})
        self.assertEqual(self.coverage()["la-4"], ("late", 0))

    def value(self, table, area, category):
        shown = self.now(HUB, "hub", "show", table, "--area", area)["releases"][0]
        row = next(row for row in shown["rows"] if row["area"] == area)
        return next(value for value in row["values"] if value["category"] == category)

    def look(self):
        covered = self.now(HUB, "hub", "coverage")
        self.assertEqual([one["id"] for one in covered["parties"] if one["coverage"] == "missing"], ["ifa-004"])
        self.assertEqual(covered["demand"] | {"enrolled": 4}, covered["demand"])
        self.assertEqual((covered["demand"]["whole"], covered["demand"]["late"]), (3, 1))
        ledger = self.now(HUB, "hub", "ledger")
        self.assertEqual((ledger["length"], ledger["left"]), (18, {"capacity": 11.0, "demand": 11.0}))
        there = ("ifa-001", "ifa-002", "ifa-003")
        available = self.count(there, "available")
        for table, area, category, true in (
                ("capacity_status", LEEDS_REGION, "available", available),
                ("capacity_status", LEEDS_REGION, "full", self.count(there, "full")),
                ("capacity_places", LEEDS_REGION, "available", available),
                ("capacity_la", LEEDS, "all", available)):
            with self.subTest(table=table, category=category):
                shown = self.value(table, area, category)
                value = 0 if shown["value"] == "c" else shown["value"]
                self.assertLess(abs(value - true), DEVIATIONS * shown["deviation"] + 10)
        # Or the comparison would pass for nothing at all.
        self.assertGreater(available, DEVIATIONS * self.value("capacity_status", LEEDS_REGION, "available")
                           ["deviation"] + 10)
        preview = self.now("la-1", "figures", "preview", HUB)
        table = next(one for one in preview["previews"][0]["tables"] if one["table"] == "demand_age")
        counted = {(one["area"], one["category"]): one["value"] for one in table["cells"] if one["value"]}
        self.assertEqual(counted, {(LEEDS_REGION, "0-4"): 1, (LEEDS_REGION, "5-10"): 1})

    def shown(self, *arguments, code=0):
        done = self.run_party(self.party(HUB), "hub", *map(str, arguments), clock_offset=self.later)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout if code == 0 else done.stderr

    def read_in_every_form(self):
        """The CSV has what the JSON has, a page stands alone, wrong words are told with what would be right."""
        table = "capacity_status"
        lines = list(csv.DictReader(self.shown("show", table, "--csv").splitlines()))
        self.assertEqual(list(lines[0]), ["table", "period", "area", "category", "value"])
        release = self.now(HUB, "hub", "show", table)["releases"][0]
        values = {(row["area"], one["category"]): str(one["value"])
                  for row in release["rows"] for one in row["values"]}
        self.assertEqual({(line["area"], line["category"]): line["value"] for line in lines}, values)
        self.assertTrue(all(value == "c" or int(value) >= 5 for value in values.values()), values)
        self.assertEqual(len(self.shown("show").split("capacity_age")), 2)
        self.assertIn("standard deviation", self.shown("show", table, "--area", LEEDS_REGION))
        page = self.directory / "figures.html"
        self.shown("show", "--html", page)
        text = page.read_text(encoding="utf-8")
        self.assertTrue(text.lower().startswith("<!doctype html>"))
        self.assertIn("<svg", text)
        self.assertNotIn("<script", text)
        self.assertNotRegex(text, r"(src|href)=\"?https?:")
        self.assertIn("gaps", self.now(HUB, "hub", "gaps"))
        self.assertIn("figures.html", self.shown("show", "--html", page, code=1))
        self.assertIn("capacity_age", self.shown("show", "capacity_ages", code=2))
        self.assertIn("Nowhere", self.shown("show", table, "--area", "Nowhere", code=2))
        self.assertIn("2019-13", self.shown("show", table, "--period", "2019-13", code=2))
