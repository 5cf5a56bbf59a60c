# SPDX-License-Identifier: Apache-2.0
"""What an audit finds: an agency that inflates its replies, a matcher that rewrites its log."""

import dataclasses
import shutil

from support import BUILD, lab

from test_story import REQUEST, StoryCase


class Audits(StoryCase):
    agencies, households = 3, 60

    def package(self, ref):
        path = self.directory / f"{ref}.package"
        self.say("la-1", "audit", "open", ref, "--out", path)
        return path

    def opened_reply(self, agency, query_hash):
        path = self.directory / f"{agency}-{query_hash[:8]}.reply"
        self.say(agency, "audit", "open", query_hash, "--out", path)
        return path

    def check_reply(self, reply, package):
        return self.run_party(self.party("ifa-001"), "audit", "check", str(reply), "--query", str(package))

    # ---- an agency ----
    def restart(self, party):
        self.scheme.stop(party)
        self.scheme.launch(party)
        self.wait_all_attached()

    def test_an_agency_that_inflates_its_scores(self):
        honest = self.party("ifa-002")
        nobody = REQUEST | {"search_ref": "AUDIT-CHEAT", "must": ["HE_LIFE", "SU_DOL", "AC_HOIST"]}
        self.assertEqual(self.search(nobody)["agencies"], [])
        self.addCleanup(self.restart, honest)
        cheat = dataclasses.replace(honest, program=BUILD / "hostile" / "cheating_agent")
        self.restart(cheat)
        found = self.search(nobody)
        self.assertEqual([agency["id"] for agency in found["agencies"]], ["ifa-002"])
        self.assertEqual(found["agencies"][0]["band"], "strong")
        package = self.package("AUDIT-CHEAT")
        done = self.check_reply(self.opened_reply("ifa-002", found["query_hash"]), package)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertRegex(done.stdout, r"(?m)^ +NO +the second halves|^ +no +the second halves")
        self.assertRegex(done.stdout, r"(?m)^ +yes +the slot sets are those that it committed to")
        done = self.check_reply(self.opened_reply("ifa-001", found["query_hash"]), package)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    # ---- the matcher ----
    def test_a_matcher_that_rewrites_its_log(self):
        home = self.party("matcher").home
        kept = self.directory / "audit-kept"
        self.restart_matcher(lambda: shutil.copytree(home / "audit", kept))
        self.search(REQUEST | {"search_ref": "AUDIT-GONE"})
        for party, role in (("la-1", "la"), ("ifa-001", "agent")):
            self.restart_matcher()
            self.say(party, "audit", "log", self.export(party, role))

        def put_back():
            shutil.rmtree(home / "audit")
            shutil.copytree(kept, home / "audit")
        self.restart_matcher(put_back)  # as if the search had never been
        self.search(REQUEST | {"search_ref": "AUDIT-OTHER"}, "--la", "la-2")
        self.restart_matcher()
        done = lab("run", self.directory, "matcher", "--", "audit", "verify")
        self.assertEqual(done.returncode, 0, "the log looks whole to whoever has nothing to compare it with")
        for party, role in (("la-1", "la"), ("ifa-001", "agent")):
            done = self.run_party(self.party(party), "audit", "log", str(self.export(party, role)))
            self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
            self.assertRegex(done.stdout + done.stderr, r"entr(y|ies) \d+")
