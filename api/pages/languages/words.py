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
