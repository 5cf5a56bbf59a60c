# SPDX-License-Identifier: Apache-2.0
"""What the README shows is what the programs do: its search by postcode with a map, its import of an untidy
export."""

import json
import pathlib
import re

import support
from support import ROOT, SchemeCase

EXAMPLES = ROOT / "docs" / "examples"
# The two postcodes of the examples, to the nearest hundred metres or so.
GAZETTEER = """pcds,oseast1m,osnrth1m,osgrdind,doterm
LS6 3AA,427700,436000,1,
BD3 9TY,418100,433300,1,
"""


def block_after(command):
    """The lines that the README shows below `$ command`, up to the next command or the end of the block."""
    lines = (ROOT / "README.md").read_text(encoding="utf-8").split("\n")
    place = lines.index(f"$ {command}")
    shown = []
    for line in lines[place + 1:]:
        if line.startswith(("$ ", "```")):
            return shown
        shown.append(line)
    raise AssertionError(f"the block of {command} does not end")


class Readme(SchemeCase):
    agencies, households, seed = 3, 60, 4

    @classmethod
    def prepare(cls):
        super().prepare()
        support.bring_together(cls.directory)
        (cls.directory / "gazetteer.csv").write_text(GAZETTEER, encoding="utf-8")

    def run_shown(self, party, *words, code=0):
        done = self.run_party(party, *map(str, words))
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def test_search_by_postcode_with_a_map(self):
        la, request = self.scheme.parties.las[0], EXAMPLES / "by-postcode.json"
        self.assertIn(request.read_text(encoding="utf-8"), (ROOT / "README.md").read_text(encoding="utf-8"))
        picture = self.directory / "map.svg"
        done = self.run_shown(la, "check", "--map", picture, request)
        self.assertEqual(done.stdout.splitlines(), block_after("hearth check --map map.svg by-postcode.json"))
        self.assertEqual(picture.read_bytes(), (ROOT / "docs" / "map.svg").read_bytes())
        done = self.run_party(la, "search", "--explain", str(request))
        self.assertIn(done.returncode, (0, 3), done.stderr)
        shown = block_after("hearth search --explain by-postcode.json")
        kinds = [re.sub(r":.*|\(.*", "", line) for line in shown if line.startswith(("How", "With"))]
        self.assertEqual(len(kinds), 4)
        for kind in kinds:
            self.assertIn(kind, done.stdout)

    def test_what_a_referral_leaves_out(self):
        la = self.scheme.parties.las[0]
        request = json.loads((EXAMPLES / "by-postcode.json").read_text(encoding="utf-8"))
        found = self.search(request | {"must": []})  # somebody, whatever the population offers
        agency = found["agencies"][0]["id"]
        done = self.run_shown(la, "refer", request["search_ref"], "--to", agency, "--dry-run")
        self.assertEqual(done.stderr.splitlines(), block_after("hearth refer EX-2026-0045 --to ifa-001,ifa-012"))

    def test_import_of_an_untidy_export(self):
        agent, mapping = self.scheme.parties.agents[0], EXAMPLES / "untidy-export.mapping.json"
        good = (EXAMPLES / "untidy-export.csv").read_text(encoding="utf-8")
        readme = (ROOT / "README.md").read_text(encoding="utf-8")
        self.assertIn("\n".join(re.split(r"\r?\n", good)[:3]), readme)
        self.assertIn(mapping.read_text(encoding="utf-8"), readme)
        wrong = pathlib.Path(self.directory / "untidy-export.csv")
        wrong.write_text(good.replace('"DS_AUT"', '"DS_AUTT"'), encoding="utf-8")
        words = ("import", "--mapping", mapping, "--dry-run")
        shown = block_after("hearth-agent import --mapping untidy-export.mapping.json --dry-run untidy-export.csv")
        done = self.run_shown(agent, *words, wrong, code=2)
        for line in shown:
            self.assertIn(line.replace("untidy-export.csv:", f"{wrong}:"), done.stderr)
        done = self.run_shown(agent, *words, EXAMPLES / "untidy-export.csv")
        for line in done.stdout.splitlines():
            self.assertIn(line, readme)
        self.assertIn("3 added", done.stdout)
        self.run_shown(agent, *words[:-1], EXAMPLES / "untidy-export.csv")
        done = self.run_shown(agent, "set", "H-0102", "--status", "available", "--places", "1")
        expected = block_after("hearth-agent set H-0102 --status available --places 1")
        without_day = [re.sub(r"-> \d{4}-\d\d-\d\d$", "-> DAY", line) for line in expected]
        self.assertEqual([re.sub(r"-> \d{4}-\d\d-\d\d$", "-> DAY", line) for line in done.stdout.splitlines()],
                         without_day)
