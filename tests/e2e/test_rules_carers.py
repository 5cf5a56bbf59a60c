# SPDX-License-Identifier: Apache-2.0
"""Every rule of docs/domain.md "Carer profiles", through `hearth-agent import` and `score`: values that are good,
bad, and just on either side of a limit, many rows a file."""

import csv
import datetime
import io
import json

from support import SchemeCase

import catalogue  # from tests/lab
import places
import postcodes

HEADING = ["ref", "name", "grid_ref", "lat", "lon", "ages", "sexes", "places", "approved_places",
           "placement_types", "status", "status_date", "available_from", "offers"]
LOCATION = {"grid_ref", "lat", "lon", "postcode"}
DAY = datetime.timedelta(days=1)
ANYWHERE = {"search_ref": "RULES", "children": [{"age": 9, "sex": "F"}]}
MARGIN = datetime.timedelta(minutes=5)


def good_row(**columns):
    return dict.fromkeys(HEADING, "") | {
        "ref": "R", "grid_ref": "SE 297 338", "ages": "0-17", "sexes": "M;F", "approved_places": "2",
        "placement_types": "PT_LONG", "status": "available", "status_date": "2026-11-01"} | columns


def csv_text(rows, heading=HEADING, end="\n"):
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, heading, lineterminator=end, extrasaction="ignore", restval="")
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()


class CarersCase(SchemeCase):
    agencies, households = 1, 4

    def setUp(self):
        self.agent = self.scheme.parties.agents[0]
        self.today = places.london_today()

    def run_import(self, data, *options, clock_offset=None):
        """Exit status and the JSON printed; data: text or bytes."""
        path = self.directory / "case.csv"
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        done = self.run_party(self.agent, "import", "--json", *options, path, clock_offset=clock_offset)
        self.assertIn(done.returncode, (0, 2), done.stderr)
        return done.returncode, json.loads(done.stdout)

    def import_rows(self, rows, heading=HEADING, clock_offset=None):
        """Replaces all carers."""
        code, answer = self.run_import(csv_text(rows, heading), "--replace", clock_offset=clock_offset)
        self.assertEqual(code, 0, answer)

    def eligible(self, needed_by="later", accept=True, clock_offset=None, **request):
        """The references that `score` finds eligible."""
        placement = {"type": "PT_LONG", "needed_by": needed_by, "accept_unconfirmed": accept}
        path = self.request_file(ANYWHERE | {"placement": placement} | request)
        done = self.run_party(self.agent, "score", "--json", path, clock_offset=clock_offset)
        self.assertIn(done.returncode, (0, 3), done.stdout + done.stderr)
        return {household["ref"] for household in json.loads(done.stdout)["eligible"]}

    def problems(self, rows, heading=HEADING, clock_offset=None):
        """For each row the columns that are named as wrong, and what is said of them."""
        rows = [row | {"ref": f"R{number}"} if row["ref"] == "R" else row for number, row in enumerate(rows)]
        code, answer = self.run_import(csv_text(rows, heading), "--dry-run", "--skip-bad",
                                       clock_offset=clock_offset)
        self.assertEqual(code, 0, answer)
        self.assertEqual(answer["rows"], len(rows))
        found = [{} for _ in rows]
        for problem in answer["problems"]:
            self.assertTrue(problem["message"])
            found[problem["line"] - 2][problem["column"]] = problem["message"]
        self.assertEqual(answer["skipped"], sum(map(bool, found)))
        return found

    def take(self, columns, good=(), bad=(), field=None, **others):
        """Each value (a tuple where there are several columns) in a row of its own: the good ones are taken,
        the bad ones refused with `field` (a set of columns; default: the columns) named."""
        names = columns.split()
        cases = [(case, False) for case in good] + [(case, True) for case in bad]
        rows = [good_row(**others | dict(zip(names, case if isinstance(case, tuple) else (case,))))
                for case, _ in cases]
        heading = HEADING + [name for name in [*names, *others] if name not in HEADING]
        for (case, wrong), problems in zip(cases, self.problems(rows, heading)):
            with self.subTest(columns=columns, case=case, wrong=wrong):
                if wrong:
                    self.assertTrue(problems, "was taken")
                    self.assertTrue(set(problems) & (field or set(names)), problems)
                else:
                    self.assertEqual(problems, {})


