/* SPDX-License-Identifier: Apache-2.0
 * Edition 1 of the tables. docs/figures.md "Tables" says the same to people.
 */
#include "proto/figures/tables.h"

#include <string.h>

static const struct figures_category statuses[] = {
    {"available", "Available"},
    {"available_from", "Available from a later day"},
    {"full", "Full"},
    {"on_hold", "On hold"},
    {"not_available", "Not available"},
    {"unknown", "Not known, or not confirmed lately"},
};
static const struct figures_category statuses_free[] = {
    {"available", "Available"},
    {"available_from", "Available from a later day"},
    {"unknown", "Not known, or not confirmed lately"},
};
static const struct figures_category ages[FIGURES_AGE_BANDS] = {
    {"0-4", "Under 5, unborn included"},
    {"5-10", "5 to 10"},
    {"11-15", "11 to 15"},
    {"16-17", "16 and 17"},
};
/* tables_map.c tells by code what counts as which. */
static const struct figures_category types[] = {
    {"parent_child", "Parent and child"},
    {"remand", "Remand"},
    {"therapeutic", "Therapeutic, intensive, solo or step-down"},
    {"uasc", "Unaccompanied asylum-seeking child"},
    {"adoption", "Fostering for adoption, or bridging"},
    {"lodgings", "Supported lodgings or staying put"},
    {"breaks", "Short breaks, shared care or respite"},
    {"emergency", "Emergency"},
    {"long", "Long-term"},
    {"short", "Short-term or assessment"},
};
static const struct figures_category needs[] = {
    {"exploitation", "Exploitation, trafficking or gangs"},
    {"harm_to_others", "Harm to others"},
    {"self_harm", "Self-harm, suicide risk, eating disorder or mental health"},
    {"complex_health", "Complex health"},
    {"disability", "Disability, or an adapted home"},
    {"autism", "Autism"},
    {"missing", "Going missing"},
    {"substance", "Drug or alcohol use"},
    {"uasc", "Unaccompanied asylum-seeking child"},
    {"none", "None of these"}, /* of a child; nobody offers it */
};
static const struct figures_category together[] = {
    {"1", "1 child"},
    {"2", "2 children"},
    {"3+", "3 or more children"},
};
static const struct figures_category all[] = {{"all", "All"}};
/* As hearth's outcomes spell them (client/outcome.h). */
static const struct figures_category outcomes[] = {
    {"placed", "Placed with an agency of the scheme"},
    {"in_house", "Placed with the authority's own carers"},
    {"ifa", "Placed with another fostering agency"},
    {"residential", "Placed in residential care"},
    {"supported", "Placed in supported accommodation"},
    {"kinship", "Placed with family or friends"},
    {"other", "Placed elsewhere"},
    {"none_found", "None found"},
    {"withdrawn", "Withdrawn"},
};
static const struct figures_category days[] = {
    {"0", "The same day"},    {"1-2", "1 or 2 days"},     {"3-5", "3 to 5 days"},
    {"6-10", "6 to 10 days"}, {"11-28", "11 to 28 days"}, {"29+", "29 days or more"},
};
static const struct figures_category notices[] = {
    {"today", "Needed the same day"},
    {"within_5_days", "Needed within 5 days"},
    {"later", "Needed later"},
};

#define LIST(list) .categories = (list), .category_count = sizeof(list) / sizeof *(list)
/* "none" is for children only. */
#define LIST_OFFERED(list) .categories = (list), .category_count = sizeof(list) / sizeof *(list)-1
#define CAPACITY .side = FIGURES_CAPACITY, .measure = FIGURES_COUNTS
#define DEMAND                                                                                     \
    .side = FIGURES_DEMAND, .measure = FIGURES_COUNTS, .exclusive = true, .cells_each = 1, .clip = 1
/* Two cells: past FIGURES_PRICES_EACH a fee that is taken out lets another one in. */
#define PRICE .side = FIGURES_DEMAND, .measure = FIGURES_PRICES, .cells_each = 2, .clip = 1

