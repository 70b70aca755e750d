"""Writing over HTTP: append, create, define, publish, rename, retire, drop; what is refused leaves all as it was."""

from __future__ import annotations

import json
from typing import Any

import pytest

from registers import followers, lifecycle, snapshot
from registers.definition import Definition
from registers.errors import Unavailable
from registers.store.engine import Store
from registers.v2.hashing import hash_text
from review import alone
from tests.api.writing import Writer, writer
from tests.makers import NOW, entries_of, head_of, make, names_in, rows_in

ENTRIES = "/v2/registers/country/entries"
IT = {"country": "IT", "name": "Italy"}
GB = {"country": "GB", "name": "United Kingdom", "citizen-names": ["Briton", "British citizen"]}


@pytest.fixture
def who(store: Store) -> Writer:
    """Someone with a key, on each engine."""
    return writer(store)


@pytest.fixture
def keyed(sqlite_store: Store) -> Writer:
    """The same on SQLite, for what no engine has a part in."""
    return writer(sqlite_store)


def definition(store: Store, name: str = "country") -> Definition:
    with store.reading() as tx:
        found = snapshot.read_definition(tx, snapshot.find_register(tx, name))
    assert found is not None
    return found


# Appending


def test_an_item_is_appended_and_can_be_read(who: Writer) -> None:
    answer = who.send(ENTRIES, {"item": IT | {"citizen-names": ["Italian"], "end-date": None}})
    assert (answer.status_code, answer.content_type) == (201, "application/json")
    head = head_of(who.store)
    assert answer.json == {
        "register": "country",
        "revision": head.revision,
        "first-entry": 8,
        "last-entry": 8,
        "size": 8,
        "root-hash": hash_text(head.v2_root),
    }
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Location"] == f"{ENTRIES}/8"
    assert who.get(answer.headers["Location"]).json["key"] == "IT"
    assert who.get("/v1/registers/country/records/IT").json["IT"]["item"] == [IT | {"citizen-names": ["Italian"]}]


NDJSON = '{"country":"IT","name":"Italy"}\n\n{"country":"ES","citizen-names":["a","b"]}'
CSV = 'name,country,citizen-names\r\nItaly,IT,\r\n\r\n,ES,"a;b"\r\n'


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", json.dumps({"items": [IT, {"country": "ES", "citizen-names": ["a", "b"]}]})),
        (
            "application/json; charset=UTF-8",
            '{"items":[{"country":"IT","name":"Italy"},{"country":"ES","citizen-names":["a","b"]}]}',
        ),
        ("application/x-ndjson", NDJSON),
        ("application/x-ndjson", NDJSON.replace("\n", "\r\n") + "\r\n"),
        ("text/csv", CSV),
        ("text/csv;charset=utf-8", "\ufeff" + CSV.replace("\r\n", "\n")),
    ],
)
def test_many_items_are_appended_in_each_form(keyed: Writer, content_type: str, body: str) -> None:
    answer = keyed.send(ENTRIES, data=body.encode(), content_type=content_type)
    assert (answer.status_code, answer.json["first-entry"], answer.json["last-entry"]) == (201, 8, 9)
    bodies = [json.loads(entry.body) for entry in entries_of(keyed.store)[-2:]]
    assert bodies == [IT, {"country": "ES", "citizen-names": ["a", "b"]}]


