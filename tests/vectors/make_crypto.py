#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes crypto.h, the test vectors of proto/crypto, from reference.py: never from the C code's output.

    make_crypto.py           writes crypto.h beside this file
    make_crypto.py --check   exit status 1 where crypto.h is not what it would write
"""
import pathlib
import sys

import reference as ref

OUT = pathlib.Path(__file__).with_name("crypto.h")
SEED = bytes(range(32))
OTHER_SEED = bytes(range(200, 232))


def text(name, data):
    digits = data.hex()
    rows = [digits[i : i + 88] for i in range(0, len(digits), 88)] or [""]
    body = "\n".join(f'    "{row}"' for row in rows)
    return f"static const char {name}[] =\n{body};\n"


def numbers(name, values):
    rows = [", ".join(map(str, values[i : i + 12])) for i in range(0, len(values), 12)]
    body = ",\n    ".join(rows)
    return f"static const unsigned {name}[] = {{\n    {body}}};\n"


def hash_vectors():
    body = ref.u64(0x0102030405060708) + ref.framed(b"\x00\xff") + ref.framed("LS6") + ref.framed(b"")
    body += ref.encode(ref.BASE)
    yield "/* H(\"test\", u64 0x0102030405060708, bytes 00 ff, text \"LS6\", no bytes, point B). */"
    yield text("VECTOR_HASH", ref.hashed("test", body))
    yield "/* The same, keyed with 00 01 ... 1f, 64 bytes; and mod l. */"
    yield text("VECTOR_HASH_KEYED", ref.hashed("test", body, 64, SEED))
    yield text("VECTOR_HASH_SCALAR", ref.scalar_bytes(ref.hashed_scalar("test", body, SEED)))
    yield "/* hash_once(\"test\", \"abc\"). */"
    yield text("VECTOR_HASH_ONCE", ref.hashed("test", ref.framed("abc")))


def stream_vectors():
    yield "/* Stream (\"test\", seed 00 .. 1f, context \"ctx\"): 200 bytes. */"
    yield text("VECTOR_STREAM", ref.Stream("test", SEED, b"ctx").bytes(200))
    yield "/* The same stream from its start: 3 bytes, a scalar, numbers below 10, 1, 2^63 + 1 (four"
    yield " * times) and 1000. */"
    stream = ref.Stream("test", SEED, b"ctx")
    stream.bytes(3)
    yield text("VECTOR_STREAM_SCALAR", ref.scalar_bytes(stream.scalar()))
    values = [stream.below(bound) for bound in (10, 1, *[2**63 + 1] * 4, 1000)]
    yield text("VECTOR_STREAM_BELOW", b"".join(map(ref.u64, values)))
    yield "/* The same stream from its start: a permutation of 50, then one byte. */"
    stream = ref.Stream("test", SEED, b"ctx")
    yield numbers("VECTOR_STREAM_PERMUTATION", stream.permutation(50))
    yield text("VECTOR_STREAM_AFTER", stream.bytes(1))


def elgamal_vectors():
    stream = ref.Stream("elgamal", SEED, b"")
    key, r = ref.mul(stream.scalar(), ref.BASE), stream.scalar()
    yield "/* Stream (\"elgamal\", seed 00 .. 1f, no context): private key, r; then Enc(v; r). */"
    yield text("VECTOR_ELGAMAL_MINUS_3", ref.encrypt(key, -3, r))
    yield text("VECTOR_ELGAMAL_0", ref.encrypt(key, 0, r))
    yield text("VECTOR_ELGAMAL_1000", ref.encrypt(key, 1000, r))


def proof_vectors():
    x = ref.Stream("proof", SEED, b"").scalar()
    yield "/* Stream (\"proof\", seed 00 .. 1f, no context): x; tag \"test proof\", nonce seed c8 .. e7. */"
    yield text("VECTOR_POSSESSION", ref.prove_possession("test proof", b"who and what", x, OTHER_SEED))
    yield "/* Same x and nonce seed, statement \"query\"; P[j] = (j + 2) B for 0, 1 and 7 points. */"
    for count in (0, 1, 7):
        points = [ref.mul(j + 2, ref.BASE) for j in range(count)]
        yield text(f"VECTOR_SHARES_{count}", ref.prove_shares(b"query", x, points, OTHER_SEED))


def self_check():
    """RFC 9496 A.1: the reference itself agrees with the standard."""
    fifteen = "e0c418f7c8d9c4cdd7395b93ea124f3ad99021bb681dfc3302a9d99a2e53e64e"
    assert ref.encode(ref.mul(15, ref.BASE)).hex() == fifteen
    assert ref.encode(ref.mul(ref.L, ref.BASE)) == bytes(32)
    for n in (1, 2, 77, ref.L - 1):
        assert ref.encode(ref.decode(ref.encode(ref.mul(n, ref.BASE)))) == ref.encode(ref.mul(n, ref.BASE))


def write_or_check(out, script, parts):
    """Makes the header `out` of these parts; with --check compares only. Returns the exit status."""
    guard = f"HEARTH_TEST_VECTORS_{out.stem.upper()}_H"
    lines = ["/* SPDX-License-Identifier: Apache-2.0",
             f" * Made by {script} from reference.py; do not edit. Bytes as hex.",
             " */",
             "/* clang-format off */",
             f"#ifndef {guard}",
             f"#define {guard}", ""]
    for part in parts:
        lines.extend(part())
    lines.append("#endif\n")
    content = "\n".join(lines)
    if sys.argv[1:] == ["--check"]:
        return 0 if out.read_text() == content else 1
    out.write_text(content)
    return 0


def main():
    self_check()
    return write_or_check(OUT, "make_crypto.py", (hash_vectors, stream_vectors, elgamal_vectors, proof_vectors))


if __name__ == "__main__":
    sys.exit(main())
