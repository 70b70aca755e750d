"""The pages for people: each is whole, plain HTML under a strict policy, and shows what is in the register."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient

from api.app import create_app
from api.pages import BLUEPRINTS
from api.pages.blueprints import PREFIX
from bulk import wanted
from registers import lifecycle
from registers.batch import Change
from registers.definition import Field
from registers.followers import catch_up_all
from registers.settings import Settings
from tests.api.pages.conftest import BROWSER, Browse, Page
from tests.makers import AUTHORITY, NOW, CheckedStore, FixedClock, append, country, definition, make

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
PATHS = [
    "/",
    "/search",
    "/search?q=germ",
    "/registers",
    "/registers/country",
    "/registers/country?at=3",
    "/registers/country?sort=key",
    "/registers/country?count=name",
    "/registers/country/entries",
    "/registers/country/trust",
    "/registers/country/records/FR",
    "/registers/country/records/FR?at=2",
    "/registers/country/records/a%2Fb",
    "/accessibility",
    "/privacy",
    "/new-register",
    "/docs",
    "/docs/api",
    "/docs/api/list_records",
    "/docs/getting-started",
]
MISSING = ("/nothing", "/registers/none", "/registers/country/records/none", "/docs/none", "/docs/api/none")


@pytest.fixture
def indexed(sqlite_app: Flask, sqlite_store: CheckedStore) -> None:
    """The register `country` in the index."""
    catch_up_all(sqlite_store)


@pytest.mark.usefixtures("indexed")
def test_a_page_is_whole_and_has_one_heading_a_title_and_a_language(browse: Browse) -> None:
    for path in [*PATHS, *MISSING]:
        answer = browse(path)
        page = Page(answer.text)
        assert answer.status_code == (200 if path in PATHS else 404), path
        assert answer.content_type == "text/html; charset=utf-8"
        assert len(page.all("h1")) == len(page.all("main")) == len(page.all("title")) == 1, path
        assert page.all("html")[0]["lang"] == "en"
        assert page.all("a")[0]["href"] == "#main-content"


@pytest.mark.usefixtures("indexed")
def test_nothing_in_a_page_is_inline_or_from_elsewhere(browse: Browse) -> None:
    for path in [*PATHS, *MISSING]:
        answer = browse(path)
        page = Page(answer.text)
        assert answer.headers["Content-Security-Policy"] == POLICY, path
        scripts = [each for each in page.all("script") if each.get("type") != "application/ld+json"]
        assert all(each["src"].startswith("/assets/") for each in scripts)
        assert all(each["href"].startswith("/assets/") for each in page.all("link"))
        assert page.all("style") == []
        inline = [each for _, each in page.tags if "style" in each or any(name.startswith("on") for name in each)]
        assert inline == [], path


@pytest.mark.usefixtures("indexed")
def test_every_link_of_every_page_leads_somewhere(browse: Browse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wanted, "MOST", 1000)
    waiting, seen = ["/"], set()
    while waiting:
        path = waiting.pop()
        seen.add(path)
        answer = browse(path)
        if answer.status_code == 303:
            assert answer.headers["Location"] == f"/sign-in?next={quote(path, safe='')}"
            waiting += {answer.headers["Location"]} - seen
            continue
        assert answer.status_code == (202 if "/files/" in path else 200), path
        if answer.content_type.startswith("text/html"):
            found = {link.partition("#")[0] for link in Page(answer.text).links}
            waiting += {link for link in found if link.startswith("/")} - seen - set(waiting)
    assert len(seen) > 60
    assert {"/docs/api-v1", "/registers/country/records/a%2Fb", "/v2/registers/country/records.csv"} <= {
        path.partition("?")[0] for path in seen
    }


def test_home_leads_to_the_registers(browse: Browse) -> None:
    page = Page(browse("/").text)
    assert "Country – 6 records, updated on 14 November 2023" in page.text
    assert {"/registers/country", "/registers", "/new-register", "/docs"} <= set(page.links)


def test_drafts_are_on_no_page(browse: Browse, sqlite_store: CheckedStore) -> None:
    make(sqlite_store, "draft-list", ("draft-list", "name"))
    assert "draft-list" not in browse("/registers").text + browse("/").text + browse("/search?q=draft").text
    assert browse("/registers/draft-list").status_code == 404
    assert browse("/registers/draft-list/records/x").status_code == 404


@pytest.mark.usefixtures("indexed")
def test_a_search_finds_registers_and_records(browse: Browse) -> None:
    page = Page(browse("/search?q=COUN").text)
    assert "/registers/country" in page.links
    page = Page(browse("/search?q=germ").text)
    assert "/registers/country/records/DE" in page.links
    assert "No register is called so" in page.text


def test_a_search_without_a_word_says_so(browse: Browse) -> None:
    answer = browse("/search?q=%21%21")
    assert answer.status_code == 400
    assert "has no letter or digit" in Page(answer.text).text


def test_a_record_shows_its_values_and_what_each_entry_changed(browse: Browse) -> None:
    page = Page(browse("/registers/country/records/FR").text)
    assert "Name The French Republic" in page.text
    assert "Field Before After Name France The French Republic Entry 4" in page.text
    assert "First entry on 14 November 2023 at 22:12 UTC Entry 2" in page.text
    assert "/v1/registers/country/proof/entries/4/7/merkle:sha-256" in page.links
    assert "/registers/country/records/FR?at=2" in page.links


def test_a_past_record_is_as_it_was_and_says_so(browse: Browse) -> None:
    page = Page(browse("/registers/country/records/FR?at=3").text)
    assert "as it was after entry 3" in page.text
    assert "Name France As data" in page.text
    assert "The French Republic" not in page.text


def test_entries_are_listed_with_what_each_did(browse: Browse, sqlite_store: CheckedStore) -> None:
    page = Page(browse("/registers/country/entries").text)
    assert "4 14 November 2023 at 22:12 UTC FR (The French Republic) changed it" in page.text
    assert "2 14 November 2023 at 22:12 UTC FR (France) added it" in page.text
    assert "1 14 November 2023 at 22:12 UTC GB (United Kingdom) added it" in page.text
    assert "/registers/country/records/FR?at=4" in page.links
    assert page.all("svg") == [], "one period is no chart"
    past = Page(browse("/registers/country/entries?at=2").text)
    assert "as it was after entry 2" in past.text and "The French Republic" not in past.text


def test_many_entries_are_paged_and_drawn(browse: Browse, sqlite_store: CheckedStore, clock: FixedClock) -> None:
    clock.now = NOW + 61 * 24 * 60 * 60
    append(sqlite_store, *(country(f"K{n}", f"Number {n}", NOW + n * 24 * 60 * 60) for n in range(1, 61)))
    answer = browse("/registers/country/entries")
    page = Page(answer.text)
    assert len(page.all("rect")) == 3 and "Entries by month, 2023-11 to 2024-01" in page.text
    assert "2023-12 31 54" in page.text
    assert "/registers/country/entries?before=18" in page.links
    second = Page(browse("/registers/country/entries?before=18").text)
    assert "17 24 November 2023 at 22:13 UTC K10 (Number 10) added it" in second.text
    assert "1 14 November 2023 at 22:12 UTC GB" in second.text and second.all("svg") == []
    assert not any("before=" in link for link in second.links)
    assert browse("/registers/country/entries?before=0").status_code == 400
    assert "There are no entries before that one" in Page(browse("/registers/country/entries?before=1").text).text


def test_the_page_of_trust_says_what_the_api_says(browse: Browse, sqlite_store: CheckedStore) -> None:
    page = Page(browse("/registers/country/trust").text)
    root = browse("/v2/registers/country/proofs/register", Accept="application/json").json["root-hash"]
    assert root in page.text
    assert "registers audit http://localhost/v1/registers/country --expect sha-256:" in page.text
    for size in ("7", "1"):
        page = Page(browse(f"/registers/country/trust?at={size}").text)
        for line in (each for each in page.words if each.startswith("curl http://localhost")):
            assert browse(line.removeprefix("curl http://localhost"), Accept="*/*").status_code == 200, line
    assert "Chain hash" not in Page(browse("/registers/country/trust?at=0").text).text


@pytest.mark.usefixtures("indexed")
def test_values_are_counted_and_lead_to_their_records(browse: Browse) -> None:
    page = Page(browse("/registers/country?count=citizen-names").text)
    assert "Citizen names, the most common values first Value Records British citizen 1 Briton 1 German 1" in page.text
    assert "/registers/country?where.citizen-names=British+citizen#records" in page.links
    narrowed = Page(browse("/registers/country?where.citizen-names=German&count=name&sort=key").text)
    assert "Name, the most common values first Value Records Germany 1 " in narrowed.text
    assert "/registers/country?where.citizen-names=German&sort=key&where.name=Germany#records" in narrowed.links
    assert "which none of these records has" in Page(browse("/registers/country?at=0&count=name").text).text
    for wrong in ("none", "name,country"):
        assert browse(f"/registers/country?count={wrong}").status_code == 400


def test_the_statements_say_whom_to_write_to(sqlite_store: CheckedStore) -> None:
    contacts = {
        "mailto:registers@example.org": "write to registers@example.org",
        "tel:+441632960000": "call +441632960000",
        "https://example.org/help": "write to us at https://example.org/help",
        "": "write to whoever runs registers.example.org, who has not said here how",
    }
    for contact, said in contacts.items():
        client = create_app(Settings(operator="registers.example.org", contact=contact), sqlite_store).test_client()
        for path in ("/accessibility", "/privacy"):
            assert said in Page(client.get(path).text).text


def test_values_are_escaped(browse: Browse, sqlite_store: CheckedStore) -> None:
    append(sqlite_store, country("XX", "<script>alert('&')</script>"))
    for path in ("/registers/country/records/XX", "/registers/country"):
        page = Page(browse(path).text)
        assert "<script>alert('&')</script>" in page.text
        assert all("src" in each or each.get("type") == "application/ld+json" for each in page.all("script"))


def test_values_lead_to_the_records_of_other_registers(browse: Browse, sqlite_store: CheckedStore) -> None:
    fields = (Field("town"), Field("name"), Field("country", register="country"), Field("seen", "curie"))
    lifecycle.create(sqlite_store, definition("town", fields), AUTHORITY, "registers.example.org")
    item = {"town": "BE", "name": "Berlin", "country": "DE", "seen": "country:FR"}
    append(sqlite_store, Change("BE", item, NOW), to="town")
    lifecycle.publish(sqlite_store, "town")
    answer = browse("/registers/town/records/BE")
    page = Page(answer.text)
    assert {"/registers/country/records/DE", "/registers/country/records/FR"} <= set(page.links)
    assert "DE (Germany)" in page.text
    assert "/registers/country/records/DE" in Page(browse("/registers/town").text).links

    again = {"If-None-Match": answer.headers["ETag"]}
    assert browse("/registers/town/records/BE", **again).status_code == 304
    append(sqlite_store, country("DE", "Federal Republic of Germany"))
    assert "Federal Republic" in browse("/registers/town/records/BE", **again).text


def test_a_304_has_the_policy_of_its_page(browse: Browse) -> None:
    """A cache takes the headers of a 304 for those of what it keeps."""
    tag = browse("/registers/country").headers["ETag"]
    answer = browse("/registers/country", **{"If-None-Match": tag})
    assert (answer.status_code, answer.headers["Content-Security-Policy"]) == (304, POLICY)


@pytest.mark.parametrize(
    ("page", "data"),
    [
        ("/registers", "/v2/registers"),
        ("/registers/country?where.name=France", "/v2/registers/country/records?where.name=France"),
        ("/registers/country/records/GB?at=3", "/v2/registers/country/records/GB?at=3"),
        ("/registers/country/records/a%2Fb", "/v2/registers/country/records/a%2Fb"),
        ("/registers/country/records/foo.csv", "/v2/registers/country/records/foo.csv.json"),
        ("/registers/country/records/none", "/v2/registers/country/records/none"),
    ],
)
def test_who_asks_a_page_for_data_is_sent_there(browse: Browse, page: str, data: str) -> None:
    answer = browse(page, Accept="application/json")
    assert (answer.status_code, answer.headers["Location"]) == (303, data)
    assert "Accept" in answer.vary


def test_a_browser_gets_data_where_data_is(browse: Browse) -> None:
    assert browse("/v2/registers/country/records/GB").content_type == "application/json"
    assert browse("/v2/registers/country/records/none").content_type == "application/problem+json"


def test_a_problem_is_a_page_for_people_and_a_document_for_programs(browse: Browse) -> None:
    for path in ("/registers/none", "/registers/country?page=1", "/nothing", "/registers/%FF"):
        page, document = browse(path), browse(path, Accept="*/*")
        assert page.status_code == document.status_code in (400, 404), path
        assert page.content_type == "text/html; charset=utf-8"
        assert document.content_type == "application/problem+json"
        assert document.json["detail"][1:] in Page(page.text).text
        assert page.headers["Cache-Control"] == "no-store"
        assert "Accept" in page.vary


def test_on_both_engines_the_pages_of_a_register_answer(client: FlaskClient, store: CheckedStore) -> None:
    catch_up_all(store)
    for path in ("/", "/registers", "/registers/country?sort=key&where.name.prefix=The", "/search?q=germ"):
        answer = client.get(path, buffered=True, headers={"Accept": BROWSER})
        assert answer.status_code == 200
        Page(answer.text)
    assert "FR" in client.get("/registers/country?where.name.prefix=The", buffered=True).text


def test_pages_are_not_in_the_description_of_the_api(browse: Browse) -> None:
    paths = browse("/openapi.json").json["paths"]
    assert "/v1/registers" in paths
    assert [path for path in paths if path.startswith(("/registers", "/docs", "/assets")) or path == "/"] == []
    assert all(each.name.startswith(PREFIX) for each in BLUEPRINTS)


def test_names_from_right_to_left_stand_apart_from_the_words_around_them(
    sqlite_store: CheckedStore, browse: Browse
) -> None:
    name = "عُمان (مسقط)."
    append(sqlite_store, country("OM", name, citizen_names=["عُماني", "<b>!"]))
    catch_up_all(sqlite_store)
    pages = [browse(f"/registers/country{where}").text for where in ("", "/entries", "/records/OM")]
    assert all(f"<bdi>{name}</bdi>" in page for page in (*pages, browse("/search?q=OM").text))
    assert f'<h1 class="govuk-heading-l"><bdi>{name}</bdi></h1>' in pages[2]
    assert "<bdi>&lt;b&gt;!</bdi>" in pages[2]


def test_a_register_without_records_has_nothing_to_look_for(sqlite_store: CheckedStore, browse: Browse) -> None:
    make(sqlite_store, "tree")
    lifecycle.publish(sqlite_store, "tree")
    page = Page(browse("/registers/tree").text)
    assert "There are no records yet." in page.text
    assert "Filter and sort" not in page.text and "q" not in [each.get("name") for each in page.all("input")]
    assert "No record matches." in Page(browse("/registers/tree?q=oak").text).text


def test_a_search_without_a_letter_is_a_fault_of_its_field(browse: Browse) -> None:
    answer = browse("/search?q=%21")
    page = Page(answer.text)
    assert answer.status_code == 400 and "#q" in page.links and "<title>Error: " in answer.text
    assert next(each for each in page.all("input") if each.get("id") == "q")["aria-describedby"] == "q-error"