const struct figures_table figures_tables[] = {
    {"capacity_status", "Households, by status", "households", CAPACITY, LIST(statuses),
     .exclusive = true, .cells_each = 1, .clip = 1, .epsilon = 100000},
    {"capacity_places", "Free places, by status of the household", "free places", CAPACITY,
     LIST(statuses_free), .exclusive = true, .cells_each = 1, .clip = 3, .epsilon = 150000},
    {"capacity_age", "Households with a free place, by age band", "households", CAPACITY,
     LIST(ages), .cells_each = 4, .clip = 1, .epsilon = 200000},
    {"capacity_type", "Households with a free place, by placement type", "households", CAPACITY,
     LIST(types), .cells_each = 3, .clip = 1, .epsilon = 200000},
    {"capacity_need", "Households with a free place, by need offered", "households", CAPACITY,
     LIST_OFFERED(needs), .cells_each = 3, .clip = 1, .epsilon = 150000},
    {"capacity_together", "Households with a free place, by places together", "households",
     CAPACITY, LIST(together), .exclusive = true, .cells_each = 1, .clip = 1, .epsilon = 100000},
    {"capacity_la", "Households with a free place, by authority", "households", CAPACITY, LIST(all),
     .by_authority = true, .exclusive = true, .cells_each = 1, .clip = 1, .epsilon = 100000},
    {"demand_age", "Children sought for, by age band", "children", DEMAND, LIST(ages),
     .epsilon = 70000},
    {"demand_type", "Children sought for, by placement type", "children", DEMAND, LIST(types),
     .epsilon = 70000},
    {"demand_need", "Children sought for, by main need", "children", DEMAND, LIST(needs),
     .epsilon = 100000},
    {"demand_outcome", "Children whose search ended, by outcome", "children", DEMAND,
     LIST(outcomes), .epsilon = 40000},
    {"demand_days", "Children placed, by days to place", "children", DEMAND, LIST(days),
     .epsilon = 40000},
    {"demand_la", "Children sought for, by authority", "children", DEMAND, LIST(all),
     .by_authority = true, .epsilon = 40000},
    {"unmet_age", "Children for whom no foster home was found, by age band", "children", DEMAND,
     LIST(ages), .epsilon = 70000},
    {"unmet_need", "Children for whom no foster home was found, by main need", "children", DEMAND,
     LIST(needs), .epsilon = 120000},
    {"price_age", "Agreed weekly fees, by age band", "fees", PRICE, LIST(ages), .epsilon = 150000},
    {"price_type", "Agreed weekly fees, by placement type", "fees", PRICE, LIST(types),
     .epsilon = 150000},
    {"price_notice", "Agreed weekly fees, by notice", "fees", PRICE, LIST(notices),
     .epsilon = 150000},
};
const size_t figures_table_count = sizeof figures_tables / sizeof *figures_tables;
_Static_assert(sizeof figures_tables / sizeof *figures_tables <= FIGURES_TABLES_MAX,
               "arrays of callers");

const char *figures_side_name(enum figures_side side)
{
    REQUIRE(side == FIGURES_CAPACITY || side == FIGURES_DEMAND);
    return side == FIGURES_CAPACITY ? "capacity" : "demand";
}

const struct figures_table *figures_table_find(const char *name)
{
    for (size_t i = 0; i < figures_table_count; i++) {
        if (strcmp(figures_tables[i].name, name) == 0) return &figures_tables[i];
    }
    return NULL;
}

size_t figures_table_index(const struct figures_table *table)
{
    REQUIRE(table >= figures_tables && table < figures_tables + figures_table_count);
    return (size_t)(table - figures_tables);
}

size_t figures_category_find(const struct figures_table *table, const char *code)
{
    size_t i = 0;
    while (i < table->category_count && strcmp(table->categories[i].code, code) != 0) i++;
    return i;
}

size_t figures_points(const struct figures_table *table)
{
    return table->measure == FIGURES_PRICES ? FIGURES_POINTS : 1;
}

size_t figures_cells(const struct figures_table *table, size_t areas)
{
    return areas * table->category_count * figures_points(table);
}

size_t figures_cell(const struct figures_table *table, size_t area, size_t category, size_t point)
{
    REQUIRE(category < table->category_count && point < figures_points(table));
    return (area * table->category_count + category) * figures_points(table) + point;
}
