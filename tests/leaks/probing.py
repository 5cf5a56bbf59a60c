# SPDX-License-Identifier: Apache-2.0
"""An attacker with an LA's rights looks for one household: what it learns by how many searches, against guessing
(docs/threat-model.md "Probing"). Played on the plain model of scores; that the blinded arithmetic gives the same
for any values that a modified client may encrypt is shown by tests/leaks/conditions.c, and for the honest
client's by tests/unit/agent/test_evaluate.c and tests/e2e/test_score.py."""

import collections
import itertools
import json
import random
import subprocess

from catalogue import Catalogue
from plain_score import slots
from population import Options, household_counts, make_carers
import places

SEED = 20260
ENGLAND = (300, 15000)  # agencies, households
BUDGET = 200  # searches a day, unless an operator sets another (matcher/config.c, agent/config.h)
MEMBERS = 16  # queries of an explanation
SPENT = {"1": 1, "5": 5, "20": 20, "a day": BUDGET, "a month": 30 * BUDGET}
# What people around a family may know of it: where it lives, and what shows.
SHOWS = ("ethnicity", "religion", "language", "pets", "household")
FACTS = 4  # of those, beside the 5 km cell
DENSE = 8  # placeable households in one cell
BY_BANDS = 2  # criteria that have weights, read by a search: nothing, possible, good, strong
BY_SCORES = 9  # if scores were told: weights 1 to 256 add up to no more than 1000
WEIGHT, CONFIRMED, STRONG = 5, 1, 700  # the honest client's largest weight; docs/domain.md "Score, exactly"
TRIED_AGES = ("AGE_09", "AGE_14", "AGE_03", "AGE_16", "AGE_00")
TRIED_TYPES = ("PT_SHORT", "PT_LONG", "PT_EMERG", "PT_RESP")


def conditions(program):
    found = json.loads(subprocess.run([program], check=True, stdout=subprocess.PIPE, timeout=300).stdout)
    print("\nConditions of a modified client, blinded and plain: "
          f"{found['agreed']} of {found['rounds']} the same, {found['found']} households found")
    return None if found["agreed"] == found["rounds"] and found["found"] else "the model does not hold"


class Household:
    def __init__(self, agency, held, cell, catalogue):
        self.agency, self.held, self.cell = agency, frozenset(held), cell
        self.shows = sorted(code for code in held if catalogue.group[code] in SHOWS)


class England:
    """Households that can be placed with, by cell, and what is usual among them."""

    def __init__(self):
        catalogue, today = Catalogue(), places.london_today()
        agencies, households = ENGLAND
        shares = {region: places.REGIONS[region][0] for region in places.REGIONS}
        counts = household_counts(random.Random(f"hearth {SEED}"), agencies, households)
        self.all, self.cells = [], collections.defaultdict(list)
        for number, count in enumerate(counts, 1):
            for row in make_carers(f"ifa-{number:03d}", SEED, count, catalogue, shares, Options(today)):
                read = slots(row, today)
                if read:
                    one = Household(number, read[0], read[1], catalogue)
                    self.all.append(one)
                    self.cells[one.cell].append(one)
        self.made = households
        self.codes = sorted(catalogue.group)
        self.kind = catalogue.kind
        held = collections.Counter(code for one in self.all for code in one.held)
        self.usual = {code: held[code] / len(self.all) for code in self.codes}
        # Most doubtful first: what a reader asks for first.
        self.doubtful = sorted(self.codes, key=lambda code: abs(self.usual[code] - 0.5))

    def targets(self, rng, dense, count):
        """Households of which at least FACTS things show, alone in their cells or among many."""
        def fits(one):
            others = len(self.cells[one.cell])
            return len(one.shows) >= FACTS and (others >= DENSE if dense else others == 1)
        return rng.sample([one for one in self.all if fits(one)], count)


def in_cell(england, target, present):
    """Whom a question for the target's cell reaches, where it fosters or does not."""
    return [one for one in england.cells[target.cell] if present or one is not target]


# ---- does it foster? ----

def modified_says(_england, reached, facts, _searches):
    """One question: a sum of what it asks for that is right when all is held and off the table when anything is
    missing, criteria without weights and those with nothing else alike."""
    return any(facts <= one.held for one in reached)


def honest_says(england, reached, facts, searches):
    """A request needs an age and a type of placement, which the attacker has to guess; one search each. What can
    be a must is one, the rest has the largest weight: all of it is held where an agency is "strong"."""
    musts = {code for code in facts if england.kind[code] != "soft"}
    wished = facts - musts
    for age, kind in list(itertools.product(TRIED_AGES, TRIED_TYPES))[:searches]:
        for one in reached:
            points = WEIGHT * len(wished & one.held) + CONFIRMED * ("AVL_UNCONF" not in one.held)
            strong = 1000 * points >= STRONG * (WEIGHT * len(wished) + CONFIRMED)
            if {age, kind} | musts <= one.held and (strong or not wished):
                return True
    return False