@pytest.mark.parametrize(
    ("content_type", "body", "sentence"),
    [
        ("application/json", "", "not JSON"),
        ("application/json", "{", "not JSON"),
        ("application/json", "[]", "the body is a JSON object"),
        ("application/json", "null", "the body is a JSON object"),
        ("application/json", "{}", 'the body is {"item"'),
        ("application/json", '{"item":{"country":"IT"},"items":[]}', 'the body is {"item"'),
        ("application/json", '{"items":[]}', "nothing to append"),
        ("application/json", '{"items":{}}', "items: is a list"),
        ("application/json", '{"item":[]}', "the item: an item is a JSON object"),
        ("application/json", '{"items":[{"country":"IT"},7]}', "item 2: an item is a JSON object"),
        ("application/json", '{"item":{"country":"IT"},"note":"x"}', "'note' is not a member"),
        ("application/json", '{"item":{"country":"IT","country":"FR"}}', "'country': the member is given twice"),
        ("application/json", '{"item":{"country":"IT","name":NaN}}', "NaN is not a number"),
        ("application/json", '{"item":{"country":"IT","name":5}}', "name: a value is text"),
        ("application/json", '{"item":{"country":"IT","name":{"a":"b"}}}', "name: a value is text"),
        ("application/json", '{"item":{"country":5}}', "country: the item lacks it"),
        ("application/json", '{"item":{"name":"Italy"}}', "country: the item lacks it"),
        ("application/json", '{"item":{"country":"IT","name":"a\\u0000b"}}', "name: a value may not contain U+0000"),
        ("application/json", '{"item":{"country":"IT","name":"\\ud800"}}', "half of a surrogate pair"),
        ("application/json", '{"item":{"country":"IT","\\ud800":5}}', "half of a surrogate pair"),
        ("application/json", '{"\\ud800":5}', "half of a surrogate pair"),
        ("application/json", '{"item":{"country":"I T"}}', "breaks the rule"),
        ("application/json", '{"item":{"country":"IT.csv"}}', "ends like a format"),
        ("application/json", '{"item":{"country":"IT","colour":"red"}}', "'colour' is not a field"),
        ("application/json", '{"item":{"country":"IT","start-date":"2020-13-01"}}', "start-date:"),
        ("application/json", json.dumps({"item": GB}), "the item: the item is already the current record of 'GB'"),
        ("application/json", '{"items":[{"country":"IT"},{"country":"IT"}]}', "item 2: the item is already"),
        ("application/json", "[" * 100_000, "nested too deeply"),
        ("application/json", "9" * 10_000, "not JSON"),
        ("application/json", b"\xff\xfe{}", "not UTF-8 at byte 1"),
        ("application/json", "\ufeff{}", "not JSON"),
        ("application/x-ndjson", '{"country":"IT"}\n{"country":', "line 2: the item is not JSON"),
        ("application/x-ndjson", '{"country":"IT"}\n[1]', "line 2: an item is a JSON object"),
        ("application/x-ndjson", "\n\n", "nothing to append"),
        ("text/csv", "", "nothing to append"),
        ("text/csv", "country,name", "nothing to append"),
        ("text/csv", "country,colour\nIT,red", "the header names 'colour', and the fields are country, name"),
        ("text/csv", "country,country\nIT,IT", "the header names country twice"),
        ("text/csv", "country,\nIT,", "the header names ''"),
        ("text/csv", "name\nItaly", "line 2: country: the item lacks it"),
        ("text/csv", "country,name\nIT", "line 2: has 1 cells, and the header 2"),
        ("text/csv", "country,name\nIT,a,b", "line 2: has 3 cells, and the header 2"),
        ("text/csv", 'country,name\nIT,"a', "is not CSV"),
        ("text/csv", 'country,name\nIT,"a"b', "is not CSV"),
        ("text/csv", "country,name\nIT,a\0b", "U+0000"),
        ("text/csv", "country,citizen-names\nIT,a;a", "is in the list twice"),
        ("text/csv", f"country,name\nIT,{'x' * 200_000}", "is not CSV: field larger"),
    ],
)  # fmt: skip
def test_a_bad_body_is_refused_with_its_place_and_nothing_is_written(
    keyed: Writer, content_type: str, body: str | bytes, sentence: str
) -> None:
    before = rows_in(keyed.store)
    answer = keyed.send(ENTRIES, data=body if isinstance(body, bytes) else body.encode(), content_type=content_type)
    assert (answer.status_code, answer.content_type) == (400, "application/problem+json")
    assert sentence in answer.json["detail"]
    assert rows_in(keyed.store) == before


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "application/json;charset=utf-16",
        "x",
    ],
)
def test_a_body_of_another_type_is_refused(keyed: Writer, content_type: str) -> None:
    answer = keyed.send(ENTRIES, data=b'{"item":{"country":"IT"}}', content_type=content_type)
    assert (answer.status_code, answer.content_type) == (415, "application/problem+json")
    assert "application/json or application/x-ndjson or text/csv" in answer.json["detail"]


