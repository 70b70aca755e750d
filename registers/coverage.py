"""What a register says of itself for catalogues: where and when it is about, how often it changes, when it was right.

    spatial-coverage    a place as people call it, or its URI
    temporal-coverage   two dates with a / between, either may be `..`: 1974-04-01/..
    update-frequency    a word of the Dublin Core Collection Description Frequency Vocabulary, its parts hyphenated
    last-confirmed      the last day on which the custodian found every record right

Each is a plain metadata entry, stated by whoever defines the register and never worked out from its records.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from registers.datatypes import datatype, first_day, last_day
from registers.entry import shortened
from registers.errors import Invalid

OPEN = ".."  # an end of a span that has none
FREQUENCIES = (
    "continuous",
    "daily",
    "three-times-a-week",
    "semiweekly",
    "weekly",
    "three-times-a-month",
    "biweekly",
    "semimonthly",
    "monthly",
    "bimonthly",
    "quarterly",
    "three-times-a-year",
    "semiannual",
    "annual",
    "biennial",
    "triennial",
    "irregular",
)


def check_stated(key: str, value: str) -> None:
    """Raise Invalid, naming the metadata entry, for a value that breaks the rule of its key."""
    rule = _RULES.get(key)
    reason = rule(value) if rule and value else None
    if reason:
        raise Invalid(f"{key}: {shortened(value)} {reason}")


def ends_of(span: str) -> tuple[str, str]:
    """The two dates of a temporal coverage that keeps its rule; an open one is empty."""
    start, _, end = span.partition("/")
    return start.replace(OPEN, ""), end.replace(OPEN, "")


def _check_frequency(value: str) -> str | None:
    return None if value in FREQUENCIES else f"is not a frequency: they are {', '.join(FREQUENCIES)}"


def _check_span(value: str) -> str | None:
    rule = f"is not a span such as 1974-04-01/2020 or 1974/{OPEN}: two dates with a / between, not both open"
    start, slash, end = value.partition("/")
    given = [each for each in (start, end) if each != OPEN]
    if not slash or not given or any(datatype("datetime").check(each) for each in given):
        return rule
    return "starts after it ends" if len(given) == 2 and first_day(start) > last_day(end) else None


def _check_day(value: str) -> str | None:
    is_day = len(value) == len("2026-01-31") and datatype("datetime").check(value) is None
    return None if is_day else "is not a day such as 2026-01-31"


_RULES: Mapping[str, Callable[[str], str | None]] = MappingProxyType(
    {"temporal-coverage": _check_span, "update-frequency": _check_frequency, "last-confirmed": _check_day}
)
