"""Keys, timestamps, and how values are quoted in errors."""

from __future__ import annotations

import pytest

from registers.entry import check_key, first_chain, is_key, parse_timestamp, shortened, timestamp_text
from registers.errors import Invalid


@pytest.mark.parametrize(
    "key", ["GB", "a", "7", "a-b_c.d/e", "E09000001", "2016/17", "x-", "x.", "a" * 1000, "GB.json5", "csv", "x.csvs"]
)
def test_a_key_of_the_rule_is_accepted(key: str) -> None:
    assert is_key(key)
    check_key(key)


@pytest.mark.parametrize(
    "key",
    [
        "",
        "-a",
        ".a",
        "_a",
        "/a",
        "a--b",
        "a-_b",
        "a//b",
        "a..b",
        "a._",
        "é",
        "a b",
        "a\n",
        "a:b",
        "GB ",
        "１",
        "a" * 1001,
    ],
)
def test_a_key_that_breaks_the_rule_is_refused(key: str) -> None:
    assert not is_key(key)
    with pytest.raises(Invalid, match="breaks the rule: a key starts with a letter or digit"):
        check_key(key)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("2016-04-05T13:23:05Z", 1459862585),
        ("1969-12-31T23:59:59Z", -1),
        ("0001-01-01T00:00:00Z", -62135596800),
        ("9999-12-31T23:59:59Z", 253402300799),
    ],
)
def test_a_timestamp_is_whole_utc_seconds(text: str, seconds: int) -> None:
    assert parse_timestamp(text) == seconds
    assert timestamp_text(seconds) == text


@pytest.mark.parametrize(
    "text",
    [
        "2016-04-05",
        "2016-04-05T13:23:05",
        "2016-04-05T13:23:05+00:00",
        "2016-04-05T13:23:05.0Z",
        "2016-04-05 13:23:05Z",
        "2016-4-5T13:23:05Z",
        "2016-02-30T13:23:05Z",
        "2016-04-05T24:00:00Z",
        "2016-12-31T23:59:60Z",
        "２016-04-05T13:23:05Z",
        "2016-04-05T13:23:05Z\n",
        "",
    ],
)
def test_any_other_spelling_of_a_timestamp_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="is not a timestamp such as"):
        parse_timestamp(text)


def test_the_chain_begins_with_the_origin() -> None:
    assert first_chain("a/b") != first_chain("a/c")
    assert first_chain("").hex().startswith("e3b0c442")


def test_a_quoted_value_is_escaped_and_cut() -> None:
    assert shortened("GB") == "'GB'"
    assert shortened("a\nb\u202e") == r"'a\nb\u202e'"
    assert shortened("é") == "'é'"
    assert len(shortened("x" * 1000)) < 70