def test_a_body_over_the_limit_is_refused(keyed: Writer) -> None:
    answer = keyed.send(ENTRIES, data=b" " * (8 * 2**20 + 1), content_type="application/json")
    assert (answer.status_code, answer.content_type) == (413, "application/problem+json")
    answer = keyed.send("/v2/registers", data=b" " * (2**20 + 1), content_type="application/json")
    assert answer.status_code == 413


def test_where_no_body_is_taken_one_is_refused(keyed: Writer) -> None:
    make(keyed.store, "draft")
    answer = keyed.send("/v2/registers/draft/publish", {"at": 5})
    assert (answer.status_code, answer.json["detail"]) == (400, "this takes no body")


def test_an_append_may_ask_for_the_size_it_saw(who: Writer) -> None:
    assert who.send(f"{ENTRIES}?at=7", {"item": IT}).status_code == 201
    refused = who.send(f"{ENTRIES}?at=7", {"item": {"country": "ES"}})
    assert (refused.status_code, refused.json["detail"]) == (
        409,
        "the register country has 8 entries, not 7; look again",
    )
    assert head_of(who.store).entries == 8


@pytest.mark.parametrize("query", ["at=-1", "at=x", "at=", "at=1&at=1", "size=7"])
def test_a_bad_parameter_is_refused(keyed: Writer, query: str) -> None:
    assert keyed.send(f"{ENTRIES}?{query}", {"item": IT}).status_code == 400
    assert head_of(keyed.store).entries == 7


def test_a_register_that_is_not_here_takes_nothing(keyed: Writer) -> None:
    answer = keyed.send("/v2/registers/nothing/entries", {"item": IT})
    assert (answer.status_code, answer.json["detail"]) == (404, "there is no register 'nothing'")


def test_what_follows_a_register_is_caught_up_before_the_answer(who: Writer) -> None:
    def positions() -> set[int]:
        with who.store.reading() as tx:
            register = snapshot.find_register(tx, "country")
            return {each.position(tx, register.id) for each in followers.FOLLOWERS}

    who.send(ENTRIES, {"item": IT})
    assert positions() == {8}


