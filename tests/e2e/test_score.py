# SPDX-License-Identifier: Apache-2.0
"""`hearth-agent score` against an independent computation of the rules, on random households and requests."""

import concurrent.futures
import csv
import os

from support import REQUESTS, SchemeCase

import catalogue  # from tests/lab
import enquiry
import places
import plain_places
import plain_score


class Score(SchemeCase):
    agencies, households, seed = 2, 220, 3

    @classmethod
    def prepare(cls):
        """Grid references only: the independent computation knows no geodesy."""
        super().prepare()
        cls.own = {}
        for path in (cls.directory / "carers").glob("*.csv"):
            with open(path, encoding="utf-8", newline="") as file:
                rows = [row for row in csv.DictReader(file) if row["grid_ref"]]
            with open(path, "w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, list(rows[0]))
                writer.writeheader()
                writer.writerows(rows)
            cls.own[path.stem] = rows

    def check_request(self, request):
        path = self.request_file(request)
        plain = plain_score.PlainRequest(request)
        today = places.london_today()
        found = 0
        for agency, rows in self.own.items():
            expected = []
            for row in rows:
                holding = plain_score.slots(row, today)
                score = plain.score(*holding) if holding else None
                if score is not None:
                    expected.append((row["ref"], score))
            expected.sort(key=lambda pair: (-pair[1], pair[0]))
            answer = self.score(agency, path)
            self.assertEqual([(h["ref"], h["score"]) for h in answer["eligible"]], expected, (agency, request))
            found += len(expected)
        return found

    def test_random_requests(self):
        source = enquiry.Enquiries(catalogue.Catalogue(), enquiry.read_households(self.directory), 11,
                                   areas=True)
        requests = [source.make() for _ in range(max(10, REQUESTS // 5))]
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            found = list(pool.map(self.check_request, requests))
        self.assertGreater(sum(count > 0 for count in found), len(found) * 0.4)
        self.assertGreater(max(found), 5)