class CarerRules(CarersCase):
    # ---- columns ----
    def test_ref(self):
        self.take("ref", ["1", "x" * 64, "Household 7/b", "é" * 32], ["", " ", "x" * 65, "é" * 33])

    def test_ref_is_unique_in_the_file(self):
        problems = self.problems([good_row(ref="A"), good_row(ref="B"), good_row(ref="A")])
        self.assertIn("ref", problems[2])
        self.assertEqual(problems[1], {})

    def test_name(self):
        self.take("name", ["", "Ada Dunnock", 'Ada "Addie" Dunnock', "Zoë, and Bram", "x" * 200], ["x" * 201])

    def test_one_location(self):
        self.take("grid_ref lat lon",
                  [("SE 297 338", "", ""), ("SE297338", "", ""), ("se23nw", "", ""), ("SE 23", "", ""),
                   ("SE23", "", ""), ("", "53.8", "-1.55"), ("", "53.80001", "-1.549999")],
                  [("", "", ""), ("SE 297 338", "53.8", "-1.55"), ("SE 297 338", "53.8", ""),
                   ("SE 297 338", "", "-1.55"), ("", "53.8", ""), ("", "", "-1.55"),
                   ("", "91", "-1.55"), ("", "53.8", "181"), ("", "0", "0"), ("", "x", "y"), ("", "53,8", "-1,55"),
                   ("", "nan", "nan"), ("SE 29 338", "", ""), ("ZZ 29 33", "", ""), ("SE", "", ""),
                   ("Leeds", "", "")], LOCATION)

    def test_postcode_needs_a_gazetteer(self):
        self.take("postcode", [""])
        self.take("postcode", ["", "  "], ["LS6 3AA"])
        self.take("postcode", [], ["LS6 3AA", ""], LOCATION, grid_ref="")

    def test_ages(self):
        self.take("ages", ["0-4;8-12", "5", "0", "17", "unborn", "unborn;0", "0-17", "unborn;0-17", "3-3",
                           "0-4;2-8", " 0-4 ; 8-12 "],
                  ["", "18", "0-18", "5-3", "-1", "4-", "x", "1.5", "0-4;18", "0-4,18", "0 to 4 and a half", ";",
                   "unborn-3", "99999999999999999999"])

    def test_sexes(self):
        self.take("sexes", ["M", "F", "M;F", "F;M"], ["", "X", "U", "M;X", ";", "0"])

    def test_places(self):
        self.take("places approved_places",
                  [("0", "2"), ("1", "2"), ("2", "2"), ("", "0"), ("", "1"), ("", "9"), ("9", "9"), ("3", "")],
                  [("", ""), ("10", "10"), ("", "10"), ("-1", "2"), ("1", "-1"), ("1.5", "2"), ("two", "2"),
                   ("1", "x"), ("99999999999999999999", "2")])

    def test_placement_types(self):
        every = ";".join(catalogue.Catalogue().placement_types)
        self.take("placement_types", ["PT_LONG", "PT_LONG;PT_SHORT", every],
                  ["", "PT_NONE", "DS_AUT", "PT_LONG;PT_NONE", ";", "PT_LONG,PT_NONE"])

    def test_status(self):
        self.take("status", ["available", "full", "on_hold", "not_available", "unknown", ""],
                  ["purple", "availableish", "available_from_tomorrow"])

    def test_status_date(self):
        now = self.today
        self.take("status_date", ["", now.isoformat(), now.strftime("%d/%m/%Y"), (now - DAY).isoformat(),
                                  (now - 1000 * DAY).isoformat(), "2024-02-29"],
                  [(now + DAY).isoformat(), (now + DAY).strftime("%d/%m/%Y"), (now + 300 * DAY).isoformat(),
                   "2025-02-29", "2026-02-30", "30/02/2026", "2026-13-01", "2026-00-01", "2026-01-00",
                   "13/13/2026", "yesterday", "2026-11", "20261101x", "0"])

    def test_available_from(self):
        now = self.today
        dates = [now.isoformat(), (now - 3 * DAY).isoformat(), (now + 300 * DAY).isoformat(),
                 (now + DAY).strftime("%d/%m/%Y")]
        self.take("status available_from", [("available_from", date) for date in dates],
                  [("available_from", ""), ("available_from", "soon"), ("available_from", "2026-02-30")]
                  + [(status, dates[2]) for status in ("available", "full", "on_hold", "unknown", "")],
                  {"available_from"})

    def test_offers(self):
        known = catalogue.Catalogue()
        fields = sorted(set(known.group) - set(known.offers))
        self.take("offers", ["", "DS_AUT", "DS_AUT;CS_SIM", " DS_AUT ; CS_SIM ", "ET_WBRI;RE_CHR", *known.offers,
                             ";".join(known.offers)],
                  ["NO_SUCH", "DS_AUT;NO_SUCH", "PQ_GOOD", "PC_FWK", "DS_AUT,NO_SUCH", *fields])

    def test_offers_as_columns(self):
        self.take("DS_AUT", ["Y", "N", ""], ["X", "2", "maybe"])
        self.take("ds_aut", ["Y", "N"], ["X"], {"DS_AUT", "ds_aut"})
        self.take("offers DS_AUT", [("DS_AUT", "Y"), ("DS_AUT", ""), ("CS_SIM", "N"), ("", "Y")],
                  [("DS_AUT", "N"), ("CS_SIM;DS_AUT", "no")], {"DS_AUT"})
        self.take("sexes SEX_F", [("M;F", "Y"), ("M;F", ""), ("M", "N"), ("M", "Y")], [("M;F", "N")], {"SEX_F"})

    def test_what_is_held(self):
        """Both ways to write offers mean the same; N and blank mean no."""
        heading = [*HEADING, "DS_AUT", "CS_SIM"]
        self.import_rows([good_row(ref="list", offers="DS_AUT;RC_MISS"), good_row(ref="column", DS_AUT="Y"),
                          good_row(ref="no", DS_AUT="N"), good_row(ref="blank"),
                          good_row(ref="both", DS_AUT="Y", offers="DS_AUT"),
                          good_row(ref="other", CS_SIM="Y", offers="DS_AUT")], heading)
        self.assertEqual(self.eligible(must=["DS_AUT"]), {"list", "column", "both", "other"})
        self.assertEqual(self.eligible(must=["DS_AUT", "RC_MISS"]), {"list"})

    # ---- the file ----
    def test_forms_of_a_file(self):
        rows = [good_row(ref="A", name='Ada "Addie", of\nDunnock'), good_row(ref="B", name="Zoë")]
        text = csv_text(rows)
        windows = csv_text(rows, end="\r\n")
        spaced = text.replace("grid_ref", " Grid Ref ").replace("approved_places", '"APPROVED PLACES"')
        for name, data in (("plain", text), ("byte order mark", "\ufeff" + text), ("CRLF", windows),
                           ("both", "\ufeff" + windows), ("no end of line", text.rstrip("\n")),
                           ("blank lines", text + "\n\n"), ("headings", spaced),
                           ("other order", csv_text(rows, HEADING[::-1]))):
            with self.subTest(form=name):
                code, answer = self.run_import(data, "--dry-run")
                self.assertEqual((code, answer.get("rows")), (0, 2), answer)

    def test_lines_are_those_of_the_file(self):
        rows = [good_row(ref="A", name="Ada\nDunnock"), good_row(ref="B", sexes="X")]
        code, answer = self.run_import(csv_text(rows), "--dry-run")
        self.assertEqual(code, 2)
        self.assertEqual([(p["line"], p["column"], p["value"]) for p in answer["problems"]], [(4, "sexes", "X")])

    def test_wrong_files(self):
        text = csv_text([good_row(ref="A"), good_row(ref="B")])
        for name, data in (("empty", ""), ("Latin-1", csv_text([good_row(name="Zoë")]).encode("latin-1")),
                           ("UTF-16", text.encode("utf-16")), ("NUL", text.replace("PT_LONG", "PT_\0LONG")),
                           ("open quote", text + '"'), ("semicolons", text.replace(",", ";")),
                           ("a field more", text.rstrip("\n") + ",x\n"),
                           ("twice a column", text.replace("name", "places")),
                           ("unknown column", text.replace("name", "favourite_colour")),
                           ("twice a code", text.replace("lat", "DS_AUT").replace("lon", "ds_aut")),
                           ("column of a provider", text.replace("name", "PQ_GOOD"))):
            with self.subTest(file=name):
                code, answer = self.run_import(data, "--dry-run")
                self.assertEqual(code, 2, answer)
                self.assertTrue(answer["error"]["message"])

    def test_missing_columns(self):
        """Required: ref, ages, sexes, placement_types, a location, places or approved_places; nothing else."""
        for gone, field in (({"ref"}, {"ref"}), ({"ages"}, {"ages"}), ({"sexes"}, {"sexes"}),
                            ({"placement_types"}, {"placement_types"}), ({"grid_ref", "lat", "lon"}, LOCATION),
                            ({"places", "approved_places"}, {"places", "approved_places"})):
            with self.subTest(gone=gone):
                code, answer = self.run_import(csv_text([good_row()], [c for c in HEADING if c not in gone]))
                self.assertEqual(code, 2)
                self.assertTrue({problem["column"] for problem in answer["problems"]} & field, answer)
        kept = ["ref", "grid_ref", "ages", "sexes", "approved_places", "placement_types"]
        code, answer = self.run_import(csv_text([good_row()], kept), "--dry-run")
        self.assertEqual(code, 0, answer)

    # ---- what an import does ----
    def test_upsert_and_replace(self):
        self.import_rows([good_row(ref="A"), good_row(ref="B")])
        code, answer = self.run_import(csv_text([good_row(ref="B", ages="0-3"), good_row(ref="C")]))
        self.assertEqual((code, answer["added"], answer["changed"], answer["removed"]), (0, 1, 1, 0), answer)
        self.assertEqual(self.eligible(), {"A", "C"})
        code, answer = self.run_import(csv_text([good_row(ref="C")]), "--replace", "--dry-run")
        self.assertEqual((code, answer["removed"], answer["unchanged"]), (0, 2, 1), answer)
        self.assertEqual(self.eligible(), {"A", "C"})
        code, answer = self.run_import(csv_text([good_row(ref="C")]), "--replace")
        self.assertEqual((code, answer["removed"], answer["unchanged"]), (0, 2, 1), answer)
        self.assertEqual(self.eligible(), {"C"})

    def test_all_or_nothing(self):
        self.import_rows([good_row(ref="A")])
        mixed = csv_text([good_row(ref="B"), good_row(ref="C", sexes="X")])
        self.assertEqual(self.run_import(mixed)[0], 2)
        self.assertEqual(self.eligible(), {"A"})
        code, answer = self.run_import(mixed, "--skip-bad")
        self.assertEqual((code, answer["added"], answer["skipped"]), (0, 1, 1))
        self.assertEqual([(p["line"], p["column"]) for p in answer["problems"]], [(3, "sexes")])
        self.assertEqual(self.eligible(), {"A", "B"})


