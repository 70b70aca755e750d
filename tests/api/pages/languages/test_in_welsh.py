"""Pages in another language: at an address of their own, whole, and leading on in the same language."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from flask import Flask

from api.app import create_app
from registers import naming
from registers.followers import catch_up_all
from registers.settings import Settings
from tests.api.pages.conftest import BROWSER, Page
from tests.api.pages.visitors import PASSWORD, Visitor, person
from tests.makers import AUTHORITY, CheckedStore

SPOKEN = Settings(languages="en,cy", operator="registers.example.org")
PATHS = [
    "/",
    "/search",
    "/search?q=germ",
    "/registers",
    "/registers/country",
    "/registers/country?at=3",
    "/registers/country/entries",
    "/registers/country/trust",
    "/registers/country/about",
    "/registers/country/records/FR",
    "/registers/country/records/a%2Fb",
    "/accessibility",
    "/privacy",
    "/new-register",
    "/docs",
    "/docs/api",
    "/docs/api/list_records",
    "/sign-in",
]


def spoken_app(store: CheckedStore, **settings: object) -> Flask:
    given: dict[str, object] = {"languages": "en,cy", "operator": "registers.example.org"}
    return create_app(Settings(**given | settings), store)  # type: ignore[arg-type]


@pytest.fixture
def app(sqlite_app: Flask, sqlite_store: CheckedStore) -> Flask:
    """The application in English and Welsh, over the registers of `sqlite_app`."""
    catch_up_all(sqlite_store)
    return spoken_app(sqlite_store)


def asked(app: Flask, path: str, **headers: str):  # type: ignore[no-untyped-def]
    return app.test_client().get(path, headers={"Accept": BROWSER, **headers}, buffered=True)


@pytest.mark.parametrize("path", PATHS)
def test_a_page_is_in_the_language_of_its_address(app: Flask, path: str) -> None:
    english, welsh = asked(app, path), asked(app, f"/cy{path}")
    assert english.status_code == welsh.status_code == 200
    assert [each.headers["Content-Language"] for each in (english, welsh)] == ["en", "cy"]
    pages = [Page(each.text) for each in (english, welsh)]
    assert [each.all("html")[0]["lang"] for each in pages] == ["en", "cy"]
    assert "Neidio i’r prif gynnwys" in pages[1].text and "Neidio" not in pages[0].text
    assert len(pages[1].all("h1")) == 1


@pytest.mark.parametrize("path", PATHS)
def test_links_and_forms_of_a_page_stay_in_its_language(app: Flask, path: str) -> None:
    page = Page(asked(app, f"/cy{path}").text)
    toggles = {each["href"] for each in page.all("a") if "hreflang" in each}
    targets = [each for each in page.links if each.startswith("/") and each not in toggles]
    targets += [each["action"] for each in page.all("form") if each.get("action", "").startswith("/")]
    data = ("/v1", "/v2", "/ogc", "/openapi", "/assets")
    assert [each for each in targets if not each.startswith(("/cy/", *data))] == []
    assert [each for each in targets if each.startswith(tuple(f"/cy{start}" for start in data))] == []


@pytest.mark.parametrize("path", PATHS)
def test_the_toggle_leads_to_the_same_page_and_back(app: Flask, path: str) -> None:
    there = [each for each in Page(asked(app, path).text).all("a") if "hreflang" in each]
    assert [(each["hreflang"], each["lang"], each["href"]) for each in there] == [("cy", "cy", f"/cy{path}")]
    back = [each for each in Page(asked(app, f"/cy{path}").text).all("a") if "hreflang" in each]
    assert [(each["hreflang"], each["lang"], each["href"]) for each in back] == [("en", "en", path)]


def test_search_engines_are_told_of_the_other_language(app: Flask) -> None:
    heads = Page(asked(app, "/cy/registers/country?at=3").text).all("link")
    told = {
        each["rel"]: (each.get("hreflang"), each["href"]) for each in heads if each["rel"] in ("canonical", "alternate")
    }
    assert told == {
        "canonical": (None, "http://localhost/cy/registers/country?at=3"),
        "alternate": ("en", "http://localhost/registers/country?at=3"),
    }


def test_with_one_language_there_is_no_toggle_and_no_other_address(sqlite_app: Flask) -> None:
    page = asked(sqlite_app, "/registers")
    assert "hreflang" not in page.text and page.headers["Content-Language"] == "en"
    assert asked(sqlite_app, "/cy/registers").status_code == 404


def test_either_language_may_be_the_first(sqlite_app: Flask, sqlite_store: CheckedStore) -> None:
    app = spoken_app(sqlite_store, languages="cy,en")
    assert Page(asked(app, "/registers").text).all("html")[0]["lang"] == "cy"
    assert Page(asked(app, "/en/registers").text).all("html")[0]["lang"] == "en"
    assert asked(app, "/cy/registers").status_code == 404


@pytest.mark.parametrize(
    "path", ["/cy/v2/registers", "/cy/v1/registers", "/cy/robots.txt", "/cy/openapi.json", "/cy/healthz"]
)
def test_what_is_for_programs_has_one_address(app: Flask, path: str) -> None:
    answer = asked(app, path, Accept="application/json")
    assert answer.status_code == 404
    assert asked(app, path.removeprefix("/cy"), Accept="*/*").status_code == 200


def test_data_is_where_it_always_is(app: Flask) -> None:
    answer = asked(app, "/cy/registers/country?at=3", Accept="application/json")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/v2/registers/country/records?at=3")


def test_a_page_that_is_not_there_is_missed_in_its_language(app: Flask) -> None:
    for path in ("/cy/nothing", "/cy//example.org/a", "/cy/registers/none"):
        answer = asked(app, path)
        page = Page(answer.text)
        assert answer.status_code == 404 and page.all("html")[0]["lang"] == "cy"
        assert "Heb ddod o hyd i’r dudalen" in page.text
        # What is wrong is said in English, and marked so.
        assert [each["lang"] for each in page.all("p") if "lang" in each] == ["en"]
        assert all(urlsplit(each).netloc == "" for each in page.links)


def test_pages_in_two_languages_are_two_answers_to_every_cache(app: Flask) -> None:
    english, welsh = (asked(app, path) for path in ("/registers/country", "/cy/registers/country"))
    assert english.headers["ETag"] != welsh.headers["ETag"]
    for path, answer in (("/registers/country", english), ("/cy/registers/country", welsh)):
        assert asked(app, path, **{"If-None-Match": answer.headers["ETag"]}).status_code == 304
        assert asked(app, path).text == answer.text  # the worker's own memory
    assert asked(app, "/registers/country", **{"If-None-Match": welsh.headers["ETag"]}).status_code == 200


def test_switching_a_language_on_makes_other_answers(sqlite_app: Flask, app: Flask) -> None:
    """The pages have a toggle then, so what a cache has of them is out of date."""
    assert asked(sqlite_app, "/registers/country").headers["ETag"] != asked(app, "/registers/country").headers["ETag"]


def test_counts_and_days_are_written_in_the_language(app: Flask) -> None:
    text = Page(asked(app, "/cy/registers/country").text).text
    assert "cofnod" in text
    assert "record" not in Page(asked(app, "/cy/registers").text).text


def test_below_a_path_of_a_proxy_the_language_comes_after_it(sqlite_app: Flask, sqlite_store: CheckedStore) -> None:
    app = spoken_app(sqlite_store, base_url="https://example.org/lists")
    page = Page(asked(app, "/cy/registers").text)
    assert "/lists/cy/registers/country" in page.links and "/lists/registers" in page.links
    mounted = (
        spoken_app(sqlite_store)
        .test_client()
        .get("/cy/registers", environ_overrides={"SCRIPT_NAME": "/base"}, headers={"Accept": BROWSER})
    )
    assert "/base/cy/registers/country" in Page(mounted.text).links


def test_a_register_with_another_name_is_led_to_in_the_language(sqlite_app: Flask, sqlite_store: CheckedStore) -> None:
    app = spoken_app(sqlite_store)
    naming.rename(sqlite_store, "country", "state", AUTHORITY)
    answer = asked(app, "/cy/registers/country")
    assert (answer.status_code, answer.headers["Location"]) == (301, "/cy/registers/state")


def test_who_has_to_sign_in_comes_back_to_the_language(app: Flask, sqlite_store: CheckedStore) -> None:
    person(sqlite_store)
    visitor = Visitor(app)
    sent = visitor.get("/cy/account")
    assert (sent.status_code, sent.headers["Location"]) == (303, "/cy/sign-in?next=%2Fcy%2Faccount")
    form = {"email": "ann@example.org", "password": PASSWORD, "next": "/cy/account"}
    signed = visitor.send(sent.headers["Location"], form, "/cy/sign-in")
    assert (signed.status_code, signed.headers["Location"]) == (303, "/cy/account")
    page = visitor.get("/cy/account")
    assert page.status_code == 200 and Page(page.text).all("html")[0]["lang"] == "cy"


def test_a_page_that_answers_a_form_has_no_toggle(app: Flask) -> None:
    """What was typed would be lost."""
    visitor = Visitor(app)
    refused = visitor.send("/cy/sign-in", {"email": "a@example.org", "password": "wrong", "next": ""})
    page = Page(refused.text)
    assert refused.status_code == 400 and page.all("html")[0]["lang"] == "cy"
    assert [each for each in page.all("a") if "hreflang" in each] == []
