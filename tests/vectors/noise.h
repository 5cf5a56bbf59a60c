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
    {2, 150000, 1, 573,
     "416d640b5094903aa363409d0073265cfaa3503095996b0942f4e6428bb30a39"},
    {2, 50000, 1, 1718,
     "839d831d5ee1d5b233aa7f6241fb8a54d93c146953b569231882a7f6661e1cac"},
    {3, 100000, 1, 848,
     "edd4c9d8fda8f092420e382811084690dc4ce6f81724d25da308a1f266181ae8"},
    {3, 150000, 3, 1695,
     "238c81862855fc6f1e1992b450dfabdc694bdebb6a8e42c9e18cfc32b0795435"},
    {3, 200000, 4, 1695,
     "dc29afd04eeae7772c803dc93196817b13a1b255539332b8fbea804516cbbbdc"},
    {3, 200000, 3, 1271,
     "3ea43f779d44555a6b769a0a38ad83ba451c49c39250bb3616f42a1e3db0ad73"},
    {3, 150000, 1, 565,
     "d12fa0d79c2c5ae63962388b83c57198de938fa5ae82cf111c22b5dac0f886f3"},
    {3, 50000, 1, 1695,
     "ed41c0203c5f9211c1eecc369f8355b83db935af12ec1de5ccdc3b8fff1764e2"},
    {7, 100000, 1, 830,
     "81a26667d7fcfde1330dcb2e9282e5e5af6a31f7c7b946e73b76ddb8064682b6"},
    {7, 150000, 3, 1661,
     "a9cd3c2b7ecf81ad680e041a5ec0d8c8cfda4c106bed127c63b98ea5486f3fc3"},
    {7, 200000, 4, 1661,
     "ef43a9ce9805724f6cff1a1d4a7486a94343095ec52b12d2b9a6bab4e1a313f2"},
    {7, 200000, 3, 1246,
     "95449ca8734c35d5c814af189559186278038d8da08c376672f21aff4fb36269"},
    {7, 150000, 1, 554,
     "7fd55e7c06f4f5f7665847c0060db6ad52f82421a75432fdcdd313742d772dc7"},
    {7, 50000, 1, 1661,
     "f0b31ac83e45b00743beddd163cc29da8deece157a17052c89fb6d9ac95e60f4"},
    {98, 100000, 1, 798,
     "63d343c1e89d3d2121fe743c799339f31be5631cada74c24c4dee60499dbfcd9"},
    {98, 150000, 3, 1596,
     "30dfac1950b3ff61e793da28dd00889d3f3216eb41894e2ef468cf74a4d5c859"},
    {98, 200000, 4, 1596,
     "63d7af801d13724160b6dcebec813bf19bcab6eb93f7c70cfe4252f56da33939"},
    {98, 200000, 3, 1197,
     "2ea62cb356abeb024203f75e97da08f3163923faa87074c3b5807a704882470e"},
    {98, 150000, 1, 532,
     "e4b9ddc9ce2517142cf2d9e905fe09ff279d75a7099f2797dc9c93906baab496"},
    {98, 50000, 1, 1596,
     "6a316ce0eac703b381a23f69b32a42dd5be17e94f48aa2601eb439ffe2bcac1b"},
    {225, 100000, 1, 789,
     "9b6cc363dcb4856f0a25916c200d66e8aecd70a21426be7d862d13a69a281b1a"},
    {225, 150000, 3, 1579,
     "025b3c18e6cd63601e9a3f4642fa57d5787ef02f4ddb05fc6b11b27676d99bba"},
    {225, 200000, 4, 1579,
     "2ad5b9ff36f7a67f0098c4e02422ad92fe1cfc13a8c41496fc2ae2489c6c8ba1"},
    {225, 200000, 3, 1184,
     "73687d536737a972e99c4a8c9c8fa3d9303a2c60abb7e277ce555ec18cdde1ee"},
    {225, 150000, 1, 526,
     "1f8ff1f7a513d2629d1e2699e344cbaf453bf0681a1b28329ef81613af08f7dc"},
    {225, 50000, 1, 1579,
     "6917daa112c5599d1a08fbb976145024c2c9874c84c34450726601897412d510"},
    {339, 100000, 1, 785,
     "df902bcec10fe7e0afb68f8ac8e08c5b0515839ccbd3f2a534ce4bfe2c60c0b3"},
    {339, 150000, 3, 1571,
     "1114f330050cd3208e3538b56a91b9336ac060ff7db9039311cb55c2f7648a23"},
    {339, 200000, 4, 1571,
     "aede2ce1565ef5737342aa2f187df481d7b4d3b69d08d3d58af375aa5542e103"},
    {339, 200000, 3, 1178,
     "010687592baa0ebf705a614ac504c7960a882c1fce7f2cf018a15956bf1df821"},
    {339, 150000, 1, 524,
     "449d771ed41681cc2559531cc94b13428cb9abe0777617f8fb698064ff38ea64"},
    {339, 50000, 1, 1571,
     "5dc124dab76cee39927a0ce8a4edf8b6eafab44d0fc8e5746817a3007d98714e"},
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