class Postcodes(CarersCase):
    @classmethod
    def prepare(cls):
        super().prepare()
        cls.gazetteer = postcodes.Gazetteer({"LS6 3AA": (427310, 435890), "LS6 3AB": (427600, 435700)})
        postcodes.write(cls.gazetteer, cls.directory / "gazetteer.csv", places.london_today())

    def test_one_of_three(self):
        self.take("postcode grid_ref lat lon",
                  [("LS6 3AA", "", "", ""), ("ls63aa", "", "", ""), ("", "SE 297 338", "", ""),
                   ("", "", "53.8", "-1.55"), ("LS6 3", "", "", ""), ("LS6", "", "", "")],
                  [("LS6 3AA", "SE 297 338", "", ""), ("LS6 3AA", "", "53.8", "-1.55"),
                   ("LS6 3AA", "", "53.8", ""), ("LS6 3ZZ", "", "", ""), ("M1 1AE", "", "", ""),
                   ("Leeds", "", "", ""), ("", "", "", ""),
                   ("SE 297 338", "", "", ""), ("LS6 3AA", "SE 297 338", "53.8", "-1.55")], LOCATION)

    def test_its_cell_counts(self):
        """LS6 3AA is in SE23NE, whose centre is at 427500, 437500."""
        heading = [*HEADING, "postcode"]
        self.import_rows([good_row(ref="by postcode", grid_ref="", postcode="LS6 3AA"),
                          good_row(ref="elsewhere", grid_ref="SE 33")], heading)
        location = {"anchors": [{"at": "SE 27500 37500", "within_km": 1}]}
        self.assertEqual(self.eligible(location=location), {"by postcode"})
        location = {"anchors": [{"at": "LS6 3AB", "within_km": 2}]}
        self.assertEqual(self.eligible(location=location), {"by postcode"})


