/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/postcodes.h"

#include <stdio.h>

/* About as many sectors as there are; 20 letters stand in the second half of real postcodes. */
enum { AREAS = 124, DISTRICTS = 10, SECTORS = 10, LETTERS = 20, UNITS = LETTERS * LETTERS };

static const char HEAD[] =
    "pcd,pcd2,pcds,dointr,doterm,oscty,ced,oslaua,osward,parish,usertype,oseast1m,osnrth1m,"
    "osgrdind,"
    "oshlthau,nhser,ctry,rgn,streg,pcon,eer,teclec,ttwa,pct,itl,statsward,oa01,casward,npark,"
    "lsoa01,"
    "msoa01,ur01ind,oac01,oa11,lsoa11,msoa11,wz11,sicbl,bua24,ru11ind,oac11,lat,long,lep1,lep2,pfa,"
    "imd,calncv,icb,oa21,lsoa21,msoa21,ruc21ind\n";

struct dice {
    uint64_t state;
};

/* xorshift64*: the same on every machine. */
static uint32_t roll(struct dice *dice, uint32_t below)
{
    dice->state ^= dice->state >> 12;
    dice->state ^= dice->state << 25;
    dice->state ^= dice->state >> 27;
    return (uint32_t)((dice->state * 0x2545f4914f6cdd1dULL) >> 33) % below;
}

static void write_row(FILE *file, const struct postcode *code, const struct gazetteer_unit *unit,
                      bool placed, uint64_t *bytes)
{
    char text[POSTCODE_TEXT], month[GAZETTEER_MONTH_TEXT] = "";
    (void)postcode_text(code, text);
    if (unit->ended) (void)gazetteer_month_text(unit->ended, month);
    int wrote = fprintf(
        file,
        "\"%-4s%c%s\",\"%-4s %c%s\",\"%s\",\"198001\",\"%.4s%s\",\"E99999999\",\"E99999999\","
        "\"E08000035\",\"E05011404\",\"E43000001\",\"0\",\"%06d\",\"%07d\",\"%d\",\"E18000002\","
        "\"E40000012\",\"E92000001\",\"E12000003\",\"0\",\"E14001331\",\"E15000003\",\"E24000007\","
        "\"E30000229\",\"E16000084\",\"E08000035\",\"00DAGE\",\"E00057212\",\"00DAGE\","
        "\"E65000001\","
        "\"E01011346\",\"E02002384\",\"5\",\"7B2\",\"E00057212\",\"E01011346\",\"E02002384\","
        "\"E33001063\",\"E38000225\",\"E63000001\",\"A1\",\"2A1\",\"53.819830\",\"-1.580670\","
        "\"E37000015\",\"\",\"E23000010\",\"12345\",\"E56000016\",\"E54000054\",\"E00057212\","
        "\"E01011346\",\"E02002384\",\"UN1\"\n",
        code->outward, code->sector, code->letters, code->outward, code->sector, code->letters,
        text, month, month[0] ? month + 5 : "", placed ? (int)unit->at.east : 0,
        placed ? (int)unit->at.north : 0, placed ? 1 : 9);
    REQUIRE(wrote > 0);
    *bytes += (uint64_t)wrote;
}

static void write_unit(FILE *file, struct dice *dice, struct postcode *code, uint32_t letters,
                       struct grid_point around, struct postcodes *out, uint64_t keep_every)
{
    postcode_set_letters(code, letters);
    bool placed = roll(dice, 100) != 0;
    struct gazetteer_unit unit = {
        .at = {around.east + (int32_t)roll(dice, 2000), around.north + (int32_t)roll(dice, 2000)}};
    if (roll(dice, 100) < 37) unit.ended = (uint16_t)(961 + roll(dice, 550)); /* from 1980 */
    write_row(file, code, &unit, placed, &out->bytes);
    out->rows++;
    if (!placed) {
        out->without_reference++;
        return;
    }
    *(unit.ended ? &out->ended : &out->live) += 1;
    if (out->rows % keep_every == 0 && out->kept_count < POSTCODES_KEPT) {
        out->kept[out->kept_count].code = *code;
        out->kept[out->kept_count++].unit = unit;
    }
}

static void write_sector(FILE *file, struct dice *dice, const char *outward, char sector,
                         uint64_t rows, struct postcodes *out, uint64_t keep_every)
{
    static const char letters[] = "ABDEFGHJLNPQRSTUWXYZ";
    struct postcode code = {.sector = sector};
    (void)snprintf(code.outward, sizeof code.outward, "%s", outward);
    struct grid_point around = {100000 + (int32_t)roll(dice, 500000),
                                50000 + (int32_t)roll(dice, 900000)};
    for (uint32_t i = 0; i < UNITS; i++) {
        if (roll(dice, UNITS) >= rows) continue;
        uint32_t pair =
            (uint32_t)(letters[i / LETTERS] - 'A') * 26 + (uint32_t)(letters[i % LETTERS] - 'A');
        write_unit(file, dice, &code, pair, around, out, keep_every);
    }
}

void postcodes_write(const char *path, uint64_t seed, uint64_t rows, struct postcodes *out)
{
    struct dice dice = {seed};
    FILE *file = fopen(path, "wx");
    REQUIRE(file != NULL);
    *out = (struct postcodes){.bytes = sizeof HEAD - 1};
    REQUIRE(fputs(HEAD, file) >= 0);
    uint64_t a_sector = rows / (AREAS * DISTRICTS * SECTORS);
    REQUIRE(a_sector > 0 && a_sector <= UNITS);
    for (int i = 0; i < AREAS * DISTRICTS * SECTORS; i++) {
        int area = i / (DISTRICTS * SECTORS), district = i / SECTORS % DISTRICTS;
        char outward[POSTCODE_OUTWARD];
        (void)snprintf(outward, sizeof outward, "%c%c%d", 'A' + area / 6, 'B' + area % 6 * 4,
                       district + 1);
        write_sector(file, &dice, outward, (char)('0' + i % SECTORS), a_sector, out,
                     rows / POSTCODES_KEPT);
    }
    REQUIRE(fclose(file) == 0);
}
