"""What each kind of problem is: at the URL that problems have as their type."""

from __future__ import annotations

import pytest
from flask import Flask

from api import problems
from api.app import create_app
from api.problem_types import TYPES
from registers.settings import Settings
from registers.store.engine import Store
from tests.api.conftest import Get

URL = "/v1/registers/country"


def test_every_kind_of_error_is_told_of_with_the_status_it_has() -> None:
    assert {kind: TYPES[kind].status for kind in problems.STATUSES} == dict(problems.STATUSES)


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/records/XX", "not-found"), ("/records?x=1", "invalid"), ("/records.tsv", "gone"), ("/proof", "not-found")],
)
def test_a_problem_names_its_kind_by_a_url_that_tells_of_it(sqlite_get: Get, path: str, kind: str) -> None:
    problem = sqlite_get(URL + path).json
    assert problem["type"] == f"/problems/{kind}"
    told = sqlite_get(problem["type"]).json
    assert (told["type"], told["status"]) == (problem["type"], problem["status"])
    assert told["meaning"] and told["advice"]


def test_problems_of_the_framework_have_kinds_too(sqlite_app: Flask) -> None:
    client = sqlite_app.test_client()
    refused = client.get(f"{URL}/records", headers={"Accept": "image/png"}).json
    assert (refused["status"], refused["type"]) == (406, "/problems/not-acceptable")
    assert client.delete("/healthz").json["type"] == "/problems/method-not-allowed"


def test_all_kinds_are_listed(sqlite_get: Get) -> None:
    listed = sqlite_get("/problems").json["problems"]
    assert [each["type"] for each in listed] == [f"/problems/{kind}" for kind in TYPES]


@pytest.mark.parametrize("path", ["/problems", *(f"/problems/{kind}" for kind in TYPES)])
def test_a_person_can_read_them(sqlite_get: Get, path: str) -> None:
    answer = sqlite_get(path, headers={"Accept": "text/html,*/*;q=0.8"})
    assert (answer.status_code, answer.mimetype) == (200, "text/html")
    assert answer.text.startswith("<!doctype html>")
    assert "<h1>" in answer.text


def test_an_unknown_kind_is_not_found(sqlite_get: Get) -> None:
    for kind in ("nothing", "404", "<script>", "NOT-FOUND"):
        assert sqlite_get(f"/problems/{kind}").status_code == 404


def test_the_url_is_whole_where_the_operator_says_what_it_is(sqlite_store: Store) -> None:
    app = create_app(Settings(base_url="https://registers.example.org/api"), sqlite_store)
    problem = app.test_client().get("/nothing").json
    assert problem["type"] == "https://registers.example.org/api/problems/not-found"
