# SPDX-License-Identifier: Apache-2.0
"""Exports as case systems make them leave the same vault as the tidy file; what is wrong in them is reported."""

import csv
import json
import pathlib
import subprocess
import tempfile

from support import GENERATE, SchemeCase, lab

AGENCIES, HOUSEHOLDS, BAD_ROWS = 8, 96, 39


class Untidy(SchemeCase):
    """A tidy scheme; each test imports other writings of the same households into its vaults."""

    agencies, households, seed = AGENCIES, HOUSEHOLDS, 11
    extra = ()

    @classmethod
    def prepare(cls):
        cls.make(cls.directory, *cls.extra)

    @classmethod
    def make(cls, directory, *options):
        subprocess.run([GENERATE, "--seed", str(cls.seed), "--agencies", str(AGENCIES), "--households",
                        str(HOUSEHOLDS), *options, directory], check=True, capture_output=True)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tidy = cls.vaults()

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="hearth-untidy-")
        self.addCleanup(folder.cleanup)
        self.top = pathlib.Path(folder.name)

    @classmethod
    def exported(cls, agency):
        return lab("run", cls.directory, agency, "--", "export").stdout

    @classmethod
    def vaults(cls):
        return {agent.id: cls.exported(agent.id) for agent in cls.scheme.parties.agents}

    def import_file(self, path, *options):
        mapping = path.with_suffix(".mapping.json")
        words = ["--mapping", mapping] if mapping.exists() else []
        return lab("run", self.directory, path.stem, "--", "import", *words, *options, path)

    def import_all(self, made, *options):
        """Vaults are emptied first, so that nothing of the former import can stand in for this one."""
        empty = self.top / "empty.csv"
        empty.write_text((self.directory / "carers" / "ifa-001.csv").read_text(encoding="utf-8").splitlines()[0],
                         encoding="utf-8")
        for path in sorted((made / "carers").glob("*.csv")):
            done = lab("run", self.directory, path.stem, "--", "import", "--replace", empty)
            self.assertEqual(done.returncode, 0, done.stderr)
            done = self.import_file(path, *options)
            self.assertEqual(done.returncode, 0, f"{path.name}: {done.stdout}{done.stderr}")

    def test_the_same_vault(self):
        rows = sum(len(list(csv.reader(text.splitlines()))) - 1 for text in self.tidy.values())
        self.assertEqual(rows, HOUSEHOLDS)
        self.make(self.top / "untidy", "--untidy", *self.extra)
        self.assertGreater(len(list((self.top / "untidy" / "carers").glob("*.json"))), 1)
        self.import_all(self.top / "untidy")
        self.assertEqual(self.vaults(), self.tidy)

    def test_mappings_are_needed(self):
        """Without its mapping file such an export is refused, and nothing changes."""
        self.make(self.top / "untidy", "--untidy", *self.extra)
        mapping = sorted((self.top / "untidy" / "carers").glob("*.mapping.json"))[0]
        agency = mapping.name.removesuffix(".mapping.json")
        before = self.exported(agency)
        mapping.unlink()
        done = self.import_file(self.top / "untidy" / "carers" / f"{agency}.csv")
        self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
        self.assertEqual(self.exported(agency), before)

    def check_bad_rows(self, *options):
        """Every bad row is reported with line and column, and no other; without them the vault is the tidy one."""
        made = self.top / "bad"
        self.make(made, "--bad-rows", str(BAD_ROWS), *options, *self.extra)
        with open(made / "bad-rows.csv", encoding="utf-8", newline="") as file:
            listed = list(csv.DictReader(file))
        self.assertEqual(len(listed), BAD_ROWS)
        for path in sorted((made / "carers").glob("*.csv")):
            report = self.top / "report.json"
            before = self.exported(path.stem)
            done = self.import_file(path, "--report", report)
            self.assertEqual(done.returncode, 2, f"{path.name}: {done.stdout}{done.stderr}")
            wrong = [row for row in listed if row["agency"] == path.stem]
            problems = self.problems(report)
            self.assertEqual(len(problems), len(wrong), path.name)
            for row in wrong:
                found = [problem for problem in problems
                         if int(row["line"]) <= problem["line"] <= int(row["last_line"])]
                self.assertEqual([problem["column"] for problem in found], [row["column"]], (path.name, row))
            self.assertEqual(self.exported(path.stem), before, "something was imported")
        self.import_all(made, "--skip-bad")
        self.assertEqual(self.vaults(), self.tidy)

    def problems(self, report):
        with open(report, encoding="utf-8") as file:
            return json.load(file)["problems"]

    def test_bad_rows_of_tidy_files(self):
        self.check_bad_rows()

    def test_bad_rows_of_untidy_files(self):
        self.check_bad_rows("--untidy")
