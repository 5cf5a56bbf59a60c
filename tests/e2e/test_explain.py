# SPDX-License-Identifier: Apache-2.0
"""`hearth search --explain`: each band is what an independent computation of the changed request gives; the whole
explanation costs one search, at the matcher and at each agent."""

import concurrent.futures
import copy
import csv
import json
import re

from support import ANYBODY, REQUESTS, SLOW, SchemeCase, lab

import catalogue  # from tests/lab
import enquiry
import places
import plain_score

CHOICES = ["none", "1-2", "3-5", "6-10", "more than 10"]
QUADRANTS_MAX = 16

def choice(agencies):
    """docs/domain.md "Ranking"."""
    return CHOICES[sum(agencies >= least for least in (1, 3, 6, 11))]


def without(request, code):
    changed = copy.deepcopy(request)
    changed["must"].remove(code)
    return changed


def within(request, quarters):
    """Every distance a quarter or a half longer, rounded up to whole km, at most 200."""
    changed = copy.deepcopy(request)
    for anchor in changed["location"]["anchors"]:
        anchor["within_km"] = min(200, -(-anchor["within_km"] * (4 + quarters) // 4))
    return changed


def has_anchors(request):
    return bool(request.get("location", {}).get("anchors"))


def quadrants(request):
    return {(column // 10, row // 10) for column, row in plain_score.PlainRequest(request).cells}


def footprint_size(count):
    return 4 if count <= 4 else 8 if count <= 8 else 16


class Explain(SchemeCase):
    agencies, households, seed = 12, 400, 17

    @classmethod
    def prepare(cls):
        """Grid references only: the independent computation knows no geodesy."""
        super().prepare()
        cls.own = {}
        today = places.london_today()
        for path in (cls.directory / "carers").glob("*.csv"):
            with open(path, encoding="utf-8", newline="") as file:
                rows = [row for row in csv.DictReader(file) if row["grid_ref"]]
            with open(path, "w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, list(rows[0]))
                writer.writeheader()
                writer.writerows(rows)
            cls.own[path.stem] = [held for held in (plain_score.slots(row, today) for row in rows) if held]
        with open(cls.directory / "agencies.csv", encoding="utf-8", newline="") as file:
            cls.directory_rows = {row["id"]: row for row in csv.DictReader(file)}

    @classmethod
    def passes(cls, provider, agency):
        row = cls.directory_rows[agency]
        order = ["outstanding", "good", "requires_improvement"]
        least = provider.get("min_judgement")
        if least and row["judgement"] not in order[:order.index(least) + 1]:
            return False
        wanted = set(provider.get("frameworks", []))
        return not wanted or bool(wanted & set(row["frameworks"].split(";")))

    @classmethod
    def plain(cls, request):
        """The band of agencies with an eligible household, computed in the clear."""
        plain = plain_score.PlainRequest(request)
        return choice(sum(cls.passes(request.get("provider", {}), agency) and
                          any(plain.score(*holding) is not None for holding in holdings)
                          for agency, holdings in cls.own.items()))

    @classmethod
    def changes(cls, request):
        """What an explanation has to ask, in its order: (question, the changed request)."""
        questions = [({"without": code}, without(request, code)) for code in request.get("must", [])]
        if has_anchors(request):
            questions += [({"within": 1 + quarters / 4}, within(request, quarters)) for quarters in (1, 2)]
        return questions

    def check_width(self, request, changed, told):
        """Where the rule leaves no choice: the real quadrants beside the footprint of the search."""
        real, wider = quadrants(request), quadrants(changed)
        if len(wider) > QUADRANTS_MAX:
            self.assertIsNone(told["agencies"], told)
        elif footprint_size(len(real)) + len(wider - real) <= QUADRANTS_MAX:
            self.assertIsNotNone(told["agencies"], told)

    def check(self, request, answered=None):
        """Compares every answer; gives the explanation."""
        answer = self.search(request, "--explain")
        self.assertEqual(answer["choice"], self.plain(request), request)
        self.assertEqual(answer["choice"], choice(len(answer["agencies"])))
        questions = self.changes(request)
        self.assertEqual(len(answer["explain"]), len(questions))
        for told, (question, changed) in zip(answer["explain"], questions):
            self.assertEqual(question, {key: told[key] for key in question})
            if "within" in question:
                self.check_width(request, changed, told)
            if told["agencies"] is None:
                self.assertEqual(told["reason"], "too wide to ask")
                self.assertIn("within", told)
                continue
            self.assertEqual(told["agencies"], self.plain(changed), (request, told))
            self.assertEqual(told["answered"], answered or self.agencies)
        return answer

    def wanted_requests(self, count):
        """Of many random requests those whose explanations tell most, and some of the others."""
        source = enquiry.Enquiries(catalogue.Catalogue(), enquiry.read_households(self.directory), self.seed)
        some = [source.make() for _ in range(150)]
        some = [request for request in some if self.changes(request) and len(request.get("must", [])) <= 14]
        told = {id(request): len({self.plain(changed) for _, changed in self.changes(request)} |
                                 {self.plain(request)}) for request in some}
        some.sort(key=lambda request: -told[id(request)])
        self.assertGreater(told[id(some[0])], 1, "no explanation would tell anything")
        return some[:count - 1] + some[-1:]

    def test_random_requests_agree_with_the_plain_computation(self):
        for request in self.wanted_requests(max(4, REQUESTS // 80)):
            with self.subTest(request=request):
                self.check(request)

    def test_no_musts_and_no_distances(self):
        """The questions are asked all the same, and cost a search: their number tells nothing."""
        answer = self.check(ANYBODY)
        self.assertEqual(answer["explain"], [])
        heads = (self.scheme.parties.las[0].home / "log-heads").read_text(encoding="ascii").splitlines()
        self.assertEqual(len({re.search("query=([0-9a-f]+)", line)[1] for line in heads[-17:]}), 17)

    def test_fourteen_musts_and_fifteen(self):
        allowed = catalogue.Catalogue()
        codes = sorted(code for code in allowed.offers if allowed.can_be_must(code))[:15]
        anchored = {"location": {"anchors": [{"name": "school", "at": self.middle(), "within_km": 30}]}}
        answer = self.check(ANYBODY | anchored | {"must": codes[:14]})
        self.assertEqual(len(answer["explain"]), 16)
        heads = self.scheme.parties.las[0].home / "log-heads"
        before = heads.read_text(encoding="ascii")
        answer = self.search(ANYBODY | {"must": codes}, "--explain", codes=(2,))
        self.assertEqual(answer["error"]["field"], "must")
        self.assertIn("14", answer["error"]["message"])
        self.assertEqual(heads.read_text(encoding="ascii"), before, "something was sent")
        self.assertIn("agencies", self.search(ANYBODY | {"must": codes}))

    def middle(self):
        return enquiry.central_place(self.directory, "ifa-001")

    def located(self, at, within_km, **more):
        return ANYBODY | {"search_ref": f"E2E {at} {within_km}", "location": {"anchors": [
            {"name": "there", "at": at, "within_km": within_km, "weight": 2}]} | more}

    def test_at_the_edge_of_the_grid(self):
        for at in ("SV 02 02", "SW 35 25"):
            with self.subTest(at=at):
                told = self.check(self.located(at, 45))["explain"]
                self.assertTrue(all(question["agencies"] for question in told), told)

    def test_sixteen_quadrants(self):
        """The search fills its footprint; what is longer can be asked as long as it stays within."""
        request = self.located("SK 00 00", 75)
        self.assertEqual(len(quadrants(request)), 16)
        self.assertEqual(len(quadrants(within(request, 1))), 16)
        told = self.check(request)["explain"]
        self.assertIsNotNone(told[0]["agencies"])
        self.assertIsNone(told[1]["agencies"])
        done = lab("search", self.directory, self.request_file(request), "--explain")
        self.assertIn("With every distance a half longer: too wide to ask", done.stdout)

    def test_words(self):
        request = ANYBODY | {"must": ["DS_AUT"], "location": {"anchors": [
            {"name": "school", "at": self.middle(), "within_km": 20}]}}
        done = lab("search", self.directory, self.request_file(request), "--explain")
        self.assertIn(done.returncode, (0, 3), done.stderr)
        band = "(none|(1-2|3-5|6-10|more than 10) agencies)"
        for question in ("Without Autism", "With every distance a quarter longer",
                         "With every distance a half longer"):
            self.assertRegex(done.stdout, f"(?m)^{question}: {band}(, as now| instead of )")
        self.assertIn("16 of 16 questions answered", done.stderr)

    def test_all_show_one_footprint(self):
        """Nothing that agents see without a key tells the longer distances from the others."""
        request = self.located(self.middle(), 20) | {"must": ["DS_AUT"]}
        log = self.scheme.state / "logs" / "ifa-001.log"
        before = len(log.read_text(encoding="utf-8").splitlines())
        self.check(request)
        lines = [line for line in log.read_text(encoding="utf-8").splitlines()[before:] if "ciphertexts=" in line]
        self.assertEqual(len(lines), 17)
        shown = [re.search(r"ciphertexts=\d+ quadrants=\d+ items=\d+", line)[0] for line in lines]
        self.assertEqual(len(set(shown[1:])), 1, shown)


class Costs(SchemeCase):
    agencies, households = 3, 60

    def budget_of(self, agency, budget):
        path = self.directory / "state" / "agents" / agency / "config.json"
        lab("stop", self.directory, agency)
        path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | {"budget": budget}),
                        encoding="utf-8")
        self.assertEqual(lab("start", self.directory, agency).returncode, 0)
        self.wait_all_attached()

    def test_an_explanation_is_one_search(self):
        self.up("--budget", "2")
        answer = self.search(ANYBODY | {"must": ["DS_AUT"]}, "--explain")
        self.assertEqual([told["answered"] for told in answer["explain"]], [3])
        refused = self.search(ANYBODY, codes=(5,))
        self.assertEqual(refused["error"]["code"], "budget")
        self.assertRegex(refused["error"]["message"], r"renews at \d{4}-\d\d-\d\d")
        self.up()

    def test_the_list_is_not_lost_where_the_explanation_is_refused(self):
        self.up("--budget", "1")
        path = self.request_file(ANYBODY)
        done = lab("search", self.directory, path, "--json", "--explain", "--la", "la-2")
        self.assertEqual(done.returncode, 5, done.stdout + done.stderr)
        answer = json.loads(done.stdout)
        self.assertTrue(answer["agencies"])
        self.assertIsNone(answer["explain"])
        self.assertEqual(answer["explain_error"]["code"], "budget")
        self.up()

    def entries(self):
        """The matcher's log."""
        done = lab("run", self.directory, "matcher", "--", "audit", "show", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        return [entry["fields"] | {"kind": entry["kind"]} for entry in map(json.loads, done.stdout.splitlines())]

    def test_the_log_ties_the_queries(self):
        """Sixteen queries and sixteen results of one group, none of them a run of the search."""
        self.up()
        before = len(self.entries())
        self.search(ANYBODY | {"must": ["DS_AUT"]}, "--explain")
        new = self.entries()[before:]
        for kind in ("query", "result"):
            members = [entry for entry in new if entry["kind"] == kind and "group" in entry]
            self.assertEqual(len(members), 16, kind)
            self.assertEqual(len({entry["group"] for entry in members}), 1, kind)
            self.assertEqual(len({entry["query"] for entry in members}), 16, kind)
            self.assertFalse(any("agencies" in entry for entry in members))
        self.assertEqual({entry["run"] for entry in new if entry["kind"] == "query" and "group" in entry}, {0})
        self.assertEqual(sum(entry["kind"] == "query" and "group" not in entry for entry in new), 1)

    def test_several_at_once(self):
        """Two explanations of one LA and one of another, with ordinary searches between: nobody declines."""
        self.up("--deadline-ms", str(15000 * SLOW))
        path = self.request_file(ANYBODY | {"must": ["DS_AUT"]})
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            explained = [pool.submit(self.search, path, "--explain", "--la", la)
                         for la in ("la-1", "la-1", "la-2")]
            counts = [pool.submit(self.counts, None, "--la", "la-2") for _ in range(4)]
            for answer in explained:
                self.assertEqual(answer.result()["explain"][0]["answered"], 3)
            for answer in counts:
                self.assertEqual(answer.result(), (3, 3, 0))
        self.up()

    def test_an_agent_counts_a_group_once(self):
        """Two units: the search and the explanation. With one, it declines the explanation, and that shows."""
        request = ANYBODY | {"must": ["DS_AUT"]}
        self.up()
        for budget, counted in ((2, 3), (3, 2)):  # the third is the second search
            self.budget_of("ifa-001", budget)
            answer = self.search(request, "--explain", "--la", "la-2")
            self.assertEqual((answer["answered"], answer["explain"][0]["answered"]), (3, counted))
        done = lab("search", self.directory, self.request_file(request), "--la", "la-2")
        self.assertIn("1 declined", done.stdout)
        self.up()
