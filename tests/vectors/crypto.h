/* SPDX-License-Identifier: Apache-2.0
 * Made by make_crypto.py from reference.py; do not edit. Bytes as hex.
 */
/* clang-format off */
#ifndef HEARTH_TEST_VECTORS_CRYPTO_H
#define HEARTH_TEST_VECTORS_CRYPTO_H

/* H("test", u64 0x0102030405060708, bytes 00 ff, text "LS6", no bytes, point B). */
static const char VECTOR_HASH[] =
    "cbf4cb9816f4c1f06c96aff4d8c817ce630de64910da5dee75106718aaa716f8";

/* The same, keyed with 00 01 ... 1f, 64 bytes; and mod l. */
static const char VECTOR_HASH_KEYED[] =
    "144bdad6615b0f0c29f6dedef3a98d3dde3919f27b0f15b7dad16c428becd26ca7c1c4fa58dd160c44de5bd8"
    "b534d57537e15f152ff6c800f283017e75e2de23";

static const char VECTOR_HASH_SCALAR[] =
    "edeb346867866e53efb8aa65c0d92ad096e1748f8ff6c39bea1e9508842c620f";

/* hash_once("test", "abc"). */
static const char VECTOR_HASH_ONCE[] =
    "5d816d9d82bd020fd5e2a987d0be60c1ef9daf4028502835bd5b0337d2512bc3";

/* Stream ("test", seed 00 .. 1f, context "ctx"): 200 bytes. */
static const char VECTOR_STREAM[] =
    "31014632d4d818cea9a0129213350fe83fe9f50f5f521ef6f37dffcc76f407bc5698337403415aeaaf5685d5"
    "5e79abfae7c6b2d3755f5a54b8bb63c0e3e19906d04872a462c263a8106c9a701341951df7f624d0bae81660"
    "c1729c601315cafdebb25af4873f35a074c4b0eb1d110762c56b57e846ebb025768e5940f6c63a009d88fd08"
    "7429862d5125ebf2b17e2711095132a1d5ff8dabd50d1f38b8f9c8248bf595a315128d3df220f70c0f795c0d"
    "c6a29cf0c08d8c3fbd7ac569d46a79df12e871b09214db66";

/* The same stream from its start: 3 bytes, a scalar, numbers below 10, 1, 2^63 + 1 (four
 * times) and 1000. */
static const char VECTOR_STREAM_SCALAR[] =
    "ad5792663eac50e272b4e99d7cf8ade38cfc9344de73acebacf3b3841b9bd904";

static const char VECTOR_STREAM_BELOW[] =
    "0000000000000006000000000000000050bae81660c1729b74873f35a074c4af6b1d110762c56b566846ebb0"
    "25768e58000000000000013d";

/* The same stream from its start: a permutation of 50, then one byte. */
static const unsigned VECTOR_STREAM_PERMUTATION[] = {
    15, 41, 14, 3, 39, 33, 2, 32, 24, 29, 5, 9,
    34, 16, 28, 13, 36, 12, 31, 44, 47, 35, 21, 26,
    17, 20, 18, 38, 6, 48, 37, 11, 27, 23, 25, 1,
    30, 42, 19, 40, 49, 45, 4, 0, 43, 10, 7, 22,
    46, 8};

static const char VECTOR_STREAM_AFTER[] =
    "13";

/* Stream ("elgamal", seed 00 .. 1f, no context): private key, r; then Enc(v; r). */
static const char VECTOR_ELGAMAL_MINUS_3[] =
    "b0ba5069a39c2c58f9d9d8ca97a25e91279922ee14f0906b16d8b0d9937ca0744c7418c41b9574c805d3ca4e"
    "257ec959f70d4f398540221cf9f39f85b9d46f51";

static const char VECTOR_ELGAMAL_0[] =
    "b0ba5069a39c2c58f9d9d8ca97a25e91279922ee14f0906b16d8b0d9937ca074d6ec6beb96bc3c3311f4193d"
    "4c237b62efe9816bf2de49267c4871090a240075";

static const char VECTOR_ELGAMAL_1000[] =
    "b0ba5069a39c2c58f9d9d8ca97a25e91279922ee14f0906b16d8b0d9937ca07490a456b6ca204eb30ffe36eb"
    "4840833e14c15d89f9a994eaf88f8379dc407f33";

/* Stream ("proof", seed 00 .. 1f, no context): x; tag "test proof", nonce seed c8 .. e7. */
static const char VECTOR_POSSESSION[] =
    "0fed2b470cc637d1f51792eba6b8aeb047c0b8032955fce7519c107947757a04c9e81bab25df14487d7f3684"
    "d08a229cab8c280965cea4db530ceefd1ac3610a";

/* Same x and nonce seed, statement "query"; P[j] = (j + 2) B for 0, 1 and 7 points. */
static const char VECTOR_SHARES_0[] =
    "1ddce4239415c4a8e70028a205656804fe0a5730f11fb29ef73c938c92ce2d03f5f95330909f00691e13fa4a"
    "753d83e857bac0c99b0548048106a3a987517f00";

static const char VECTOR_SHARES_1[] =
    "7a8d6debf3bd7d3e7844dbb30accd5ef7713d872169f572eba5a1fc26973f40914c4459b82b3cba092fa7440"
    "a8130ccdced4b6f436a578f619e08bc6e465d905";

static const char VECTOR_SHARES_7[] =
    "08a3b13a308c16b39a9a5d794390fa7434fbeef40a70c648a4f5d88c73d046069742c815bf82f87d812351ca"
    "eba8ba35d3082e63ee55f5add40c075b1f7e690a";

#endif
