# SPDX-License-Identifier: Apache-2.0
"""Regions and places of England, the National Grid, and the calendar day, for synthetic data."""

import datetime

# Where synthetic agencies have their offices: rough centres of council areas (ONS, Open Government Licence
# v3.0; contains OS data (c) Crown copyright and database right). Region: (agencies, [(east, north, lat, lon)]);
# the number is how many of the 339 independent fostering agencies on Ofsted's list of 31 March 2025
# ("Children's social care data in England 2025, provider level") are in that government office region.
REGIONS = {
    "South East": (65, [
        (590533, 154651, 51.25917, 0.72932), (470470, 172914, 51.45083, -0.98727),
        (508362, 156432, 51.29672, -0.44717), (455346, 126344, 51.03380, -1.21208),
        (449889, 208149, 51.76980, -1.27842), (576725, 167657, 51.38045, 0.53809)]),
    "West Midlands": (58, [
        (407883, 286964, 52.48055, -1.88536), (401419, 299730, 52.59536, -1.98049),
        (390670, 261198, 52.24888, -2.13809), (400282, 323580, 52.80977, -1.99726),
        (433642, 279599, 52.41336, -1.50683), (351628, 310637, 52.69125, -2.71710)]),
    "London": (58, [
        (528837, 183349, 51.53436, -0.14388), (532539, 164974, 51.36837, -0.09741),
        (533873, 185160, 51.54946, -0.07062), (516505, 181239, 51.51806, -0.32229),
        (532728, 195164, 51.63963, -0.08335), (541082, 167807, 51.39177, 0.02636)]),
    "North West": (40, [
        (370456, 409091, 53.57758, -2.44767), (377855, 400069, 53.49685, -2.33529),
        (379191, 366685, 53.19683, -2.31294), (359393, 433316, 53.79456, -2.61791),
        (343825, 393307, 53.43353, -2.84700)]),
    "East of England": (36, [
        (508143, 222600, 51.89148, -0.42994), (577230, 209465, 51.75583, 0.56640),
        (611505, 258138, 52.18092, 1.09225), (609816, 311490, 52.66051, 1.10102),
        (537821, 269423, 52.30563, 0.01999)]),
    "North East": (24, [
        (422853, 561032, 54.94343, -1.64478), (424166, 539814, 54.75270, -1.62605),
        (450064, 518067, 54.55538, -1.22743), (429192, 515025, 54.52967, -1.55044)]),
    "South West": (20, [
        (282225, 93052, 50.72512, -3.66996), (379975, 98141, 50.78249, -2.28541),
        (387532, 215338, 51.83651, -2.18236), (359315, 173697, 51.46077, -2.58701),
        (339638, 132385, 51.08759, -2.86322)]),
    "Yorkshire and The Humber": (19, [
        (429798, 435250, 53.81269, -1.54894), (435537, 387690, 53.38486, -1.46719),
        (413094, 436177, 53.82171, -1.80257), (460209, 452590, 53.96589, -1.08373)]),
    "East Midlands": (19, [
        (431932, 359638, 53.13295, -1.52419), (456106, 340727, 52.96099, -1.16619),
        (459176, 304500, 52.63503, -1.12703), (514195, 356199, 53.09080, -0.29626)]),
}


def grid_reference(east, north, digits=6):
    """Metres of the National Grid as letters and figures, "SE 297 338"."""
    column, row = east // 100000, north // 100000
    letters = "ABCDEFGHJKLMNOPQRSTUVWXYZ"  # without I; both letters count rows from the north-west
    first = letters[(19 - row) // 5 * 5 + (column + 10) // 5]
    second = letters[(19 - row) % 5 * 5 + column % 5]
    half = digits // 2
    east_part = f"{east % 100000:05d}"[:half]
    north_part = f"{north % 100000:05d}"[:half]
    return f"{first}{second} {east_part} {north_part}"


def metres_of(reference):
    """South-west corner of a grid reference, "SE 297 338"."""
    letters = "ABCDEFGHJKLMNOPQRSTUVWXYZ"
    name, figures = reference[:2].upper(), reference[2:].replace(" ", "")
    first, second, half = letters.index(name[0]), letters.index(name[1]), len(figures) // 2
    east = (first % 5 - 2) * 500000 + second % 5 * 100000
    north = (3 - first // 5) * 500000 + (4 - second // 5) * 100000
    return east + int(figures[:half].ljust(5, "0")), north + int(figures[half:].ljust(5, "0"))


def square_of(east, north):
    """The 100 km square, "SE"."""
    return grid_reference(east, north)[:2]


def _last_sunday(year, month):
    day = datetime.date(year, month, 31)
    return day - datetime.timedelta(days=(day.weekday() + 1) % 7)


def london_today(now=None):
    """Today's date in Europe/London (Summer Time Order 2002), without needing a time zone database."""
    now = now or datetime.datetime.now(datetime.timezone.utc)
    one = datetime.time(1, tzinfo=datetime.timezone.utc)
    start = datetime.datetime.combine(_last_sunday(now.year, 3), one)
    end = datetime.datetime.combine(_last_sunday(now.year, 10), one)
    return (now + datetime.timedelta(hours=1 if start <= now < end else 0)).date()
