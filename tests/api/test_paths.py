"""Paths: what is inside a segment stays there, a suffix is a format, and what is not text is refused."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from api.paths import INNER_SLASH, RawPaths, SegmentConverter, decode, raw_path, split_suffix
from registers.errors import Invalid
from tests.api.conftest import Get

COUNTRY = "/v1/registers/country"


@pytest.mark.parametrize(
    ("path", "segments"),
    [
        ("/", ["", ""]),
        ("/a%2Fb/c", ["", "a/b", "c"]),
        ("/a%2fb", ["", "a/b"]),
        ("/%252F", ["", "%2F"]),
        ("/caf%C3%A9", ["", "café"]),
        ("/caf\xc3\xa9", ["", "café"]),  # raw bytes, as WSGI shows them
        ("/a+b", ["", "a+b"]),
        ("//a", ["", "", "a"]),
    ],
)
def test_a_path_is_decoded_a_segment_at_a_time(path: str, segments: list[str]) -> None:
    assert decode(path) == segments


@pytest.mark.parametrize(
    "path", ["/%", "/%4", "/%zz", "/%ff", "/%c3", "/%ed%a0%80", "/\xff", "/a%00", "/%ef%b7%90", "/\ufdd0", "/é€"]
)
def test_a_path_that_is_not_text_is_refused(path: str) -> None:
    with pytest.raises(Invalid, match="path"):
        decode(path)


@pytest.mark.parametrize(
    ("environ", "path"),
    [
        ({"RAW_URI": "/a%2Fb?c=/d"}, "/a%2Fb"),
        ({"REQUEST_URI": "/a#b"}, "/a"),
        ({"RAW_URI": "http://example.org/a%2Fb?c"}, "/a%2Fb"),
        ({"RAW_URI": "http://example.org"}, "/"),
        ({"RAW_URI": "/a/http://b"}, "/a/http://b"),
        ({"RAW_URI": "/mount/a", "SCRIPT_NAME": "/mount"}, "/a"),
        ({"PATH_INFO": "/caf\xc3\xa9 %"}, "/caf%C3%A9%20%25"),
    ],
)
def test_the_raw_path_is_what_the_request_line_says(environ: dict[str, Any], path: str) -> None:
    assert raw_path(environ) == path


@pytest.mark.parametrize(
    ("path", "rest", "suffix"),
    [
        ("/v1/registers/country/records.csv", "records", "csv"),
        ("/v1/registers/country/records/foo.csv.json", "foo.csv", "json"),
        ("/v1/registers/country/records/foo.csv", "foo", "csv"),
        ("/v1/registers/country/records/foo%2Ecsv", "foo", "csv"),
        ("/v1/registers/country/records/a%2Fb.json", "a/b", "json"),
        ("/v1/registers/country/records/foo.tsv", "foo.tsv", None),
        ("/v1/registers/country/records.tsv", "records", "tsv"),
        ("/v1/registers/country/records/.json", ".json", None),
        ("/v1/registers/country/records/foo.JSON", "foo.JSON", None),
        ("/v2/registers/country/records.csv", "records", "csv"),
        ("/next/registers/country/records.csv", "records.csv", None),
        ("/v1/registers.json", "registers", "json"),
    ],
)
def test_a_suffix_under_a_version_is_always_a_format(path: str, rest: str, suffix: str | None) -> None:
    segments, found = split_suffix(decode(path))
    assert (segments[-1], found) == (rest, suffix)


def test_a_slash_inside_a_segment_reaches_the_router_as_a_noncharacter() -> None:
    seen: list[str] = []

    def app(environ: dict[str, Any], _start: object) -> Iterable[bytes]:
        seen.append(environ["PATH_INFO"].encode("latin-1").decode())
        return []

    RawPaths(app)({"RAW_URI": "/v1/a%2Fb/c"}, lambda *_: None)  # type: ignore[arg-type]
    assert seen == [f"/v1/a{INNER_SLASH}b/c"]
    assert SegmentConverter({}).to_python(f"a{INNER_SLASH}b") == "a/b"  # type: ignore[arg-type]
    assert SegmentConverter({}).to_url("a/b é") == "a%2Fb%20%C3%A9"  # type: ignore[arg-type]


def test_an_encoded_slash_is_part_of_the_key(get: Get) -> None:
    assert list(get("/country/records/a%2Fb").json) == ["a/b"]
    assert list(get("/country/records/a%2Fb.json").json) == ["a/b"]
    assert [entry["key"] for entry in get("/country/records/a%2Fb/entries").json] == ["a/b"]
    assert get("/country/records/a%2Fb").headers["Link"] == (
        '</v1/registers/country/records/a%2Fb/entries>; rel="version-history"'
    )


def test_a_plain_slash_is_not_part_of_the_key(get: Get) -> None:
    assert get("/country/records/a/b").status_code == 404


def test_a_key_that_ends_like_a_format_is_reached_with_another_format(get: Get) -> None:
    assert list(get("/country/records/foo.csv.json").json) == ["foo.csv"]
    assert get("/country/records/foo.csv").text.splitlines()[1].split(",")[3] == "foo"
    assert get("/country/records/foo.csv.csv").text.splitlines()[1].split(",")[3] == "foo.csv"


@pytest.mark.parametrize("path", ["/records/%ff", "/records/%", "/records/a%00b", "/records/name/%EF%B7%90"])
def test_a_broken_path_is_a_problem(sqlite_get: Get, path: str) -> None:
    answer = sqlite_get(COUNTRY + path)
    assert answer.status_code == 400
    assert answer.content_type == "application/problem+json"
    assert "path" in answer.json["detail"]
    assert answer.json["instance"] == COUNTRY + path


@pytest.mark.parametrize(
    "path", ["//v1/registers", "/v1//registers", "/v1/registers/", "/v1/registers/country/records/"]
)
def test_no_path_is_redirected_to_a_tidier_one(sqlite_get: Get, path: str) -> None:
    sent = {"RAW_URI": path, "REQUEST_URI": path}  # the test client takes what follows // for a host
    assert sqlite_get("/", environ_overrides=sent).status_code == 404
