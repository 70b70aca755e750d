"""To say something in the language of the present request: sentences, counts, days.

A sentence is looked up whole, with places for what is put into it: `gettext("Field %(number)s", number=3)`. What is not
said where it is written, such as the names of choices, is marked with `gettext_noop` and looked up where it is shown.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from babel.dates import format_date
from babel.numbers import format_decimal
from markupsafe import Markup

from api import languages
from api.pages.languages import catalogues
from registers.entry import timestamp_text


class Said(str):
    """A sentence of the catalogues, in the language of the present request. Any other sentence is English."""

    __slots__ = ()


def gettext(message: str, **put: Any) -> str:
    """The message in the language of the present request, with what is put into it; markup, if some of that is."""
    return _put(catalogues.translations(languages.spoken()).gettext(message), put)


def ngettext(one: str, many: str, count: int, **put: Any) -> str:
    """The form of a message that goes with a count; `%(count)s` in it is the count as it is written."""
    said = catalogues.translations(languages.spoken()).ngettext(one, many, count)
    return _put(said, {"count": number(count), **put})


def _put(said: str, put: dict[str, Any]) -> str:
    if any(isinstance(each, Markup) for each in put.values()):
        return Markup(said) % put  # noqa: S704 the catalogue is ours
    return Said(said % put if put else said)


def gettext_noop(message: str) -> str:
    """The message itself, marked for the catalogues; it is looked up where it is shown."""
    return message


def english(text: str) -> str:
    """A sentence that is said in English, as the rooms below do; on a page in another language it is marked so.

    A screen reader then speaks it as English. What came from a catalogue, or is markup, stays as it is.
    """
    if isinstance(text, Said | Markup) or not text or languages.spoken() == catalogues.ENGLISH:
        return text
    return Markup('<span lang="{}">{}</span>').format(catalogues.ENGLISH, text)


# What is counted: one and many of each. A catalogue has as many forms as its language.
_COUNTED = {
    "record": lambda count: ngettext("%(count)s record", "%(count)s records", count),
    "entry": lambda count: ngettext("%(count)s entry", "%(count)s entries", count),
    "earlier entry": lambda count: ngettext("%(count)s earlier entry", "%(count)s earlier entries", count),
    "metadata entry": lambda count: ngettext("%(count)s metadata entry", "%(count)s metadata entries", count),
    "approval": lambda count: ngettext("%(count)s approval", "%(count)s approvals", count),
    "custodian": lambda count: ngettext("%(count)s custodian", "%(count)s custodians", count),
    "hour": lambda count: ngettext("%(count)s hour", "%(count)s hours", count),
    "version": lambda count: ngettext("%(count)s version", "%(count)s versions", count),
    "point": lambda count: ngettext("%(count)s point", "%(count)s points", count),
    "linestring": lambda count: ngettext("%(count)s linestring", "%(count)s linestrings", count),
    "polygon": lambda count: ngettext("%(count)s polygon", "%(count)s polygons", count),
    "coordinate pair": lambda count: ngettext("%(count)s coordinate pair", "%(count)s coordinate pairs", count),
}


def plural(count: int, noun: str) -> str:
    """So many of a thing; in English of one that is not counted here."""
    counted = _COUNTED.get(noun)
    return counted(count) if counted else f"{number(count)} {noun}{'' if count == 1 else 's'}"


def number(count: int) -> str:
    """A count, with what stands between thousands."""
    return _number(count, languages.spoken())


@lru_cache(maxsize=4096)  # a page writes dozens, most of them small
def _number(count: int, language: str) -> str:
    return format_decimal(count, locale=catalogues.locale_of(language))


def moment(seconds: int) -> Markup:
    """A moment, in UTC seconds, as people write it."""
    return _moment(seconds, languages.spoken())


@lru_cache(maxsize=4096)  # the entries of a revision have one moment
def _moment(seconds: int, language: str) -> Markup:
    at = datetime.fromtimestamp(seconds, UTC)
    written = catalogues.translations(language).gettext("%(day)s at %(time)s UTC")
    text = written % {"day": _day(at.date(), language), "time": f"{at:%H:%M}"}
    return Markup('<time datetime="{}">{}</time>').format(timestamp_text(seconds), text)


def day(of: int | date) -> Markup:
    """A day, or that of a moment in UTC seconds."""
    on = of if isinstance(of, date) else datetime.fromtimestamp(of, UTC).date()
    return Markup('<time datetime="{}">{}</time>').format(on.isoformat(), _day(on, languages.spoken()))


@lru_cache(maxsize=4096)
def _day(on: date, language: str) -> str:
    return format_date(on, "long", locale=catalogues.locale_of(language))
