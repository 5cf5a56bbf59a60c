/* SPDX-License-Identifier: Apache-2.0
 * Made by make_noise.py from reference.py; do not edit. Bytes as hex.
 */
/* clang-format off */
#ifndef HEARTH_TEST_VECTORS_NOISE_H
#define HEARTH_TEST_VECTORS_NOISE_H

/* shares, epsilon, sensitivity; number of entries; noise_table_hash. */
static const struct {
    unsigned shares, epsilon, sensitivity, entries;
    const char *hash;
} VECTOR_NOISE[] = {
    {2, 100000, 1, 859,
     "d650b3bacb6cdf9e8259315aadf5b7343fd7b1176e36c3e2a7b318026f489146"},
    {2, 150000, 3, 1718,
     "945967a07fa44ca6b501dea67a8afba1f48aa50313ed1a83eadf27403e9d78f4"},
    {2, 200000, 4, 1718,
     "38422e7ea49312f5cf959276ddf7fd5f7930e53837fc9919d772baa37ad9671a"},
    {2, 200000, 3, 1289,
     "1427b097f2e44da17a3e1f44d4fb304d7cbc21600a3432ae48dd2b6b9eb47361"},
    {2, 150000, 2, 1145,
     "0e5ccde210e09297a83af80d121767d8a1d2784e46d68dcb7f0f92651695b953"},
    {2, 70000, 1, 1227,
     "edf3ad8901af206068f54e282a2ef14a5d640e26bc52ff3af7a1a49290b473df"},
    {2, 40000, 1, 2148,
     "bf683046f4471783a34b4ed228c164ea08e3427ee3ca48ccc495aef8141953ef"},
    {2, 120000, 1, 716,
     "ffb4cf6e8a642c31d9770d344c22043fad601cd0bd03bbb22982c6e8b1c6cc60"},
    {3, 100000, 1, 848,
     "edd4c9d8fda8f092420e382811084690dc4ce6f81724d25da308a1f266181ae8"},
    {3, 150000, 3, 1695,
     "238c81862855fc6f1e1992b450dfabdc694bdebb6a8e42c9e18cfc32b0795435"},
    {3, 200000, 4, 1695,
     "dc29afd04eeae7772c803dc93196817b13a1b255539332b8fbea804516cbbbdc"},
    {3, 200000, 3, 1271,
     "3ea43f779d44555a6b769a0a38ad83ba451c49c39250bb3616f42a1e3db0ad73"},
    {3, 150000, 2, 1130,
     "427571410e36b0910ccd26f41bb5e4d7dbca7a7be65c425cce647948dc75e6b3"},
    {3, 70000, 1, 1211,
     "a7d96d5538ef0a4f2a8f73e3ef52a58bffc0dc30a0eeeab236b8648fd8da9956"},
    {3, 40000, 1, 2119,
     "9d1b7554e2bbfae44eef4b50affd4fa2f9ebcf9f724c4c39509453f25007e694"},
    {3, 120000, 1, 706,
     "d6fe98a1266f3973e74bc17f5d7a1ea23ed4f17385b7a7c9553f8df7fdd0987c"},
    {7, 100000, 1, 830,
     "81a26667d7fcfde1330dcb2e9282e5e5af6a31f7c7b946e73b76ddb8064682b6"},
    {7, 150000, 3, 1661,
     "a9cd3c2b7ecf81ad680e041a5ec0d8c8cfda4c106bed127c63b98ea5486f3fc3"},
    {7, 200000, 4, 1661,
     "ef43a9ce9805724f6cff1a1d4a7486a94343095ec52b12d2b9a6bab4e1a313f2"},
    {7, 200000, 3, 1246,
     "95449ca8734c35d5c814af189559186278038d8da08c376672f21aff4fb36269"},
    {7, 150000, 2, 1107,
     "022b07243ae7f50c489ec08505bdb36d595d65997f5deaa1965f11a79b5fef8a"},
    {7, 70000, 1, 1186,
     "26186e5b84611cf3ea2cdc3fb48b019295ca6ce2bbc4e77e45e9e4c2de5bc000"},
    {7, 40000, 1, 2076,
     "be9f8f887c645151e740437604c3fc6bddffd2ca11d27766cf2639b285934c7c"},
    {7, 120000, 1, 692,
     "2d094829f9c472601141ad51e3aebe7db21a3f6e9beb3959f8235eaf2ec63b93"},
    {98, 100000, 1, 798,
     "63d343c1e89d3d2121fe743c799339f31be5631cada74c24c4dee60499dbfcd9"},
    {98, 150000, 3, 1596,
     "30dfac1950b3ff61e793da28dd00889d3f3216eb41894e2ef468cf74a4d5c859"},
    {98, 200000, 4, 1596,
     "63d7af801d13724160b6dcebec813bf19bcab6eb93f7c70cfe4252f56da33939"},
    {98, 200000, 3, 1197,
     "2ea62cb356abeb024203f75e97da08f3163923faa87074c3b5807a704882470e"},
    {98, 150000, 2, 1064,
     "8c4241fd16f18e24e8eb7c98dee34b5c08eb04399a3c78541ebc12ab40d9b987"},
    {98, 70000, 1, 1140,
     "c28523dde07bc305a4c3cea72de918e2b655d77b11e217092552ca7035dff321"},
    {98, 40000, 1, 1995,
     "90dc65f937e0bcb65bd8af1abf042f42e9daaa7c3bd85c3ab7cda549e59e6a72"},
    {98, 120000, 1, 665,
     "47504e767b8cdc8d6f85fc11894fbd17e4ef355ce0a1756a028a257eafcdb5bc"},
    {225, 100000, 1, 789,
     "9b6cc363dcb4856f0a25916c200d66e8aecd70a21426be7d862d13a69a281b1a"},
    {225, 150000, 3, 1579,
     "025b3c18e6cd63601e9a3f4642fa57d5787ef02f4ddb05fc6b11b27676d99bba"},
    {225, 200000, 4, 1579,
     "2ad5b9ff36f7a67f0098c4e02422ad92fe1cfc13a8c41496fc2ae2489c6c8ba1"},
    {225, 200000, 3, 1184,
     "73687d536737a972e99c4a8c9c8fa3d9303a2c60abb7e277ce555ec18cdde1ee"},
    {225, 150000, 2, 1053,
     "c1755120782ea179c8133734fadf15c55b7ada5edc5f3fef8b433953e3cf208a"},
    {225, 70000, 1, 1128,
     "3e16875b213c185b69603c0e59480fda8889fbe52e1400fdb0f8784ec5b0c4de"},
    {225, 40000, 1, 1974,
     "2651734af2795d3b913d289ed9daa61f35b1ff153bdbef3fa1ebe7c6159c2e63"},
    {225, 120000, 1, 658,
     "3f25f32109266038faafd449d77c0fbff9d2c7115eb73ef0806e40deb7324467"},
    {339, 100000, 1, 785,
     "df902bcec10fe7e0afb68f8ac8e08c5b0515839ccbd3f2a534ce4bfe2c60c0b3"},
    {339, 150000, 3, 1571,
     "1114f330050cd3208e3538b56a91b9336ac060ff7db9039311cb55c2f7648a23"},
    {339, 200000, 4, 1571,
     "aede2ce1565ef5737342aa2f187df481d7b4d3b69d08d3d58af375aa5542e103"},
    {339, 200000, 3, 1178,
     "010687592baa0ebf705a614ac504c7960a882c1fce7f2cf018a15956bf1df821"},
    {339, 150000, 2, 1047,
     "d45cd621ca18131f1516789f99c3e15fe4ead1621d7bed376cddf8e6ee8da6fd"},
    {339, 70000, 1, 1122,
     "2a3e75ca65c4e6ba7889c6dbdd6695055989b34e5609bab62bffed5112a06326"},
    {339, 40000, 1, 1963,
     "846f2635d264e612c340ace8e398d6de47543438c63ba6b169679efd36bd21d9"},
    {339, 120000, 1, 654,
     "8bdab97c936b609fecaeb57adc664f03518d41c639bf03c713b550714108b28d"},
    {2, 1000000, 1, 86,
     "1b58f894e567ab64c00eafb115fcae5bc81d553d2c9f2f79fc1da5cc86c14ff9"},
    {7, 1000000, 1, 83,
     "95b54cba2bc4917a11b5c0f88cba0096526b58cf390f4b0f2a0e1a05cd75a6a5"},
    {7, 1050000, 1, 79,
     "4fb0f433075933895076dafcac9b57998a33948044d9bdcc51a88d7867a0828b"},
    {3, 333333, 7, 1780,
     "05145f21778a60d6fdb7b85de7a2ef40955676486176693301787f947c4ed32d"},
    {4096, 1000000, 255, 19396,
     "d691e644d36f8749fa8b8a39d5e9d833ca9eec2ef5f3ef3d2390e04aabbeab85"},
    {5, 10000000, 1, 8,
     "e13704f31092fba2799af68b20a8bf8168c65175f4968dde6ceb780ed0c801d3"},
    {4096, 2900, 1, 26228,
     "281c427c4f6064c21394c88ed9738e9f052236785d98d6fa32c7fd6ed9fc945f"},
};

