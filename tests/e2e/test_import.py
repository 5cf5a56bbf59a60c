# SPDX-License-Identifier: Apache-2.0
"""Carer files as agencies have them: untidy exports against tidy ones of the same households, mappings, reports,
dry runs, availability alone."""

import csv
import datetime
import json
import pathlib
import stat
import subprocess

from support import COMMAND_SECONDS, GENERATE, SchemeCase

import places  # from tests/lab
import postcodes

HEADING = ("ref,name,grid_ref,ages,sexes,places,approved_places,placement_types,status,status_date,"
           "available_from,offers")


def row(ref, **columns):
    values = {"ref": ref, "name": "Ada Dunnock", "grid_ref": "SE 297 338", "ages": "0-17", "sexes": "M;F",
              "places": "1", "approved_places": "2", "placement_types": "PT_LONG", "status": "available",
              "status_date": "2026-11-01", "available_from": "", "offers": "DS_AUT"} | columns
    return ",".join(values[name] for name in HEADING.split(","))


class ImportCase(SchemeCase):
    def setUp(self):
        self.agent = self.scheme.parties.agents[0]
        self.today = places.london_today()

    def run_agent(self, *words, agent=None, code=0):
        done = self.run_party(agent or self.agent, *map(str, words))
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def json_of(self, *words, agent=None, code=0):
        return json.loads(self.run_agent(*words, "--json", agent=agent, code=code).stdout)

    def file(self, name, *lines):
        path = self.directory / name
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path


class Untidy(ImportCase):
    """The lab imports the tidy files; the untidy ones say the same in other words."""

    agencies, households, seed = 8, 240, 5

    @classmethod
    def generate(cls, directory, *options):
        subprocess.run([GENERATE, "--seed", str(cls.seed), "--agencies", str(cls.agencies), "--households",
                        str(cls.households), "--invent-postcodes", *options, directory], check=True,
                       capture_output=True, timeout=COMMAND_SECONDS)

    @classmethod
    def prepare(cls):
        cls.generate(cls.directory)
        cls.untidy = cls.directory.parent / "untidy"
        cls.wrong = cls.directory.parent / "wrong"
        cls.generate(cls.untidy, "--untidy")
        cls.generate(cls.wrong, "--untidy", "--bad-rows", "65")

    def words(self, folder, agent):
        """The words for an import of the agency's file there, with its mapping."""
        mapping = folder / "carers" / f"{agent.id}.mapping.json"
        words = ["--mapping", mapping] if mapping.exists() else []
        return ["import", folder / "carers" / f"{agent.id}.csv", *words]

    def test_the_same_households(self):
        mapped = 0
        for agent in self.scheme.parties.agents:
            words = self.words(self.untidy, agent)
            mapped += "--mapping" in words
            with self.subTest(agency=agent.id):
                told = self.json_of(*words, "--dry-run", "--replace", agent=agent)
                counts = told["added"], told["changed"], told["removed"]
                self.assertEqual((counts, told["problems"]), ((0, 0, 0), []), told["changes"][:3])
                self.assertEqual((told["unchanged"], told["changes"]), (told["rows"], []))
        self.assertTrue(0 < mapped < self.agencies)

    def test_a_saved_mapping_is_the_same(self):
        for agent in self.scheme.parties.agents[:3]:
            saved = self.directory / "saved.json"
            self.run_agent(*self.words(self.untidy, agent), "--dry-run", "--save-mapping", saved, agent=agent)
            path = self.untidy / "carers" / f"{agent.id}.csv"
            told = self.json_of("import", path, "--mapping", saved, "--dry-run", agent=agent)
            self.assertEqual((told["changed"], told["added"], told["notes"]), (0, 0, []))

    def test_bad_rows_are_reported(self):
        with open(self.wrong / "bad-rows.csv", encoding="utf-8", newline="") as file:
            listed = list(csv.DictReader(file))
        for agent in self.scheme.parties.agents:
            bad = [each for each in listed if each["agency"] == agent.id]
            report = self.directory / "report.csv"
            words = [*self.words(self.wrong, agent), "--dry-run", "--report", report]
            told = self.json_of(*words, agent=agent, code=2)
            with open(report, encoding="utf-8", newline="") as file:
                in_file = [each for each in csv.DictReader(file) if each["kind"] == "problem"]
            self.assertEqual([str(p["line"]) for p in told["problems"]], [p["line"] for p in in_file])
            self.assertEqual(stat.S_IMODE(report.stat().st_mode), 0o600)
            for each in bad:
                lines = range(int(each["line"]), int(each["last_line"]) + 1)
                found = {p["column"] for p in told["problems"] if p["line"] in lines}
                with self.subTest(**each):
                    self.assertEqual(found, {each["column"]})
            self.assertEqual(told["problem_count"], len(bad))


    def test_postcodes(self):
        """Spelt anyhow; the middle of a sector, and a postcode that is not known, are told."""
        gazetteer = postcodes.read(self.directory / "gazetteer.csv")
        unit = sorted(gazetteer.points)[0]
        sector = unit[:-2]
        heading = HEADING.replace("grid_ref", "Post Code")
        path = self.file("postcodes.csv", heading, row("U1", grid_ref=unit.lower().replace(" ", "")),
                         row("U2", grid_ref=f"  {unit.replace(' ', '   ')} "), row("U3", grid_ref=sector))
        told = self.json_of("import", path, "--dry-run")
        self.assertEqual((told["added"], [(note["line"], note["column"]) for note in told["notes"]]),
                         (3, [(4, "postcode")]))
        self.assertIn("in the middle", told["notes"][0]["message"])
        self.json_of("import", path)
        self.addCleanup(self.run_agent, "remove", "U1", "U2", "U3")
        held = {carer["ref"]: carer for carer in self.json_of("list")["carers"]}
        east, north = gazetteer.points[unit]
        for ref in ("U1", "U2"):
            self.assertEqual(held[ref]["location"], unit)
            reference = places.grid_reference(east, north, 2).replace(" ", "")
            quarter = ("SN"[north % 10000 >= 5000] + "WE"[east % 10000 >= 5000])
            self.assertEqual(held[ref]["cell"], reference + quarter)
        export = self.directory / "export.csv"
        export.write_text(self.run_agent("export").stdout, encoding="utf-8")
        told = self.json_of("import", export)
        self.assertEqual((told["changed"], told["added"]), (0, 0))
        wrong = self.file("wrong.csv", heading, row("U4", grid_ref="ZZ99 9ZZ"), row("U5", grid_ref="Leeds"),
                          row("U6", grid_ref="SE97"))
        told = self.json_of("import", wrong, code=2)
        self.assertEqual([(p["line"], p["column"], p["heading"]) for p in told["problems"]],
                         [(line, "postcode", "Post Code") for line in (2, 3, 4)])
        self.assertNotIn("square", told["problems"][2]["message"])


