# SPDX-License-Identifier: Apache-2.0
"""hearth convert and the criteria commands: neither needs a scheme, a home directory or keys."""

import json
import pathlib
import stat
import subprocess
import tempfile
import unittest

import catalogue  # from tests/lab
import support

EXAMPLE = support.ROOT.parent / "shared" / "data" / "national_placements_standard" / "valid-placement.jsonld"

# Written for this test after the standard's text: one child who is to be placed with a brother.
DOCUMENT = {
    "@context": "https://ns.socialcaredata.io/placements/context.jsonld",
    "@id": "ex:convert-1", "@type": "Placement", "childId": "CHILD-4711", "placementId": "P-4711",
    "placementAvailability": {"@type": "PlacementAvailability", "neededBy": "Today", "siblingCount": 1,
                              "isPreferredLocationLocal": True, "uascStatus": "No"},
    "placementRequirements": {"communicationNeeds": "Yes",
                              "specificCommunicationRequirement": ["Makaton", "Other"],
                              "specificCommunicationRequirementOther": ["speaks slowly, says Robin Example"],
                              "homeAdaptationRequired": True, "culturalNeeds": "Not Required",
                              "livingCompanions": "Solo placement recommended", "pets": "Yes-can",
                              "additionalSupport": ["Therapeutic support", "TaxisToSchool"],
                              "deprivationOfLiberty": False},
    "placementRecommendation": {"fosterCareSuitability": "Preferred"},
    "riskAssessment": {"riskSelfHarm": "No known risk", "riskMissing": "Risk Present",
                       "riskToOthersFire": "RiskPresent", "riskOther": ["Robin Example next door"]},
    "actualPlacement": {"totalWeeklyCost": 1200, "providerURN": "SC999999", "placementLocation": "ZZ9"},
    "qualityAssurance": {"referralOfficerName": "Robin Example", "referralDate": "2026-11-01"},
    "shoeSize": 4,
}
NAMES = ("Robin", "Example", "4711", "SC999999", "ZZ9", "1200", "2026-11-01")
GIVEN = ("--search-ref=CV-1", "--child=11:F", "--child=6:M", "--type=long term")


def run(program, *arguments, text=""):
    return subprocess.run([support.BUILD / program, *map(str, arguments)], input=text, capture_output=True,
                          encoding="utf-8", timeout=support.COMMAND_SECONDS, check=False)


