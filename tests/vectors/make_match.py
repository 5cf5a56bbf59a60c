#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes match.h: one whole blinded match, from docs/protocol.md and reference.py: never from the C code's output.

    make_match.py           writes match.h beside this file
    make_match.py --check   exit status 1 where match.h is not what it would write
"""
import pathlib
import sys

import reference as ref
from make_crypto import text, write_or_check

OUT = pathlib.Path(__file__).with_name("match.h")

# The query: 3 hard slots, 2 soft slots, one quadrant of 100 cells.
QUERY_SEED, REPLY_SEED = bytes(range(32)), bytes(range(100, 132))
QUERY_ID = bytes(range(16))
M = ref.Stream("match", QUERY_SEED, b"").scalar()
EPOCH, ISSUED_AT, EXPIRES_AT = 1795326394000, 1795326395000, 1795326515000
QUADRANT, CELLS = 91, 100
HARD_SLOTS, SOFT_SLOTS = 3, 2
HARD, SOFT, HARD_CELLS, SOFT_CELLS = 0, 3, 5, 105
VALUES = [1, 0, 1, 250, 500] + [cell % 2 for cell in range(CELLS)] + [2 * cell for cell in range(CELLS)] + [-3, 0]
TAIL = 4  # bytes of the query's body behind the ciphertexts: the numbers of slots
GATE, BASE = len(VALUES) - 2, len(VALUES) - 1

# The carers: positions of hard and soft ciphertexts; None is a dummy.
CARERS = [
    ([0, 1, 2, HARD_CELLS + 7], [3, 4, SOFT_CELLS + 7]),
    ([0, 2, HARD_CELLS + 99], []),
    ([0, 2, HARD_CELLS + 98], [3, SOFT_CELLS + 98]),
    None,
    ([0, HARD_CELLS + 1], [3, 4, SOFT_CELLS + 1]),
]
ITEMS = 16


def varint(value):
    out = b""
    while value >= 128:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def field(number, value):
    """Protocol Buffers encoding: varint, or length and bytes."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def plain_score(carer):
    if carer is None or VALUES[GATE] + sum(VALUES[p] for p in carer[0]) != 0:
        return -1
    return VALUES[BASE] + sum(VALUES[p] for p in carer[1])


def make_query():
    a = ref.Stream("hearth query key", QUERY_SEED, QUERY_ID).scalar()
    key_a, key_m = ref.mul(a, ref.BASE), ref.mul(M, ref.BASE)
    joint = ref.add(key_a, key_m)
    statement = ref.framed("la-1") + ref.framed(QUERY_ID) + ref.u64(EPOCH) + ref.framed(ref.encode(key_m))
    proof = ref.prove_possession("hearth v1 query key proof", statement, a, QUERY_SEED)
    stream = ref.Stream("hearth query", QUERY_SEED, QUERY_ID)
    ciphertexts = [ref.encrypt(joint, value, stream.scalar()) for value in VALUES]
    body = field(1, 1) + field(2, 1) + field(3, QUERY_ID) + field(4, b"la-1") + field(5, EPOCH)
    body += field(6, ref.encode(key_a)) + field(7, proof) + field(8, QUADRANT.to_bytes(2, "big"))
    body += field(9, ISSUED_AT) + field(10, EXPIRES_AT) + field(11, b"".join(ciphertexts))
    body += field(12, HARD_SLOTS) + field(13, SOFT_SLOTS)
    return a, joint, body, ciphertexts


def total(ciphertexts, positions):
    halves = [ref.IDENTITY, ref.IDENTITY]
    for position in positions:
        for half in (0, 1):
            point = ref.decode(ciphertexts[position][32 * half : 32 * half + 32])
            halves[half] = ref.add(halves[half], point)
    return halves


def evaluate(ciphertexts, joint, query_hash):
    stream = ref.Stream("hearth reply", REPLY_SEED, query_hash)
    items = []
    for carer in CARERS + [None] * (ITEMS - len(CARERS)):
        rho, rho_dummy, t = stream.scalar(), stream.scalar(), stream.scalar()
        factors = (rho, rho_dummy) if carer is None else (rho, rho)
        hard, soft = [ref.BASE] * 2, [ref.IDENTITY] * 2
        if carer is not None:
            hard, soft = total(ciphertexts, [GATE] + carer[0]), total(ciphertexts, [BASE] + carer[1])
        fresh = ref.mul(t, ref.BASE), ref.mul(t, joint)
        items.append([ref.add(ref.add(ref.mul(factors[i], hard[i]), soft[i]), fresh[i]) for i in (0, 1)])
    reply = [None] * ITEMS
    for item, place in zip(items, stream.permutation(ITEMS)):
        reply[place] = item
    return reply


def open_scores(reply, shares):
    table = {ref.encode(ref.mul(score, ref.BASE)): score for score in range(1001)}
    scores = []
    for (c1, c2), share in zip(reply, shares):
        mask = ref.mul(ref.L - M, c1)
        value = ref.add(ref.add(c2, ref.mul(ref.L - 1, share)), mask)
        scores.append(table.get(ref.encode(value), -1))
    return scores


def commitments(slot_sets):
    stream = ref.Stream("hearth reply salt", REPLY_SEED, b"")
    yield ref.hashed("hearth v1 slots commitment", ref.framed(stream.bytes(32)) + ref.framed(slot_sets))
    yield ref.hashed("hearth v1 seed commitment", ref.framed(stream.bytes(32)) + ref.framed(REPLY_SEED))


def vectors():
    a, joint, body, ciphertexts = make_query()
    query_hash = ref.hashed("hearth v1 query", ref.framed(body))
    yield text("VECTOR_MATCH_M", ref.scalar_bytes(M))
    yield "/* Body of the query up to the ciphertexts, the last two of them (GATE, BASE), and its hash. */"
    yield text("VECTOR_MATCH_HEAD", body[: len(body) - 64 * len(VALUES) - TAIL])
    yield text("VECTOR_MATCH_GATE_BASE", ciphertexts[GATE] + ciphertexts[BASE])
    yield text("VECTOR_MATCH_QUERY_HASH", query_hash)
    reply = evaluate(ciphertexts, joint, query_hash)
    halves = [b"".join(ref.encode(item[half]) for item in reply) for half in (0, 1)]
    yield "/* The reply: its halves, and the hashes and commitments that are signed (slot sets: \"slots\"). */"
    for half in (0, 1):
        yield text(f"VECTOR_MATCH_C{half + 1}", halves[half])
        hashed = ref.hashed("hearth v1 half", ref.u64(half + 1) + ref.framed(halves[half]))
        yield text(f"VECTOR_MATCH_C{half + 1}_HASH", hashed)
    for name, commitment in zip(("SLOTS", "SEED"), commitments(b"slots")):
        yield text(f"VECTOR_MATCH_{name}_COMMITMENT", commitment)
    shares = [ref.mul(a, c1) for c1, _ in reply]
    yield text("VECTOR_MATCH_SHARES", b"".join(map(ref.encode, shares)))
    yield text("VECTOR_MATCH_PROOF", ref.prove_shares(query_hash, a, [c1 for c1, _ in reply], QUERY_SEED))
    scores = open_scores(reply, shares)
    assert sorted(scores) == sorted(list(map(plain_score, CARERS)) + [-1] * (ITEMS - len(CARERS)))
    yield "static const int VECTOR_MATCH_SCORES[] = {\n    " + ", ".join(map(str, scores)) + "};\n"


def main():
    return write_or_check(OUT, "make_match.py", (vectors,))


if __name__ == "__main__":
    sys.exit(main())
