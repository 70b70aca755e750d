"""How a value of each datatype is spelt (registers contract, datatypes of the specification, and `geometry`).

Every value of a register is text; its field's datatype says which text. A check answers None, or the reason
as a clause that goes on from the value: "start-date: '2017-13' is not a date such as 2017 … (month 13)".

Checks run for each value of each entry, so what is common is settled by one pattern; only then is a value
looked at more closely, to admit what is rare (29 February) or to say what is wrong. Values come as `item.py`
leaves them: not empty, NFC, without U+0000.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from ipaddress import IPv6Address
from types import MappingProxyType
from unicodedata import category, normalize

from registers.entry import KEY_RULE, is_key, shortened
from registers.errors import Invalid
from registers.geometry import is_canonical

Check = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class Datatype:
    """A datatype: `rule` is one sentence for people; `check` answers None, or why a value breaks it."""

    name: str
    rule: str
    check: Check


def datatype(name: str) -> Datatype:
    """The datatype called `name`. Raises Invalid, which lists those there are."""
    known = DATATYPES.get(name)
    if known is None:
        raise Invalid(f"{shortened(name)} is not a datatype: the datatypes are {', '.join(DATATYPES)}")
    return known


def first_day(value: str) -> date:
    """The first day of a value that is right for `datetime`: partial dates begin with their first day.

    >>> first_day("2017"), first_day("2017-08"), first_day("2017-08-09T10Z")
    (datetime.date(2017, 1, 1), datetime.date(2017, 8, 1), datetime.date(2017, 8, 9))
    """
    return date(int(value[:4]), int(value[5:7] or 1), int(value[8:10] or 1))


def last_day(value: str) -> date:
    """The last day of a value that is right for `datetime`: partial dates end with their last day.

    >>> last_day("2016"), last_day("2016-02"), last_day("2017-08-09T10Z")
    (datetime.date(2016, 12, 31), datetime.date(2016, 2, 29), datetime.date(2017, 8, 9))
    """
    year, month = int(value[:4]), int(value[5:7] or 12)
    return date(year, month, int(value[8:10] or monthrange(year, month)[1]))


def _in_brackets(fault: str) -> str:
    return f" ({fault})" if fault else ""


# Text

_BYTE_ORDER_MARK = "\ufeff"
_INVISIBLE = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp"})  # not Cn: what is unassigned differs by Python version
_find_ink = re.compile(r"[!-~]").search


def _check_string(value: str) -> str | None:
    if _BYTE_ORDER_MARK in value:
        return f"has a byte order mark (U+FEFF) as character {value.index(_BYTE_ORDER_MARK) + 1}: take it out"
    if _find_ink(value) or not all(map(_is_invisible, value)):
        return None
    return "has nothing to see: only white space or unprintable characters"


def _is_invisible(character: str) -> bool:
    return category(character) in _INVISIBLE


# Numbers and names

_is_integer = re.compile(r"0|-?[1-9][0-9]*").fullmatch
_is_name = re.compile(r"[a-z][a-z0-9-]*").fullmatch
_is_prefix = re.compile(r"[a-z][a-z0-9_-]*").fullmatch
_is_hash = re.compile(r"(?:sha-256:|1220)[0-9a-f]{64}").fullmatch
_INTEGER_FAULTS = (
    (r"\+[0-9]+", "without a plus sign"),
    (r"-0", "0 has no minus sign"),
    (r"-?0[0-9]+", "without leading zeros"),
)


def _check_integer(value: str) -> str | None:
    if _is_integer(value):
        return None
    fault = next((fault for pattern, fault in _INTEGER_FAULTS if re.fullmatch(pattern, value)), "")
    return f"is not an integer such as 0, 42 or -7{_in_brackets(fault)}"


def _check_boolean(value: str) -> str | None:
    return None if value in ("true", "false") else "is neither true nor false"


def _check_name(value: str) -> str | None:
    if _is_name(value):
        return None
    return "is not a name such as start-date: small letters, digits and hyphens, a letter first"


def _check_curie(value: str) -> str | None:
    prefix, colon, key = value.partition(":")
    if _is_prefix(prefix) and is_key(key):
        return None
    if not colon or ":" in key:
        fault = "more than one colon" if colon else "no colon"
    elif not _is_prefix(prefix):
        fault = "before the colon goes a register's name"
    else:
        fault = KEY_RULE if key else "nothing after the colon"
    return f"is not a CURIE such as country:GB ({fault})"


def _check_hash(value: str) -> str | None:
    if _is_hash(value):
        return None
    fault = " (small letters)" if _is_hash(value.lower()) else ""
    return f"is not a hash: sha-256: or 1220, then 64 hexadecimal digits{fault}"


# Dates and times

_YEAR = r"(?!0000)[0-9]{4}"
_MONTH = r"(?:0[1-9]|1[0-2])"
# Each day of each month but 29 February, which needs the year.
_DAY = rf"(?:{_MONTH}-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
_HOUR = r"(?:[01][0-9]|2[0-3])"
_SIXTY = r"[0-5][0-9]"
_UNITS = (
    ("year", 1, 9999),
    ("month", 1, 12),
    ("day", 1, 31),
    ("hour", 0, 23),
    ("minute", 0, 59),
    ("second", 0, 59),
)

_is_plain_datetime = re.compile(rf"{_YEAR}(?:-{_MONTH}|-{_DAY}(?:T{_HOUR}(?::{_SIXTY}(?::{_SIXTY})?)?Z)?)?").fullmatch
_is_plain_timestamp = re.compile(rf"{_YEAR}-{_DAY}T{_HOUR}:{_SIXTY}:{_SIXTY}Z").fullmatch
_split_datetime = re.compile(
    r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2})(?:T([0-9]{2})(?::([0-9]{2})(?::([0-9]{2}))?)?(Z|[+-].*)?)?)?)?"
).fullmatch


def _check_datetime(value: str) -> str | None:
    if _is_plain_datetime(value) or (fault := _datetime_fault(value)) is None:
        return None
    return f"is not a date such as 2017, 2017-08 or 2017-08-09{_in_brackets(fault)}"


def _check_datetime_relaxed(value: str) -> str | None:
    """As `datetime`, but a time may lack its Z."""
    reason = _check_datetime(value)
    return reason and (reason if _check_datetime(f"{value}Z") else None)


def _check_timestamp(value: str) -> str | None:
    if _is_plain_timestamp(value):
        return None
    fault = _datetime_fault(value)
    if fault is None and len(value) == len("2017-08-09T10:30:00Z"):
        return None
    return f"is not a timestamp such as 2017-08-09T10:30:00Z{_in_brackets(fault or 'to the second')}"


def _datetime_fault(value: str) -> str | None:
    """What keeps `value` from being a date or a time: None for nothing, "" when it is not like one."""
    parts = _split_datetime(value)
    if parts is None:
        return ""
    year, month, day, hour, _, _, zone = parts.groups()
    for digits, (unit, least, most) in zip(parts.groups()[:6], _UNITS, strict=True):
        if digits and not least <= int(digits) <= most:
            return f"{unit} {digits}"
    if day and int(day) > monthrange(int(year), int(month))[1]:
        return f"{year}-{month} has no day {day}"
    return "a time ends in Z, for UTC" if hour and zone != "Z" else None


# Periods

_is_duration = re.compile(
    r"P(?=[0-9T])(?:[0-9]+W|(?:[0-9]+Y)?(?:[0-9]+M)?(?:[0-9]+D)?"
    r"(?:T(?=[0-9])(?:[0-9]+H)?(?:[0-9]+M)?(?:[0-9]+S)?)?)"
).fullmatch
_EARLIEST = "0001-01-01T00:00:00"
_LATEST = "9999-12-31T23:59:59"


def _check_period(value: str) -> str | None:
    start, slash, end = value.partition("/")
    if slash:
        fault = _end_fault(start) or _end_fault(end) or _order_fault(start, end)
    else:
        fault = None if _is_duration(value) else "neither a duration nor two ends with a / between"
    return fault and f"is not a period such as 2017-04-01/2018-03-31, 2017/P1Y or P6M ({fault})"


def _end_fault(end: str) -> str | None:
    if _is_duration(end) or (fault := _datetime_fault(end)) is None:
        return None
    return f"{shortened(end)}: {fault}" if fault else f"{shortened(end)} is neither a date nor a duration"


def _order_fault(start: str, end: str) -> str | None:
    durations = (start + end).count("P")
    if durations:
        return "both ends are durations" if durations == 2 else None
    # As text, filled up to the second, instants compare as they do in time; a 31 June at an end does no harm.
    start, end = start.rstrip("Z"), end.rstrip("Z")
    backwards = start + _EARLIEST[len(start) :] > end + _LATEST[len(end) :]
    return "it starts after it ends" if backwards else None


# Addresses

_is_plain_url = re.compile(
    r"https?://[a-z0-9_-]+(?:\.[a-z0-9_-]+)*(?::[1-9][0-9]{0,3})?(?:[/?#][!#-;=?-\[\]-~]*)?"
).fullmatch
_split_url = re.compile(r"https?://([^/?#]*).*", re.IGNORECASE | re.ASCII).fullmatch  # ASCII: else ſ is an s
_split_authority = re.compile(r"(\[.*\]|[^:\[\]]*)(?::(.*))?").fullmatch
_LABEL = r"[A-Za-z0-9_\x80-\u3001\u3003-\U0010ffff-]+"  # U+3002 is read as a dot
_is_host = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.?").fullmatch
_is_port = re.compile(r"[0-9]{1,5}").fullmatch
_PORTS = range(1, 65_536)
_NOT_IN_URLS = frozenset('"<>\\')


def _check_url(value: str) -> str | None:
    if _is_plain_url(value) or (fault := _url_fault(value)) is None:
        return None
    return f"is not a web address such as https://www.gov.uk/register ({fault})"


def _url_fault(value: str) -> str | None:
    for at, character in enumerate(value, 1):
        if character in _NOT_IN_URLS or _is_invisible(character):
            return f"character {at}, U+{ord(character):04X}, must be percent-encoded or taken out"
    parts = _split_url(value)
    if parts is None:
        return "it starts with http:// or https://"
    if "@" in parts[1]:
        return "a user name or password has no place in it"
    authority = _split_authority(parts[1])
    if authority is None:
        return f"the host {shortened(parts[1])}"
    return _host_fault(authority[1]) or _port_fault(authority[2])


def _host_fault(host: str) -> str | None:
    if not host:
        return "no host"
    if host.startswith("["):
        return None if _is_ipv6(host[1:-1]) else f"the IPv6 address {shortened(host)}"
    # A full-width letter or dot would be folded to the plain one on the way to the name server.
    return None if _is_host(host) and normalize("NFKC", host) == host else f"the host {shortened(host)}"


def _is_ipv6(address: str) -> bool:
    try:
        return "%" not in address and bool(IPv6Address(address))
    except ValueError:
        return False


def _port_fault(port: str | None) -> str | None:
    if port is None or (_is_port(port) and int(port) in _PORTS):
        return None
    return f"the port {shortened(port)}"


# Places

_DECIMALS = r"(?:\.[0-9]+)?"
_LONGITUDE = rf"-?(?:180(?:\.0+)?|(?:1[0-7][0-9]|[1-9]?[0-9]){_DECIMALS})"
_LATITUDE = rf"-?(?:90(?:\.0+)?|[1-8]?[0-9]{_DECIMALS})"
_ORDINATE = rf"(-?(?:0|[1-9][0-9]*){_DECIMALS})"
_is_point = re.compile(rf"\[{_LONGITUDE}, ?{_LATITUDE}\]").fullmatch
_is_longitude = re.compile(_LONGITUDE).fullmatch
_is_latitude = re.compile(_LATITUDE).fullmatch
_split_point = re.compile(rf"\[{_ORDINATE}, ?{_ORDINATE}\]").fullmatch


def _check_point(value: str) -> str | None:
    if _is_point(value):
        return None
    parts = _split_point(value)
    fault = _in_brackets(_bounds_fault(*parts.groups())) if parts else ""
    return f"is not a point such as [-0.1276, 51.5072], longitude then latitude in decimal degrees{fault}"


def _bounds_fault(longitude: str, latitude: str) -> str:
    if not _is_longitude(longitude):
        return f"the longitude {shortened(longitude)} is beyond 180"
    swapped = ": are they the wrong way round?" if _is_longitude(latitude) and _is_latitude(longitude) else ""
    return f"the latitude {shortened(latitude)} is beyond 90{swapped}"


def _check_geometry(value: str) -> str | None:
    reason = is_canonical(value)
    return reason and f"is not canonical GeoJSON: {reason}"


def _check_curie_relaxed(value: str) -> str | None:
    """As `curie`, but one space may come first."""
    return _check_curie(value.removeprefix(" "))


_ALL = (
    Datatype(
        "string",
        "One or more characters, not all of them white space, without a byte order mark.",
        _check_string,
    ),
    Datatype("text", "Markdown (CommonMark): one or more characters, as for a string.", _check_string),
    Datatype("integer", "A whole number without leading zeros, such as 0, 42 or -7.", _check_integer),
    Datatype("boolean", "The word true or the word false.", _check_boolean),
    Datatype("name", "Small letters, digits and hyphens, a letter first, such as start-date.", _check_name),
    Datatype("curie", "A register's name, one colon and a key of that register, such as country:GB.", _check_curie),
    Datatype(
        "datetime",
        "A date, in full or in part, or a time in UTC: 2017, 2017-08, 2017-08-09, 2017-08-09T10Z, "
        "2017-08-09T10:30Z or 2017-08-09T10:30:00Z.",
        _check_datetime,
    ),
    Datatype("timestamp", "A time in UTC to the second, such as 2017-08-09T10:30:00Z.", _check_timestamp),
    Datatype(
        "period",
        "An ISO 8601 period: two dates (2017-04-01/2018-03-31), a date and a duration (2017/P1Y, P1Y/2018), "
        "or a duration (P6M).",
        _check_period,
    ),
    Datatype("url", "An absolute web address, http or https, such as https://www.gov.uk/register.", _check_url),
    Datatype("hash", "A SHA-256 hash: sha-256: or 1220, then 64 small hexadecimal digits.", _check_hash),
    Datatype("point", "Longitude and latitude in decimal degrees, such as [-0.1276, 51.5072].", _check_point),
    Datatype("geometry", "A shape as canonical GeoJSON, at most 8 MB.", _check_geometry),
)

DATATYPES: Mapping[str, Datatype] = MappingProxyType({each.name: each for each in _ALL})

# What the published archive holds beside what the rules allow: times without a Z, CURIEs after a space.
RELAXED: Mapping[str, Check] = MappingProxyType({"datetime": _check_datetime_relaxed, "curie": _check_curie_relaxed})
