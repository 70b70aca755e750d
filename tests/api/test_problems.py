"""Errors: every one is a problem document with the right status, and none says anything of the inside."""

from __future__ import annotations

import json
import logging
import sqlite3

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError, ProgrammingError

from api import problems
from api.app import create_app
from registers import errors, lifecycle
from registers.errors import RegistersError
from registers.opening import open_store
from registers.settings import Settings
from registers.store.engine import Store
from tests.api.conftest import Get, fill
from tests.makers import make

SECRET = "/var/secret/registers.db"


def kinds() -> list[type[RegistersError]]:
    return [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, RegistersError)]


def test_every_kind_of_error_has_a_status() -> None:
    assert {each.kind for each in kinds()} == set(problems.STATUSES)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.Invalid, 400),
        (errors.Unauthorized, 401),
        (errors.Forbidden, 403),
        (errors.NotFound, 404),
        (errors.Renamed, 404),
        (errors.Conflict, 409),
        (errors.Moved, 409),
        (errors.Gone, 410),
        (errors.Retired, 410),
        (errors.TooLarge, 413),
        (errors.Corrupt, 500),
        (errors.NotSupported, 501),
        (errors.Unavailable, 503),
    ],
)
def test_an_error_of_this_project_is_answered_with_its_status(
    sqlite_app: Flask, error: type[RegistersError], status: int
) -> None:
    answer = asked(sqlite_app, error(f"it went wrong at {SECRET}"))
    assert (answer.status_code, answer.content_type) == (status, "application/problem+json")
    shown = status in (500, 503)
    assert (SECRET not in answer.text) == shown
    assert set(answer.json) == {"type", "title", "status", "detail", "instance", "request-id"}
    assert answer.json["status"] == status
    assert answer.headers.get("Retry-After") == ("10" if status == 503 else None)
    assert answer.headers["Cache-Control"] == "no-store"


def asked(app: Flask, error: Exception):  # type: ignore[no-untyped-def]
    """The answer of a route whose view raises the error."""

    def fail() -> None:
        raise error

    app.view_functions["health.is_alive"] = declared_like(app.view_functions["health.is_alive"], fail)
    return app.test_client().get("/healthz", buffered=True)


def declared_like(view, fail):  # type: ignore[no-untyped-def]
    fail.declared = view.declared
    return fail


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (OperationalError("SELECT secret", {}, sqlite3.OperationalError("database is locked")), 503),
        (ProgrammingError("SELECT secret", {}, sqlite3.ProgrammingError("no such thing")), 500),
        (KeyError("secret"), 500),
        (RecursionError(), 500),
    ],
)
def test_what_nobody_foresaw_is_logged_and_says_nothing_of_the_inside(
    sqlite_app: Flask, caplog: pytest.LogCaptureFixture, error: Exception, status: int
) -> None:
    with caplog.at_level(logging.ERROR, "registers.api"):
        answer = asked(sqlite_app, error)
    assert (answer.status_code, answer.content_type) == (status, "application/problem+json")
    assert "secret" not in answer.text
    (record,) = [each for each in caplog.records if each.name == "registers.api"]
    assert record.exc_info and record.exc_info[1] is error
    assert record.members["request-id"] == answer.json["request-id"]


def test_an_unknown_address_is_a_problem(sqlite_get: Get) -> None:
    for path in ("/v1", "/v1/registers/country", "/v1/registers/country/nothing", "/static/x", "/problems/"):
        answer = sqlite_get(path)
        assert (answer.status_code, answer.content_type) == (404, "application/problem+json")
        assert answer.json["instance"] == path


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "TRACE"])
@pytest.mark.parametrize("path", ["/healthz", "/v1/registers", "/v1/registers/country/records/GB"])
def test_other_methods_are_refused_and_told_which_are_allowed(sqlite_app: Flask, method: str, path: str) -> None:
    answer = sqlite_app.test_client().open(path, method=method, buffered=True)
    assert (answer.status_code, answer.content_type) == (405, "application/problem+json")
    assert {each.strip() for each in answer.headers["Allow"].split(",")} == {"GET", "HEAD", "OPTIONS"}


def test_a_long_path_is_cut_in_the_problem(sqlite_get: Get) -> None:
    answer = sqlite_get("/v1/registers/" + "x" * 7_900)
    assert answer.status_code == 404
    assert len(answer.data) < 2000


@pytest.mark.parametrize("wrong", ["drafts", "nothing"])
def test_drafts_are_not_there(store: Store, wrong: str) -> None:
    make(store, "drafts")
    client = create_app(Settings(), store).test_client()
    assert client.get("/v1/registers", buffered=True).json == {"registers": []}
    for path in ("register", "records", "entries", "download-rsf", "proof/register/merkle:sha-256"):
        answer = client.get(f"/v1/registers/{wrong}/{path}", buffered=True)
        assert (answer.status_code, answer.json["detail"]) == (404, f"there is no register '{wrong}'")
    lifecycle.publish(store, "drafts")
    assert client.get("/v1/registers/drafts/records", buffered=True).json == {}


def test_a_retired_register_is_gone(store: Store) -> None:
    fill(store)
    client = create_app(Settings(), store).test_client()
    with store.writing() as tx:
        tx.connection.exec_driver_sql("UPDATE register SET status = 'retired' WHERE name = 'country'")
    for path in ("register", "records/GB", "download-rsf"):
        answer = client.get(f"/v1/registers/country/{path}", buffered=True)
        assert (answer.status_code, answer.headers["Cache-Control"]) == (410, "no-store")
    assert client.get("/v1/registers", buffered=True).json == {"registers": []}


def test_a_database_without_tables_is_never_an_empty_list(tmp_path: object) -> None:
    store = open_store(f"sqlite:///{tmp_path}/empty.db")
    client = create_app(Settings(), store).test_client()
    for path in ("", "/country/records", "/country/entries"):
        answer = client.get(f"/v1/registers{path}", buffered=True)
        assert answer.status_code == 503
        assert json.loads(answer.data)["title"] == "Service Unavailable"
    store.close()
