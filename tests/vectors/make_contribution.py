#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes contribution.h: contributions to two small tables, from reference.py: never from the C code's output.

    make_contribution.py           writes contribution.h beside this file
    make_contribution.py --check   exit status 1 where contribution.h is not what it would write
"""
import pathlib
import sys

import reference as ref
from make_crypto import numbers, text, write_or_check

OUT = pathlib.Path(__file__).with_name("contribution.h")
SEED = bytes(range(32))
OTHER_SEED = bytes(range(200, 232))
STATEMENT = b"manifest, key, who, table"
LARGEST = 2**21
VALUES = [0, 1, -1, LARGEST, -LARGEST, 12345, -54321]


def vectors():
    stream = ref.Stream("contribution keys", SEED, b"")
    u, m = stream.scalar(), stream.scalar()
    joint = ref.mul(u + m, ref.BASE)
    yield "/* Stream (\"contribution keys\", seed 00 .. 1f, no context): u, m; statement \"manifest, key,"
    yield " * who, table\"; first the values below with seed 00 .. 1f, then one zero with seed c8 .. e7. */"
    yield text("VECTOR_CONTRIBUTION_U", ref.scalar_bytes(u))
    yield text("VECTOR_CONTRIBUTION_M", ref.scalar_bytes(m))
    yield numbers("VECTOR_CONTRIBUTION_VALUES", VALUES).replace("unsigned", "int32_t")
    for name, values, seed in (("", VALUES, SEED), ("_ZERO", [0], OTHER_SEED)):
        ciphertexts, proof = ref.contribute(joint, values, STATEMENT, seed)
        yield text(f"VECTOR_CONTRIBUTION{name}", ciphertexts)
        yield text(f"VECTOR_CONTRIBUTION{name}_PROOF", proof)


def main():
    return write_or_check(OUT, "make_contribution.py", (vectors,))


if __name__ == "__main__":
    sys.exit(main())
