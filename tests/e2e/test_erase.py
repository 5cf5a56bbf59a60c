# SPDX-License-Identifier: Apache-2.0
"""Erasure over real programs: the sealed record of a household that is erased, removed, replaced or changed is in
no file of the agency's home, whether serve runs or not; and nothing else is gone. What is held comes out whole."""

import csv
import ctypes
import ctypes.util
import json
import os
import pathlib
import shutil
import tempfile

from support import ANYBODY, SchemeCase, lab

PIECE = 24  # bytes of a sealed record that cannot be found anywhere else by chance
RDONLY, NOLOCK, NEXT = 0x20000, 0x400000, 8  # of lmdb.h


class Value(ctypes.Structure):
    _fields_ = [("size", ctypes.c_size_t), ("data", ctypes.c_void_p)]

    def bytes(self):
        return ctypes.string_at(self.data, self.size)


def lmdb_entries(directory, table):
    """{key: value} of a table of the store in `directory`, read by LMDB's own library from a copy of its file."""
    library = ctypes.CDLL(ctypes.util.find_library("lmdb") or "liblmdb.so.0")

    def call(name, *arguments):
        code = getattr(library, name)(*arguments)
        if code != 0:
            raise AssertionError(f"{name}: {code}")

    with tempfile.TemporaryDirectory(prefix="hearth-e2e-") as copy:
        shutil.copy(directory / "data.mdb", copy)
        environment, transaction, cursor = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_void_p()
        handle, key, value = ctypes.c_uint(), Value(), Value()
        call("mdb_env_create", ctypes.byref(environment))
        call("mdb_env_set_maxdbs", environment, ctypes.c_uint(16))
        call("mdb_env_set_mapsize", environment, ctypes.c_size_t(256 << 20))
        call("mdb_env_open", environment, os.fsencode(copy), ctypes.c_uint(RDONLY | NOLOCK), ctypes.c_uint(0o600))
        call("mdb_txn_begin", environment, None, ctypes.c_uint(RDONLY), ctypes.byref(transaction))
        call("mdb_dbi_open", transaction, table.encode(), ctypes.c_uint(0), ctypes.byref(handle))
        call("mdb_cursor_open", transaction, handle, ctypes.byref(cursor))
        entries = {}
        while library.mdb_cursor_get(cursor, ctypes.byref(key), ctypes.byref(value), ctypes.c_int(NEXT)) == 0:
            entries[key.bytes()] = value.bytes()
        library.mdb_cursor_close(cursor)
        library.mdb_txn_abort(transaction)
        library.mdb_env_close(environment)
    return entries


