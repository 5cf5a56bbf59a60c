/* SPDX-License-Identifier: Apache-2.0
 * Which 50 km quadrants hold land of England on which people live.
 */
#include "proto/domain/england.h"

const char *const england_quadrants[ENGLAND_QUADRANTS] = {
    "SV.SE", "SW.SW", "SW.SE", "SX.SW", "SX.SE", "SW.NE", "SX.NW", "SX.NE", "SY.NW", "SY.NE",
    "SZ.NW", "SZ.NE", "TV.NW", "TV.NE", "SS.SW", "SS.SE", "ST.SW", "ST.SE", "SU.SW", "SU.SE",
    "TQ.SW", "TQ.SE", "TR.SW", "ST.NW", "ST.NE", "SU.NW", "SU.NE", "TQ.NW", "TQ.NE", "TR.NW",
    "SO.SW", "SO.SE", "SP.SW", "SP.SE", "TL.SW", "TL.SE", "TM.SW", "SO.NW", "SO.NE", "SP.NW",
    "SP.NE", "TL.NW", "TL.NE", "TM.NW", "TM.NE", "SJ.SW", "SJ.SE", "SK.SW", "SK.SE", "TF.SW",
    "TF.SE", "TG.SW", "TG.SE", "SJ.NW", "SJ.NE", "SK.NW", "SK.NE", "TF.NW", "TF.NE", "SD.SW",
    "SD.SE", "SE.SW", "SE.SE", "TA.SW", "SD.NW", "SD.NE", "SE.NW", "SE.NE", "TA.NW", "NX.SE",
    "NY.SW", "NY.SE", "NZ.SW", "NZ.SE", "NY.NW", "NY.NE", "NZ.NW", "NT.SE", "NU.SW", "NT.NE",
};
