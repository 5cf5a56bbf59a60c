#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes noise.h, the sampler's tables (docs/figures.md "Noise"), in exact integers and not from the C code.

Not a transcription of proto/figures/noise_table.c. The exponential comes from a continued fraction, between two
convergents, instead of Taylor's series. The probabilities keep 384 leading bits however small they are, instead
of falling to zero in fixed point; and each entry is checked to be the same for every value that the exact sum can
have, so that these are the entries of the exact distribution.

    make_noise.py           writes noise.h beside this file
    make_noise.py --check   exit status 1 where noise.h is not what it would write
"""
import pathlib
import sys
from fractions import Fraction

import reference as ref
from make_crypto import text, write_or_check

OUT = pathlib.Path(__file__).with_name("noise.h")
BITS = 384  # of a probability
TOP = 2**128

# shares; epsilon in millionths and sensitivity: all pairs of the tables, some of them twice over
SHARES = (2, 3, 7, 98, 225, 339)
TERMS = ((100000, 1), (150000, 3), (200000, 4), (200000, 3), (150000, 2),
         (70000, 1), (40000, 1), (120000, 1))
OTHERS = ((2, 1000000, 1), (7, 1000000, 1), (7, 1050000, 1), (3, 333333, 7), (4096, 1000000, 255),
          (5, 10000000, 1), (4096, 2900, 1))
WHOLE = ((2, 10000000, 1), (7, 4000000, 1), (1000, 8123457, 2))


def exponential(x):
    """Convergents of tanh(x/2)'s continued fraction 1/(2/x + 1/(6/x + 1/(10/x + ...))), one on each side:
    e^-x = (1 - tanh(x/2)) / (1 + tanh(x/2)). Yields (low, high) ever closer."""
    before, last = (1, 0), (Fraction(0), Fraction(1))
    bounds = []
    n = 0
    while True:
        coefficient = Fraction(4 * n + 2) / x
        before, last = last, tuple(coefficient * b + a for a, b in zip(before, last))
        tanh = last[0] / last[1]
        bounds = bounds[-1:] + [(1 - tanh) / (1 + tanh)]
        if len(bounds) == 2:
            yield min(bounds), max(bounds)
        n += 1


def ceiling(value):
    return -(-value.numerator // value.denominator)


def probability(epsilon, sensitivity):
    """P: the lowest integer not below 2^64 e^-x, known once both ends agree to far more bits than needed."""
    for low, high in exponential(Fraction(epsilon, 10**6 * sensitivity)):
        if high - low < Fraction(1, 2**200) and ceiling(2**64 * low) == ceiling(2**64 * high):
            return ceiling(2**64 * low)


def weights(shares, p):
    """C(k+r-1, k) p^k for r = 1/shares, k = 0, 1, ...: its leading BITS bits and how many of them stand behind the
    point. Down to 2^-BITS."""
    mantissa, below = 1 << BITS, BITS
    k = 0
    while mantissa.bit_length() - below > -BITS:
        yield mantissa, below
        k += 1
        mantissa *= p * (1 + (k - 1) * shares)
        below += 64
        mantissa = (mantissa << 64) // (shares * k)
        below += 64
        extra = mantissa.bit_length() - BITS
        mantissa >>= extra
        below -= extra


def table(shares, epsilon, sensitivity):
    """The entries. Weights and their total are known but for one part in 2^(BITS - 40): each entry must be the
    same at both ends."""
    p = probability(epsilon, sensitivity)
    scaled = [mantissa << 40 >> below - BITS for mantissa, below in weights(shares, p)]
    total = sum(scaled)
    slack = total >> BITS - 40
    entries, sum_so_far = [], 0
    for weight in scaled:
        sum_so_far += weight
        low = TOP * (sum_so_far - slack) // (total + slack)
        high = TOP * (sum_so_far + slack) // (total - slack)
        entry = TOP * sum_so_far // total
        if entry >= TOP - 1:
            assert low >= TOP - 2
            return entries
        assert low == high == entry, (shares, epsilon, sensitivity, len(entries))
        entries.append(entry)
    raise AssertionError("no end")


def table_bytes(entries):
    return b"".join(entry.to_bytes(16, "big") for entry in entries)


def table_hash(spec, entries):
    body = b"".join(map(ref.u64, spec)) + ref.framed(table_bytes(entries))
    return ref.hashed("hearth v1 noise table", body)


def near(shares, epsilon, sensitivity):
    """Once more with other eyes: the first probabilities are the negative binomial's in floating point."""
    entries = table(shares, epsilon, sensitivity)
    p, r = 2.718281828459045 ** (-epsilon / 1e6 / sensitivity), 1 / shares
    expected, probability_k = 0.0, (1 - p) ** r
    for k, entry in enumerate(entries[:50]):
        expected += probability_k
        assert abs(entry / TOP - expected) < 1e-9, (k, entry / TOP, expected)
        probability_k *= p * (k + r) / (k + 1)


def noise_vectors():
    near(7, 200000, 3)
    near(2, 1000000, 1)
    yield "/* shares, epsilon, sensitivity; number of entries; noise_table_hash. */"
    yield "static const struct {\n    unsigned shares, epsilon, sensitivity, entries;\n    const char *hash;"
    yield "} VECTOR_NOISE[] = {"
    for spec in [(s, *term) for s in SHARES for term in TERMS] + list(OTHERS):
        entries = table(*spec)
        yield "    {%d, %d, %d, %d," % (*spec, len(entries))
        yield f"     \"{table_hash(spec, entries).hex()}\"}},"
    yield "};\n"
    yield "/* Some tables whole: 16 bytes an entry. */"
    for i, spec in enumerate(WHOLE):
        yield "static const unsigned VECTOR_NOISE_SPEC_%d[] = {%d, %d, %d};" % (i, *spec)
        yield text(f"VECTOR_NOISE_TABLE_{i}", table_bytes(table(*spec)))


def main():
    return write_or_check(OUT, "make_noise.py", (noise_vectors,))


if __name__ == "__main__":
    sys.exit(main())
