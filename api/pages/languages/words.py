"""Words of the service's own that pages show and that are said in rooms below, which know nothing of languages.

They are marked here for the catalogues, and looked up where they are shown. A test holds that none is missing.
"""

from __future__ import annotations

from api.pages.languages.saying import gettext_noop

ROLES = (
    gettext_noop("Contributor"),
    gettext_noop("Reviewer"),
    gettext_noop("Custodian"),
    gettext_noop("Administrator"),
)
MAY = (
    gettext_noop("read and discuss what others suggest"),
    gettext_noop("say what is to be done with suggestions"),
    gettext_noop("decide on suggestions"),
    gettext_noop("give and take roles"),
)
STATES = (
    gettext_noop("Open"),
    gettext_noop("Published"),
    gettext_noop("Rejected"),
    gettext_noop("Withdrawn"),
    gettext_noop("Expired"),
    gettext_noop("Superseded"),
)
OUTCOMES = (gettext_noop("Added"), gettext_noop("Changed"), gettext_noop("Ended"))
MEANINGS = (
    gettext_noop("something is new, in the world or here"),
    gettext_noop("it is new in the world"),
    gettext_noop("the register was wrong"),
    gettext_noop("it has ended in the world"),
    gettext_noop("it should never have been in the register"),
    gettext_noop("values are taken away for good"),
)
TOLD_OF = (
    gettext_noop("what is decided on your suggestions, and when they change or expire"),
    gettext_noop("what others say about suggestions that you made, support or commented on"),
    gettext_noop("new suggestions for registers that you review or decide on"),
)
SEVERITIES = (gettext_noop("Fault"), gettext_noop("Note"))
MEMBERS = (
    gettext_noop("Spatial coverage"),
    gettext_noop("Temporal coverage"),
    gettext_noop("Update frequency"),
    gettext_noop("Last confirmed"),
)
FREQUENCIES = (
    gettext_noop("Continuous"),
    gettext_noop("Daily"),
    gettext_noop("Three times a week"),
    gettext_noop("Semiweekly"),
    gettext_noop("Weekly"),
    gettext_noop("Three times a month"),
    gettext_noop("Biweekly"),
    gettext_noop("Semimonthly"),
    gettext_noop("Monthly"),
    gettext_noop("Bimonthly"),
    gettext_noop("Quarterly"),
    gettext_noop("Three times a year"),
    gettext_noop("Semiannual"),
    gettext_noop("Annual"),
    gettext_noop("Biennial"),
    gettext_noop("Triennial"),
    gettext_noop("Irregular"),
)
PHASES = (
    gettext_noop("Discovery"),
    gettext_noop("Alpha"),
    gettext_noop("Beta"),
    gettext_noop("Live"),
)
TIERS = (
    gettext_noop("Ordinary"),
    gettext_noop("Critical"),
)
# What values of each datatype are.
RULES = (
    gettext_noop("One or more characters, not all of them white space, without a byte order mark."),
    gettext_noop("Markdown (CommonMark): one or more characters, as for a string."),
    gettext_noop("A whole number without leading zeros, such as 0, 42 or -7."),
    gettext_noop("The word true or the word false."),
    gettext_noop("Small letters, digits and hyphens, a letter first, such as start-date."),
    gettext_noop("A register's name, one colon and a key of that register, such as country:GB."),
    gettext_noop(
        "A date, in full or in part, or a time in UTC: 2017, 2017-08, 2017-08-09, 2017-08-09T10Z, "
        "2017-08-09T10:30Z or 2017-08-09T10:30:00Z."
    ),
    gettext_noop("A time in UTC to the second, such as 2017-08-09T10:30:00Z."),
    gettext_noop(
        "An ISO 8601 period: two dates (2017-04-01/2018-03-31), a date and a duration (2017/P1Y, "
        "P1Y/2018), or a duration (P6M)."
    ),
    gettext_noop("An absolute web address, http or https, such as https://www.gov.uk/register."),
    gettext_noop("A SHA-256 hash: sha-256: or 1220, then 64 small hexadecimal digits."),
    gettext_noop("Longitude and latitude in decimal degrees, such as [-0.1276, 51.5072]."),
    gettext_noop("A shape as canonical GeoJSON, at most 8 MB."),
)
