"""Answers made smaller: in the encoding that the caller likes best, of every text, and never otherwise than it was."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator

import brotli
import pytest
from backports import zstd
from flask import Flask
from flask.testing import FlaskClient

from api import compression, negotiation
from api.openapi import description
from bulk.kinds import COMPRESSIONS, FORMATS
from registers.store.engine import Store
from tests.api.conftest import Get
from tests.api.test_blueprint import make_app
from tests.makers import grow

UNDO: dict[str, Callable[[bytes], bytes]] = {
    "zstd": zstd.decompress,
    "br": brotli.decompress,
    "gzip": gzip.decompress,
}
PAGE = "/v1/registers/country/entries"
STREAM = "/v1/registers/country/download-rsf"


@pytest.fixture
def long(sqlite_app: Flask, sqlite_store: Store) -> FlaskClient:
    """Whoever asks an application with a register of a few hundred entries."""
    grow(sqlite_store, 300)
    return sqlite_app.test_client()


@pytest.mark.parametrize("coding", UNDO)
@pytest.mark.parametrize("url", [PAGE, f"{PAGE}.csv", STREAM, "/problems"])
def test_a_text_is_the_same_in_every_coding(long: FlaskClient, url: str, coding: str) -> None:
    plain = long.get(url, buffered=True)
    small = long.get(url, buffered=True, headers={"Accept-Encoding": coding})
    assert small.headers["Content-Encoding"] == coding
    assert UNDO[coding](small.data) == plain.data
    assert len(small.data) < len(plain.data) / 2
    assert small.content_type == plain.content_type
    assert small.headers.get("ETag") == plain.headers.get("ETag")
    assert "Accept-Encoding" in small.headers["Vary"]
    assert "Accept-Encoding" in plain.headers["Vary"]


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("", None),
        ("identity", None),
        ("deflate", None),
        ("gzip;q=0", None),
        ("gzip;q=0, br;q=0.000", None),
        ("br;q=0, gzip", "gzip"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("gzip;q=1.0, br;q=0.5", "gzip"),
        ("br;q=0.9, gzip;q=0.8", "br"),
        ("identity;q=1, gzip;q=0.5", None),
        ("*", "zstd"),
        ("nonsense;;q=q,,", None),
    ],
)
def test_the_caller_chooses(long: FlaskClient, accepted: str, coding: str | None) -> None:
    answer = long.get(PAGE, buffered=True, headers={"Accept-Encoding": accepted})
    assert answer.status_code == 200
    assert answer.headers.get("Content-Encoding") == coding


def test_a_304_is_the_same_for_every_coding(long: FlaskClient) -> None:
    tags = {long.get(PAGE, headers={"Accept-Encoding": coding}).headers["ETag"] for coding in ("", *UNDO)}
    (tag,) = tags
    for coding in ("", *UNDO):
        answer = long.get(PAGE, headers={"Accept-Encoding": coding, "If-None-Match": tag})
        assert (answer.status_code, answer.data) == (304, b"")
        assert "Content-Encoding" not in answer.headers


def test_head_has_the_headers_of_get(long: FlaskClient) -> None:
    for url in (PAGE, STREAM):
        asked = {"buffered": True, "headers": {"Accept-Encoding": "br"}}
        whole, head = long.get(url, **asked), long.head(url, **asked)
        assert head.data == b""
        assert dict(head.headers) | {"X-Request-Id": ""} == dict(whole.headers) | {"X-Request-Id": ""}


def test_what_is_small_or_packed_already_is_left_alone(sqlite_get: Get) -> None:
    for path in ("/healthz", "/v1/registers/country/records/GB", "/v1/registers/country/download-register"):
        answer = sqlite_get(path, headers={"Accept-Encoding": "gzip, br, zstd"})
        assert "Content-Encoding" not in answer.headers


def test_a_long_problem_is_compressed(long: FlaskClient) -> None:
    answer = long.get("/v1/registers/" + "x" * 3000, buffered=True, headers={"Accept-Encoding": "gzip"})
    assert (answer.status_code, answer.content_type) == (404, "application/problem+json")


@pytest.mark.parametrize("coding", UNDO)
def test_a_stream_that_fails_breaks_off(long: FlaskClient, sqlite_app: Flask, coding: str) -> None:
    def lines() -> Iterator[str]:
        yield "x" * negotiation.BLOCK
        raise OSError("the disk is gone")

    view = sqlite_app.view_functions["downloads.download_rsf"]

    def fail(**_: object):  # type: ignore[no-untyped-def]
        return negotiation.stream(lines())

    fail.declared = view.declared  # type: ignore[attr-defined]
    sqlite_app.view_functions["downloads.download_rsf"] = fail
    with pytest.raises(OSError, match="the disk is gone"):
        long.get(STREAM, buffered=True, headers={"Accept-Encoding": coding})


def formats() -> list[str]:
    documented = description(make_app())["paths"].values()
    return sorted(
        {
            media_type.partition(";")[0]
            for path in documented
            for method, operation in path.items()
            if method != "parameters"
            for response in operation["responses"].values()
            for media_type in response.get("content", {})
        }
        - {negotiation.ZIP.media_type, "application/zip", *COMPRESSIONS.values()}
        - {each.content_type for each in FORMATS.values() if not each.is_text}
    )


def test_every_format_that_is_text_is_among_those_compressed() -> None:
    assert "application/json" in formats()
    assert set(formats()) <= set(compression.TEXTS)
