# SPDX-License-Identifier: Apache-2.0
"""Programs that follow neighbouring versions of the catalogue talk; what one of them cannot know is said."""

import csv

from support import SchemeCase, lab

from daemons import read_json, write_json  # from tests/lab

OLD, NEW = 1, 2
ADDED = "LN_UK"  # came with the version NEW
REQUEST = {"search_ref": "E2E-VERSIONS", "children": [{"age": 9, "sex": "U"}],
           "placement": {"type": "PT_SHORT", "needed_by": "later"}, "must": ["DS_AUT"]}
CARER = {"ref": "V-1", "grid_ref": "SE 297 338", "ages": "0-17", "sexes": "M;F", "places": 1, "approved_places": 1,
         "placement_types": "PT_SHORT", "offers": f"DS_AUT;{ADDED}", "status": "unknown", "status_date": ""}


class Versions(SchemeCase):
    """Both agencies have one household, which holds the added criterion."""
    agencies, households = 2, 4

    @classmethod
    def prepare(cls):
        super().prepare()
        for agency in ("ifa-001", "ifa-002"):
            (cls.directory / "carers" / f"{agency}.mapping.json").unlink(missing_ok=True)
            with open(cls.directory / "carers" / f"{agency}.csv", "w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, list(CARER))
                writer.writeheader()
                writer.writerow(CARER)

    def follow(self, party_id, version):
        """The party follows that version for the rest of the test."""
        party = self.scheme.parties.get(party_id)
        path = party.home / "config.json"
        config = read_json(path)
        if party.role == "la":
            self.addCleanup(write_json, path, config)
            write_json(path, config | {"catalogue": version})
            return
        self.addCleanup(self.wait_all_attached)
        self.addCleanup(lab, "start", self.directory, party_id)
        self.addCleanup(write_json, path, config)
        self.addCleanup(lab, "stop", self.directory, party_id)
        lab("stop", self.directory, party_id)
        write_json(path, config | {"catalogue": version})
        self.assertEqual(lab("start", self.directory, party_id).returncode, 0)
        self.wait_all_attached()

    def found(self, answer):
        self.assertEqual((answer["asked"], answer["answered"], answer["declined"]), (2, 2, 0))
        return {agency["id"]: agency["band"] for agency in answer["agencies"]}

    def check_refused(self, who):
        """A request that needs the added criterion is not sent at all."""
        log = self.scheme.daemon(self.scheme.parties.matcher).log
        before = log.read_text(encoding="utf-8").count(" query ")
        answer = self.search(REQUEST | {"prefer": {ADDED: 1}}, codes=(4,))
        self.assertEqual(answer["error"]["code"], "version")
        self.assertIn(f"{ADDED} is new in catalogue {NEW}; {who} still has catalogue {OLD}",
                      answer["error"]["message"])
        self.assertEqual(log.read_text(encoding="utf-8").count(" query "), before)

    def test_all_of_one_version(self):
        answer = self.search(REQUEST | {"must": ["DS_AUT", ADDED]})
        self.assertEqual(sorted(self.found(answer)), ["ifa-001", "ifa-002"])
        self.assertEqual((answer["catalogue"], answer["older"], answer["older_lack"]), (NEW, 0, [ADDED]))

    def test_older_agent(self):
        self.follow("ifa-002", OLD)
        with self.subTest("without the added criterion nothing is missing, and nothing is said"):
            answer = self.search(REQUEST)
            self.assertEqual(sorted(self.found(answer)), ["ifa-001", "ifa-002"])
            self.assertEqual((answer["catalogue"], answer["older"], answer["older_lack"]), (NEW, 1, []))
            done = lab("search", self.directory, self.request_file(REQUEST))
            self.assertNotIn("Older", done.stdout)
        with self.subTest("as a must"):
            request = REQUEST | {"must": ["DS_AUT", ADDED]}
            answer = self.search(request)
            self.assertEqual(sorted(self.found(answer)), ["ifa-001"])
            self.assertEqual((answer["older"], answer["older_lack"]), (1, [ADDED]))
            done = lab("search", self.directory, self.request_file(request))
            self.assertIn(f"1 of the agencies that answered still has catalogue {OLD}, without {ADDED}",
                          done.stdout)
        with self.subTest("as a preference"):
            answer = self.search(REQUEST | {"prefer": {ADDED: 5}})
            self.assertEqual(self.found(answer), {"ifa-001": "strong", "ifa-002": "possible"})

    def test_older_la(self):
        self.follow("la-1", OLD)
        answer = self.search(REQUEST)
        self.assertEqual(sorted(self.found(answer)), ["ifa-001", "ifa-002"])
        self.assertEqual((answer["catalogue"], answer["older"]), (OLD, 0))
        self.check_refused("this client")

    def test_older_matcher(self):
        self.follow("matcher", OLD)
        answer = self.search(REQUEST)
        self.assertEqual(sorted(self.found(answer)), ["ifa-001", "ifa-002"])
        self.assertEqual((answer["catalogue"], answer["older"]), (OLD, 0))
        self.check_refused("the matcher")

    def explained(self, request):
        """What an explanation tells of each must, which all agencies answer."""
        answer = self.search(request, "--explain")
        self.assertEqual({told["answered"] for told in answer["explain"]}, {2})
        return answer["choice"], {told["without"]: told["agencies"] for told in answer["explain"]}

    def test_explanations(self):
        """They are asked in the version of their search."""
        request = REQUEST | {"must": ["DS_AUT", "CM_BSL"]}
        lacking = ("none", {"DS_AUT": "none", "CM_BSL": "1-2"})
        with self.subTest("an agent is older"):
            self.follow("ifa-002", OLD)
            self.assertEqual(self.explained(request), lacking)
            self.assertEqual(self.explained(REQUEST | {"must": ["DS_AUT", ADDED]}),
                             ("1-2", {"DS_AUT": "1-2", ADDED: "1-2"}))
        with self.subTest("so is the other"):
            self.follow("ifa-001", OLD)
            self.assertEqual(self.explained(REQUEST | {"must": ["DS_AUT", ADDED]}),
                             ("none", {"DS_AUT": "none", ADDED: "1-2"}))
        with self.subTest("so is the matcher"):
            self.follow("matcher", OLD)
            self.assertEqual(self.explained(request), lacking)
            self.check_refused("the matcher")

    def test_older_matcher_and_agent(self):
        self.follow("matcher", OLD)
        self.follow("ifa-001", OLD)
        answer = self.search(REQUEST)
        self.assertEqual(sorted(self.found(answer)), ["ifa-001", "ifa-002"])

    def test_unknown_versions_in_a_configuration(self):
        path = self.scheme.parties.get("la-1").home / "config.json"
        config = read_json(path)
        self.addCleanup(write_json, path, config)
        for version in (0, NEW + 1, "1"):
            write_json(path, config | {"catalogue": version})
            answer = self.search(REQUEST, codes=(1,))
            self.assertEqual(answer["error"]["code"], "invalid")