def existence(england, targets, knows_all, says, searches):
    """Share of right answers beyond a coin's: how much more often "yes" is said of families that foster than of
    those that do not."""
    rng = random.Random(f"hearth {SEED} facts")
    yes = {True: 0, False: 0}
    for target in targets:
        facts = frozenset(rng.sample(target.shows, FACTS))
        for present in (True, False):
            reached = in_cell(england, target, present)
            if knows_all:  # more than these may not be held either
                reached = [one for one in reached if one.held == target.held]
            yes[present] += says(england, reached, facts, searches)
    return (yes[True] - yes[False]) / len(targets)


# ---- what else is it like? ----

def right_of(england, target, asked, told):
    """Of all criteria: how many the attacker has right, who guesses what is usual for those not asked."""
    right = 0
    for code in england.codes:
        guess = code in told if code in asked else england.usual[code] > 0.5
        right += guess == (code in target.held)
    return right


def readable(england, facts, searches, by_weights, without):
    """Which criteria that many searches read, doubtful ones first: by_weights of those that have weights in one,
    and `without` of those that have none."""
    read, spent = [], 0.0
    for code in england.doubtful:
        if code in facts:
            continue
        spent += 1 / (without if england.kind[code] == "hard" else by_weights)
        if spent > searches + 1e-9:
            break
        read.append(code)
    return read


def profile(england, targets, searches, by_weights, without):
    """How much of what guessing leaves open is known after so many searches: 1 is everything. Lookalikes of the
    same agency answer too, and mislead."""
    rng = random.Random(f"hearth {SEED} facts")
    gained = left = 0
    for target in targets:
        facts = frozenset(rng.sample(target.shows, FACTS))
        reached = [one for one in in_cell(england, target, True)
                   if one.agency == target.agency and facts <= one.held]
        read = readable(england, facts, searches, by_weights, without)
        told = facts | {code for code in read if any(code in one.held for one in reached)}
        base = right_of(england, target, facts, facts)
        gained += right_of(england, target, facts | set(read), told) - base
        left += len(england.codes) - base
    return gained / left


# ---- the table ----

def line(name, cells):
    print(f"{name:<62}" + "".join(f"{cell:>9}" for cell in cells))


def show_existence(england, groups):
    print("\nDoes this family foster? 0 = as good as guessing, 1 = certain. Known: the 5 km cell and "
          f"{FACTS} things that show")
    line("", SPENT)
    shown = {}
    for place, targets in groups.items():
        rows = {"honest client (guesses age and type)": (False, honest_says),
                "modified client": (False, modified_says),
                "modified client that knows every criterion": (True, modified_says)}
        for name, (knows_all, says) in rows.items():
            found = [existence(england, targets, knows_all, says, spent) for spent in SPENT.values()]
            shown[place, name] = found
            line(f"{place}: {name}", [f"{one:.2f}" for one in found])
    return shown


def show_profiles(england, groups):
    print(f"\nWhat else is it like? Share of what guessing leaves open, of {len(england.codes)} criteria")
    line("", SPENT)
    shown = {}
    for place, targets in groups.items():
        for name, *rates in (("honest client, one criterion more at a time", 1, 1),
                             ("modified client, searches (bands)", BY_BANDS, 1),
                             ("modified client, explanations of 16", MEMBERS, MEMBERS),
                             ("if exact scores were told (no bands)", BY_SCORES, 1)):
            found = [profile(england, targets, spent, *rates) for spent in SPENT.values()]
            shown[place, name] = found
            line(f"{place}: {name}", [f"{one:.2f}" for one in found])
    whole = -(-(len(england.codes) - FACTS) // MEMBERS)
    print(f"A whole profile takes {whole} explanations: {BUDGET // whole} households a day within a budget of "
          f"{BUDGET}, {20 // whole} within one of 20; without a budget there is no end.")
    return shown


def table(is_long):
    england = England()
    rng = random.Random(f"hearth {SEED} targets")
    count = 600 if is_long else 150
    groups = {"alone in its cell": england.targets(rng, False, count),
              f"one of {DENSE} or more": england.targets(rng, True, count)}
    print(f"\nProbing: {len(england.all):,} of {england.made:,} invented households can be placed with; {count} "
          "targets of each kind, each once among those who foster and once not")
    shown = show_existence(england, groups)
    profiles = show_profiles(england, groups)
    alone, dense = groups
    if shown[alone, "modified client"][0] < 0.99:
        return "the attack that works by design did not: the table says nothing"
    if shown[dense, "modified client"][-1] > shown[alone, "modified client"][-1]:
        return "a crowd hides nobody?"
    if profiles[alone, "modified client, explanations of 16"][-1] < 0.99:
        return "a whole budget did not read a whole profile"
    return None
