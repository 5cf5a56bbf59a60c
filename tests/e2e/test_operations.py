# SPDX-License-Identifier: Apache-2.0
"""What docs/operations.md says of error texts, keys and formats is what the programs say; check-config finds every
kind of fault, all at once, and changes nothing."""

import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from support import BUILD, ROOT, SchemeCase, lab

RUNBOOK = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
DAY = 24 * 3600


def section(heading):
    return RUNBOOK.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]


def rows(text):
    """Cells of the tables in a text, without their headings."""
    found = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines()
             if line.startswith("|")]
    return [cells for i, cells in enumerate(found) if not set(cells[0]) <= set("-") and
            not (i + 1 < len(found) and set(found[i + 1][0]) <= set("-"))]


def sources():
    """All C sources with literals that stand behind one another joined, as the compiler does."""
    text = "\n".join(path.read_text(encoding="utf-8") for room in ("agent", "client", "keys", "matcher", "proto")
                     for path in sorted((ROOT / room).rglob("*.c")))
    return re.sub(r'"\s*\n\s*"', "", text)


class Runbook(unittest.TestCase):
    def test_quoted_texts_are_in_the_code(self):
        code = sources()
        texts = [cells[0] for cells in rows(section("When something is wrong"))]
        self.assertGreater(len(texts), 20)
        for text in texts:
            with self.subTest(text=text):
                self.assertRegex(text, r"\A`[^`]+`\Z")
                self.assertTrue(text.strip("`") in code, "no program says that")

    def test_keys_are_those_of_the_programs(self):
        documented = [tuple(cells) for cells in rows(section("Limits"))]
        told = []
        for program in ("hearth-matcher", "hearth-agent", "hearth", "hearth hub"):
            name, *more = program.split()
            done = subprocess.run([BUILD / name, *more, "check-config", "--help"], capture_output=True,
                                  encoding="utf-8", timeout=60, check=True)
            keys = done.stdout.split("what is valid:\n", 1)[1]
            for key, preset, valid in re.findall(r"(?m)^  (\w+) +(\S.*?\S|\S) {2,}(\S.*)$", keys):
                told.append((program, f"`{key}`", preset, valid))
        self.assertEqual(documented, told)

    def test_formats_are_those_of_the_code(self):
        """Of each schema in the sources."""
        headers = [path.read_text(encoding="utf-8") for room in ("agent", "client", "matcher", "proto")
                   for path in (ROOT / room).rglob("*.h")]
        code = "\n".join([sources(), *headers])
        names = dict(re.findall(r'#define (HOME_\w+) "(\w+)"', code))
        formats = {}
        schemas = re.compile(r"struct store_schema \w+ = \{\s*\.name = (HOME_\w+),.*?\.format = (\d+),", re.S)
        for name, number in schemas.findall(code):
            formats.setdefault(names[name], set()).add(number)
        documented = {cells[0].strip("`"): {cells[2]} for cells in rows(section("Upgrades"))}
        self.assertEqual(documented, formats)
        self.assertEqual(len(formats), 8)


