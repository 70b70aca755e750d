"""What a register is, on a page: what it says of itself now, and all that it ever said, in words."""

from __future__ import annotations

import pytest
from flask import Flask

from api.pages.reading import definitions
from registers import lifecycle, redaction
from registers.definition import Field
from registers.entry import Region
from registers.redaction import Wanted
from registers.store.engine import Store
from tests.api.pages.conftest import Page
from tests.api.pages.visitors import Visitor
from tests.makers import AUTHORITY, OPERATOR, FixedClock, definition, entries_of, make

ABOUT = "/registers/country/about"


def about(app: Flask, query: str = "", register: str = "country") -> Page:
    answer = Visitor(app).get(f"/registers/{register}/about{query}")
    assert answer.status_code == 200, answer.text
    return Page(answer.text)


def test_it_says_who_answers_for_it_and_who_must_agree(store: Store, app: Flask) -> None:
    said = {"custodian": "Ada Lovelace", "spatial-coverage": "The world", "update-frequency": "three-times-a-year"}
    lifecycle.describe(store, "country", said, AUTHORITY)
    text = about(app).text
    for each in ("Custodian Ada Lovelace", "Licence not stated", "Where it is about The world"):
        assert each in text
    assert "How often it changes Three times a year" in text and "Key the field country" in text
    assert "Tier Ordinary: a change that somebody suggests takes 1 custodian who did not suggest it" in text
    assert "Origin, which its proofs begin with registers.example.org/country" in text


def test_its_fields_lead_to_the_registers_that_they_name(store: Store, app: Flask) -> None:
    make(store, "town", ("town", Field("country", register="country"), Field("near", cardinality="n", register="sea")))
    lifecycle.publish(store, "town")
    page = about(app, register="town")
    assert "country string one value, the key of country" in page.text.replace(" ,", ",")
    assert "near string a list, keys of sea" in page.text.replace(" ,", ",")
    assert "/registers/country" in page.links and "/registers/sea" not in page.links
    etag = Visitor(app).get("/registers/town/about").headers["ETag"]
    make(store, "sea", ("sea",))
    lifecycle.publish(store, "sea")
    again = Visitor(app).get("/registers/town/about", If_None_Match=etag)
    assert (again.status_code, "/registers/sea" in Page(again.text).links) == (200, True)


def test_all_that_it_ever_said_is_there_before_and_after(store: Store, app: Flask, clock: FixedClock) -> None:
    clock.now += 60
    lifecycle.describe(store, "country", {"custodian": "Ada", "text": "Countries"}, AUTHORITY)
    clock.now += 60
    lifecycle.describe(store, "country", {"custodian": "Bob"}, AUTHORITY)
    clock.now += 60
    lifecycle.add_field(store, "country", Field("capital", text="Where it is ruled from"), AUTHORITY)
    clock.now += 60
    lifecycle.define(store, "country", [("field:capital", Field("capital", text="Its seat").item())], AUTHORITY)
    text = about(app).text
    in_order = [
        "Field capital: meaning Where it is ruled from Its seat",
        "Field capital no value string, one value: Where it is ruled from",
        "Custodian Ada Bob",
        "Custodian no value Ada",
        "Description no value Countries",
        "Field citizen-names no value string, a list",
    ]
    places = [text.index(each) for each in in_order]
    assert places == sorted(places)


def test_a_tier_that_it_had_from_the_first_had_none_before(sqlite_store: Store, sqlite_app: Flask) -> None:
    lifecycle.create(sqlite_store, definition("tree", ("tree",), tier="critical"), AUTHORITY, OPERATOR)
    lifecycle.publish(sqlite_store, "tree")
    lifecycle.describe(sqlite_store, "tree", {"tier": "ordinary"}, AUTHORITY)
    text = about(sqlite_app, register="tree").text
    assert "Tier no value Critical" in text and "Tier Critical Ordinary" in text
    assert "Tier Ordinary: a change that somebody suggests takes 1 custodian" in text


def test_what_was_taken_away_is_said(sqlite_store: Store, sqlite_app: Flask) -> None:
    redaction.take_away(sqlite_store, "country", Wanted("GB", ("name",)), "as a court ordered", AUTHORITY)
    text = about(sqlite_app).text
    assert "Taken away no value name of the record GB: as a court ordered" in text
    assert "United Kingdom" not in text


def test_a_long_history_comes_page_by_page(
    sqlite_store: Store, sqlite_app: Flask, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(definitions, "SHOWN", 3)
    for n in range(4):
        clock.now += 60
        lifecycle.describe(sqlite_store, "country", {"custodian": f"Custodian {n}"}, AUTHORITY)
    page = about(sqlite_app)
    assert "Custodian Custodian 0 Custodian 1" in page.text and "no value Custodian 0" not in page.text
    (earlier,) = (link for link in page.links if "before=" in link)
    assert "no value Custodian 0" in about(sqlite_app, earlier.partition("about")[2]).text
    assert "Nothing before that" in about(sqlite_app, "?before=1").text
    assert len(entries_of(sqlite_store, region=Region.METADATA)) > 3
    assert Visitor(sqlite_app).get(f"{ABOUT}?before=0").status_code == 400


def test_script_in_what_it_says_stays_text(sqlite_store: Store, sqlite_app: Flask) -> None:
    script = "<script>alert(1)</script>"
    lifecycle.describe(sqlite_store, "country", {"custodian": script, "text": script}, AUTHORITY)
    answer = Visitor(sqlite_app).get(ABOUT)
    assert script not in answer.text and Page(answer.text).text.count(script) == 4


def test_drafts_and_what_is_not_there_have_no_such_page(sqlite_store: Store, sqlite_app: Flask) -> None:
    make(sqlite_store, "tree", ("tree",))
    assert [Visitor(sqlite_app).get(f"/registers/{name}/about").status_code for name in ("tree", "x")] == [404, 404]
