# SPDX-License-Identifier: Apache-2.0
"""`hearth-agent score`, to the last digit, against an independent computation of the rules, on random households
and requests that use every form of a place."""

import concurrent.futures
import csv
import os
import random

from support import REQUESTS, SchemeCase

import catalogue  # from tests/lab
import enquiry
import places
import plain_places
import plain_score
import population
import postcodes


class Score(SchemeCase):
    agencies, households, seed = 2, 300, 3

    @classmethod
    def prepare(cls):
        cls.directory.mkdir()
        today = places.london_today()
        cls.gazetteer = postcodes.invent(random.Random(cls.seed))
        population.generate(cls.directory, cls.seed, cls.agencies, cls.households, catalogue.Catalogue(), today,
                            ["London"], population.Options(today, gazetteer=cls.gazetteer, postcode_share=0.5))
        path = cls.directory / "gazetteer.csv"
        postcodes.write(cls.gazetteer, path, today)
        cls.places = plain_places.Places(plain_places.with_means(*plain_places.read_onspd(path)))
        cls.own = {}
        for path in (cls.directory / "carers").glob("*.csv"):
            with open(path, encoding="utf-8", newline="") as file:
                rows = list(csv.DictReader(file))
            held = [(row["ref"], plain_score.slots(row, today, cls.places)) for row in rows]
            cls.own[path.stem] = [(ref, holding) for ref, holding in held if holding]

    def check_request(self, request):
        path = self.request_file(request)
        plain = plain_score.PlainRequest(request, self.places)
        found = 0
        for agency, own in self.own.items():
            scores = [(ref, plain.score(*holding)) for ref, holding in own]
            expected = sorted(((ref, score) for ref, score in scores if score is not None),
                              key=lambda pair: (-pair[1], pair[0]))
            answer = self.score(agency, path)
            self.assertEqual([(h["ref"], h["score"]) for h in answer["eligible"]], expected, (agency, request))
            found += len(expected)
        return found

    def test_random_requests(self):
        source = enquiry.Enquiries(catalogue.Catalogue(), enquiry.read_households(self.directory), 11,
                                   self.gazetteer.points, areas=True)
        requests = [source.make() for _ in range(max(10, REQUESTS // 5))]
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            found = list(pool.map(self.check_request, requests))
        self.assertGreater(sum(count > 0 for count in found), len(found) * 0.4)
        self.assertGreater(max(found), 5)
