# SPDX-License-Identifier: Apache-2.0
"""The figures commands of a contributor over real processes: what its operator is told, what goes out and when,
and that a hub that is not there, or a second call, changes nothing of what is contributed."""

import csv
import datetime
import io

from test_hub import HUB, LEEDS_REGION, HubCase, next_month

AGENCY = "ifa-001"
TABLES = ["capacity_status", "capacity_places", "capacity_age", "capacity_type", "capacity_need",
          "capacity_together", "capacity_la"]


class Contributing(HubCase):
    households = 200

    def said(self, party, *arguments, code=0):
        """What a person reads, on either stream."""
        done = self.run_party(self.party(party), *arguments, clock_offset=self.later)
        self.assertEqual(done.returncode, code, f"{arguments}: {done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    def test_contributing(self):
        now = datetime.datetime.now(datetime.timezone.utc)
        self.period = now.strftime("%Y-%m")
        self.before_any_manifest()
        self.go_on(int((next_month(now) - now).total_seconds()), "matcher", HUB)
        self.now(HUB, "hub", "open")
        self.before_joining()
        self.preview()
        self.joining()
        self.sending()
        self.leaving()

    def before_any_manifest(self):
        self.assertIn("figures send", self.said(AGENCY, "figures", "status"))
        for command in (("terms", HUB), ("join", HUB), ("leave", HUB), ("preview",), ("preview", HUB)):
            self.assertIn("figures send", self.said(AGENCY, "figures", *command, code=2))
            self.assertIn("figures send", self.said("la-1", "figures", *command, code=2))
        self.assertEqual(self.now(AGENCY, "figures", "ledger"), {"entries": [], "count": 0, "head": "0" * 64})
        self.said(AGENCY, "figures", "off", "demand_age", code=2)
        self.said("la-1", "figures", "off", "capacity_la", code=2)
        self.now(AGENCY, "figures", "off", "capacity_la")

    def before_joining(self):
        sent = self.now(AGENCY, "figures", "send")
        self.assertEqual((sent["manifests"], sent["made"], sent["to_join"], sent["changed"]), (1, 0, [HUB], []))
        self.assertIn(f"figures terms {HUB}", self.said(AGENCY, "figures", "send"))
        words = self.said(AGENCY, "figures", "terms", HUB)
        for told in (*TABLES, "at least 3 of the 4 agencies", "Not joined", "1.00", "4 local authorities",
                     self.period):
            self.assertIn(told, words)
        terms = self.now(AGENCY, "figures", "terms", HUB)
        self.assertEqual([one["table"] for one in terms["tables"]], TABLES)
        self.assertAlmostEqual(sum(one["epsilon"] for one in terms["tables"]), 1)
        self.assertEqual((terms["enrolled"], terms["joined"], terms["differences"]), (True, False, ""))
        self.assertEqual(terms["capacity"], {"enrolled": 4, "quorum": 3, "insiders": 1})
        agencies = [one["organisation"] for one in terms["parties"] if one["role"] == "agent"]
        self.assertEqual(len(agencies), 4)
        self.assertIn(f"Enrolled on your side: {', '.join(agencies)}.", words)
        self.assertTrue(all(one["code"] is None if one["role"] == "agent" else one["code"] for one in terms["parties"]))
        self.assertEqual(len(terms["authorities"]), terms["areas"]["authorities"])
        self.assertGreater(sum(one["cells"] for one in terms["authorities"]), 0)

    def preview(self):
        """The same cells in every form, and those of a plain count."""
        told = self.now(AGENCY, "figures", "preview")["previews"][0]
        self.assertEqual((told["hub"], told["joined"], told["off"]), (HUB, False, ["capacity_la"]))
        self.assertEqual([one["table"] for one in told["tables"]], TABLES[:-1])
        cells = {(one["table"], cell["area"], cell["category"]): cell["value"]
                 for one in told["tables"] for cell in one["cells"]}
        self.assertEqual(len(cells), sum(len(one["cells"]) for one in told["tables"]))
        table = self.said(AGENCY, "figures", "preview", HUB, "--csv")
        rows = {(row["table"], row["area_code"], row["category"]): int(row["value"])
                for row in csv.DictReader(io.StringIO(table, newline=""), strict=True)}
        self.assertEqual(rows, cells)
        self.assertIn(0, cells.values())
        for status in ("available", "full"):
            self.assertEqual(cells["capacity_status", LEEDS_REGION, status], self.count([AGENCY], status))
        words = self.said(AGENCY, "figures", "preview", HUB, "--table", "capacity_status")
        self.assertIn(f"full {self.count([AGENCY], 'full')}", words)
        self.assertNotIn("capacity_age", words)
        self.assertIn("turned off", self.said(AGENCY, "figures", "preview", HUB))
        self.assertEqual(self.now(AGENCY, "figures", "ledger")["count"], 0)

    def joining(self):
        terms = self.now(AGENCY, "figures", "terms", HUB)["terms"]
        other = ("0" if terms[0] != "0" else "1") + terms[1:]
        self.assertIn("other terms", self.said(AGENCY, "figures", "join", HUB, "--terms", other, code=1))
        self.said("la-1", "figures", "join", HUB, code=2)  # has not looked yet
        joined = self.now(AGENCY, "figures", "join", HUB, "--terms", terms[:16])
        self.assertEqual(joined, {"hub": HUB, "joined": True, "terms": terms, "offered": self.period})
        self.assertIn("Joined on these terms", self.said(AGENCY, "figures", "terms", HUB))

    def delivered(self, sent):
        return tuple(sent[name] for name in ("made", "taken_by_matcher", "taken_by_hub", "waiting"))

    def sending(self):
        """The hub is not there: its copies wait, and are the same when they come."""
        self.scheme.stop(self.party(HUB))
        sent = self.now(AGENCY, "figures", "send", codes=(3,))
        self.assertEqual(self.delivered(sent), (6, 6, 0, 6))
        ledger = self.now(AGENCY, "figures", "ledger")
        self.assertEqual([entry["table"] for entry in ledger["entries"]], TABLES[:-1])
        self.assertIn("copies wait", self.said(AGENCY, "figures", "status"))
        self.launch(HUB)
        sent = self.now(AGENCY, "figures", "send")
        self.assertEqual(self.delivered(sent), (0, 0, 6, 0))
        self.assertEqual(self.now(AGENCY, "figures", "ledger"), ledger)
        status = self.now(AGENCY, "figures", "status")
        last = status["hubs"][0]["last"]
        spent_on = {entry["contribution"] for entry in ledger["entries"]}
        self.assertEqual({one["contribution"] for one in last}, spent_on)
        states = {(one["matcher"], one["hub"], one["released"]) for one in last}
        self.assertEqual(states, {("taken", "taken", False)})
        self.assertAlmostEqual(status["budget"]["spent"], 0.9)
        self.assertEqual(self.coverage()[AGENCY], ("part", 6))
        self.now(AGENCY, "figures", "on", "capacity_la")
        self.serve_contributes()

    def serve_contributes(self):
        """The rest, by serve, which is asked to stop at once; and a `send` beside it."""
        self.launch(AGENCY)
        self.wait_for(lambda: self.coverage()[AGENCY] == ("whole", 7), "serve contributes", 60)
        self.assertEqual(self.now(AGENCY, "figures", "send")["made"], 0)
        began = datetime.datetime.now()
        self.scheme.stop(self.party(AGENCY))
        self.assertLess((datetime.datetime.now() - began).total_seconds(), 10)
        self.assertEqual(self.now(AGENCY, "figures", "ledger")["count"], 7)

    def leaving(self):
        """What an LA has made and not sent stays at home."""
        self.now("la-1", "figures", "send")
        self.now("la-1", "figures", "join", HUB)
        self.scheme.stop(self.party(HUB))
        sent = self.now("la-1", "figures", "send", codes=(4,))
        self.assertEqual((sent["made"], sent["waiting"]), (11, 11))
        self.now("la-1", "figures", "leave", HUB)
        self.launch(HUB)
        sent = self.now("la-1", "figures", "send")
        self.assertEqual((sent["taken_by_hub"], sent["waiting"], sent["to_join"]), (0, 0, [HUB]))
        self.assertEqual(self.coverage()["la-1"], ("missing", 0))
        self.assertIn("held back", self.said("la-1", "figures", "status"))
        self.assertIn("not joined", self.said("la-1", "figures", "status"))
        self.scheme.stop(self.party("matcher"))
        self.said("la-1", "figures", "send", code=4)
        self.said(AGENCY, "figures", "send", code=3)
