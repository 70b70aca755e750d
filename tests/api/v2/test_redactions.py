"""Values taken away over HTTP: at once, or as a plan that another approves; and what is answered from then on."""

from __future__ import annotations

import json

import pytest

from registers import lifecycle, naming
from registers.entry import REDACTED
from registers.plan import digest_of
from registers.store.engine import Store
from registers.v2.hashing import hash_text, text_digest
from tests.api.writing import Writer, issue, writer
from tests.makers import append, country, entries_of, head_of, make, revisions_of

PATH = "/v2/registers/country/redactions"
ASKED = {"key": "GB", "fields": ["citizen-names"], "reason": "One of them named a person"}


def marked(value: str) -> str:
    return REDACTED + text_digest(value).hex()


@pytest.fixture
def custodian(store: Store) -> Writer:
    """Someone who may write, on each engine."""
    return writer(store)


@pytest.fixture
def writing(sqlite_store: Store) -> Writer:
    """The same on SQLite alone."""
    return writer(sqlite_store)


def test_values_are_taken_away_and_answers_lack_them(custodian: Writer) -> None:
    paths = ("/records/GB", "/records", "/records.csv", "/blobs", "/records/GB?at=1", "/download/records.ndjson?at=7")
    tags = {path: custodian.get(f"/v2/registers/country{path}").headers.get("ETag") for path in paths}
    made = custodian.send(PATH, ASKED)
    assert (made.status_code, made.headers["Cache-Control"]) == (201, "no-store")
    last = revisions_of(custodian.store)[-1]
    assert (made.json["entries"], made.json["revision"], made.json["metadata-entry"]) == ([1], last.number, 8)
    assert last.policy == "direct" and last.actor.startswith("key-")
    assert "Briton" not in made.text
    for path in paths:
        answer = custodian.get(f"/v2/registers/country{path}", follow_redirects=True)
        assert ("Briton" in answer.text, answer.status_code) == (False, 200)
        if "download" not in path:
            assert answer.headers["ETag"] != tags[path]
            old = custodian.get(f"/v2/registers/country{path}", headers={"If-None-Match": tags[path]})
            assert old.status_code == 200
    shown = custodian.get("/v2/registers/country/records/GB").json
    assert shown["citizen-names"] == [marked("Briton"), marked("British citizen")]
    blob = hash_text(entries_of(custodian.store)[0].digests["v2"])
    assert custodian.get(f"/v2/registers/country/blobs/{blob}").json["citizen-names"] == shown["citizen-names"]
    assert custodian.get("/v2/registers/country/records?q=briton").json == []


def test_what_was_done_is_in_the_history_of_the_definition(custodian: Writer) -> None:
    place = custodian.send(PATH, ASKED).headers["Location"]
    shown = custodian.get(place).json
    assert shown["entries"][-1]["key"] == "redaction"
    assert shown["definition"]["redaction"]["reason"] == ASKED["reason"]


def test_one_entry_is_chosen(writing: Writer) -> None:
    asked = {"key": "FR", "fields": ["name"], "reason": "why", "entry": 2, "only": True}
    assert writing.send(PATH, asked).json["entries"] == [2]
    assert writing.get("/v2/registers/country/records/FR").json["name"] == "The French Republic"
    assert writing.get("/v2/registers/country/records/FR?at=2").json["name"] == marked("France")


WRONG = [
    ({}, 400, "key: the body lacks it"),
    (ASKED | {"reason": " "}, 400, "reason: is needed"),
    (ASKED | {"fields": []}, 400, "say which fields"),
    (ASKED | {"fields": "name"}, 400, "fields: is a list of text"),
    (ASKED | {"fields": ["country"]}, 400, "country: is the key"),
    (ASKED | {"fields": ["nickname"]}, 400, "'nickname' is not a field"),
    (ASKED | {"fields": ["end-date"]}, 400, "end-date: entry 1 has nothing in it"),
    (ASKED | {"entry": "1"}, 400, "entry: is a whole number"),
    (ASKED | {"entry": 2}, 404, "entry 2 of country is not one of the record 'GB'"),
    (ASKED | {"only": "yes"}, 400, "only: is true or false"),
    (ASKED | {"key": "XX"}, 404, "no record 'XX'"),
    (ASKED | {"why": "x"}, 400, "'why' is not a member"),
]


@pytest.mark.parametrize(("asked", "status", "said"), WRONG)
def test_what_is_wrong_is_said(writing: Writer, asked: dict[str, object], status: int, said: str) -> None:
    before = head_of(writing.store)
    for path in (PATH, f"{PATH}/plan"):
        answer = writing.send(path, asked)
        assert (answer.status_code, said in answer.json["detail"]) == (status, True), answer.text
    assert head_of(writing.store) == before


def test_nothing_is_taken_away_twice(writing: Writer) -> None:
    writing.send(PATH, ASKED)
    again = writing.send(PATH, ASKED)
    assert (again.status_code, again.json["detail"]) == (
        409,
        "citizen-names: what entry 1 had in it was taken away before",
    )


