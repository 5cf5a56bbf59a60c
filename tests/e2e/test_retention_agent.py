# SPDX-License-Identifier: Apache-2.0
"""What an agency keeps of searches and referrals goes when it is old: `serve` removes it, and its files hold it no
more."""

import os

from test_erase import lmdb_entries
from test_story import REQUEST, StoryCase

AFTER_KEEP_DAYS = 200 * 24 * 3600  # keep_days is 180


class Retention(StoryCase):
    agencies, households = 2, 60

    def restart(self, party, clock_offset=None):
        self.scheme.stop(party)
        os.environ.pop("HEARTH_CLOCK_OFFSET", None)
        if clock_offset is not None:
            os.environ["HEARTH_CLOCK_OFFSET"] = str(clock_offset)
        try:
            self.scheme.launch(party)
        finally:
            os.environ.pop("HEARTH_CLOCK_OFFSET", None)

    def sealed(self, party, store, table):
        """A piece of each value, which is nowhere else by chance."""
        return [value[:48] for value in lmdb_entries(party.home / store, table).values()]

    def test_what_is_old_goes(self):
        party = self.party("ifa-001")
        found = self.search(REQUEST)
        self.tell("la-1", "refer", found["query_hash"], "--to", party.id, "--reason", "test", codes=(0, 2))
        self.wait_received(party.id, 1)
        opened = self.run_party(party, "audit", "open", found["query_hash"])
        self.assertEqual(opened.returncode, 0, opened.stderr)
        pieces = {(store, piece) for store, table in
                  (("replies", "replies"), ("replies", "slot_sets"), ("correspondence", "contents"))
                  for piece in self.sealed(party, store, table)}
        self.assertGreaterEqual(len(pieces), 3)
        self.restart(party)
        self.assertEqual(len(self.tell(party.id, "inbox", "--all", "--offline")["referrals"]), 1)
        self.addCleanup(self.wait_all_attached)
        self.addCleanup(self.restart, party)
        self.restart(party, AFTER_KEEP_DAYS)

        def gone():
            return not any(piece in (party.home / store / "data.mdb").read_bytes() for store, piece in pieces)
        self.wait_for(gone, "the files hold nothing of it")
        self.assertEqual(self.tell(party.id, "inbox", "--all", "--offline")["referrals"], [])
        again = self.tell(party.id, "audit", "open", found["query_hash"], codes=(2,))
        self.assertEqual(again["error"]["code"], "not_found")
        self.assertIn("were removed", again["error"]["message"])

    def test_settings(self):
        party = self.party("ifa-002")
        path = party.home / "config.json"
        before = path.read_text(encoding="utf-8")
        self.addCleanup(path.write_text, before, encoding="utf-8")
        for bad in ("0", "14", "3651"):
            path.write_text(before.replace("{", f'{{"keep_days":{bad},', 1), encoding="utf-8")
            told = self.tell(party.id, "inbox", "--offline", codes=(1, 2))
            with self.subTest(keep_days=bad):
                self.assertRegex(told["error"]["field"] + told["error"]["message"], "keep_days")
