# SPDX-License-Identifier: Apache-2.0
"""The gazetteer's commands as people run them, of both programs; an import that is killed."""

import json
import os
import pathlib
import pty
import random
import signal
import subprocess
import tempfile
import unittest
import zipfile

from support import BUILD, COMMAND_SECONDS, wait_until

HEAD = "pcd7,pcd8,pcds,dointr,doterm,usrtypind,east1m,north1m,gridind\n"


def onspd(rows):
    """rows: postcode, end, easting, northing, quality."""
    return HEAD + "".join(f"{code},{code},{code},198001,{end},0,{east},{north},{quality}\n"
                          for code, end, east, north, quality in rows)


def open_name(number, name, kind, east, north, outward, district, county):
    fields = [""] * 34
    fields[0], fields[2], fields[6], fields[7] = f"osgb{number}", name, "populatedPlace", kind
    fields[8], fields[9], fields[16], fields[21], fields[24] = str(east), str(north), outward, district, county
    return ",".join(fields) + "\n"


SOME = [("LS6 3AA", "", 428000, 436000, 1), ("LS6 3AB", "201905", 428300, 436600, 1),
        ("LS6 3AD", "", "", "", 9), ("BT1 1AA", "", 333000, 374000, 1)]
NAMES = (open_name(1, "Leeds", "City", 429900, 433500, "LS1", "Leeds", "West Yorkshire")
         + open_name(2, "Leeds", "Village", 582500, 153300, "ME17", "Maidstone", "Kent"))


