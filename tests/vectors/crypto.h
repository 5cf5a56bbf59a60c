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

/* Query seed 00 .. 1f, id 00 .. 0f; m: stream ("matcher", that seed, no context); values as in
 * test_blind_vectors.c. The query's key, and its ciphertexts in a row. */
static const char VECTOR_QUERY_KEY[] =
    "64ccb72330c686338e2b7a92ba6a58c911d7eafd3b34eceb5d61256d6c91a55d";

static const char VECTOR_QUERY[] =
    "d80515774d2dc5880814995b6bf8ebc64c533033bb7aa733ee90f461791195108a1ceb6eb30d7acaed090323"
    "25e8848d4ef161d38d32ef62bc5e4802a8208c37fa7c0a9eec97876c2126c5bb6da69ece07993ebf40d50f21"
    "047bcc608098ba0c74c0aa1ec2eeaf0b85cb572af3fecdd838d0d32fb9370d90d2f652025aeb0d40504f4127"
    "a96249c020c55628346b377189b6a30810aab5fb13b2a501e29f0143e01410238bd741a7757abdc5bb5f08c9"
    "2618e1153cb359c29f434bd4d41cda2b04bcc1e288441bd7a50966fa293d3f29b21985fd11e8a19072fb0165"
    "0b40d34c3cb81a79844a7831e6bd8feb5906012f4354f42deb8911088e3e43985b483c5080c56bba98690898"
    "e216923a797cecc8d2ac7aca3665f8775a0cd53d351f9e2cbaa90b60f7777f032494377365ac91e677cea379"
    "481a5c8f26de99511589d93e68bc84f0d9a07b228f7f6964a9e3751521d13c039c07ea80d47d9f6a8cc6d749"
    "30611f38f1bd5db7a3af8f58393cde26319ac6bf6ffb762c0ff7c7f8b5d1d56becb2ed99044e46b9457ee53c"
    "1f338d620ddd94cba3e52a3955df3f0640d13873640cf7a0e09759d986ebfbca2c3a39f8faa5d280216cc575"
    "b8760c38a3107a01ccd423d98ec02644bab676d2a45c32e06a1bb11d609abf57a958ec4d76127b70688208cb"
    "5d45c4143d802b71c8d4e47a9989c2e403e5a83e3709259ccfeb174e969bb751143b3a344bd6e67e97e1dff5"
    "4f4921ffa4fe7a095586d0e480f9892f329dcf3f785b8eebf6026bfe04edc1f55b23fbbf0824735f8a9fd9bd"
    "e24ed630184512fb7a6cd212c2e26014837a8eba8d8941335586661eab2950c57943e437a2b6a175e6925cb8"
    "dd3ba3a58d6363c194d66541a20497aaf498e703811df722344115994b143009bb6d2878036b4631b1c24613"
    "5a32e072622d228dbaae1103c8c1b8425523473b8d7acc048c62753c3a0d1ae7c0ad3246c8507699ef480374";

/* The reply to it: seed c8 .. e7, query hash 64 .. 83, profiles as in test_blind_vectors.c. */
static const char VECTOR_REPLY_C1[] =
    "e297e7a8a00abcf2107a22c044831e84b7bccd4f0c5a8ec03b582954705d1e6850688560d770661f2f686bde"
    "f55362766aa488ae7a8e06c324d21f481ec406394612a231f2ccf8b4c06e187cb539b10aab561440d6d3b8a0"
    "1964dedc4a9ec507620b1ba1f3c3314fd79eedaab9a5c500d5537b01024fafcd39ae6a9b7c450c700c13589f"
    "40e96b1106831e57b5631d7a9ae5084e29fade6a80ea3e4fac2c127f22d212974110f7c41e18e7af2b308d9e"
    "8e6401c228313002302bb6135b40560286c0000c1768577282b686da747d17fb6794c80d94816f513c465877"
    "c26e1b53ce28edb0fbd3726eec75c1e3dd6e24f58b197a7a4208e25d1a3a8644bdefc83b324d12b57db3e55e"
    "beb26082b1a5a96ead02309419b56b6c198eae69bb46ba4838230ff185906227b14078a00f73108a945d0617"
    "864ff04ad3fe8dec047e6970c6d1c2bf6b60f77c6f32ef184850f306f2bd0e12bb092884e1e6c0563bf1a324"
    "92e8891d48ffdfafbd81443c17a131a143495d73477add633f8475a6d0e17460a8de581e2dfeea4132cfd596"
    "a98f8d19be1e56baeb1d3294ff11314bdbc0a365ea964305925970535b036cb65a1da4415c74ad129b2fb740"
    "c6fe5e2e09d62d5c8c51419874672e7a623de4cb0de15a46b7698d19994fe947a4b6e27cfdeebc6842e87d60"
    "aa3698b00442647c225751fae9dd0b1400f469e3664849613b87c801";

static const char VECTOR_REPLY_C2[] =
    "ba0e3e196f73eceb5593ade88aedc1d061b0bdb67d7d62f48a8760e7431a7c0442bff78a1e6fd5f4c8a01f25"
    "2a6553645fddbaff4128007b05d131a6a11a0829e0790d64284487eb49698e8ebd6b42e8335cc03d876486be"
    "31a6c8b838af4c33a47a35fa1b112b0732b1d981753f2284101feca01f520a30df7fb3b801ac2b633a04d846"
    "8d25e93b100bf4987a1d18829022e78bd80e7d71fab1c8aec961033170a362cea4c430f97c1a289bdff288c7"
    "5fea0dfece850bccc2d994a6bda4cb50189b628bc27e3e452afde8fd0814ab0f351a3edeeb598708b5df9204"
    "f8ff8b5a5688e72b43f4c6886147ac489298057621c1b57ed6329bf81a0e9c62ca11353e828d1ccdaeebadc0"
    "f03143c065866727d23bcd0a8f66fa265ade6e2d7239c431ba71b1186bd70c23cb869985de68fbddc1c3254d"
    "ab2bbe1065c7b7c4dd7b7d3cce125dd7a608c36bb4e476a762947f043c9a5a6e58f99dc18bbc1f0d525b675a"
    "b6e418458f7503c6b9a92a736d7b6fef5a68383069ae3eaa9937034956ef9d483cc9fae769a39e5ba3fb51f8"
    "026dd3ed21bbc90d2009b9dd502cc5b546077c5d22a80220c19015a7f940a5857204e0be39ec954aadc2e90a"
    "6c35d8cf45c310204a19fa946437cdb518fbc544cde63cf0c3d8c12b0e8264ba70dea09b3638d52af095293c"
    "eab88cac0d7de88c681b23b1866dc12322f53c0fda582d67af182b67";

#endif