def digests(home):
    """Of every file of a home, and which there are. LMDB's table of readers is no content, but where nobody has
    the store open it is not touched either."""
    return {str(path.relative_to(home)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(home.rglob("*")) if path.is_file()}


class CheckConfig(SchemeCase):
    """The homes of a small scheme, copied and spoilt one way each."""

    agencies, households = 1, 12

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        lab("search", cls.directory, cls.anybody())
        assert lab("down", cls.directory).returncode == 0

    @classmethod
    def anybody(cls):
        path = cls.directory / "anybody.json"
        path.write_text(json.dumps({"search_ref": "CHECK-1", "children": [{"age": 9, "sex": "U"}],
                                    "placement": {"type": "PT_SHORT", "needed_by": "later"}}), encoding="utf-8")
        return path

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="hearth-check-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def home_of(self, name):
        """A copy of a party's home, and the words of its command."""
        party = self.scheme.parties.get(name)
        home = self.folder / f"home-{len(list(self.folder.iterdir()))}"
        shutil.copytree(party.home, home, symlinks=True)
        return party, home

    def check(self, party, home, clock_offset=0):
        """What it finds; it changes nothing, and asks for no passphrase."""
        before = digests(home)
        words = ["hub", "check-config"] if party.role == "hub" else ["check-config"]
        done = subprocess.run([party.program, *words, "-C", home, "--json"], stdin=subprocess.DEVNULL,
                              capture_output=True, encoding="utf-8", timeout=60, check=False,
                              env=os.environ | {"HEARTH_CLOCK_OFFSET": str(clock_offset)})
        self.assertEqual(digests(home), before, "nothing is changed")
        found = json.loads(done.stdout)
        self.assertEqual(done.returncode, 0 if found["ok"] else 1, done.stderr)
        self.assertEqual(found["ok"], not found["faults"])
        return found

    def faults(self, *arguments, **options):
        return {one["field"]: one["message"] for one in self.check(*arguments, **options)["faults"]}

    def test_homes_that_are_right(self):
        for name in ("matcher", "ifa-001", "la-1"):
            found = self.check(*self.home_of(name))
            self.assertEqual(found["faults"], [], name)
            formats = [note["field"] for note in found["notes"] if note["message"].startswith("format")]
            self.assertGreaterEqual(len(formats), 1, name)
        # The same spelt as an option, and for a person.
        party, home = self.home_of("matcher")
        done = subprocess.run([party.program, "--check-config", "-C", home], capture_output=True, encoding="utf-8",
                              timeout=60, check=True)
        self.assertIn("0 faults", done.stdout)

    def test_every_wrong_key_at_once(self):
        wrong = {"matcher": ({"budget": -1, "deadline_ms": "5000", "listen": "nowhere", "colour": 1,
                              "audit_max_mib": 1, "mail_days": 91},
                             {"budget", "deadline_ms", "listen", "colour", "audit_max_mib", "mail_days"}),
                 "ifa-001": ({"matcher": "host", "budget": 10 ** 7, "allow": ["LA 1"], "keep_days": 3,
                              "colour": 1},
                             {"matcher", "matcher_id", "budget", "allow", "keep_days", "colour"}),
                 "la-1": ({"matcher_id": "M", "keep_days": 1, "catalogue": 99},
                          {"matcher", "matcher_id", "keep_days", "catalogue"}),
                 "hub-1": ({"matcher": "h:0", "listen": 7, "address": "h:0"},
                           {"matcher", "matcher_id", "listen", "address"})}
        for name, (config, fields) in wrong.items():
            with self.subTest(party=name):
                party, home = self.home_of(name)
                (home / "config.json").write_text(json.dumps(config), encoding="utf-8")
                faults = self.faults(party, home)
                self.assertEqual({field.removeprefix("config.json.") for field in faults
                                  if field.startswith("config.json")}, fields)
                for field, message in faults.items():
                    if field.startswith("config.json") and "colour" not in field:
                        self.assertRegex(message, "wanted|missing", field)

    def test_files_that_are_missing_or_damaged(self):
        for name, files in {"matcher": ("identity.key", "identity.cert", "authority.root", "config.json",
                                        "directory.signed"),
                            "ifa-001": ("identity.key", "identity.cert", "authority.root", "config.json"),
                            "la-1": ("identity.key", "identity.cert", "authority.root", "config.json")}.items():
            for file in files:
                with self.subTest(party=name, file=file):
                    party, home = self.home_of(name)
                    text = (home / file).read_bytes()
                    (home / file).unlink()
                    self.assertTrue(any(file in field or file in text for field, text in
                                        self.faults(party, home).items()))
                    (home / file).write_bytes(text[:len(text) // 2])
                    (home / file).chmod(0o600)
                    self.assertTrue(self.faults(party, home))
            # All of them at once are as many faults.
            party, home = self.home_of(name)
            for file in files:
                (home / file).unlink()
            self.assertGreaterEqual(len(self.faults(party, home)), len(files))

    def test_what_is_to_be_done_is_told(self):
        for name, maker in (("matcher", "hearth-matcher init"), ("ifa-001", "hearth-agent init"),
                            ("la-1", "hearth init"), ("hub-1", "hearth hub init")):
            party, home = self.home_of(name)
            (home / "config.json").write_text("", encoding="ascii")
            self.assertIn("is empty; a JSON object", self.faults(party, home)["config.json"])
            (home / "config.json").unlink()
            self.assertEqual(self.faults(party, home)["config.json"], f"is missing: '{maker}' makes it")

    def test_as_an_option_of_every_program(self):
        for name, family in (("matcher", ()), ("ifa-001", ()), ("la-1", ()), ("hub-1", ("hub",))):
            party, home = self.home_of(name)
            told = [subprocess.run([party.program, *family, word, "-C", home], capture_output=True, timeout=60,
                                   encoding="utf-8", check=False) for word in ("check-config", "--check-config")]
            self.assertEqual(*[(done.returncode, done.stdout, done.stderr) for done in told])
            self.assertRegex(told[0].stdout, r"\n\d+ faults?, \d+ warnings?\n\Z")

    def test_keys_trust_and_clock(self):
        party, home = self.home_of("ifa-001")
        (home / "identity.key").chmod(0o644)
        self.assertIn("chmod 600", self.faults(party, home)["identity.key"])
        party, home = self.home_of("ifa-001")
        shutil.copy(self.scheme.parties.get("la-1").home / "identity.key", home / "identity.key")
        self.assertIn("another key file", self.faults(party, home)["identity.cert"])
        party, home = self.home_of("ifa-001")
        shutil.copy(self.scheme.parties.get("la-1").home / "identity.cert", home / "identity.cert")
        self.assertIn("not agent", " ".join(self.faults(party, home).values()))
        party, home = self.home_of("ifa-001")
        (home / "pins").write_text("hearth pins 1\nrevocations 7\nagent ifa-001 99999\n", encoding="ascii")
        faults = self.faults(party, home)
        self.assertIn("was replaced by serial 99999", faults["identity.cert"])
        self.assertIn("is older than list 7", faults["revocations"])
        (home / "pins").write_text("nonsense", encoding="ascii")
        self.assertIn("pins", self.faults(party, home))
        party, home = self.home_of("ifa-001")
        self.assertIn("ask for a new one", " ".join(self.faults(party, home, clock_offset=400 * DAY).values()))
        self.assertIn("it is behind", self.faults(party, home, clock_offset=-2 * DAY)["clock"])
        soon = self.check(party, home, clock_offset=350 * DAY)["warnings"]
        self.assertEqual({key for one in soon for key in one}, {"field", "message"})
        self.assertIn("renew it", " ".join(one["message"] for one in soon if one["field"] == "identity.cert"))

    def test_stores(self):
        party, home = self.home_of("ifa-001")
        subprocess.run([BUILD / "hostile" / "old_form", "--newer", home / "vault"], check=True, timeout=60)
        data = home / "replies" / "data.mdb"
        data.write_bytes(data.read_bytes()[:8192])
        faults = self.faults(party, home)
        self.assertIn("written by version 9.8.7", faults["vault"])
        self.assertIn("damaged", faults["replies"])
        shutil.rmtree(home / "vault")
        self.assertIn("hearth-agent init", self.faults(party, home)["vault"])
        (home / "mapping.json").write_text("{", encoding="ascii")
        self.assertTrue(any(field.startswith("mapping.json") for field in self.faults(party, home)))

    def test_values_that_do_not_go_together(self):
        party, home = self.home_of("matcher")
        config = {"searches_max": 10, "searches_per_la": 15, "mailbox_mib": 100, "mail_max_mib": 50,
                  "mail_days": 1, "answer_hours": 48, "audit_max_mib": 16}
        (home / "config.json").write_text(json.dumps(config), encoding="utf-8")
        found = self.check(party, home)
        fields = {one["field"].removeprefix("config.json.") for one in found["warnings"]}
        self.assertLessEqual({"searches_per_la", "mailbox_mib", "answer_hours", "audit_max_mib"}, fields)
        party, home = self.home_of("ifa-001")
        config = json.loads((home / "config.json").read_text(encoding="utf-8")) | {"allow": [], "budget": 0}
        (home / "config.json").write_text(json.dumps(config), encoding="utf-8")
        fields = {one["field"] for one in self.check(party, home)["warnings"]}
        self.assertLessEqual({"config.json.allow", "config.json.budget"}, fields)


if __name__ == "__main__":
    unittest.main()
