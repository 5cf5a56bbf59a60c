# SPDX-License-Identifier: Apache-2.0
"""`hearth-matcher directory import`: from Ofsted's list to a directory that the matcher serves."""

import csv
import json
import pathlib
import subprocess
import tempfile

import support
from support import ANYBODY, ROOT, SchemeCase, lab

OFSTED = ROOT.parent / "shared" / "data" / "ofsted_ifas_2025-03-31.csv"
COLUMNS = ["URN", "Provision type", "Registration status", "Name", "Town", "Sector",
           "Overall experiences and progress of children and young people"]
WORDS = {"good": "Good", "outstanding": "Outstanding", "not_inspected": "", "inadequate": "Inadequate",
         "requires_improvement": "Requires improvement to be good"}


def read(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


class DirectoryImport(SchemeCase):
    agencies, households = 3, 60

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="hearth-import-")
        self.addCleanup(folder.cleanup)
        self.top = pathlib.Path(folder.name)

    def write_list(self, rows):
        """As the spreadsheet is when saved: lines of title, headings with a line end, other provisions."""
        path = self.top / "ofsted.csv"
        with open(path, "w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["Provider level as at a day", "", ""])
            writer.writerow(["\n" + name for name in COLUMNS] + ["", ""])
            writer.writerow(["1", "Children's home", "Active", "REDACTED", "", "Academy", "Good", "", ""])
            writer.writerows(rows)
        return path

    def as_listed(self, row, status="Active"):
        return [row["urn"], "Independent Fostering Agency", status, row["name"], "York",
                row["sector"].title(), WORDS[row["judgement"]]]

    def run_import(self, path, *options, code=0):
        done = subprocess.run([support.BUILD / "hearth-matcher", "directory", "import", path,
                               "--out", self.top / "out.csv", *options], stdin=subprocess.DEVNULL,
                              capture_output=True, encoding="utf-8", check=False,
                              timeout=support.COMMAND_SECONDS)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def test_known_agencies_are_served_on(self):
        """The directory is made anew from a list of its own agencies, signed, and the search finds the same."""
        before = read(self.directory / "agencies.csv")
        first = self.search(ANYBODY)
        path = self.write_list([self.as_listed(row) for row in reversed(before)])
        told = json.loads(self.run_import(path, "--previous", self.directory / "agencies.csv", "--json").stdout)
        self.assertEqual((told["agencies"], told["missing"], told["changes"], told["other_provisions"]),
                         (3, [], [], 1))
        self.assertEqual([{key: row[key] for key in before[0]} for row in read(self.top / "out.csv")], before)
        done = lab("run", self.directory, "matcher", "--", "directory", "sign", self.top / "out.csv")
        self.assertEqual(done.returncode, 0, done.stderr)
        again = self.search(ANYBODY)
        self.assertEqual({a["id"] for a in again["agencies"]}, {a["id"] for a in first["agencies"]})
        done = lab("run", self.directory, "matcher", "--", "directory", "sign", self.directory / "agencies.csv")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_missing_is_asked_for(self):
        before = read(self.directory / "agencies.csv")
        path = self.write_list([self.as_listed(row) for row in before])
        done = self.run_import(path, "--missing", self.top / "missing.csv", code=4)
        self.assertIn("3 agencies lack", done.stdout)
        asked = read(self.top / "missing.csv")
        self.assertEqual(*({(row["urn"], row["name"]) for row in rows} for rows in (asked, before)))
        for row in asked:
            row["contact"], row["frameworks"] = f"{row['urn']}@example.org", "WWH;NORTH"
        with open(self.top / "missing.csv", "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, asked[0])
            writer.writeheader()
            writer.writerows(asked)
        told = json.loads(self.run_import(path, "--fill", self.top / "missing.csv", "--json").stdout)
        self.assertEqual((told["missing"], told["not_used"]), ([], []))
        for row in read(self.top / "out.csv"):
            self.assertEqual((row["contact"], row["frameworks"]), (f"{row['urn']}@example.org", "WWH;NORTH"))

    def test_changes_are_told(self):
        before = read(self.directory / "agencies.csv")
        rows = [self.as_listed(before[0] | {"judgement": "inadequate"}), self.as_listed(before[1], "Suspended"),
                self.as_listed(before[2] | {"urn": "ZZ999999", "name": "Somebody New"})]
        told = json.loads(self.run_import(self.write_list(rows), "--previous", self.directory / "agencies.csv",
                                          "--json", code=4).stdout)
        kinds = {(change["kind"], change["id"]) for change in told["changes"]}
        wanted = {("judgement", before[0]["id"]), ("inactive", before[1]["id"]), ("new", "somebody-new"),
                  ("gone", before[2]["id"])}
        self.assertEqual(kinds, wanted)
        self.assertEqual([entry["status"] for entry in told["left_out"]], ["Suspended"])

    def test_bad_files_change_nothing(self):
        good = self.write_list([self.as_listed(read(self.directory / "agencies.csv")[0])])
        (self.top / "out.csv").write_text("as it was", encoding="utf-8")
        bad = self.top / "bad.csv"
        bad.write_text("urn,contact\n,\n", encoding="utf-8")
        for path, options, where in ((bad, [], "FILE: line 1, provision_type"),
                                     (good, ["--previous", bad], "--previous: line 1"),
                                     (good, ["--fill", bad], "--fill: line 2, urn")):
            done = self.run_import(path, *options, "--json", code=2)
            self.assertIn(where, json.loads(done.stdout)["error"]["field"])
            self.assertEqual((self.top / "out.csv").read_text(encoding="utf-8"), "as it was")
        fill = self.top / "fill.csv"
        fill.write_text("urn,contact\n1,duty@example.org\n", encoding="utf-8")
        for options in (["--out", good], ["--out", fill, "--fill", fill], ["--missing", good],
                        ["--missing", fill, "--fill", fill], ["--missing", self.top / "out.csv"]):
            contents = [path.read_bytes() for path in (good, fill, self.top / "out.csv")]
            self.assertIn("another file than that of", self.run_import(good, *options, code=2).stderr)
            self.assertEqual(contents, [path.read_bytes() for path in (good, fill, self.top / "out.csv")])
        done = self.run_import(self.top / "none.csv", code=1)
        self.assertIn("none.csv", done.stderr)
        done = self.run_import(bad, code=2)
        self.assertIn(f"{bad}: line 1, ", done.stderr)

    def test_published_list(self):
        if not OFSTED.exists():
            self.skipTest(f"{OFSTED} is not here")
        told = json.loads(self.run_import(OFSTED, "--json", code=4).stdout)
        self.assertEqual((told["agencies"], len(told["left_out"]), len(told["missing"])), (338, 1, 338))
        rows = read(self.top / "out.csv")
        self.assertEqual(len({row["id"] for row in rows}), 338)
        first = (self.top / "out.csv").read_bytes()
        (self.top / "before.csv").write_bytes(first)
        self.run_import(OFSTED, "--previous", self.top / "before.csv", code=4)
        self.assertEqual((self.top / "out.csv").read_bytes(), first)
        done = lab("run", self.directory, "matcher", "--", "directory", "sign", "--json", self.top / "out.csv")
        self.assertEqual(json.loads(done.stdout), {"agencies": 338})
        done = lab("run", self.directory, "matcher", "--", "directory", "sign", self.directory / "agencies.csv")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.wait_all_attached()