class Convert(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="hearth-convert-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.document = self.folder / "document.jsonld"
        self.document.write_text(json.dumps(DOCUMENT), encoding="utf-8")

    def convert(self, *arguments, code=0, text=""):
        done = run("hearth", "convert", *arguments, text=text)
        self.assertEqual(done.returncode, code, done.stderr + done.stdout)
        return done

    def test_document_becomes_a_valid_request(self):
        done = self.convert(self.document, *GIVEN)
        self.assertEqual(json.loads(done.stdout), {
            "search_ref": "CV-1", "children": [{"age": 11, "sex": "F"}, {"age": 6, "sex": "M"}],
            "placement": {"type": "PT_LONG", "needed_by": "today"},
            "must": ["CM_MAK", "AC_ADAPT", "HH_SOLO", "RC_MISS", "RO_FIRE"],
            "prefer": {"SU_THER": 3, "ED_TAXI": 3}})
        for field in ("childId", "placementRequirements.specificCommunicationRequirementOther",
                      "riskAssessment.riskOther", "actualPlacement.totalWeeklyCost",
                      "qualityAssurance.referralOfficerName", "shoeSize"):
            self.assertIn(f"  {field}: ", done.stderr)
        for name in NAMES:
            self.assertNotIn(name, done.stdout + done.stderr)
        self.assertEqual(run("hearth", "check", "-", text=done.stdout).returncode, 0)

    def test_out_is_a_new_private_file(self):
        out = self.folder / "request.json"
        done = self.convert("-", *GIVEN, "--json", "--out", out, text=json.dumps(DOCUMENT))
        report = json.loads(done.stdout)
        self.assertEqual(report["out"], str(out))
        self.assertIn({"field": "childId",
                       "reason": "identifies the child or the record: never part of a request"},
                      report["not_carried"])
        self.assertEqual(stat.S_IMODE(out.stat().st_mode), 0o600)
        self.assertEqual(run("hearth", "check", out).returncode, 0)
        before = out.read_bytes()
        self.convert(self.document, *GIVEN, "--out", out, code=2)  # nothing is overwritten
        self.assertEqual(out.read_bytes(), before)

    def test_everything_missing_is_said_at_once(self):
        done = self.convert(self.document, code=2)
        self.assertEqual(done.stdout, "")
        for words in ("--search-ref", "--child=AGE:SEX 2 times", "--type"):
            self.assertIn(words, done.stderr)
        error = json.loads(self.convert(self.document, "--json", code=2).stdout)["error"]
        self.assertEqual((error["code"], error["field"]), ("invalid", "options"))

    def test_broken_documents(self):
        for text, words in (("{", "line 1"), ("[]", "object"), ("", "JSON"), ('{"a":1,"a":2}', "JSON")):
            with self.subTest(text):
                self.assertIn(words, self.convert("-", *GIVEN, text=text, code=2).stderr)
        self.convert(self.folder / "none.json", *GIVEN, code=2)
        self.convert(self.document, "--child=old:F", code=2)

    def test_our_example(self):
        example = support.ROOT / "docs" / "examples" / "placements-standard.jsonld"
        done = self.convert(example, "--search-ref=EX-2026-0045", "--child=9:M", "--type=U6")
        self.assertEqual(json.loads(done.stdout)["must"], ["CM_BSL", "PE_NO", "RC_MISS"])
        self.assertEqual(json.loads(done.stdout)["prefer"], {"HH_WITH": 3, "ED_TAXI": 3, "CU_NEEDS": 3})
        self.assertEqual(run("hearth", "check", "-", text=done.stdout).returncode, 0)
        older = self.convert(example, "--search-ref=EX-2026-0045", "--child=9:M", "--type=U6", "--version=1")
        self.assertEqual(json.loads(older.stdout)["prefer"], {"HH_WITH": 3, "ED_TAXI": 3})
        self.assertIn("placementRequirements.culturalNeeds Required: the catalogue", older.stderr)
        self.convert(example, *GIVEN, "--version=0", code=2)

    def test_the_standards_own_example(self):
        if not EXAMPLE.exists():
            self.skipTest(f"no {EXAMPLE} here")
        done = self.convert(EXAMPLE, "--search-ref=EX", "--child=9:F", "--child=7:M", "--child=5:M", "--type=U6",
                            "--json")
        report = json.loads(done.stdout)
        self.assertEqual(report["request"]["placement"], {"type": "PT_SHORT", "needed_by": "within_5_days"})
        self.assertLessEqual({"CM_ESOL", "HH_YOUNG", "PE_NO", "SU_DOL", "RC_SH", "RC_MISS"},
                             set(report["request"]["must"]))
        left = {entry["field"] for entry in report["not_carried"]}
        self.assertLessEqual({"childId", "placementAvailability.outOfLAReason", "actualPlacement.providerURN",
                              "qualityAssurance.costOfficerName"}, left)
        self.assertNotIn("ABCD", done.stdout)
        self.assertEqual(run("hearth", "check", "-", text=json.dumps(report["request"])).returncode, 0)


class Criteria(unittest.TestCase):
    def test_both_programs_list_the_catalogue(self):
        ours = catalogue.Catalogue()
        for program in ("hearth", "hearth-agent"):
            with self.subTest(program):
                done = run(program, "criteria", "--json")
                self.assertEqual(done.returncode, 0, done.stderr)
                listed = {c["code"]: c for c in json.loads(done.stdout)["criteria"] if c["scope"] == "carer"}
                kinds = {"must": "hard", "preference": "soft", "both": "both"}
                self.assertEqual({code: kinds[c["kind"]] for code, c in listed.items()}, ours.kind)
                self.assertEqual({code for code, c in listed.items() if not c["field"]}, set(ours.offers))
                table = run(program, "criteria").stdout
                for code in ours.kind:
                    self.assertRegex(table, rf"(?m)^  {code}\b")

    def test_search_and_group(self):
        done = run("hearth", "criteria", "--search", "autistic", "--json")
        self.assertEqual([c["code"] for c in json.loads(done.stdout)["criteria"]], ["DS_AUT"])
        done = run("hearth", "criteria", "--group", "pets")
        self.assertEqual(done.returncode, 0)
        self.assertIn("PE_NODOG", done.stdout)
        done = run("hearth-agent", "criteria", "--standard", "Census2021.religion", "--search", "Muslim")
        self.assertIn("[Census2021.religion: 6]", done.stdout)
        self.assertEqual(run("hearth", "criteria", "--search", "zzzz").returncode, 3)
        done = run("hearth-agent", "criteria", "--group", "cats")
        self.assertEqual(done.returncode, 2)
        self.assertIn("pets", done.stderr)


if __name__ == "__main__":
    unittest.main()