@pytest.mark.parametrize("scope", ["propose", "review"])
def test_it_takes_the_scope_direct(writing: Writer, scope: str) -> None:
    writing.key = issue(writing.store, scope)
    assert writing.send(PATH, ASKED).status_code == 403
    writing.key = issue(writing.store, "direct", registers=())
    make(writing.store, "land")
    lifecycle.publish(writing.store, "land")
    writing.key = issue(writing.store, "direct", registers=("land",))
    assert writing.send(PATH, ASKED).status_code == 403


def test_a_retired_register_gives_its_values_up(writing: Writer) -> None:
    naming.retire(writing.store, "country")
    assert writing.send(PATH, ASKED).status_code == 201


# As a proposal


def propose(author: Writer) -> bytes:
    planned = author.send(f"{PATH}/plan", ASKED)
    assert planned.status_code == 200, planned.text
    plan = str(planned.json["plan"]).encode()
    assert planned.json["sha-256"] == digest_of(plan)
    assert author.send("/v2/proposals", data=plan, content_type="application/x-ndjson").status_code == 201
    return plan


def test_another_approves_and_neither_plan_nor_proposal_holds_the_value(custodian: Writer) -> None:
    author = Writer(custodian.store, custodian.app, issue(custodian.store, "propose"))
    other = Writer(custodian.store, custodian.app, issue(custodian.store, "review"))
    plan = propose(author)
    shown = other.send("/v2/proposals/1", method="GET")
    assert (shown.json["kind"], shown.json["changes"], shown.json["stale"]) == ("redaction", 0, None)
    changes = other.send("/v2/proposals/1/changes", method="GET")
    assert changes.json["definition"][0]["item"]["fields"] == ["citizen-names"]
    assert all("Briton" not in text for text in (plan.decode(), shown.text, changes.text))
    before = head_of(custodian.store)
    approved = other.send("/v2/proposals/1/approve")
    assert (approved.status_code, approved.json["state"], approved.json["first-entry"]) == (200, "published", None)
    after = head_of(custodian.store)
    assert (after.v1_root, after.metadata_entries) == (before.v1_root, before.metadata_entries + 1)
    assert json.loads(entries_of(custodian.store)[0].body)["citizen-names"] == [
        marked("Briton"),
        marked("British citizen"),
    ]
    assert custodian.get("/v2/registers/country/records?q=briton").json == []


def test_it_is_stale_once_the_value_is_gone_and_not_by_anything_else(writing: Writer) -> None:
    author = Writer(writing.store, writing.app, issue(writing.store, "propose"))
    other = Writer(writing.store, writing.app, issue(writing.store, "review"))
    propose(author)
    append(writing.store, country("GB", "Britain"))
    writing.send(PATH, {"key": "FR", "fields": ["name"], "reason": "another"})
    assert other.send("/v2/proposals/1", method="GET").json["stale"] is None
    writing.send(PATH, ASKED | {"entry": 1})
    stale = other.send("/v2/proposals/1", method="GET").json["stale"]
    assert "'GB' changed since this was planned" in stale
    refused = other.send("/v2/proposals/1/approve")
    assert (refused.status_code, "stale" in refused.json["detail"]) == (409, True)


def test_a_plan_that_takes_away_does_nothing_beside(writing: Writer) -> None:
    author = Writer(writing.store, writing.app, issue(writing.store, "propose"))
    plan = str(author.send(f"{PATH}/plan", ASKED).json["plan"])
    head, _ = plan.splitlines()
    more = head + '\n{"item":{"country":"IT","name":"Italy"},"key":"IT"}\n{"changes":1}\n'
    header = json.loads(head)
    twice = json.dumps(header | {"definition": header["definition"] * 2}) + '\n{"changes":0}\n'
    forged = json.loads(head)
    forged["definition"][0][1]["items"] = ["sha-256:" + "0" * 64]
    for bad, said in (
        (more, "each is planned by itself"),
        (twice, "does nothing beside"),
        (json.dumps(forged) + '\n{"changes":0}\n', "never had the item"),
        (json.dumps(header | {"definition": [["redaction", {"record": "GB"}]]}) + '\n{"changes":0}\n', "is needed"),
    ):
        answer = author.send("/v2/proposals", data=bad.encode(), content_type="application/x-ndjson")
        assert (answer.status_code in (400, 409), said in answer.json["detail"]) == (True, True), answer.text


# Files


def test_a_file_of_v1s_hashes_is_gone(writing: Writer) -> None:
    path = "/v2/registers/country/download/7/entries.rsf-v1"
    assert writing.get(path).status_code == 200
    writing.send(PATH, ASKED)
    answer = writing.get(path)
    assert (answer.status_code, "use the file entries.rsf" in answer.json["detail"]) == (410, True)
    assert writing.get(f"{path}.gz").status_code == 410, "nobody is told to wait for it"
    assert "Briton" not in writing.get("/v2/registers/country/download/7/entries.rsf").text


# Feeds


def test_feeds_say_that_something_was_taken_away(writing: Writer) -> None:
    writing.send(PATH, ASKED)
    append(writing.store, country("IT", "Italy"))
    for path in ("/v2/registers/country/feed", "/v2/feed"):
        text = writing.get(path).text
        assert text.count("<title>A value was taken out of country</title>") == 1
        assert "Briton" not in text