class Gazetteer(unittest.TestCase):
    program = "hearth"

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="hearth-e2e-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.home = self.folder / "home"

    def file(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def arguments(self, command, *arguments):
        return [BUILD / self.program, "gazetteer", command, "-C", self.home, *map(str, arguments)]

    def run_it(self, command, *arguments, code=0):
        done = subprocess.run(self.arguments(command, *arguments), stdin=subprocess.DEVNULL, capture_output=True,
                              encoding="utf-8", timeout=COMMAND_SECONDS, check=False)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def json(self, command, *arguments, code=0):
        return json.loads(self.run_it(command, "--json", *arguments, code=code).stdout)

    def show(self, place):
        return self.json("show", place)["places"]

    def test_from_nothing_to_a_place(self):
        self.assertEqual(self.json("status", code=3)["error"]["code"], "not_found")
        self.assertIn("gazetteer import", self.json("show", "LS6 3AA", code=2)["error"]["message"])
        result = self.json("import", self.file("onspd.csv", onspd(SOME)))
        source, = result["imported"]
        self.assertEqual((source["kind"], source["name"], source["rows"], source["taken"], source["malformed"]),
                         ("onspd", "onspd.csv", 4, 2, 0))
        self.assertEqual(source["left_out"], {"no_reference": 1, "other_grid": 1, "outside": 0, "other_type": 0})
        self.assertEqual(result["holds"], {"postcodes": 1, "ended": 1, "sectors": 1, "districts": 1, "names": 0})
        place, = self.show("ls63aa")
        wanted = {"name": "LS6 3AA", "kind": "postcode", "easting": 428000, "northing": 436000,
                  "grid_reference": "SE 28000 36000", "cell": "SE23NE", "quadrant": "SE.SW"}
        self.assertEqual({key: place[key] for key in wanted}, wanted)
        self.assertAlmostEqual(place["lat"], 53.8195, places=3)
        self.assertAlmostEqual(place["lon"], -1.5762, places=3)
        self.assertNotIn("ended", place)
        place, = self.show("LS6 3AB")
        self.assertEqual((place["ended"], place["note"]), ("2019-05", "LS6 3AB ended in 2019-05"))
        place, = self.show("LS6")
        self.assertEqual((place["kind"], place["postcodes"], place["ended_postcodes"]),
                         ("postcode district", 1, 1))
        self.assertEqual(self.show("SE 23")[0]["kind"], "grid reference")
        self.assertIn("LS6 3AA", self.json("show", "LS6 3ZZ", code=2)["error"]["message"])
        status = self.json("status")
        self.assertEqual(status["holds"], result["holds"])
        self.assertEqual([(i["name"], i["kind"], i["rows"], i["taken"]) for i in status["imports"]],
                         [("onspd.csv", "onspd", 4, 2)])
        words = self.run_it("status").stdout
        self.assertIn("1 postcodes in use, 1 ended", words)
        self.assertIn("onspd.csv: ONS Postcode Directory, 2 of 4 rows", words)

    def test_names_add_and_replace_forgets(self):
        self.run_it("import", self.file("onspd.csv", onspd(SOME)))
        with zipfile.ZipFile(self.folder / "opname.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("Data/SE22.csv", NAMES)
            archive.writestr("Doc/OS_Open_Names_Header.csv", "ID,NAMES_URI,NAME1,TYPE,LOCAL_TYPE\n")
            archive.writestr("readme.txt", "x")
        result = self.json("import", self.folder / "opname.zip")
        self.assertEqual((result["imported"][0]["kind"], result["imported"][0]["taken"], result["files_left_out"]),
                         ("open_names", 2, 1))
        self.assertEqual([(p["name"], p["kind"], p["easting"]) for p in self.show("leeds")],
                         [("Leeds, Leeds", "city", 429900), ("Leeds, Maidstone", "village", 582500)])
        self.assertEqual([p["easting"] for p in self.show("Leeds, Kent")], [582500])
        self.assertIn("which has 'Leeds' in", self.json("show", "Leeds, York", code=2)["error"]["message"])
        self.assertEqual(len(self.show("LS6 3AA")), 1)
        areas = self.file("folder/areas.csv", "code,easting,northing\nBD3,418000,434000\n")
        self.run_it("import", "--replace", areas)
        self.assertEqual(self.json("status")["holds"],
                         {"postcodes": 0, "ended": 0, "sectors": 0, "districts": 1, "names": 0})
        place, = self.show("BD3 9TY")
        self.assertEqual(place["note"],
                         "the middle of district BD3: the gazetteer holds no single postcodes there")

    def test_what_is_wrong_is_refused_and_changes_nothing(self):
        self.run_it("import", self.file("onspd.csv", onspd(SOME)))
        before = self.json("status")
        good = self.file("good.csv", onspd([("LS7 1AA", "", 430000, 435000, 1)]))
        for wrong in (self.file("x.csv", "a,b\n1,2\n"), self.folder / "missing.csv", "-",
                      self.file("half.csv", HEAD + "nonsense\n" * 3), self.file("none.csv", HEAD)):
            error = self.json("import", good, wrong, code=2)["error"]
            self.assertIn(error["code"], ("invalid", "not_found"))
        (self.folder / "cut.zip").write_bytes(b"PK\x03\x04" + bytes(100))
        self.assertEqual(self.json("import", self.folder / "cut.zip", code=1)["error"]["code"], "corrupt")
        self.assertEqual(self.json("status"), before)
        for arguments in (("import",), ("show",), ("show", "LS6", "3AA"), ("status", "x")):
            done = self.run_it(*arguments, code=2)
            self.assertEqual(done.stdout, "")

    def test_malformed_rows_are_named(self):
        text = onspd([("LS6 3A" + letter, "", 428000, 436000, 1) for letter in "ABCDEFGHIJKLMNOPQRST"])
        done = self.run_it("import", self.file("some.csv", text + "what,is,this,1,,0,1,1,1\n"))
        self.assertIn("some.csv:22: 'this' is not a postcode\n", done.stderr)
        self.assertIn("left out: 1 malformed\n", done.stdout)
        self.assertIn("20 of 21 rows taken", done.stdout)

    def test_progress_is_for_terminals(self):
        path = self.file("onspd.csv", onspd(SOME))
        self.assertEqual(self.run_it("import", path).stderr, "")
        for options, shown in (((), True), (("-q",), False)):
            ours, theirs = pty.openpty()
            self.addCleanup(os.close, ours)
            with subprocess.Popen(self.arguments("import", *options, path), stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=theirs) as process:
                self.assertIn(b"rows taken", process.communicate(timeout=COMMAND_SECONDS)[0])
            os.write(theirs, b"end")
            os.close(theirs)
            seen = b""
            while not seen.endswith(b"end"):
                seen += os.read(ours, 65536)
            self.assertEqual(b"100%" in seen, shown)

    def test_killed_import_leaves_the_old_one(self):
        dice = random.Random(4)
        codes = [f"LS{n // 5000 + 1} {n // 500 % 10}{chr(65 + n % 500 // 26)}{chr(65 + n % 26)}"
                 for n in range(100000)]
        many = [(code, "", 400000, 436000, 1) for code in codes]
        old = self.file("old.csv", onspd(many))
        new = self.file("new.csv", onspd((code, "", 500000, 436000, 1) for code in codes))
        self.run_it("import", old)
        killed = 0
        for _ in range(12):
            process = subprocess.Popen(self.arguments("import", "-q", new), stdin=subprocess.DEVNULL,
                                       stdout=subprocess.DEVNULL)
            wait_until(lambda moment=dice.random(): process.poll() is not None or dice.random() > moment, 0.3)
            process.send_signal(signal.SIGKILL)
            killed += process.wait(timeout=COMMAND_SECONDS) == -signal.SIGKILL
            eastings = {self.show(many[at][0])[0]["easting"] for at in (0, len(many) // 2, -1)}
            self.assertEqual(len(eastings), 1)
            self.assertEqual(self.json("status")["holds"]["postcodes"], len(many))
            if eastings == {500000}:
                self.run_it("import", "--replace", old)
        self.assertGreater(killed, 0)
        self.run_it("import", new)
        self.assertEqual(self.show(many[0][0])[0]["easting"], 500000)


class AgentGazetteer(Gazetteer):
    """The agent's commands are the same."""

    program = "hearth-agent"
    test_killed_import_leaves_the_old_one = None
    test_progress_is_for_terminals = None


if __name__ == "__main__":
    unittest.main()
