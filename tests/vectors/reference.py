# SPDX-License-Identifier: Apache-2.0
"""The arithmetic of docs/protocol.md once more, in plain Python from the written definitions.

Slow, not constant time, and independent of the C code and its libraries: only hashlib's BLAKE2b is
borrowed. Group: RFC 9496 section 4. Hashing and streams: proto/crypto/hash.h and stream.h. Proofs:
proof.h.
"""
import hashlib

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
SQRT_M1 = pow(2, (P - 1) // 4, P)


# ---- the group ----
def is_negative(value):
    return value % P & 1


def absolute(value):
    return -value % P if is_negative(value) else value % P


def sqrt_ratio(u, v):
    """RFC 9496 section 4.2: (was u/v a square, its non-negative root or that of SQRT_M1 * u/v)."""
    root = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    check = v * root * root % P
    correct, flipped = check == u % P, check == -u % P
    if flipped or check == -u * SQRT_M1 % P:
        root = root * SQRT_M1 % P
    return correct or flipped, absolute(root)


INVSQRT_A_MINUS_D = sqrt_ratio(1, (-1 - D) % P)[1]
IDENTITY = (0, 1, 1, 0)


def decode(data):
    """Section 4.3.1. None where the bytes are not the encoding of an element."""
    s = int.from_bytes(data, "little")
    if s >= P or is_negative(s):
        return None
    ss = s * s % P
    u1, u2 = (1 - ss) % P, (1 + ss) % P
    v = (-(D * u1 * u1) - u2 * u2) % P
    square, inverse = sqrt_ratio(1, v * u2 * u2)
    den_x = inverse * u2 % P
    den_y = inverse * den_x * v % P
    x = absolute(2 * s * den_x)
    y = u1 * den_y % P
    t = x * y % P
    if not square or is_negative(t) or y == 0:
        return None
    return x, y, 1, t


def encode(point):
    """Section 4.3.2."""
    x0, y0, z0, t0 = point
    u1, u2 = (z0 + y0) * (z0 - y0) % P, x0 * y0 % P
    inverse = sqrt_ratio(1, u1 * u2 * u2)[1]
    den1, den2 = inverse * u1 % P, inverse * u2 % P
    z_inv = den1 * den2 * t0 % P
    x, y, den_inv = x0, y0, den2
    if is_negative(t0 * z_inv):
        x, y, den_inv = y0 * SQRT_M1 % P, x0 * SQRT_M1 % P, den1 * INVSQRT_A_MINUS_D % P
    if is_negative(x * z_inv):
        y = -y % P
    return absolute(den_inv * (z0 - y)).to_bytes(32, "little")


def add(a, b):
    """RFC 8032 section 5.1.4."""
    (x1, y1, z1, t1), (x2, y2, z2, t2) = a, b
    f, g = (y1 - x1) * (y2 - x2), (y1 + x1) * (y2 + x2)
    c, d = 2 * t1 * t2 * D, 2 * z1 * z2
    e, h = g - f, g + f
    f, g = d - c, d + c
    return e * f % P, g * h % P, f * g % P, e * h % P


def mul(scalar, point):
    scalar %= L
    total = IDENTITY
    while scalar:
        if scalar & 1:
            total = add(total, point)
        point = add(point, point)
        scalar >>= 1
    return total


BASE = decode(bytes.fromhex("e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76"))


def scalar_bytes(scalar):
    return (scalar % L).to_bytes(32, "little")


# ---- hash.h ----
def framed(data):
    data = data.encode() if isinstance(data, str) else data
    return len(data).to_bytes(4, "big") + data


def u64(value):
    return value.to_bytes(8, "big")


def hashed(tag, body, size=32, key=b""):
    return hashlib.blake2b(framed(tag) + body, digest_size=size, key=key).digest()


def hashed_scalar(tag, body, key=b""):
    return int.from_bytes(hashed(tag, body, 64, key), "little") % L


# ---- stream.h ----
class Stream:
    def __init__(self, tag, seed, context):
        self.key = hashed(tag, framed(context), 64, seed)
        self.next = 0
        self.left = b""

    def bytes(self, size):
        while len(self.left) < size:
            self.left += hashlib.blake2b(u64(self.next), key=self.key).digest()
            self.next += 1
        out, self.left = self.left[:size], self.left[size:]
        return out

    def scalar(self):
        return int.from_bytes(self.bytes(64), "little") % L

    def below(self, bound):
        while True:
            word = int.from_bytes(self.bytes(8), "big")
            if word >= 2**64 % bound:
                return word % bound

    def permutation(self, count):
        out = list(range(count))
        for i in range(count - 1, 0, -1):
            j = self.below(i + 1)
            out[i], out[j] = out[j], out[i]
        return out


# ---- elgamal.h ----
def encrypt(key, value, r):
    return encode(mul(r, BASE)) + encode(add(mul(r, key), mul(value, BASE)))


# ---- proof.h ----
def nonce(seed, tag, statement, key):
    return hashed_scalar("hearth v1 proof nonce", framed(tag) + framed(statement) + encode(key), seed)


def prove_possession(tag, statement, x, seed):
    key = mul(x, BASE)
    k = nonce(seed, tag, statement, key)
    c = hashed_scalar(tag, framed(statement) + encode(key) + encode(mul(k, BASE)))
    return scalar_bytes(c) + scalar_bytes(k + c * x)


def prove_shares(statement, x, points, seed):
    key = mul(x, BASE)
    shares = [mul(x, point) for point in points]
    body = framed(statement) + encode(key) + u64(len(points))
    body += framed(b"".join(map(encode, points))) + framed(b"".join(map(encode, shares)))
    digest = hashed("hearth v1 shares", body)
    stream = Stream("hearth v1 shares coefficients", digest, b"")
    sums = [IDENTITY, IDENTITY]
    for point, share in zip(points, shares):
        d = int.from_bytes(stream.bytes(16), "little")
        sums = [add(sums[0], mul(d, point)), add(sums[1], mul(d, share))]
    tag = "hearth v1 shares challenge"
    k = nonce(seed, tag, digest, key)
    commitments = [mul(k, BASE), mul(k, sums[0])]
    c = hashed_scalar(tag, framed(digest) + b"".join(map(encode, sums + commitments)))
    return scalar_bytes(c) + scalar_bytes(k + c * x)


# ---- contribution.h of proto/figures ----
def contribute(joint, values, statement, seed):
    """Ciphertexts and proof of one table."""
    stream = Stream("hearth v1 contribution", seed, statement)
    scalars = [stream.scalar() for _ in values]
    k = stream.scalar()
    ciphertexts = b"".join(encrypt(joint, value, r) for value, r in zip(values, scalars))
    commitment = encode(mul(k, BASE))
    body = framed(statement) + encode(joint) + u64(len(values)) + framed(ciphertexts) + framed(commitment)
    digest = hashed("hearth v1 contribution proof", body)
    coefficients = Stream("hearth v1 contribution coefficients", digest, b"")
    z = k
    for r in scalars:
        z += int.from_bytes(coefficients.bytes(16), "little") * r
    return ciphertexts, commitment + scalar_bytes(z)
