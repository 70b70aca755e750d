"""Creating a register from a form or a file: shown before it is made, whole or not at all, with nothing typed lost."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from api.pages.creating import forms, uploads
from people import api_keys
from people.api_keys import Wanted
from registers import snapshot
from registers.errors import Invalid, TooLarge
from tests.api.pages.conftest import BROWSER, Page
from tests.makers import CheckedStore, entries_of, names_in

PATH = "/new-register"
TREES = 'Tree,Name,Planted on,Height,Web page\nQUR,"English oak, old",2019-03-01,12,https://example.org/oak\nBET,Birch,,7,\n'
TYPED = {"name": "tree", "title": "Trees", "custodian": "Parks", "text": 'With "quotes" & <tags>', "licence": ""}
Send = Callable[..., TestResponse]


@pytest.fixture
def send(sqlite_app: Flask) -> Send:
    """Send the form as a browser does."""
    client = sqlite_app.test_client()

    def post(fields: dict[str, str], content: bytes | str = b"") -> TestResponse:
        file = (io.BytesIO(content.encode() if isinstance(content, str) else content), "list.csv" if content else "")
        return client.post(
            PATH,
            data={**fields, "file": file},
            content_type="multipart/form-data",
            headers={"Accept": BROWSER},
            buffered=True,
        )

    return post


@pytest.fixture
def key(sqlite_store: CheckedStore) -> str:
    """An API key with which registers may be made."""
    return api_keys.create(sqlite_store, Wanted("trees", ["direct"]), "tester").text


def listed(page: Page) -> list[str]:
    """The links of the summary of what is wrong."""
    return [link for link in page.links if link.startswith("#") and link != "#main-content"]


def test_an_uploaded_file_becomes_a_register(send: Send, key: str, sqlite_store: CheckedStore) -> None:
    shown = send({**TYPED, "action": "check"}, TREES)
    page = Page(shown.text)
    assert shown.status_code == 200
    assert "tree" not in names_in(sqlite_store)
    assert "planted-on datetime one value" in page.text
    assert "height integer one value" in page.text
    assert 'With "quotes" & <tags>' in page.text

    made = send({**page.fields(), "publish": "yes", "api-key": key, "action": "create"})
    assert (made.status_code, made.headers["Location"]) == (303, "/registers/tree")
    assert [entry.body for entry in entries_of(sqlite_store, "tree")] == [
        '{"height":"12","name":"English oak, old","planted-on":"2019-03-01","tree":"QUR","web-page":"https://example.org/oak"}',
        '{"height":"7","name":"Birch","tree":"BET"}',
    ]


def test_a_form_without_a_file_becomes_a_draft(send: Send, key: str, sqlite_store: CheckedStore) -> None:
    fields = {"field-0-name": "tree", "field-2-name": "kind", "field-2-many": "yes", "field-2-register": "country"}
    page = Page(send({**TYPED, **fields, "action": "check"}).text)
    assert "kind string a list, keys of country" in page.text
    made = send({**page.fields(), "publish": "no", "api-key": key, "action": "create"})
    assert "The draft is made" in Page(made.text).text
    assert "tree" in names_in(sqlite_store)


def test_what_was_confirmed_can_be_changed_and_keeps_the_file(send: Send, key: str, sqlite_store: CheckedStore) -> None:
    confirmed = Page(send({**TYPED, "action": "check"}, TREES).text).fields()
    form = Page(send({**confirmed, "action": "edit"}).text).fields()
    assert form["content"]
    assert (form["field-2-name"], form["name"], form["title"]) == ("planted-on", "tree", "Trees")
    again = Page(send({**form, "field-1-name": "common-name", "action": "check"}).text).fields()
    assert send({**again, "publish": "yes", "api-key": key, "action": "create"}).status_code == 303
    assert '"common-name":"Birch"' in entries_of(sqlite_store, "tree")[1].body


def test_line_ends_in_cells_stay_as_they_were_uploaded(send: Send, key: str, sqlite_store: CheckedStore) -> None:
    page = Page(send({**TYPED, "action": "check"}, 'tree,name\r\nQUR,"two\nlines"\r\n').text)
    send({**page.fields(), "publish": "yes", "api-key": key, "action": "create"})
    assert '"name":"two\\nlines"' in entries_of(sqlite_store, "tree")[0].body


def test_what_is_missing_is_listed_with_links_and_what_was_typed_is_kept(send: Send) -> None:
    answer = send(
        {"title": "Trees", "name": "", "field-0-name": "Not a name", "field-0-text": "Mine", "action": "check"}
    )
    page = Page(answer.text)
    assert answer.status_code == 400
    assert listed(page) == ["#name", "#custodian", "#field-0-name"]
    ids = {each["id"] for _, each in page.tags if "id" in each}
    assert {link[1:] for link in listed(page)} <= ids
    assert page.fields()["title"] == "Trees"
    assert (page.fields()["field-0-name"], page.fields()["field-0-text"]) == ("Not a name", "Mine")
    assert "Error: Create a register" in page.text


def test_faults_of_the_file_are_listed_by_line(send: Send) -> None:
    page = Page(send({**TYPED, "action": "check"}, "tree,name\nA,x\nA,y\n,z\n").text)
    assert "Line 3 has the key 'A', which line 2 has already" in page.text
    assert "Line 4 has no key" in page.text
    assert page.fields()["custodian"] == "Parks"


def test_more_rows_are_added_and_none_is_lost(send: Send) -> None:
    fields = Page(send({"field-0-name": "tree", "field-3-text": "x", "action": "add"}).text).fields()
    assert (fields["field-0-name"], fields["field-3-text"]) == ("tree", "x")
    assert "field-7-name" in fields
    assert "field-8-name" not in fields


@pytest.mark.parametrize("given", ["", "registers_wrong", "\0", "é" * 5000])
def test_without_a_good_key_nothing_is_made_and_nothing_lost(
    send: Send, sqlite_store: CheckedStore, given: str
) -> None:
    fields = Page(send({**TYPED, "action": "check"}, TREES).text).fields()
    answer = send({**fields, "publish": "yes", "api-key": given, "action": "create"})
    page = Page(answer.text)
    assert answer.status_code == 400
    assert listed(page) == ["#api-key"]
    assert page.fields()["content"] == fields["content"]
    assert not given or given not in answer.text
    assert "tree" not in names_in(sqlite_store)


def test_a_key_for_something_else_is_refused(send: Send, sqlite_store: CheckedStore) -> None:
    fields = Page(send({**TYPED, "action": "check"}, TREES).text).fields()
    for wanted in (Wanted("hooks", ["webhooks"]), Wanted("other", ["direct"], ["country"])):
        other = api_keys.create(sqlite_store, wanted, "tester").text
        assert "#api-key" in listed(Page(send({**fields, "api-key": other, "action": "create"}).text))
    assert "tree" not in names_in(sqlite_store)


def test_a_name_that_is_taken_is_said_before_and_after(send: Send, key: str) -> None:
    taken = {**TYPED, "name": "country", "action": "check"}
    page = Page(send(taken, TREES).text)
    assert listed(page) == ["#name"]
    assert "There is already a register country" in page.text
    confirmed = Page(send({**TYPED, "action": "check"}, TREES).text).fields()
    late = send({**confirmed, "name": "country", "api-key": key, "action": "create"})
    assert listed(Page(late.text)) == ["#name"]


def test_the_name_of_this_page_is_no_register(send: Send) -> None:
    assert "#name" in listed(Page(send({**TYPED, "name": "new", "action": "check"}, TREES).text))


def test_a_link_to_nothing_is_said_when_it_is_made(send: Send, key: str, sqlite_store: CheckedStore) -> None:
    confirmed = Page(send({**TYPED, "action": "check"}, "tree,country\nQUR,ZZ\n").text).fields()
    linked = {**confirmed, "field-1-register": "country", "api-key": key, "publish": "yes", "action": "create"}
    page = Page(send(linked).text)
    assert listed(page) == ["#file"]
    assert "ZZ" in page.text
    assert "tree" not in names_in(sqlite_store)


def test_a_key_in_a_cookie_or_a_header_makes_nothing(
    sqlite_app: Flask, send: Send, key: str, sqlite_store: CheckedStore
) -> None:
    """What a browser may send by itself counts for nothing, so no other site can make it write."""
    fields = Page(send({**TYPED, "action": "check"}, TREES).text).fields()
    client = sqlite_app.test_client()
    client.set_cookie("api-key", key)
    sent = {**fields, "publish": "yes", "action": "create"}
    headers = {"Accept": BROWSER, "Authorization": f"Bearer {key}"}
    answer = client.post(PATH, data=sent, content_type="multipart/form-data", headers=headers, buffered=True)
    assert answer.status_code == 400
    assert "tree" not in names_in(sqlite_store)


@pytest.mark.parametrize("size", [uploads.LIMIT + 1, 2 * uploads.LIMIT + 1])
def test_a_file_over_the_limit_is_refused(sqlite_app: Flask, size: int) -> None:
    head = b'--X\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
    answer = sqlite_app.test_client().post(
        PATH,
        data=head + b"x" * size + b"\r\n--X--\r\n",
        content_type="multipart/form-data; boundary=X",
        headers={"Accept": BROWSER},
        buffered=True,
    )
    assert (answer.status_code, answer.content_type) == (413, "text/html; charset=utf-8")


@pytest.mark.parametrize("packed", ["not base64", "YWJj", "é"])
def test_a_file_that_was_tampered_with_is_refused(send: Send, packed: str) -> None:
    answer = send({**TYPED, "content": packed, "action": "check"})
    assert answer.status_code == 400
    assert "upload it again" in answer.text


def test_a_packed_file_never_unpacks_beyond_the_limit() -> None:
    bomb = forms.Form(content=b"0" * (uploads.LIMIT + 2)).packed
    assert len(bomb) < 20_000
    with pytest.raises(TooLarge):
        forms.read({"content": bomb}, b"")


@pytest.mark.parametrize("action", ["", "nonsense", "create", "check"])
def test_an_empty_form_is_answered_with_what_is_missing(send: Send, action: str) -> None:
    assert send({"action": action}).status_code == 400


def test_a_field_of_a_number_too_large_is_cut_off() -> None:
    form = forms.read({"field-999-name": "x", "key": "99999", "field-1000-name": "y"}, b"")
    assert (len(form.rows), form.key) == (uploads.MOST_COLUMNS, 0)
    with pytest.raises(Invalid):
        forms.read({"content": "AAAA"}, b"")


def test_all_that_a_register_can_say_of_itself_can_be_typed(send: Send, key: str, sqlite_store: CheckedStore) -> None:
    stated = {
        "copyright": "Parks department, 2026",
        "spatial-coverage": "Leeds",
        "temporal-coverage": "1974-04-01/..",
        "update-frequency": "three-times-a-year",
        "last-confirmed": "2026-01-31",
        "registry": "leeds-city-council",
        "licence": "OGL",
    }
    page = Page(send({**TYPED, **stated, "tier": "critical", "action": "check"}, TREES).text)
    for told in (
        "Where it is about Leeds",
        "How often it changes Three times a year",
        "Tier Critical",
        "Attribution Parks",
    ):
        assert told in page.text
    made = send({**page.fields(), "publish": "yes", "api-key": key, "action": "create"})
    assert made.status_code == 303
    with sqlite_store.reading() as tx:
        register = snapshot.find_register(tx, "tree")
        definition = snapshot.read_definition(tx, register)
    assert definition and register.tier == "critical"
    assert {name: definition.said(name) for name in stated} == stated


def test_what_is_stated_wrongly_is_said_where_it_is(send: Send) -> None:
    wrong = {"temporal-coverage": "soon", "update-frequency": "often", "last-confirmed": "2020", "tier": "vital"}
    answer = send({**TYPED, **wrong, "action": "check"}, TREES)
    page = Page(answer.text)
    assert (answer.status_code, listed(page)) == (400, [f"#{name}" for name in wrong])
    ids = {each.get("id") for _, each in page.tags}
    assert {link[1:] for link in listed(page)} <= ids
    assert [each for each in page.all("details") if "open" in each]