/* Some tables whole: 16 bytes an entry. */
static const unsigned VECTOR_NOISE_SPEC_0[] = {2, 10000000, 1};
static const char VECTOR_NOISE_TABLE_0[] =
    "fffe8327495fad65acf90d9e3d8bef1afffffffcae238500bf89913e71662e78fffffffffff7c4d0940d206c"
    "d205815fffffffffffffffea921e7e81442b0e06ffffffffffffffffffc69dea1ddd6e2fffffffffffffffff"
    "ffffff637e733638fffffffffffffffffffffffffe4f9a9afffffffffffffffffffffffffffffb49";

static const unsigned VECTOR_NOISE_SPEC_1[] = {7, 4000000, 1};
static const char VECTOR_NOISE_TABLE_1[] =
    "ff53298b1975fe29249414a83cb534ccfffe2fb0af0290e87c5659c0e2780930fffff9eae76cabb0e4cf05c1"
    "1b2513abffffffe993033089f1410ff721172f43ffffffffa8d4673b10244367febef3e4fffffffffea1883d"
    "8b3a0554503536f2fffffffffffa5d88728689ad72c67185ffffffffffffe867e0298df3c8946ae7ffffffff"
    "ffffff9be3bea93dabef188cfffffffffffffffe52c62b7f09011ca5fffffffffffffffff8c00aebce4faec3"
    "ffffffffffffffffffe06e8ad6ac60a6ffffffffffffffffffff75baee50c20bfffffffffffffffffffffd9f"
    "53b1175ffffffffffffffffffffffff57cf49c4cffffffffffffffffffffffffd159792dffffffffffffffff"
    "ffffffffff304867fffffffffffffffffffffffffffc6063ffffffffffffffffffffffffffffefc6ffffffff"
    "ffffffffffffffffffffffb7fffffffffffffffffffffffffffffffe";

static const unsigned VECTOR_NOISE_SPEC_2[] = {1000, 8123457, 2};
static const char VECTOR_NOISE_TABLE_2[] =
    "fffedc987afb7b8135223f5e5c5b6e15fffffd7b39ad6090a4537e41ee205305fffffff8957aa0ddb6c268c4"
    "6e360db9ffffffffe773c46698fb7ef618f314f7ffffffffffa95c460d7f3efd14f13924fffffffffffec18a"
    "2412b0f4ab52aaa4fffffffffffffb4c284b8b97cd266515ffffffffffffffeddadcdee8586bd712ffffffff"
    "ffffffffb8e103519d2c81effffffffffffffffffee5c3c0e5ff23a7fffffffffffffffffffb94b64420b26b"
    "ffffffffffffffffffffee23c9befefaffffffffffffffffffffffb7502b41d0fffffffffffffffffffffffe"
    "d66d2da2fffffffffffffffffffffffffb378841ffffffffffffffffffffffffffec3b15ffffffffffffffff"
    "ffffffffffffadf8fffffffffffffffffffffffffffffeaafffffffffffffffffffffffffffffffa";

#endif
