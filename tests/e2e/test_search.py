# SPDX-License-Identifier: Apache-2.0
"""What a search finds is what the agencies' own scores, in the clear, say it must find."""

import concurrent.futures
import csv
import json
import os
import re
import subprocess

import support
from support import ANYBODY, NOBODY, REQUESTS, SchemeCase, lab

import catalogue  # from tests/lab
import enquiry
from plain_rank import BANDS, JUDGEMENTS, band_of, count_class, passes

RESULT_FIELDS = ["query_hash", "search_ref", "asked", "answered", "declined", "more", "elapsed_ms", "notes",
                 "agencies", "run", "amendments", "first_searched", "similar_to", "budget", "catalogue", "older",
                 "older_lack"]
AGENCY_FIELDS = ["rank", "id", "name", "urn", "band", "judgement", "frameworks", "sector", "contact"]


class Search(SchemeCase):
    agencies, households, seed = 4, 240, 7

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with open(cls.directory / "agencies.csv", encoding="utf-8", newline="") as file:
            cls.directory_rows = {row["id"]: row for row in csv.DictReader(file)}

    def expected(self, request, scores):
        """{agency id: (band, class of the count, judgement)}, from every agency's own scores."""
        expected = {}
        for agency, eligible in scores.items():
            if eligible and passes(request.get("provider", {}), self.directory_rows[agency]):
                bands = [band_of(household["score"]) for household in eligible]
                best = min(bands, key=BANDS.index)
                judgement = self.directory_rows[agency]["judgement"]
                expected[agency] = (best, count_class(bands.count(best)), judgement)
        return expected

    def check_request(self, request):
        """Compares; gives the bands found."""
        path = self.request_file(request)
        answer = self.search(path)
        scores = {}
        for agency in self.directory_rows:
            own = self.score(agency, path)
            self.assertEqual(own["agency"], agency)
            for household in own["eligible"]:
                self.assertEqual(household["band"], band_of(household["score"]))
                self.assertEqual(sorted(household), ["band", "ref", "score"])
            order = [(-household["score"], household["ref"]) for household in own["eligible"]]
            self.assertEqual(order, sorted(order))
            scores[agency] = own["eligible"]
        expected = self.expected(request, scores)
        found = {agency["id"]: agency["band"] for agency in answer["agencies"]}
        self.assertEqual(found, {agency: values[0] for agency, values in expected.items()}, request)
        keys = [(BANDS.index(band), count, JUDGEMENTS.index(judgement))
                for band, count, judgement in (expected[agency["id"]] for agency in answer["agencies"])]
        self.assertEqual(keys, sorted(keys), request)
        self.assertEqual((answer["asked"], answer["answered"], answer["declined"]),
                         (self.agencies, self.agencies, 0))
        return list(found.values())

    def test_random_requests_agree_with_plain_scores(self):
        """A few: test_plain_search does it at length, the order of ties included. Here the agents' own scores are
        the measure."""
        source = enquiry.Enquiries(catalogue.Catalogue(), enquiry.read_households(self.directory), self.seed)
        count = max(10, REQUESTS // 25)
        requests = [source.make() for _ in range(count)]
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            found = list(pool.map(self.check_request, requests))
        some = sum(bool(bands) for bands in found)
        self.assertGreater(some, count * 0.4, "too few requests find anybody for this to test anything")

    def test_shape_of_the_answer(self):
        request = ANYBODY | {"search_ref": "E2E shape"}
        answer = self.search(request)
        self.assertEqual(list(answer), RESULT_FIELDS)
        self.assertRegex(answer["query_hash"], r"\A[0-9a-f]{64}\Z")
        self.assertEqual(answer["search_ref"], "E2E shape")
        self.assertIs(answer["more"], False)
        self.assertIsInstance(answer["elapsed_ms"], int)
        self.assertTrue(answer["agencies"])
        for rank, agency in enumerate(answer["agencies"], 1):
            self.assertEqual(list(agency), AGENCY_FIELDS)
            self.assertEqual(agency["rank"], rank)
            self.assertIn(agency["band"], BANDS)
            row = self.directory_rows[agency["id"]]
            for field in ("name", "urn", "judgement", "sector", "contact"):
                self.assertEqual(agency[field], row[field])
            self.assertEqual(agency["frameworks"], [word for word in row["frameworks"].split(";") if word])

    def test_same_request_new_query(self):
        path = self.request_file(ANYBODY)
        first, second = self.search(path), self.search(path)
        self.assertNotEqual(first["query_hash"], second["query_hash"])
        self.assertEqual([(a["id"], a["band"]) for a in sorted(first["agencies"], key=lambda a: a["id"])],
                         [(a["id"], a["band"]) for a in sorted(second["agencies"], key=lambda a: a["id"])])

    def test_other_la(self):
        self.assertEqual(self.counts(None, "--la", "la-2"), (self.agencies, self.agencies, 0))

    def test_log_head_is_kept(self):
        """What the LA keeps of each result is compared with the matcher's log."""
        answer = self.search(ANYBODY)
        lines = (self.scheme.parties.las[0].home / "log-heads").read_text(encoding="ascii").splitlines()
        self.assertIn(f"query={answer['query_hash']}", lines[-1])
        length, head = lines[-1].split(" at=")[1].split(":")
        other = ("0" if head[0] != "0" else "1") + head[1:]
        for at, code in ((f"{length}:{head}", 0), (f"{length}:{other}", 1)):
            done = lab("run", self.directory, "matcher", "--", "audit", "verify", "--at", at)
            self.assertEqual(done.returncode, code, done.stdout + done.stderr)

    def test_nobody(self):
        path = self.request_file(NOBODY)
        done = lab("search", self.directory, path, "--json")
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertEqual(json.loads(done.stdout)["agencies"], [])
        done = lab("score", self.directory, "ifa-001", path, "--json")
        self.assertEqual(done.returncode, 3)
        self.assertEqual(json.loads(done.stdout), {"agency": "ifa-001", "eligible": []})

    def test_table(self):
        done = lab("search", self.directory, self.request_file(ANYBODY))
        self.assertEqual(done.returncode, 0, done.stderr)
        best = self.search(ANYBODY)["agencies"]
        for agency in best:
            self.assertIn(agency["name"], done.stdout)
        self.assertRegex(done.stdout, re.compile(r"rank", re.I))

    def test_bad_requests(self):
        for change, field in (
                ({"children": [{"age": 18, "sex": "F"}]}, "children[0].age"),
                ({"children": []}, "children"),
                ({"child_name": "x"}, "child_name"),
                ({"must": ["NO_SUCH"]}, "must[0]"),
                ({"must": ["ET_WBRI"]}, "must[0]"),
                ({"prefer": {"CS_SIM": 6}}, "prefer.CS_SIM"),
                ({"placement": {"type": "PT_LONG"}}, "placement.needed_by"),
                ({"location": {"anchors": [{"name": "s", "at": "SE 297 338", "within_km": 0}]}},
                 "location.anchors[0].within_km"),
                ({"location": {"anchors": [{"name": "s", "at": "SE 297 338", "within_km": 200}]}}, None)):
            path = self.request_file(ANYBODY | change)
            for command in (["search", self.directory, path, "--json"],
                            ["run", self.directory, "la-1", "--", "check", "--json", path]):
                with self.subTest(change=change, command=command[0]):
                    done = lab(*command)
                    self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
                    error = json.loads(done.stdout)
                    self.assertEqual(list(error), ["error"])
                    self.assertEqual(sorted(error["error"]), ["code", "field", "message"])
                    self.assertTrue(error["error"]["message"])
                    if field:
                        self.assertEqual(error["error"]["field"], field)

    def test_no_request_file(self):
        done = lab("search", self.directory, "/nonexistent/request.json", "--json")
        self.assertEqual(done.returncode, 2)
        self.assertIn("error", json.loads(done.stdout))

    def test_wrong_passphrase_is_no_refusal(self):
        home = self.directory / "state" / "las" / "la-1"
        done = subprocess.run(
            [support.BUILD / "hearth", "search", self.request_file(ANYBODY), "--json", "-C", home,
             "--passphrase-fd", "0"],
            input="wrong\n", capture_output=True, encoding="utf-8", timeout=support.COMMAND_SECONDS, check=False)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("passphrase", json.loads(done.stdout)["error"]["field"])

    def test_without_a_home_it_says_how_one_is_made(self):
        done = subprocess.run(
            [support.BUILD / "hearth", "search", self.request_file(ANYBODY), "-C", self.directory / "nowhere"],
            stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", timeout=support.COMMAND_SECONDS,
            check=False)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        for words in ("nowhere/config.json", "hearth init", "-C"):
            self.assertIn(words, done.stderr)

    def test_usage_errors_are_json_too(self):
        for words in (["search", "--json"], ["search", "--json", "a.json", "b.json"],
                      ["check", "--json", "--nope"]):
            with self.subTest(words=words):
                done = subprocess.run([support.BUILD / "hearth", *words], stdin=subprocess.DEVNULL, check=False,
                                      capture_output=True, encoding="utf-8", timeout=support.COMMAND_SECONDS)
                self.assertEqual(done.returncode, 2)
                error = json.loads(done.stdout)["error"]
                self.assertEqual(error["code"], "invalid")
                self.assertTrue(error["message"])

    def test_check(self):
        done = lab("run", self.directory, "la-1", "--", "check", self.request_file(ANYBODY))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("valid", done.stdout)

    def test_examples_are_valid(self):
        """The one by postcode says what it needs; test_readme gives it that."""
        examples = sorted((support.ROOT / "docs" / "examples").glob("*.json"))
        examples = [example for example in examples if not example.name.endswith(".mapping.json")]
        self.assertTrue(examples)
        for example in examples:
            with self.subTest(example=example.name):
                done = lab("run", self.directory, "la-1", "--", "check", example)
                if example.name == "by-postcode.json":
                    self.assertIn("there is no gazetteer to look it up in", done.stderr)
                else:
                    self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
