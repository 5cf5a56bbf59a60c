# SPDX-License-Identifier: Apache-2.0
"""The ranked list once more, from docs/domain.md "Ranking" alone."""

import hashlib

BANDS = ["strong", "good", "possible"]
JUDGEMENTS = ["outstanding", "good", "not_inspected", "requires_improvement", "inadequate"]
MIN_JUDGEMENTS = ["outstanding", "good", "requires_improvement"]
MOST_LISTED = 30


def band_of(score):
    return "strong" if score >= 700 else "good" if score >= 400 else "possible"


def count_class(count):
    return 0 if count >= 5 else 1 if count >= 2 else 2


def passes(provider, agency):
    """The provider filters of a request; agency: a row of agencies.csv. not_inspected fails min_judgement."""
    least = provider.get("min_judgement")
    if least and agency["judgement"] not in MIN_JUDGEMENTS[:MIN_JUDGEMENTS.index(least) + 1]:
        return False
    wanted = set(provider.get("frameworks", []))
    return not wanted or bool(wanted & {word.strip() for word in agency["frameworks"].split(";")})


def framed(*parts):
    """Each byte string behind its length in four bytes, the most significant first (docs/protocol.md H)."""
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def blake2b_256(*parts):
    return hashlib.blake2b(framed(*parts), digest_size=32).digest()


def tie(seed, query_hash, agency_id):
    """What orders agencies that are equal in everything else; seed and query_hash: 32 bytes."""
    return blake2b_256(b"hearth v1 tie", seed, query_hash, agency_id.encode())


def commitment(seed):
    """What the matcher publishes before it uses a seed."""
    return blake2b_256(b"hearth v1 tie seed", seed)


class Ranking:
    """scores: {agency id: scores of its eligible households}; rows: {agency id: row of agencies.csv}."""

    def __init__(self, provider, scores, rows):
        self.keys = {}
        self.bands = {}
        for agency_id, own in scores.items():
            if own and passes(provider, rows[agency_id]):
                bands = [band_of(score) for score in own]
                best = min(bands, key=BANDS.index)
                self.bands[agency_id] = best
                reliability = 0  # nobody has answered a referral yet: all are newcomers
                self.keys[agency_id] = (BANDS.index(best), count_class(bands.count(best)), reliability,
                                        JUDGEMENTS.index(rows[agency_id]["judgement"]))

    def ties(self):
        """How many agencies are equal to another one in everything but the hash."""
        keys = list(self.keys.values())
        return sum(keys.count(key) > 1 for key in keys)

    def order(self, seed, query_hash):
        """[(agency id, band)], best first, and whether there were more than are listed."""
        ids = sorted(self.keys, key=lambda i: (self.keys[i], tie(seed, query_hash, i)))
        return [(i, self.bands[i]) for i in ids[:MOST_LISTED]], len(ids) > MOST_LISTED