def test_what_is_far_behind_is_left_to_the_worker(keyed: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.following.MOST", 5)
    keyed.send(ENTRIES, {"item": IT})
    with keyed.store.reading() as tx:
        register = snapshot.find_register(tx, "country")
        assert {each.position(tx, register.id) for each in followers.FOLLOWERS} == {0}


def test_an_append_is_answered_when_what_follows_fails(
    keyed: Writer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise Unavailable("another writer has held it")

    monkeypatch.setattr("registers.followers.catch_up", fail)
    assert keyed.send(ENTRIES, {"item": IT}).status_code == 201
    assert "what follows it was not caught up: another writer" in caplog.text


# A register's life

TREES: dict[str, Any] = {
    "register": "tree",
    "title": "Trees",
    "text": "Kinds of tree",
    "custodian": "Parks department",
    "licence": "OGL",
    "fields": ["tree", {"field": "name", "text": "Its name"}, {"field": "also", "cardinality": "n"}],
}


def test_a_register_lives_through_the_api_alone(who: Writer) -> None:
    made = who.send("/v2/registers", TREES)
    assert (made.status_code, made.headers["Location"]) == (201, "/v2/registers/tree")
    assert made.json == {
        "register": "tree",
        "status": "draft",
        "key-field": "tree",
        "origin": "registers.example.org/tree",
    }
    assert who.get("/v1/registers/tree/records").status_code == 404
    assert who.send("/v2/registers/tree/entries", {"item": {"tree": "QUR", "name": "Oak"}}).status_code == 201
    added = who.send("/v2/registers/tree/fields", {"field": "genus", "register": "tree", "text": "Its genus"})
    assert (added.status_code, added.json["fields"]) == (201, ["tree", "name", "also", "genus"])
    published = who.send("/v2/registers/tree/publish")
    assert (published.status_code, published.json) == (200, {"register": "tree", "status": "published"})
    assert who.get("/v1/registers/tree/records").json["QUR"]["item"] == [{"tree": "QUR", "name": "Oak"}]
    changed = who.send("/v2/registers/tree", {"custodian": "Woods", "title": "Trees"}, "PATCH")
    assert (changed.status_code, changed.json["changed"]) == (200, ["custodian"])
    assert definition(who.store, "tree").custodian == "Woods"
    told = {"last-confirmed": "2026-01-31", "update-frequency": "annual"}
    assert who.send("/v2/registers/tree", told, "PATCH").json["changed"] == ["last-confirmed", "update-frequency"]
    assert who.get("/v2/registers/tree/context").json.items() >= told.items()
    wrong = who.send("/v2/registers/tree", {"update-frequency": "now and then"}, "PATCH")
    assert (wrong.status_code, "is not a frequency" in wrong.json["detail"]) == (400, True)
    again = who.send("/v2/registers/tree", {"custodian": "Woods"}, "PATCH")
    assert again.json == {"register": "tree", "changed": [], "revision": None}
    assert who.send("/v2/registers/tree", method="DELETE").status_code == 409
    assert who.send("/v2/registers/tree/publish").status_code == 409


def test_the_tier_is_said_and_shown(who: Writer) -> None:
    assert who.send("/v2/registers", TREES | {"tier": "critical"}).status_code == 201
    assert definition(who.store, "tree").tier == "critical"
    assert who.send("/v2/registers/tree/publish").status_code == 200
    assert who.get("/v2/registers/tree/context").json["tier"] == "critical"
    said = who.get("/v2/registers/tree/metadata").json
    assert said["definition"]["tier"] == {"tier": "critical"}
    etag = who.get("/v2/registers/tree/context").headers["ETag"]
    changed = who.send("/v2/registers/tree", {"tier": "ordinary", "title": "Trees"}, "PATCH")
    assert (changed.status_code, changed.json["changed"]) == (200, ["tier"])
    again = who.get("/v2/registers/tree/context")
    assert (again.json["tier"], again.headers["ETag"] != etag) == ("ordinary", True)
    assert who.send("/v2/registers/tree", {"tier": "ordinary"}, "PATCH").json["changed"] == []


@pytest.mark.parametrize(
    ("tier", "sentence"),
    [
        ("vital", "tier: is one of ordinary, critical, not 'vital'"),
        ("", "tier: may be changed, and not emptied"),
        (5, "tier: is text"),
        (None, "tier: is text"),
    ],
)
def test_what_is_no_tier_is_refused(keyed: Writer, tier: object, sentence: str) -> None:
    answer = keyed.send("/v2/registers/country", {"tier": tier}, "PATCH")
    assert (answer.status_code, sentence in answer.json["detail"]) == (400, True), answer.text
    assert definition(keyed.store, "country").tier == "ordinary"


def test_what_is_decided_on_directly_does_not_become_critical(who: Writer) -> None:
    alone.decide_alone(who.store, "country", True, "admin")
    answer = who.send("/v2/registers/country", {"tier": "critical"}, "PATCH")
    assert (answer.status_code, answer.content_type) == (409, "application/problem+json")
    assert "have an administrator take direct away first" in answer.json["detail"]
    assert definition(who.store, "country").tier == "ordinary"


def test_a_draft_is_dropped(who: Writer) -> None:
    who.send("/v2/registers", TREES)
    dropped = who.send("/v2/registers/tree", method="DELETE")
    assert (dropped.status_code, dropped.json) == (200, {"register": "tree", "dropped": True})
    assert who.send("/v2/registers/tree", method="DELETE").status_code == 404
    assert names_in(who.store) == ["country"]


@pytest.mark.parametrize(
    ("change", "status", "sentence"),
    [
        ({"register": "country"}, 409, "already a register country"),
        ({"register": "Tree"}, 400, "'Tree' is not a name"),
        ({"register": None}, 400, "register: is text"),
        ({"fields": []}, 400, "fields: a definition lists its fields"),
        ({"fields": "tree"}, 400, "fields: is a list of fields"),
        ({"fields": [5]}, 400, "fields: each is a mapping"),
        ({"fields": [{"text": "x"}]}, 400, "fields: each is a mapping"),
        ({"fields": [{"field": "tree", "cardinality": 1}]}, 400, "cardinality: is text"),
        ({"fields": [{"field": "tree", "datatype": "number"}]}, 400, "number"),
        ({"fields": [{"field": "tree", "colour": "red"}]}, 400, "'colour' is not a member"),
        ({"fields": ["tree", "tree"]}, 400, "listed twice"),
        ({"key-field": "leaf"}, 400, "key-field: 'leaf' is not one of the fields"),
        ({"key-field": "also"}, 400, "key-field: also holds a list"),
        ({"tier": "secret"}, 400, "tier: is one of"),
        ({"tier": 5}, 400, "tier: is text"),
        ({"title": ["a"]}, 400, "title: is text"),
        ({"title": "a\0b"}, 400, "U+0000"),
        ({"title": "\ud800"}, 400, "half of a surrogate pair"),
        ({"status": "published"}, 400, "'status' is not a member"),
    ],
)
def test_a_bad_definition_makes_no_register(
    keyed: Writer, change: dict[str, object], status: int, sentence: str
) -> None:
    answer = keyed.send("/v2/registers", TREES | change)
    assert (answer.status_code, sentence in answer.json["detail"]) == (status, True), answer.text
    assert names_in(keyed.store) == ["country"]


def test_a_key_for_one_register_makes_no_other(sqlite_store: Store) -> None:
    keyed = writer(sqlite_store, registers=("tree",))
    assert keyed.send("/v2/registers", TREES | {"register": "bush"}).status_code == 403
    assert keyed.send("/v2/registers", TREES).status_code == 201


@pytest.mark.parametrize(
    ("field", "status", "sentence"),
    [
        ({}, 400, "field: the body lacks it"),
        ({"field": "name"}, 409, "has a field name already"),
        ({"field": "a b"}, 400, "is not a name"),
        ({"field": "area", "datatype": "number"}, 400, "number"),
        ({"field": "area", "cardinality": "2"}, 400, "cardinality: is 1 or n"),
        ({"field": "area", "required": "yes"}, 400, "'required' is not a member"),
        ({"field": "area", "text": 5}, 400, "text: is text"),
    ],
)
def test_a_bad_field_is_not_added(keyed: Writer, field: dict[str, object], status: int, sentence: str) -> None:
    answer = keyed.send("/v2/registers/country/fields", field)
    assert (answer.status_code, sentence in answer.json["detail"]) == (status, True), answer.text
    assert len(definition(keyed.store).fields) == 5


@pytest.mark.parametrize("members", [{"name": "x"}, {"title": 5}, {"title": ""}, {"title": " "}, {"phase": "x"}, []])
def test_a_bad_description_is_refused(keyed: Writer, members: object) -> None:
    before = head_of(keyed.store)
    assert keyed.send("/v2/registers/country", members, "PATCH").status_code == 400
    assert head_of(keyed.store) == before


# Another name, and the end


def test_a_renamed_register_is_looked_for_under_its_new_name(who: Writer) -> None:
    answer = who.send("/v2/registers/country/rename", {"register": "nation"})
    assert (answer.status_code, answer.json) == (200, {"register": "nation", "former-names": ["country"]})
    for path in (
        "/v1/registers/country/records/a%2Fb",
        "/v1/registers/country/records/foo.csv.json",
        "/v1/registers/country/records?page-size=2&page-index=1",
        "/v1/registers/country/entries/1",
        "/v2/registers/country/records/GB?at=3",
        "/v1/registers/c%6Funtry/records",
    ):
        moved = who.get(path)
        there = path.replace("country", "nation").replace("c%6Funtry", "nation")
        assert (moved.status_code, moved.headers["Location"]) == (301, there)
        assert moved.headers["Cache-Control"] == "public, no-cache, no-transform"
        assert moved.json["detail"] == "the register country is now called nation"
        assert who.get(there).status_code == 200
    assert who.app.test_client().head("/v1/registers/country/register", buffered=True).status_code == 301


def test_what_is_written_to_a_former_name_is_sent_on_with_its_method(keyed: Writer) -> None:
    keyed.send("/v2/registers/country/rename", {"register": "nation"})
    moved = keyed.send(f"{ENTRIES}?at=7", {"item": IT})
    assert (moved.status_code, moved.headers["Location"]) == (308, "/v2/registers/nation/entries?at=7")
    assert moved.headers["Cache-Control"] == "no-store"
    assert keyed.send(moved.headers["Location"], {"item": IT}).status_code == 201


def test_a_path_that_only_looks_like_the_former_name_is_left_alone(keyed: Writer) -> None:
    keyed.send("/v2/registers/country/rename", {"register": "nation"})
    for path in ("/v1/registers/countryx/records", "/v1/registers/Country/records", "/v1/registers//country/records"):
        assert keyed.get(path).status_code == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [({"register": "Nation"}, 400), ({"register": "country"}, 409), ({}, 400), ({"register": 5}, 400), ([], 400)],
)
def test_a_bad_name_is_refused(keyed: Writer, body: object, status: int) -> None:
    assert keyed.send("/v2/registers/country/rename", body).status_code == status
    assert names_in(keyed.store) == ["country"]


@pytest.mark.parametrize(
    ("successor", "link"),
    [
        ("nation", "/v1/registers/nation/records/GB?"),
        ("https://example.org/nations?x=1", "https://example.org/nations?x=1"),
    ],
)
def test_a_retired_register_is_gone_and_names_its_successor(store: Store, successor: str, link: str) -> None:
    who = writer(store)
    make(store, "nation")
    lifecycle.publish(store, "nation")
    answer = who.send("/v2/registers/country/retire", {"successor": successor})
    assert (answer.status_code, answer.json["successor"]) == (200, successor)
    gone = who.get("/v1/registers/country/records/GB")
    assert (gone.status_code, gone.json["successor"]) == (410, successor)
    assert f"use {successor} instead" in gone.json["detail"]
    assert gone.headers["Link"] == f'<{link.removesuffix("?")}>; rel="successor-version"'
    assert who.send(ENTRIES, {"item": IT}).status_code == 410


def test_no_caller_writes_the_link_to_a_successor(sqlite_store: Store) -> None:
    who = writer(sqlite_store)
    make(sqlite_store, "nation")
    lifecycle.publish(sqlite_store, "nation")
    who.send("/v2/registers/country/retire", {"successor": "nation"})
    target = {"RAW_URI": '/v2/registers/country/records/>;"', "QUERY_STRING": 'at=1>; rel="stylesheet"'}
    gone = who.get("/v2/registers/country/records", environ_overrides=target)
    path = "/v2/registers/nation/records/%3E;%22?at=1%3E;%20rel=%22stylesheet%22"
    assert (gone.status_code, gone.headers["Link"]) == (410, f'<{path}>; rel="successor-version"')


def test_a_register_is_retired_without_a_successor(keyed: Writer) -> None:
    assert keyed.send("/v2/registers/country/retire", {}).json["successor"] is None
    gone = keyed.get("/v1/registers/country/records/GB")
    assert (gone.status_code, "successor" in gone.json, "Link" in gone.headers) == (410, False, False)


@pytest.mark.parametrize("successor", ["nothing", "javascript:x", "https://a b", 5, ["a"], "country"])
def test_a_bad_successor_is_refused(keyed: Writer, successor: object) -> None:
    assert keyed.send("/v2/registers/country/retire", {"successor": successor}).status_code == 400
    assert keyed.get("/v1/registers/country/records/GB").status_code == 200


def test_a_method_that_is_not_there_is_told_which_are(keyed: Writer) -> None:
    answer = keyed.send("/v2/registers/country/publish", method="PUT")
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"] and "GET" not in answer.headers["Allow"]


def test_the_clock_of_the_service_dates_what_is_appended(keyed: Writer) -> None:
    keyed.send(ENTRIES, {"item": IT})
    assert entries_of(keyed.store)[-1].timestamp == NOW


def test_on_its_own_host_a_renamed_register_leads_to_its_new_host(keyed: Writer) -> None:
    keyed.send("/v2/registers/country/rename", {"register": "nation"})
    moved = keyed.get("/records?page-size=2", headers={"Host": "country.localhost:8000"})
    assert (moved.status_code, moved.headers["Location"]) == (
        301,
        "http://nation.localhost:8000/records?page-size=2",
    )
