"""The form in which each known column should be, so that a value in no such form is not lost."""

from collections.abc import Container, Mapping
from math import isfinite
from typing import Any

from rootcellar.apple.dates import cocoa_moment

DATE, NUMBER, TEXT, BYTES = "date", "number", "text", "bytes"
FORMS: Mapping[str, str] = {
    name: form
    for form, names in {
        DATE: """
            ACKNOWLEDGEDDATE ASSIGNEDDATE COMPLETIONDATE CREATIONDATE DISPLAYDATEDATE DUEDATE
            ENDDATE LASTMODIFIEDDATE PINNEDDATE STARTDATE
        """,
        NUMBER: """
            ACCESSLEVEL ALLDAY COMPLETED DISPLAYDATEISALLDAY DISPLAYDATEUPDATEDFORSECONDSFROMGMT
            DUEDATEDELTACOUNT DUEDATEDELTAUNIT DURATION EVENT FILESIZE FIRSTDAYOFTHEWEEK FLAGGED
            FREQUENCY HEIGHT ICSDISPLAYORDER INACTIVE INTERVAL ISGROUP
            ISURGENTSTATEENABLEDFORCURRENTUSER LATITUDE LENGTH LIST LONGITUDE MARKEDFORDELETION
            OCCURRENCECOUNT
            PARENTREMINDER PRIORITY PROXIMITY RADIUS SHARINGSTATUS STATUS TIMEINTERVAL TRIGGER
            TYPE WIDTH
        """,
        TEXT: """
            ADDRESS ALARMUID CANONICALNAME CKIDENTIFIER CKPARENTREMINDERIDENTIFIER CONTACTLABEL
            DACALENDARITEMUNIQUEIDENTIFIER DISPLAYDATETIMEZONE DISPLAYNAME FILENAME FIRSTNAME
            LASTNAME LOCATIONUID NAME NOTES ORIGINALALARMUID SHA512SUM SHAREDOWNERADDRESS
            SHAREDOWNERNAME SMARTLISTTYPE TIMEZONE TITLE TRANSCRIBEDTEXT UTI
        """,
        BYTES: """
            BADGEEMBLEM COLOR CONTACTHANDLES DATECOMPONENTSDATA DAYSOFTHEMONTH DAYSOFTHEWEEK
            DAYSOFTHEYEAR DUEDATEDELTAALERTSDATA FILTERDATA IDENTIFIER
            MEMBERSHIPSOFREMINDERSINSECTIONSASDATA MONTHSOFTHEYEAR NOTESDOCUMENT
            REMINDERIDSMERGEABLEORDERING_V2_JSON SECTIONIDSORDERINGASDATA SETPOSITIONS
            TITLEDOCUMENT WEEKSOFTHEYEAR
        """,
    }.items()
    for name in names.split()
}
"""By column. `SORTINGSTYLE` and what else is kept as it is, whatever it is, has no form."""
_PLAINLY: Mapping[str, frozenset[type]] = {
    name: frozenset({TEXT: (str,), BYTES: (bytes, str), NUMBER: (int,), DATE: ()}[form])
    for name, form in FORMS.items()
}
"""By column, the types of which every value is as it should be."""
_DISTANT_PAST = (-63_200_000_000, -63_082_368_000)
"""Seconds from the year 1 or just before it: Apple's "distant past", which stands for no date."""
_LAST = 200_000_000_000
"""Seconds to the year 8338: what lies between this and the other is a date without a look."""


def odd_columns(row: Mapping[str, Any], known: Container[str]) -> list[str]:
    """Return those of the known columns whose value is in another form than it should be."""
    odd = []
    for name, value in row.items():
        plainly = _PLAINLY.get(name)
        if plainly is None or type(value) in plainly or name not in known:
            continue
        if not _is_number(value, FORMS[name]):
            odd.append(name)
    return odd


def _is_number(value: object, form: str) -> bool:
    if form not in (DATE, NUMBER) or not isinstance(value, int | float):
        return False
    first, last = _DISTANT_PAST
    if last <= value <= _LAST or (form == NUMBER and isfinite(value)):
        return True
    return form == DATE and (first <= value < last or cocoa_moment(value) is not None)
