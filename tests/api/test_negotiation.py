"""Formats: the suffix beats Accept, neither means JSON, and what cannot be served is refused."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from werkzeug.exceptions import NotAcceptable

from api.negotiation import BLOCK, CSV, GEOJSON, JSON, RSF, Format, _blocks, choose, quality
from registers.errors import Gone
from tests.api.conftest import Get


@pytest.mark.parametrize(
    ("suffix", "accept", "chosen"),
    [
        (None, "", JSON),
        (None, "   ", JSON),
        (None, "*/*", JSON),
        (None, "*", JSON),
        (None, "application/json", JSON),
        (None, "text/csv", CSV),
        (None, "TEXT/CSV", CSV),
        (None, "text/csv;charset=UTF-8", CSV),
        (None, "text/csv; header=present; q=0.5", CSV),
        (None, "text/*", CSV),
        (None, "text/csv, application/json", JSON),
        (None, "text/csv, application/json;q=0.9", CSV),
        (None, "text/html,application/xhtml+xml,*/*;q=0.8", JSON),
        (None, "application/json;q=0, */*", CSV),
        (None, "text/html, *; q=.2, */*; q=.2", JSON),
        ("csv", "application/json", CSV),
        ("json", "text/csv", JSON),
        ("csv", "image/png", CSV),
    ],
)
def test_the_format_is_chosen(suffix: str | None, accept: str, chosen: Format) -> None:
    assert choose((JSON, CSV), suffix, accept) is chosen


@pytest.mark.parametrize("accept", ["image/png", "*/*;q=0", "application/json;q=0, text/csv;q=0", "nonsense", ";"])
def test_an_accept_header_that_allows_no_format_is_refused(accept: str) -> None:
    with pytest.raises(NotAcceptable):
        choose((JSON, CSV), None, accept)


def test_a_suffix_of_a_format_that_the_resource_lacks_is_refused() -> None:
    with pytest.raises(NotAcceptable):
        choose((RSF,), "json", "*/*")


def test_json_of_a_kind_answers_to_the_suffix_where_there_is_no_plain_json() -> None:
    assert choose((CSV, GEOJSON), "json", "*/*") is GEOJSON
    assert choose((GEOJSON, JSON), "json", "*/*") is JSON


def test_a_retired_format_is_gone() -> None:
    with pytest.raises(Gone):
        choose((JSON, CSV), "tsv", "*/*")


def test_the_most_specific_range_decides() -> None:
    assert quality("text/*;q=0.3, text/csv;q=0.7, */*;q=0.9", "text/csv") == 0.7
    assert quality("text/*;q=0.3, */*;q=0.9", "text/csv") == 0.3


@pytest.mark.parametrize(
    "path", ["records", "records/GB", "records/GB/entries", "entries", "entries/1", "records/name/France"]
)
def test_content_types_are_exactly_as_published(sqlite_get: Get, path: str) -> None:
    url = f"/v1/registers/country/{path}"
    assert sqlite_get(url).content_type == "application/json"
    assert sqlite_get(f"{url}.csv").content_type == "text/csv;charset=UTF-8"
    assert sqlite_get(url, headers={"Accept": "text/csv"}).content_type == "text/csv;charset=UTF-8"
    assert sqlite_get(f"{url}.json", headers={"Accept": "text/csv"}).content_type == "application/json"


def test_an_answer_that_depends_on_accept_says_so(sqlite_get: Get) -> None:
    assert sqlite_get("/v1/registers/country/records").headers["Vary"] == "Accept, Accept-Encoding"
    assert sqlite_get("/v1/registers/country/records.json").headers["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    "path", ["register.csv", "proof/register/merkle:sha-256.csv", "download-rsf.json", "download-rsf/1.csv"]
)
def test_a_resource_without_the_format_is_not_acceptable(sqlite_get: Get, path: str) -> None:
    answer = sqlite_get(f"/v1/registers/country/{path}")
    assert (answer.status_code, answer.content_type) == (406, "application/problem+json")


@pytest.mark.parametrize("suffix", ["tsv", "ttl", "xlsx", "yaml"])
def test_the_retired_formats_are_gone(sqlite_get: Get, suffix: str) -> None:
    assert sqlite_get(f"/v1/registers/country/records.{suffix}").status_code == 410
    assert sqlite_get(f"/v1/registers/country/entries.{suffix}").status_code == 410


def test_a_stream_is_sent_in_blocks_with_nothing_lost() -> None:
    parts = [f"{n:07}é" for n in range(40_000)]
    blocks = list(_blocks(parts))
    assert b"".join(blocks).decode() == "".join(parts)
    assert len(blocks) == len("".join(parts)) // BLOCK + 1


def test_a_stream_that_fails_never_ends_politely() -> None:
    def failing() -> Iterator[str]:
        yield "x" * BLOCK
        raise RuntimeError("the disk is gone")

    blocks = iter(_blocks(failing()))
    assert len(next(iter(blocks))) == BLOCK
    with pytest.raises(RuntimeError):
        next(iter(blocks))