class Erase(SchemeCase):
    agencies, households = 2, 60

    def setUp(self):
        self.party = self.scheme.parties.get("ifa-001")
        self.vault = self.party.home / "vault"
        with open(self.directory / "carers" / "ifa-001.csv", encoding="utf-8", newline="") as file:
            self.rows = list(csv.DictReader(file))
        self.import_rows(self.rows)
        self.wait_for(lambda: len(self.records()) == len(self.rows), "the carers are back")

    def records(self):
        return lmdb_entries(self.vault, "records")

    def run_agent(self, *arguments, code=0):
        done = self.run_party(self.party, *arguments, "--json")
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return json.loads(done.stdout)

    def import_rows(self, rows):
        with tempfile.TemporaryDirectory(prefix="hearth-e2e-") as folder:
            path = pathlib.Path(folder) / "carers.csv"
            with open(path, "w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, self.rows[0].keys())
                writer.writeheader()
                writer.writerows(rows)
            return self.run_agent("import", "--replace", str(path))

    def pieces_left(self, sealed):
        """How many pieces of the sealed records, wherever they begin, stand in some file of the home."""
        files = [path.read_bytes() for path in self.party.home.rglob("*") if path.is_file()]
        pieces = [value[at:at + PIECE] for value in sealed for at in range(0, len(value) - PIECE + 1, PIECE)]
        return sum(any(piece in file for file in files) for piece in pieces)

    def gone_since(self, before):
        """The values of records that were there before and are not now."""
        after = self.records()
        return [value for key, value in before.items() if after.get(key) != value]

    def assert_erased(self, before, count):
        gone = self.gone_since(before)
        self.assertEqual(len(gone), count)
        self.assertEqual(self.pieces_left(gone), 0)
        stays = [value for value in before.values() if value not in gone]
        self.assertEqual(self.pieces_left(stays), len(stays) * (len(stays[0]) // PIECE))

    def reply_is_kept(self):
        """Asks for a reply that this agency keeps: the start of its query's hash, and the sealed slot sets."""
        answer = self.search(ANYBODY)
        self.run_agent("audit", "open", answer["query_hash"])
        sets = lmdb_entries(self.party.home / "replies", "slot_sets")
        self.assertGreater(len(sets), 0)
        return answer["query_hash"], list(sets.values())

    def assert_not_recomputable(self, query_hash, sets):
        message = self.run_agent("audit", "open", query_hash, code=1)["error"]["message"]
        self.assertIn("a household was erased", message)
        self.assertEqual(lmdb_entries(self.party.home / "replies", "slot_sets"), {})
        self.assertEqual(self.pieces_left(sets), 0)

    def erase_two(self, reply):
        before = self.records()
        two = [row["ref"] for row in self.rows[3:5]]
        self.assertEqual(self.pieces_left(before.values()) > 0, True)
        self.assertEqual(self.run_agent("erase", *two), {"erased": 2, "rewritten": True})
        self.assert_erased(before, 2)
        self.assert_not_recomputable(*reply)
        for path in self.party.home.rglob("*"):
            if path.is_file():
                for ref in two:
                    self.assertNotIn(ref.encode(), path.read_bytes(), path)
        self.assertFalse((self.vault / "new").exists())
        held = [carer["ref"] for carer in self.run_agent("list")["carers"]]
        self.assertEqual(held, sorted(row["ref"] for row in self.rows if row["ref"] not in two))
        self.assertIn("not held", self.run_agent("erase", two[0], code=2)["error"]["message"])

    def test_while_serve_runs(self):
        self.erase_two(self.reply_is_kept())
        self.reply_is_kept()  # and it goes on answering, so that it can be audited
        self.wait_for(lambda: self.run_agent("status")["carers"] == len(self.rows) - 2, "serve sees it")

    def test_while_serve_does_not_run(self):
        self.addCleanup(lab, "start", self.directory, "ifa-001")
        reply = self.reply_is_kept()
        lab("stop", self.directory, "ifa-001")
        self.erase_two(reply)

    def test_all_or_none(self):
        before = self.records()
        answer = self.run_agent("erase", self.rows[0]["ref"], "NOBODY-1", code=2)
        self.assertEqual(answer["error"]["code"], "not_found")
        self.assertIn("NOBODY-1", answer["error"]["message"])
        answer = self.run_agent("erase", self.rows[0]["ref"], self.rows[0]["ref"], code=2)
        self.assertIn("named twice", answer["error"]["message"])
        self.assertEqual(self.records(), before)

    def test_removals_and_changes_are_erased_within_seconds(self):
        before = self.records()
        ref = self.rows[0]["ref"]
        places = int(self.run_agent("show", self.rows[1]["ref"])["places"])
        self.run_agent("remove", ref)
        self.run_agent("set", self.rows[1]["ref"], "--places", str((places + 1) % 3))
        self.assertEqual(self.import_rows(self.rows[1:-1])["removed"], 1)
        gone = self.gone_since(before)
        self.assertIn(len(gone), (2, 3))  # the import may have put back the places as they were, under a new seal
        self.wait_for(lambda: self.pieces_left(gone) == 0, "serve has rewritten the file")

    def test_searches_while_records_go(self):
        """Every search is answered, however often the file is replaced under it."""
        for row in self.rows[:5]:
            self.run_agent("remove", row["ref"])
            self.assertEqual(self.counts(ANYBODY)[1:], (2, 0))


class SubjectAccess(SchemeCase):
    agencies, households = 1, 20

    def test_everything_on_one_household(self):
        party = self.scheme.parties.get("ifa-001")
        ref = json.loads(self.run_party(party, "list", "--json").stdout)["carers"][0]["ref"]
        shown = json.loads(self.run_party(party, "show", ref, "--json").stdout)
        target = self.directory / "copy.txt"
        self.addCleanup(lambda: target.unlink(missing_ok=True))

        done = self.run_party(party, "subject-access", ref, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        copy = json.loads(done.stdout)
        self.assertEqual({name: copy["held"][name] for name in shown}, shown)
        self.assertEqual(copy["agency"]["id"], "ifa-001")
        self.assertEqual(copy["derived"]["cell"], shown["cell"])

        done = self.run_party(party, "subject-access", ref, str(target))
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)
        self.assertEqual(target.stat().st_mode & 0o777, 0o600)
        text = target.read_text(encoding="utf-8")
        for word in (ref, shown["name"], shown["location"], *shown["offers"], *shown["placement_types"]):
            self.assertIn(word, text)
        again = self.run_party(party, "subject-access", ref, str(target))
        self.assertEqual(again.returncode, 1)  # what is there is never written over
        self.assertEqual(self.run_party(party, "subject-access", ref).stdout, text)
        self.assertEqual(self.run_party(party, "subject-access", "NOBODY-1").returncode, 2)
        self.assertEqual(self.run_party(party, "subject-access").returncode, 2)
