# SPDX-License-Identifier: Apache-2.0
"""Random requests for placements (docs/domain.md "Requests"), the same for the same seed. Between them they use
every field; most are made for a household that can be placed with, so that a good share finds somebody."""

import csv
import random

import places
import whereabouts

UNBORN = "unborn"


def read_households(directory):
    """Every row of carers/*.csv of a scheme's directory, as dictionaries of text."""
    rows = []
    for path in sorted((directory / "carers").glob("*.csv")):
        with open(path, encoding="utf-8-sig", newline="") as file:
            rows.extend(csv.DictReader(file))
    return rows


def ages_of(household):
    ages = []
    for part in household["ages"].split(";"):
        if part == UNBORN:
            ages.append(UNBORN)
        else:
            low, _, high = part.partition("-")
            ages.extend(range(int(low), int(high or low) + 1))
    return ages


def codes_of(household, column):
    return [code for code in household[column].split(";") if code]


class Enquiries:
    """Makes requests. catalogue: catalogue.Catalogue; households: rows of read_households, not empty.
    postcodes: what the parties' gazetteer holds, {"LS6 3AA": (east, north)}; areas: whether to draw polygons."""

    def __init__(self, catalogue, households, seed, postcodes=None, areas=False):
        self.catalogue = catalogue
        self.rng = random.Random(f"enquiries {seed}")
        self.households = households
        self.open = [h for h in households if h["status"] in ("available", "available_from", "unknown", "")]
        self.number = 0
        self.whereabouts = whereabouts.Whereabouts(self.rng, postcodes or {}, areas)

    def make(self):
        """One request, ready for json.dump."""
        self.number += 1
        rng = self.rng
        household = rng.choice(self.open or self.households)
        fits = rng.random() < 0.85
        request = {
            "search_ref": f"TEST-{self.number:04d}",
            "children": self._children(household, fits),
            "placement": self._placement(household, fits),
        }
        must = self._must(household, fits)
        prefer = self._prefer(household, must)
        if must or rng.random() < 0.3:
            request["must"] = must
        if prefer or rng.random() < 0.3:
            request["prefer"] = prefer
        location = self.whereabouts.location(household)
        if location:
            request["location"] = location
        if rng.random() < 0.3:
            request["provider"] = self._provider()
        return request

    def _children(self, household, fits):
        rng = self.rng
        ages = ages_of(household) if fits else [UNBORN, *range(18)]
        sexes = household["sexes"].split(";") if fits else ["M", "F"]
        places_now = int(household["places"] or household["approved_places"] or 1)
        most = max(1, min(5, places_now)) if fits else 5
        count = min(most, rng.choices([1, 2, 3, 4, 5], [50, 22, 12, 8, 8])[0])
        return [{"age": rng.choice(ages), "sex": rng.choice(sexes + ["U"])} for _ in range(count)]

    def _placement(self, household, fits):
        rng = self.rng
        types = codes_of(household, "placement_types") if fits else self.catalogue.placement_types
        placement = {"type": rng.choice(types),
                     "needed_by": rng.choices(["today", "within_5_days", "later"], [3, 4, 4])[0]}
        if rng.random() < 0.6:
            placement["accept_unconfirmed"] = rng.random() < 0.6
        return placement

    def _must(self, household, fits):
        source = codes_of(household, "offers") if fits else self.catalogue.offers
        allowed = [code for code in source if self.catalogue.can_be_must(code)]
        count = self.rng.choices([0, 1, 2, 3, 6, 12], [25, 30, 24, 14, 5, 2])[0]
        return sorted(self.rng.sample(allowed, min(count, len(allowed))))

    def _prefer(self, household, must):
        rng = self.rng
        source = self.catalogue.offers if rng.random() < 0.5 else codes_of(household, "offers")
        allowed = [c for c in source if self.catalogue.can_be_preferred(c) and c not in must]
        count = rng.choices([0, 1, 2, 4, 8], [25, 20, 25, 20, 10])[0]
        return {code: rng.randint(1, 5) for code in rng.sample(allowed, min(count, len(allowed)))}

    def _provider(self):
        rng = self.rng
        provider = {}
        if rng.random() < 0.7:
            provider["min_judgement"] = rng.choice(["outstanding", "good", "requires_improvement"])
        if rng.random() < 0.5 or not provider:
            provider["frameworks"] = rng.sample(["NORTH", "SOUTH", "EAST", "WEST", "CENTRAL"],
                                                rng.randint(1, 3))
        return provider


def central_place(directory, agency):
    """A grid reference near an agency's households: for requests that should find it."""
    with open(directory / "carers" / f"{agency}.csv", encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            if row["grid_ref"]:
                return row["grid_ref"]
    return places.grid_reference(429800, 435300)
