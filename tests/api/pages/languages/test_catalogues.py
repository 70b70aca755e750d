"""The catalogues: they have every message of the pages, and say each with the same parts in all the forms it needs."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from babel.messages.catalog import Catalog

from api.pages.languages import catalogues, extracting, words
from api.pages.rendering import readable
from notices.wishes import KINDS
from people.roles import ROLES
from registers.coverage import FREQUENCIES
from registers.datatypes import DATATYPES
from registers.definition import PHASES
from registers.register import TIERS
from registers.settings import LANGUAGES, Settings
from review.events import STATES
from review.purposes import MEANINGS

CATALOGUES = sorted(path.stem for path in catalogues.FOLDER.glob("*.po"))
PLACE = re.compile(r"%\((\w+)\)s|%%")
TAG = re.compile(r"</?\w+>")


def said(catalogue: Catalog) -> Iterator[tuple[tuple[str, ...], str]]:
    """Each form of each message in its language, with what it is in English: the one, or the one and the many."""
    for message in catalogue:
        english = (message.id,) if isinstance(message.id, str) else message.id
        forms = (message.string,) if isinstance(message.string, str) else message.string
        yield from ((english, form) for form in forms if message.id)


def parts(text: str) -> tuple[object, ...]:
    """What has to be the same in every language."""
    return sorted(PLACE.findall(text)), sorted(TAG.findall(text)), text.count("%"), text.count("<"), ends(text)


def ends(text: str) -> tuple[bool, bool]:
    """Whether it begins and ends with a space: it then stands between others."""
    return text[:1].isspace(), text[-1:].isspace()


def test_there_is_a_catalogue_for_every_language_but_english() -> None:
    assert {*CATALOGUES, "en"} == set(LANGUAGES)


def test_a_language_that_no_translator_has_read_is_off() -> None:
    drafts = [
        name for name in CATALOGUES if "draft" in catalogues.file_of(name).read_text("utf-8").partition("\n\n")[0]
    ]
    assert drafts == ["cy"]
    assert not set(drafts) & set(Settings().spoken)


@pytest.mark.parametrize("language", CATALOGUES)
def test_a_catalogue_is_as_the_sources_are(language: str) -> None:
    """If this fails: make catalogue."""
    assert catalogues.file_of(language).read_text("utf-8") == extracting.brought_up(language)


@pytest.mark.parametrize("language", CATALOGUES)
def test_everything_is_said(language: str) -> None:
    assert [english for english, form in said(catalogues.read(language)) if not form.strip()] == []


@pytest.mark.parametrize("language", CATALOGUES)
def test_what_is_said_has_the_same_places_and_tags(language: str) -> None:
    for english, form in said(catalogues.read(language)):
        assert parts(form) in [parts(each) for each in english], form


def test_welsh_has_six_forms_by_count() -> None:
    """The forms are those of CLDR's plural rules: zero, one, two, few, many and other."""
    catalogue = catalogues.read("cy")
    assert catalogue.num_plurals == 6
    assert all(len(message.string) == 6 for message in catalogue if not isinstance(message.id, str))
    records = catalogues.translations("cy")
    shown = {n: records.ngettext("%(count)s record", "%(count)s records", n) for n in range(9)}
    assert {n: text.removeprefix("%(count)s ") for n, text in shown.items()} == {
        **dict.fromkeys(range(9), "cofnod"),
        2: "gofnod",
        3: "chofnod",
        6: "chofnod",
    }
    rule, formula = catalogues.locale_of("cy").plural_form, records.plural  # type: ignore[attr-defined]
    order = ("zero", "one", "two", "few", "many", "other")
    assert [order[formula(n)] for n in range(200)] == [rule(n) for n in range(200)]


def test_a_message_in_doubt_is_said_in_english(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    head = catalogues.file_of("cy").read_text("utf-8").partition("\n\n")[0]
    (tmp_path / "cy.po").write_text(  # type: ignore[operator]
        f'{head}\n\n#, fuzzy\nmsgid "Home"\nmsgstr "Tŷ"\n\nmsgid "Pages"\nmsgstr "Tudalennau"\n', "utf-8"
    )
    monkeypatch.setattr(catalogues, "FOLDER", tmp_path)
    read = catalogues.translations.__wrapped__("cy")
    assert [read.gettext("Home"), read.gettext("Pages")] == ["Home", "Tudalennau"]


def test_what_rooms_below_call_things_is_in_the_catalogues() -> None:
    assert list(words.ROLES) == [role.capitalize() for role in ROLES]
    assert list(words.MAY) == list(ROLES.values())
    assert list(words.MEANINGS) == list(MEANINGS.values())
    assert list(words.FREQUENCIES) == [readable(each) for each in FREQUENCIES]
    assert [*words.PHASES, *words.TIERS] == [readable(each) for each in (*PHASES, *TIERS)]
    assert list(words.RULES) == [each.rule for each in DATATYPES.values()]
    assert list(words.TOLD_OF) == list(KINDS.values())
    assert {word.lower() for word in words.STATES} == set(STATES)
