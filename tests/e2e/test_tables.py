# SPDX-License-Identifier: Apache-2.0
"""The awk programs that make C tables of the catalogue and of the standards refuse what must not be built."""

import pathlib
import subprocess
import tempfile
import unittest

import support

DOMAIN = support.ROOT / "proto" / "domain"
HEADER = "code,group,label,scope,kind,arity,special,standard,standard_code\n"
GOOD = "ZZ_NEW,need,Something new,carer,both,many,article 9,Nobody's list,\n"


class Tables(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="hearth-tables-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.released = sorted(DOMAIN.glob("catalogue-*.csv"), key=lambda path: int(path.stem[10:]))

    def file(self, name, text):
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def awk(self, program, *files):
        return subprocess.run(["awk", "-f", DOMAIN / "csv.awk", "-f", DOMAIN / program, *files], check=False,
                              capture_output=True, encoding="utf-8", timeout=support.COMMAND_SECONDS)

    def refused(self, words, program, *files):
        done = self.awk(program, *files)
        self.assertNotEqual(done.returncode, 0, words)
        self.assertIn(words, done.stderr)

    def test_a_version_adds_to_the_ones_before(self):
        following = f"catalogue-{len(self.released) + 1}.csv"
        done = self.awk("catalogue_data.awk", *self.released, self.file(following, HEADER + GOOD))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn('"ZZ_NEW"', done.stdout)
        repeats = self.file(following, HEADER + GOOD.replace("ZZ_NEW", "DS_AUT"))
        self.refused(f"{following}:2: code stands twice: DS_AUT", "catalogue_data.awk", *self.released, repeats)
        skips = self.file(f"catalogue-{len(self.released) + 2}.csv", HEADER + GOOD)
        self.refused("is to come next", "catalogue_data.awk", *self.released, skips)
        self.refused("version 1 is to come next", "catalogue_data.awk", *reversed(self.released))

    def test_lines_that_are_wrong(self):
        for line, words in (("ZZ_NEW,need,New,carer,both,many,none,List\n", "nine fields"),
                            (GOOD.replace("ZZ_NEW", "zz"), "code must be"),
                            (GOOD.replace("both", "maybe"), "kind must be one of"),
                            (GOOD.replace("carer", "child"), "scope must be one of"),
                            (GOOD.replace("article 9", "secret"), "special"),
                            (GOOD.replace("need", "Need"), "group must be"),
                            (GOOD.replace("Something", "S\u00f6mething"), "printable ASCII"),
                            (GOOD.replace("Something", '"Something'), "does not end"),
                            (GOOD.replace("Something", "Some" * 40), "longer than")):
            with self.subTest(words):
                self.refused(words, "catalogue_data.awk", self.file("catalogue-1.csv", HEADER + line))
        self.refused("first line", "catalogue_data.awk", self.file("catalogue-1.csv", GOOD))

    def test_standards_name_criteria(self):
        header = "list,code,label,criterion\n"
        self.assertEqual(self.awk("standards_data.awk", *self.released, DOMAIN / "standards.csv").returncode, 0)
        for line, words in (("L,1,,DS_NONE\n", "not a criterion"), ("L,,,DS_AUT\n", "a code is needed"),
                            ("L,1,,DS_AUT\nL,1,x,DS_AUT\n", "standards.csv:3: stands twice"),
                            ("a list,1,,DS_AUT\n", "list must be"), ("L,1,DS_AUT\n", "four fields")):
            with self.subTest(words):
                self.refused(words, "standards_data.awk", *self.released,
                             self.file("standards.csv", header + line))


if __name__ == "__main__":
    unittest.main()
