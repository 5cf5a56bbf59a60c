# SPDX-License-Identifier: Apache-2.0
"""The manual pages say what the programs say, and nothing in the documents points nowhere."""

import functools
import re
import shutil
import subprocess
import unittest

from support import BUILD, ROOT

PROGRAMS = ("hearth", "hearth-agent", "hearth-matcher", "hearth-keys")
OF_ARGP = {"--help", "--usage", "--version"}  # every program has them; no manual page explains them
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
LINK = re.compile(r"""(?:\]\(|src=")([^)"\s]+)""")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*[a-z]")


@functools.cache
def help_of(program, *command):
    done = subprocess.run([BUILD / program, *command, "--help"], stdin=subprocess.DEVNULL, capture_output=True,
                          encoding="utf-8", timeout=60, check=True)
    return done.stdout


def commands_of(program):
    """The names in the table of commands; those of two words are arguments of their own."""
    table = help_of(program).split("Commands:\n", 1)[1].split("\n\n", 1)[0]
    return [re.match(r"  ([a-z-]+(?: [a-z-]+)?)  ", line).group(1) for line in table.splitlines()]


def options_of(program, command):
    """Long options, without those that only stand in the words about others."""
    listed = re.compile(r"^ +(?:-\S, )?(--[a-z][a-z-]*[a-z])", re.M)
    return set(listed.findall(help_of(program, *command.split()))) - OF_ARGP


def page_of(program):
    return (ROOT / "docs" / "man" / f"{program}.1").read_text(encoding="utf-8")


def plain(page):
    """Without the marks of troff, as far as options and names of commands go."""
    return re.sub(r"\\f[A-Z]", "", page.replace("\\-", "-"))


class Manuals(unittest.TestCase):
    def test_every_command_is_explained(self):
        for program in PROGRAMS:
            explained = plain(page_of(program).split(".SH COMMANDS", 1)[1])
            for command in commands_of(program):
                with self.subTest(program=program, command=command):
                    self.assertRegex(explained, rf'(?m)^\.TP\n\.B[RI]? "?{command}\b')

    def test_every_option_is_named_and_no_other(self):
        for program in PROGRAMS:
            there = set().union(*(options_of(program, command) for command in commands_of(program)))
            elsewhere = set().union(*(options_of(other, command) for other in PROGRAMS if other != program
                                      for command in commands_of(other)))
            named = set(OPTION.findall(plain(page_of(program))))
            with self.subTest(program=program):
                self.assertEqual(there - named, set(), "not in the manual page")
                # A page may name another program's command with its options.
                self.assertEqual(named - there - elsewhere - OF_ARGP, set(), "not in --help")

    def test_pages_are_set_without_warnings(self):
        if not shutil.which("groff"):
            self.skipTest("groff is not installed")
        for program in PROGRAMS:
            with self.subTest(program=program):
                done = subprocess.run(["groff", "-ww", "-man", "-Tutf8", "-z"], input=page_of(program),
                                      capture_output=True, encoding="utf-8", timeout=60, check=True)
                self.assertEqual(done.stderr, "")


def without_code(text):
    """What stands between backquotes holds no links."""
    return re.sub(r"`[^`\n]*`", "", re.sub(r"(?ms)^```.*?^```$", "", text))


def anchors_of(path):
    """The names that a heading can be linked by, as the hosts of Markdown make them."""
    headings = re.findall(r"(?m)^#+ (.+)$", re.sub(r"(?ms)^```.*?^```$", "", path.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


class Links(unittest.TestCase):
    def test_links_lead_somewhere(self):
        for document in DOCUMENTS:
            for link in LINK.findall(without_code(document.read_text(encoding="utf-8"))):
                if "://" in link:
                    continue
                name, _, anchor = link.partition("#")
                target = (document.parent / name).resolve() if name else document
                with self.subTest(document=document.name, link=link):
                    self.assertTrue(target.exists())
                    if anchor:
                        self.assertIn(anchor, anchors_of(target))

    def test_files_that_are_named_are_there(self):
        """Unit tests may be named by room and name alone, sources without their ending."""
        paths = re.compile(r"`((?:agent|client|matcher|keys|proto|tests|docs)/[\w./*-]+)`")
        for document in DOCUMENTS:
            for path in paths.findall(document.read_text(encoding="utf-8")):
                found = [file for folder in (ROOT, ROOT / "tests" / "unit") for ending in ("", ".*")
                         for file in folder.glob(path.replace("-N", "-*") + ending)]
                with self.subTest(document=document.name, path=path):
                    self.assertTrue(found)


if __name__ == "__main__":
    unittest.main()