class Commands(ImportCase):
    agencies, households = 1, 4

    def hold(self, *rows):
        return self.json_of("import", "--replace", self.file("held.csv", HEADING, *rows))

    def held(self):
        return {carer["ref"]: carer for carer in self.json_of("list")["carers"]}

    def test_template(self):
        path = self.directory / "template.csv"
        path.unlink(missing_ok=True)
        done = subprocess.run([self.agent.program, "template"], check=True, capture_output=True, encoding="utf-8")
        self.run_agent("template", "--out", path)
        self.assertEqual(path.read_text(encoding="utf-8").splitlines(), done.stdout.splitlines())
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
        told = self.json_of("import", "--dry-run", path)
        self.assertEqual((told["rows"], told["added"], told["problems"], told["notes"]), (1, 1, [], []))
        # Left in by mistake, the example is never matched: it has no vacancy, also when its status has aged.
        self.run_agent("import", "--replace", path)
        child = {"search_ref": "T", "children": [{"age": 9, "sex": "U"}],
                 "placement": {"type": "PT_LONG", "needed_by": "later"}}
        for days in (0, 60):
            done = self.run_party(self.agent, "score", "--json", self.request_file(child),
                                  clock_offset=days * 86400)
            self.assertEqual(done.returncode, 3, done.stdout + done.stderr)
        self.run_agent("template", "--out", path, code=1)  # nothing is overwritten

    def test_dry_run(self):
        self.hold(row("A"), row("B"), row("C"), row("D"))
        path = self.file("new.csv", HEADING, row("A"), row("B", places="2", offers="RC_MISS", ages="0-4"),
                         row("D", name="=1+1"), row("E"))
        done = self.run_agent("import", "--dry-run", "--replace", path)
        self.assertEqual(done.stdout.splitlines(), [
            "B: changed: ages 0-17 -> 0-4; places 1 -> 2; offers +RC_MISS -DS_AUT", "C: removed",
            "D: changed: name Ada Dunnock -> =1+1", "E: added",
            "1 added, 2 changed, 1 unchanged, 1 removed, 0 skipped (dry run: nothing was changed)"])
        told = self.json_of("import", "--dry-run", path)
        self.assertEqual([(each["ref"], each["change"]) for each in told["changes"]],
                         [("B", "changed"), ("D", "changed"), ("E", "added")])
        self.assertEqual(told["changes"][0]["columns"][2], {"column": "offers", "was": "DS_AUT", "is": "RC_MISS"})
        self.assertEqual(set(self.held()), set("ABCD"))
        self.assertNotIn("changes", self.json_of("import", path))
        self.assertEqual(set(self.held()), set("ABCDE"))
        export = self.run_agent("export").stdout
        self.assertIn("D,'=1+1,", export)  # no spreadsheet runs it
        again = self.directory / "export.csv"
        again.write_text(export, encoding="utf-8")
        self.assertEqual(self.json_of("import", again)["unchanged"], 5)

    def test_one_report_of_all(self):
        path = self.file("wrong.csv", HEADING, row("A", ages="18", sexes="X", offers="DS_ATU;NO;DS_AUT"), row("B"),
                         row("B", places="10"), *(row(f"R{n}", ages="18") for n in range(300)))
        report = self.directory / "report.json"
        done = self.run_agent("import", path, "--report", report, code=2)
        lines = done.stderr.splitlines()
        self.assertIn(f"{path}: 207 more problems; --report FILE.csv writes all of them", lines)
        self.assertIn("303 of 303 rows are wrong; nothing was changed", lines[-1])
        self.assertTrue(any("DS_AUT" in line and '"DS_ATU"' in line for line in lines), lines[:6])
        told = json.loads(report.read_text(encoding="utf-8"))
        self.assertEqual(len(told["problems"]), 307)
        self.assertEqual({(p["line"], p["value"]) for p in told["problems"] if p["column"] == "ref"},
                         {(3, "B"), (4, "B")})
        self.assertEqual(stat.S_IMODE(report.stat().st_mode), 0o600)
        self.run_agent("import", path, "--report", self.directory / "report.txt", code=2)
        nowhere = self.directory / "no-such-directory" / "report.csv"
        right = self.file("right.csv", HEADING, row("A"))
        told = self.json_of("import", right, "--report", nowhere, code=1)["error"]
        self.assertEqual((told["field"], "were written" in told["message"]), ("report", True))
        told = self.json_of("import", path, "--report", nowhere, code=1)["error"]
        self.assertEqual((told["field"], "were written" in told["message"]), ("report", False))
        linked = self.directory / "linked.csv"
        linked.symlink_to(path)
        before = path.read_bytes()
        for option, same in (("--report", path), ("--report", linked), ("--save-mapping", path)):
            self.assertIn(option, self.run_agent("import", path, option, same, code=2).stderr)
        self.assertEqual(path.read_bytes(), before)
        path = self.file("no.csv", HEADING, row("A"), 'B,a "stray" quote')
        self.assertEqual(self.json_of("import", path, "--report", report, code=2)["error"]["field"], "line 3")
        told = json.loads(report.read_text(encoding="utf-8"))
        self.assertEqual([problem["line"] for problem in told["problems"]], [3])

    def test_replace_does_not_remove_whom_it_cannot_read(self):
        self.hold(row("A"), row("B"))
        path = self.file("half.csv", HEADING, row("A", ages="18"))
        told = self.json_of("import", "--replace", "--skip-bad", path, code=2)
        self.assertIn("--replace", told["error"]["message"])
        self.assertEqual(set(self.held()), {"A", "B"})

    def test_mapping(self):
        self.hold(row("A"))
        path = self.file("mapped.csv", "Ref,OS Ref,Yrs,Gender,Vac,Approved for,Care,Tel,Dogs",
                         "M1,SE 297 338,any,both,one,2,LT,0113 496 0000,Tick")
        saved = self.directory / "undecided.json"
        saved.unlink(missing_ok=True)
        told = self.json_of("import", path, "--save-mapping", saved, code=2)
        self.assertEqual({p["heading"] for p in told["problems"] if not p["column"]},
                         {"Yrs", "Vac", "Care", "Tel", "Dogs"})
        mapping = json.loads(saved.read_text(encoding="utf-8"))
        self.assertEqual(mapping["headings"]["Vac"], "?")
        self.assertIn("waits for you", self.run_agent("import", path, "--mapping", saved, code=2).stderr)
        mapping["headings"] |= {"Yrs": "ages", "Vac": "places", "Tel": None, "Dogs": "Can live with pets",
                                "Care": "placement_types"}
        mapping["values"] = {"ages": {"ANY": "0-17"}, "places": {"one": "1"}, "placement_types": {"LT": "PT_LONG"},
                             "yes_no": {"tick": "Y"}}
        home = pathlib.Path(self.agent.home) / "mapping.json"
        home.write_text(json.dumps(mapping), encoding="utf-8")
        self.addCleanup(home.unlink)
        self.assertEqual(self.json_of("import", path)["added"], 1)
        self.assertEqual(self.held()["M1"]["offers"], ["PE_CAN"])
        self.assertEqual(self.json_of("import", path, "--no-mapping", code=2)["error"]["code"], "invalid")
        told = self.json_of("import", path, "--map", "Tel=name", "--map", "Approved for=", "--dry-run")
        self.assertEqual([(c["column"], c["is"]) for c in told["changes"][0]["columns"]],
                         [("name", "0113 496 0000"), ("approved_places", "1")])

    def test_postcodes_without_a_gazetteer(self):
        heading = HEADING.replace("grid_ref", "Post Code")
        told = self.json_of("import", self.file("postcodes.csv", heading, row("A", grid_ref="LS6 3AA"),
                                                row("B", grid_ref="LS6 3AB")), code=2)
        self.assertEqual(len(told["problems"]), 1)
        self.assertIn("gazetteer import", told["problems"][0]["message"])
        self.assertIn("2 of 2 rows", told["error"]["message"])

    # ---- availability alone ----
    def test_availability(self):
        self.hold(row("A"), row("B", status="available_from", available_from="2026-12-20"), row("C"), row("D"))
        now, before = self.today.isoformat(), self.held()
        path = self.file("now.csv", "Carer ID,Availability,Status updated,Available from,Vacancies,Name",
                         f"A,On hold,{now},,,Not used", f"B,,{now},,,", f"C,Available from,{now},24 Dec 2026,0,")
        told = self.json_of("availability", path, "--dry-run")
        self.assertEqual((told["changed"], [change["ref"] for change in told["changes"]]), (3, ["A", "B", "C"]))
        self.assertEqual(self.held(), before)
        self.assertEqual(self.json_of("availability", path)["changed"], 3)
        self.assertEqual(self.held(), before | {
            "A": before["A"] | {"status": "on_hold", "status_date": now},
            "B": before["B"] | {"status_date": now},
            "C": before["C"] | {"status": "available_from", "status_date": now, "available_from": "2026-12-24",
                                "places": 0}})
        self.assertEqual(self.json_of("availability", path)["unchanged"], 3)

    def test_availability_is_all_or_nothing(self):
        self.hold(row("A"), row("B"), row("C"))
        before = self.held()
        path = self.file("wrong.csv", "ref,status,status_date,available_from,places", "A,full,2026-11-02,,",
                         "nobody,full,2026-11-02,,", "B,available_from,2026-11-02,,", "C,,,2026-12-01,10",
                         "C,full,,,")
        told = self.json_of("availability", path, code=2)
        self.assertEqual({(p["line"], p["column"]) for p in told["problems"]},
                         {(3, "ref"), (4, "available_from"), (5, "places"), (5, "ref"), (6, "ref")})
        path_from = self.file("from.csv", "Carer ID,Next available", "A,1/12/2026")
        told = self.json_of("availability", path_from, code=2)["problems"]
        self.assertEqual([(p["column"], p["heading"], p["value"]) for p in told],
                         [("available_from", "Next available", "2026-12-01")])
        self.assertEqual(self.held(), before)
        told = self.json_of("availability", path, "--skip-bad")
        self.assertEqual((told["changed"], told["skipped"]), (1, 4))
        self.assertEqual(self.held()["A"]["status"], "full")
        path = self.file("undated.csv", "ref,status", "A,available")
        self.assertEqual(self.json_of("availability", path, code=2)["problems"][0]["column"], "status_date")
        self.assertEqual(self.json_of("availability", path, "--status-date", "3/11/2026")["changed"], 1)
        self.assertEqual(self.held()["A"]["status_date"], "2026-11-03")
        tomorrow = self.today + datetime.timedelta(days=1)
        self.run_agent("availability", path, "--status-date", tomorrow, code=2)

    def test_set(self):
        self.hold(row("A", status="available_from", available_from="2026-12-20"), row("B"))
        now = self.today.isoformat()
        done = self.run_agent("set", "A", "--status", "On hold", "--places", "0")
        self.assertEqual(done.stdout, f"A: changed: places 1 -> 0; status available_from -> on_hold; "
                                      f"status_date 2026-11-01 -> {now}; available_from 2026-12-20 -> (blank)\n")
        self.assertEqual(self.json_of("set", "A", "--status", "on_hold")["change"], "unchanged")
        told = self.json_of("set", "B", "--status", "available_from", "--available-from", "24/12/2026",
                            "--status-date", "2026-11-05")
        self.assertEqual([c["is"] for c in told["columns"]], ["available_from", "2026-11-05", "2026-12-24"])
        for words, option in ((["--status", "busy"], '--status: "busy"'), (["--places", "10"], '--places: "10"'),
                              (["--status", "available_from"], "--available-from"),
                              (["--status", "full", "--available-from", "2026-12-24"], "--available-from"),
                              (["--status-date", "2099-01-01"], "--status-date"),
                              (["--approved-places", "x"], "--approved-places")):
            with self.subTest(words=words):
                self.assertIn(option, self.run_agent("set", "A", *words, code=2).stderr)
        self.run_agent("set", "A", code=2)
        self.run_agent("set", "nobody", "--status", "full", code=2)
        self.assertEqual((self.held()["A"]["status"], self.held()["B"]["places"]), ("on_hold", 1))
