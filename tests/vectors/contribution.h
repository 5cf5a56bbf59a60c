/* SPDX-License-Identifier: Apache-2.0
 * Made by make_contribution.py from reference.py; do not edit. Bytes as hex.
 */
/* clang-format off */
#ifndef HEARTH_TEST_VECTORS_CONTRIBUTION_H
#define HEARTH_TEST_VECTORS_CONTRIBUTION_H

/* Stream ("contribution keys", seed 00 .. 1f, no context): u, m; statement "manifest, key,
 * who, table"; first the values below with seed 00 .. 1f, then one zero with seed c8 .. e7. */
static const char VECTOR_CONTRIBUTION_U[] =
    "9327ea90f4102f6d4eb54e121483021f52fd8937d3937781208d0dd8e2f3850d";

static const char VECTOR_CONTRIBUTION_M[] =
    "bc4e51b4514f6bca86c2fe13f8ce712a2cff8f5d44e18e061756cd6d68f53205";

static const int32_t VECTOR_CONTRIBUTION_VALUES[] = {
    0, 1, -1, 2097152, -2097152, 12345, -54321};

static const char VECTOR_CONTRIBUTION[] =
    "3468f4e320515774ec781597774b02046ecf0c776aba37330ed9ef14078c15594a7968cc20a6d29fc69e16c6"
    "bad86cc8544e1c69fe055f0291945740795a277038b1ccbe80d9b7f460c7b5a459523b8a6f5421419769a742"
    "4bc918818cc81c6c84af2a5cba9b263891872fe1bc5d379bba598f6b96096012189db605b7ad5a7b4ae35a77"
    "69775bde9472d4fae0178afefadc9642917b18c5a36590d40324fa3746bf7334c4527340ad9eb514affb00a2"
    "fa21ecb67cf2d03fe233bf214a0c5c730a4df7dfd3fa0fc2b780174d9e37163fa22a8b24ae78da1d9dc1c950"
    "e9f30e34dc54148d661a42bc6208c519fda054d0990f91b4dc3e7e066a7a550494f2146766f00ab2ce82419f"
    "bfe3d6ff848257d7c2e7b334f2f9071276fc5ea8bbc1556fc8cf0bef31abccb18aa6a257d04c9f5ee1ccdc1f"
    "1269ee58d082762dc2c53a7e8a409bf48727360fceb409bcd24ea8b55b543931c0b416f1b640fc64f31e475d"
    "c05ee52718a7d291d7d43ce4e654ff40227cb86469b0d6541826b3a189a4ca435ef234ffb9f7dec8f8958d24"
    "5b1915058b1e6136e590d91545c250b432f2c33f0e868a5dcdff12aadc0cf11e090e46c8cf019c6167786a4d"
    "b3396f23dfd0f814";

static const char VECTOR_CONTRIBUTION_PROOF[] =
    "b641af00a5f4277c002b4402fe8507d3f811be62713153adb30351696a26fc31f8a5f5fa63c118f839b9d302"
    "46181393b6cb288452b0a8fb3af86a8e607d770c";

static const char VECTOR_CONTRIBUTION_ZERO[] =
    "ca1e2dd298fcb64889f9846d71a35963c44402437393f7095144678d32567876366393aeaf1c8f697cba4f42"
    "c0179c041281ef5bf99f2d44a740d96c9fa61322";

static const char VECTOR_CONTRIBUTION_ZERO_PROOF[] =
    "a8b9801a4457d5737fc5e35890929ecef8bf2f9d3b50abc5d1659e1add1e773cc54ae55b811e59c707caa94f"
    "6fc65ac8e7d6677c6b44ced1a6a0b19f25772003";

#endif
