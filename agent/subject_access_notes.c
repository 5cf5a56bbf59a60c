/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/subject_access_notes.h"

#include <string.h>

#include "proto/base/err.h"

const struct subject_note subject_purposes[] = {
    {"ref", "The agency's own name for the household. It is not part of any reply."},
    {"name", "For the agency's own staff. It is not part of any reply."},
    {"location", "The cell is worked out from it. It is not part of any reply."},
    {"cell", "The square of the map, 5 km wide, in which the home lies: the only form of the "
             "location that a match uses."},
    {"ages", "Compared with the ages of the children for whom a home is sought."},
    {"sexes", "Compared with the sexes of the children for whom a home is sought."},
    {"places", "Compared with the number of children for whom a home is sought."},
    {"approved_places", "For the agency's own staff. A match does not use it."},
    {"placement_types", "Compared with the kind of placement that is sought."},
    {"status", "Whether a child can be placed, and how soon."},
    {"status_date", "An older status counts as unknown in a match."},
    {"available_from", "How soon a child can be placed."},
    {"offers", "Compared with what a request must have or would rather have."},
    {NULL, NULL}};

const struct subject_note subject_recipients[] = {
    {"this agency", "Its own staff who have the passphrase: everything in this copy."},
    {"local authorities that search",
     "That this agency has somebody suitable, and whether strongly, well or possibly so; where it "
     "stands in a list, which also depends on whether one, two to four, or more households are "
     "suitable. Not which household. An authority with a modified program that asks many narrow "
     "questions could draw up what a household offers, above all where there are few in its area, "
     "without its name; budgets limit how many it may ask."},
    {"the operator of the matcher",
     "For each search the scores of suitable households of this agency, in random order and "
     "without a name, and, where a search is explained, how many fail exactly one condition, not "
     "which. No field of this copy."},
    {"a local authority and the matcher's operator, if they broke the rules together",
     "The cell and everything that is compared of each household that can be placed with in the "
     "area that was searched; not its name, reference or location."},
    {"local authorities that this agency wrote to",
     "What its answers to referrals say of a household. They are written by people; this copy does "
     "not hold them."},
    {"an auditor to whom this agency gave a kept reply",
     "The cell and everything that is compared of each household of the agency at that time; not "
     "its name, reference or location."},
    {"other agencies", "Nothing of a household."},
    {"the Authority, which certifies who takes part",
     "Nothing of a match. If it broke the rules it could certify somebody in the name of another "
     "party and learn what that party can."},
    {"people on the network", "The rough number of households of this agency."},
    {"whoever gets hold of the agency's computer",
     "Of the disk: how many records there are, and when they change. Of the memory of the program "
     "while it runs, or with the passphrase: everything in this copy."},
    {NULL, NULL}};

const struct subject_note subject_retention[] = {
    {"record", "Until the agency removes or erases it, or an import replaces it. Of an earlier "
               "state nothing is kept: the file is rewritten, as a rule within seconds."},
    {"slots of a day", "While a query is evaluated."},
    {"kept replies",
     "So that an auditor can check a reply, the agency keeps, sealed, the slots and cells of all "
     "its households at that time, without names, references or locations: as long as it keeps "
     "replies, or until it erases a household, which ends it for all of them."},
    {"log", "Holds nothing of a household."},
    {"correspondence", "What the agency wrote to local authorities is kept, sealed, as long as it "
                       "keeps correspondence."},
    {"outside of this program",
     "The agency's case records, files that it imported or exported, and backups: the agency has "
     "to say."},
    {NULL, NULL}};

const struct subject_note subject_rights[] = {
    {"source", "The agency's own records, from a file that it imported."},
    {"decisions", "No decision is made by a program alone: a local authority gets a list of "
                  "agencies in an order that is worked out, and people decide whom to ask and "
                  "where a child lives."},
    {"rights", "The household may ask the agency to put right what is wrong, to erase it, to "
               "restrict its use, or object to it, and may complain to the Information "
               "Commissioner (ico.org.uk)."},
    {NULL, NULL}};

const char *subject_purpose(const char *field)
{
    const struct subject_note *note = subject_purposes;
    while (note->name && strcmp(note->name, field) != 0) note++;
    REQUIRE(note->name != NULL);
    return note->text;
}
