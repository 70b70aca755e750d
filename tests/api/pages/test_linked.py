"""Fields for keys of other registers: what was typed is named beside them, and where records are suggested."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher
from flask import Flask

from people import passwords
from registers import lifecycle
from registers.batch import Change
from registers.definition import Field
from registers.store.engine import Store
from tests.api.pages.conftest import Page
from tests.api.pages.proposing import somebody
from tests.api.pages.test_suggesting import suggest
from tests.makers import append, make

TOWN = (
    Field("town"),
    Field("country", register="country"),
    Field("twins", "string", "n", register="country"),
    Field("about", "curie"),
    Field("sea", register="sea"),
)
HERE = "/registers/town/records/leeds/suggest"


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


@pytest.fixture
def towns(store: Store, app: Flask) -> Flask:
    """The application, with a town that links to countries, and to a sea whose register is not here."""
    make(store, "town", TOWN)
    leeds = {"town": "leeds", "country": "GB", "twins": ["FR", "DE"], "about": "country:DE", "sea": "north"}
    append(store, Change("leeds", leeds), to="town")
    lifecycle.publish(store, "town")
    return app


def hints(page: Page) -> dict[str, str]:
    """What completes each field of the form."""
    return {each["name"]: each["data-completes"] for each in page.all("input") if "data-completes" in each}


def test_what_the_record_links_to_is_named_beside_its_keys(store: Store, towns: Flask) -> None:
    page = Page(somebody(store, towns, "ann").get(HERE).text)
    assert "register country. 'GB' is United Kingdom." in page.text
    assert "One a line. 'FR' is The French Republic. 'DE' is Germany." in page.text
    assert "'country:DE' is Germany." in page.text
    assert "register sea. Sea" not in page.text and "'north'" not in page.text


def test_records_are_suggested_where_one_key_of_a_register_here_is_typed(store: Store, towns: Flask) -> None:
    page = Page(somebody(store, towns, "ann").get(HERE).text)
    assert hints(page) == {"field-country": "/v2/registers/country/suggest"}


def test_a_key_that_is_not_there_is_said_beside_the_field(store: Store, towns: Flask) -> None:
    answer = suggest(somebody(store, towns, "ann"), HERE, action="edit", country="XX", twins="FR\r\nYY", sea="?")
    text = Page(answer.text).text
    assert "There is no record 'XX' in country." in text
    assert "'FR' is The French Republic. There is no record 'YY' in country." in text
    assert "in sea" not in text


def test_of_many_keys_the_first_few_are_named(store: Store, towns: Flask) -> None:
    answer = suggest(somebody(store, towns, "ann"), HERE, action="edit", twins="\r\n".join(f"K{n}" for n in range(9)))
    assert Page(answer.text).text.count("There is no record") == 5


def test_script_in_a_name_or_a_key_stays_text(sqlite_store: Store, sqlite_app: Flask) -> None:
    script = "<script>alert(1)</script>"
    make(sqlite_store, "town", TOWN[:2])
    append(sqlite_store, Change("GB", {"country": "GB", "name": script}))
    append(sqlite_store, Change("leeds", {"town": "leeds", "country": "GB"}), to="town")
    lifecycle.publish(sqlite_store, "town")
    ann = somebody(sqlite_store, sqlite_app, "ann")
    for answer in (ann.get(HERE), suggest(ann, HERE, action="edit", country=script)):
        assert script not in answer.text and "alert(1)" in answer.text