class Availability(CarersCase):
    """What a status means on a day."""

    def by_need(self, **options):
        """The eligible for each needed_by, confirmed only; and with the unconfirmed, for later."""
        found = [self.eligible(need, False, **options) for need in ("today", "within_5_days", "later")]
        return [*found, self.eligible("later", True, **options)]

    @staticmethod
    def since(status, date, **columns):
        return good_row(status=status, status_date=date.isoformat() if date else "", **columns)

    def test_statuses(self):
        now = self.today
        start = {day: (now + day * DAY).isoformat() for day in (-400, -1, 0, 1, 5, 6, 400)}
        self.import_rows(
            [self.since(status, now, ref=status or "blank") for status in
             ("available", "full", "on_hold", "not_available", "unknown", "")]
            + [self.since("available_from", now, ref=f"from {day}", available_from=date)
               for day, date in start.items()])
        today = {"available", "from -400", "from -1", "from 0"}
        five = today | {"from 1", "from 5"}
        later = five | {"from 6", "from 400"}
        self.assertEqual(self.by_need(), [today, five, later, later | {"unknown", "blank"}])

    def test_28_days(self):
        """28 days old is fresh, 29 is unknown, whatever it was; without a date it is unknown too."""
        now = self.today
        dates = {"0": now, "28": now - 28 * DAY, "29": now - 29 * DAY, "none": None}
        self.import_rows([self.since(status, date, ref=f"{status} {age}") for age, date in dates.items()
                          for status in ("available", "full", "on_hold", "not_available", "unknown", "")]
                         + [self.since("available_from", date, ref=f"available_from {age}",
                                       available_from=(now + DAY).isoformat()) for age, date in dates.items()])
        sure = {"available 0", "available 28"}
        soon = sure | {"available_from 0", "available_from 28"}
        unsure = {f"{status} {age}" for age in ("29", "none") for status in
                  ("available", "full", "on_hold", "not_available", "available_from")}
        unsure |= {f"{status} {age}" for age in dates for status in ("unknown", "")}
        unsure = {ref.strip() for ref in unsure}
        self.assertEqual(self.by_need(), [sure, soon, soon, soon | unsure])

    def test_fresh_days_is_a_setting(self):
        now = self.today
        self.import_rows([self.since("available", now - age * DAY, ref=str(age)) for age in (0, 10, 11, 28)])
        config = self.agent.home / "config.json"
        before = config.read_bytes()
        self.addCleanup(config.write_bytes, before)
        config.write_text(json.dumps(json.loads(before) | {"fresh_days": 10}), encoding="utf-8")
        self.assertEqual(self.by_need()[0], {"0", "10"})

    def test_places_are_held(self):
        self.import_rows([good_row(ref="0 of 2", places="0", approved_places="2"),
                          good_row(ref="1 of 2", places="1", approved_places="2"),
                          good_row(ref="blank of 2", places="", approved_places="2"),
                          good_row(ref="2 of blank", places="2", approved_places=""),
                          good_row(ref="4", places="4"), good_row(ref="5", places="5"),
                          good_row(ref="9", places="9")])
        child = {"age": 9, "sex": "U"}
        expected = {1: {"1 of 2", "blank of 2", "2 of blank", "4", "5", "9"},
                    2: {"blank of 2", "2 of blank", "4", "5", "9"},
                    4: {"4", "5", "9"}, 5: {"5", "9"}}
        for count, refs in expected.items():
            with self.subTest(children=count):
                self.assertEqual(self.eligible(children=[child] * count), refs)

    def test_ages_and_sexes_are_held(self):
        self.import_rows([good_row(ref="all", ages="unborn;0-17"), good_row(ref="girls", sexes="F", ages="0-17"),
                          good_row(ref="gap", ages="0-4;8-12"), good_row(ref="unborn", ages="unborn"),
                          good_row(ref="baby", ages="0")])
        for children, refs in (
                ([("unborn", "U")], {"all", "unborn"}), ([(0, "U")], {"all", "girls", "gap", "baby"}),
                ([(4, "F")], {"all", "girls", "gap"}), ([(5, "U")], {"all", "girls"}),
                ([(8, "M")], {"all", "gap"}), ([(4, "M"), (8, "F")], {"all", "gap"}),
                ([(4, "F"), (6, "F")], {"all", "girls"}),
                ([("unborn", "U"), (0, "U")], {"all"}), ([(17, "M")], {"all"})):
            with self.subTest(children=children):
                made = [{"age": age, "sex": sex} for age, sex in children]
                self.assertEqual(self.eligible(children=made), refs)

    # ---- the day in London ----
    def offset_to(self, moment):
        """Seconds from now to a moment, a naive datetime of UTC."""
        return (moment - datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)).total_seconds()

    def test_midnight_in_london(self):
        """In winter the day begins at 00:00 UTC, in summer at 23:00 UTC. On the day that the clocks go forward it
        still begins by winter time, the next one by summer time."""
        year = self.today.year + (self.today.month > 6)
        change = max(datetime.date(year, 3, day) for day in range(25, 32)
                     if datetime.date(year, 3, day).weekday() == 6)
        winter = self.today + 20 * DAY if self.today.month in (11, 12, 1) else datetime.date(year, 1, 15)
        for day, hours in ((winter, 0), (change, 0), (change + DAY, -1), (datetime.date(year, 7, 10), -1)):
            if day <= self.today:
                continue
            midnight = datetime.datetime.combine(day, datetime.time()) + datetime.timedelta(hours=hours)
            before, after = self.offset_to(midnight - MARGIN), self.offset_to(midnight + MARGIN)
            with self.subTest(day=day):
                self.check_midnight(day, before, after)

    def check_midnight(self, day, before, after):
        tomorrow = [self.since("available", day)]
        self.assertIn("status_date", self.problems(tomorrow, clock_offset=before)[0])
        self.assertEqual(self.problems(tomorrow, clock_offset=after), [{}])
        self.import_rows([self.since("available", day - 29 * DAY, ref="old"),
                          self.since("available_from", day - DAY, ref="five", available_from=str(day + 5 * DAY)),
                          self.since("available_from", day - DAY, ref="come", available_from=str(day))],
                         clock_offset=before)
        self.assertEqual(self.by_need(clock_offset=before),
                         [{"old"}, {"old", "come"}, {"old", "come", "five"}, {"old", "come", "five"}])
        self.assertEqual(self.by_need(clock_offset=after),
                         [{"come"}, {"come", "five"}, {"come", "five"}, {"old", "come", "five"}])
