"""Each datatype takes what its rule allows, and refuses the rest with a reason that says what is wrong."""

from __future__ import annotations

import doctest
import json
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registers import datatypes
from registers.datatypes import DATATYPES, RELAXED, datatype, first_day, last_day
from registers.errors import Invalid

unhurried = settings(deadline=None)  # a busy machine is no fault
HEX = "0123456789abcdef" * 4
SQUARE = '{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,1],[0,0]]]}'

RIGHT = {
    "string": ["a", "Côte d’Ivoire", "  padded  ", "日本", "a\nb", "٣", "\u0301a", "\U000e0fff", "-"],
    "text": ["# A heading\n\nand *words*", "x"],
    "integer": ["0", "7", "-7", "10", "123456789012345678901234567890"],
    "boolean": ["true", "false"],
    "name": ["a", "start-date", "local-authority-eng", "x9", "a-", "a--b"],
    "curie": ["country:GB", "local-authority-eng:LND", "a_b-c9:1", "a-b:E07000001", "a:b/c.d-e_f"],
    "datetime": [
        *("2017", "2017-08", "2017-08-09", "2017-08-31", "2017-04-30", "2016-02-29", "2000-02-29"),
        *(
            "0001-01-01",
            "9999-12-31",
            "2017-08-09T00Z",
            "2017-08-09T23:59Z",
            "2017-08-09T23:59:59Z",
            "2016-02-29T10Z",
        ),
    ],
    "timestamp": ["2017-08-09T10:30:00Z", "2016-02-29T00:00:00Z", "0001-01-01T23:59:59Z"],
    "period": [
        *("2017/2018", "2017-04-01/2018-03-31", "2017/2017", "2017-08-09/2017-08", "2017-08/2017-08-09"),
        *("2017-08-09/2017-08-09", "2017-08-09T10Z/2017-08-09T10:30Z", "2017-08-09T10:59:59Z/2017-08-09T10Z"),
        *(
            "2017/P1Y",
            "P1Y/2018",
            "2017-02-28/P1D",
            "P6M",
            "P3Y9M27D",
            "PT1H",
            "PT1M",
            "P1YT1S",
            "P2W",
            "P0D",
        ),
        *("P11M", "P1Y2M3DT4H5M6S", "2016-02-29/2016"),
    ],
    "url": [
        *("https://www.gov.uk", "http://localhost/", "http://a.example:8080/x?y=1#z", "HTTPS://WWW.GOV.UK/A"),
        *("https://a.example/%20", "https://xn--d1acufc.example/", "https://пример.испытание/путь"),
        "http://[::1]:80/",
        *(
            "http://192.0.2.1/",
            "https://a.example.:443/",
            "https://a.example:65535",
            "https://a_b.example?q={x}|y",
        ),
        *("https://a.example/@someone", "https://a.example?at=a@b", "https://उदाहरण.परीक्षा/"),
    ],
    "hash": [f"sha-256:{HEX}", f"1220{HEX}"],
    "point": [
        *(
            "[0,0]",
            "[-0.1276, 51.5072]",
            "[180,90]",
            "[-180.0,-90.00]",
            "[179.9999999, -89.9999999]",
            "[9.50, 1]",
        ),
        *("[100,10]", "[99.9,9.9]", "[-0, 0]"),
    ],
    "geometry": ['{"type":"Point","coordinates":[-0.1276,51.5072]}', SQUARE],
}

WRONG = [
    ("string", " ", "nothing to see"),
    ("string", "\t\n\u00a0\u2003\u2028", "nothing to see"),
    ("string", "\u200b\u00ad\u0007", "nothing to see"),
    ("string", "\ufeff", "byte order mark"),
    ("string", "ab\ufeffc", "as character 3"),
    ("text", "\n\n", "nothing to see"),
    ("text", "\ufeff# Title", "as character 1"),
    ("integer", "007", "without leading zeros"),
    ("integer", "-07", "without leading zeros"),
    ("integer", "00", "without leading zeros"),
    ("integer", "-0", "0 has no minus sign"),
    ("integer", "+7", "without a plus sign"),
    *[("integer", value, "not an integer") for value in ("1_000", "１２", "٣", "1.0", "1e3", " 1", "1\n")],
    *[("integer", value, "not an integer") for value in ("-", "0x1", "−7", "--7", "1２")],
    *[("boolean", value, "neither true nor false") for value in ("True", "TRUE", "1", "true\n", " false")],
    *[("name", value, "not a name") for value in ("Start", "9a", "-a", "a_b", "a b", "naïve", "a\n", "ａ")],
    ("curie", "GB", "no colon"),
    ("curie", "country:GB:1", "more than one colon"),
    ("curie", "a::b", "more than one colon"),
    ("curie", "country:", "nothing after the colon"),
    ("curie", ":GB", "before the colon"),
    ("curie", "Country:GB", "before the colon"),
    ("curie", " country:GB", "before the colon"),
    ("curie", "９a:GB", "before the colon"),
    ("curie", "country:G B", "a key starts with"),
    ("curie", "country:-GB", "a key starts with"),
    ("curie", "country:G--B", "a key starts with"),
    ("curie", "country:GB\n", "a key starts with"),
    ("datetime", "2017-13", "(month 13)"),
    ("datetime", "2017-00", "(month 00)"),
    ("datetime", "0000", "(year 0000)"),
    ("datetime", "2017-02-30", "(2017-02 has no day 30)"),
    ("datetime", "2017-02-29", "(2017-02 has no day 29)"),
    ("datetime", "1900-02-29", "(1900-02 has no day 29)"),
    ("datetime", "2017-04-31", "(2017-04 has no day 31)"),
    ("datetime", "2017-01-32", "(day 32)"),
    ("datetime", "2017-01-00", "(day 00)"),
    ("datetime", "2017-08-09T24Z", "(hour 24)"),
    ("datetime", "2017-08-09T10:60Z", "(minute 60)"),
    ("datetime", "2016-12-31T23:59:60Z", "(second 60)"),
    ("datetime", "2017-08-09T10", "ends in Z"),
    ("datetime", "2017-08-09T10:30:00", "ends in Z"),
    ("datetime", "2017-08-09T10:30:00+01:00", "ends in Z"),
    *[
        ("datetime", value, "not a date such as")
        for value in (
            "17",
            "2017-8",
            "2017-08-9",
            "20170809",
            "2017Z",
            "2017-08-09Z",
            "2017-08T10Z",
            "2017\n",
        )
        + (
            "09/08/2017",
            " 2017",
            "２０１７",
            "2017-08-09 10:30:00Z",
            "2017-08-09T10:30:00.5Z",
            "-2017",
            "12017",
        )
    ],
    ("timestamp", "2017-08-09", "(to the second)"),
    ("timestamp", "2017-08-09T10:30Z", "(to the second)"),
    ("timestamp", "2017-08-09T10:30:00.5Z", "(to the second)"),
    ("timestamp", "2017-02-29T10:30:00Z", "2017-02 has no day 29"),
    ("timestamp", "2016-12-31T23:59:60Z", "second 60"),
    ("timestamp", "2017-08-09T10:30:00", "ends in Z"),
    ("timestamp", "0000-01-01T00:00:00Z", "year 0000"),
    ("timestamp", "2017-08-09T10:30:00Z\n", "not a timestamp"),
    ("timestamp", "2017-08-09T1０:30:00Z", "not a timestamp"),
    ("period", "2017", "neither a duration nor two ends"),
    ("period", "P", "neither a duration nor two ends"),
    ("period", "PT", "neither a duration nor two ends"),
    ("period", "P1YT", "neither a duration nor two ends"),
    ("period", "P1H", "neither a duration nor two ends"),
    ("period", "P1W1D", "neither a duration nor two ends"),
    ("period", "P1M1Y", "neither a duration nor two ends"),
    ("period", "P1.5Y", "neither a duration nor two ends"),
    ("period", "-P1Y", "neither a duration nor two ends"),
    ("period", "P１Y", "neither a duration nor two ends"),
    ("period", "P1Y\n", "neither a duration nor two ends"),
    ("period", "P1Y/P2Y", "both ends are durations"),
    ("period", "2018/2017", "starts after it ends"),
    ("period", "2017-08-10/2017-08-09", "starts after it ends"),
    ("period", "2017-08-09T11Z/2017-08-09T10Z", "starts after it ends"),
    ("period", "2017-08-10/2017-07", "starts after it ends"),
    ("period", "2017-13/2018", "'2017-13': month 13"),
    ("period", "2017/2018-02-30", "'2018-02-30': 2018-02 has no day 30"),
    ("period", "/2017", "'' is neither a date nor a duration"),
    ("period", "2017/", "'' is neither a date nor a duration"),
    ("period", "2017/2018/2019", "'2018/2019' is neither"),
    ("url", "www.gov.uk", "starts with http:// or https://"),
    ("url", "ftp://a.example/", "starts with http:// or https://"),
    ("url", "mailto:a@b.example", "starts with http:// or https://"),
    ("url", "javascript:alert(1)", "starts with http:// or https://"),
    ("url", "https:/a.example", "starts with http:// or https://"),
    ("url", "//a.example/", "starts with http:// or https://"),
    ("url", "httpſ://a.example/", "starts with http:// or https://"),
    ("url", "https://", "no host"),
    ("url", "https:///path", "no host"),
    ("url", "https://:80/", "no host"),
    ("url", "https://a.example/a b", "character 20, U+0020"),
    ("url", "https://a.example/\n", "U+000A"),
    ("url", "https://a.exa\tmple/", "U+0009"),
    ("url", "https://a.example/\u200b", "U+200B"),
    ("url", "https://a.example/\u00a0", "U+00A0"),
    ("url", "https://a.example\\@b.example/", "U+005C"),
    ("url", 'https://a.example/"', "U+0022"),
    ("url", "<https://a.example/>", "U+003C"),
    ("url", "https://me@a.example/", "user name or password"),
    ("url", "https://me:secret@a.example/", "user name or password"),
    ("url", "https://a.example:0/", "the port '0'"),
    ("url", "https://a.example:65536/", "the port '65536'"),
    ("url", "https://a.example:/", "the port ''"),
    ("url", "https://a.example:8o/", "the port '8o'"),
    ("url", "https://a.example:８０/", "the port '８０'"),
    ("url", "https://a.example:1:2/", "the port '1:2'"),
    ("url", "https://a..example/", "the host 'a..example'"),
    ("url", "https://.a.example/", "the host"),
    ("url", "https://a!b.example/", "the host"),
    ("url", "https://ａ.example/", "the host"),
    ("url", "https://a。example/", "the host"),
    ("url", "https://a｡example/", "the host"),
    ("url", "https://[::1/", "the host"),
    ("url", "https://[::g]/", "the IPv6 address '[::g]'"),
    ("url", "https://[fe80::1%25eth0]/", "the IPv6 address"),
    ("hash", f"sha-256:{HEX.upper()}", "(small letters)"),
    *[
        ("hash", value, "not a hash")
        for value in (HEX, f"sha-256:{HEX[1:]}", f"1220{HEX}0", f"1340{HEX}", f"sha256:{HEX}", f"1220{HEX}\n")
        + (f"sha-256:{HEX[:-1]}g", f"1220{HEX[:-1]}１")
    ],
    ("point", "[51.5072, -120.5]", "the latitude '-120.5' is beyond 90: are they the wrong way round?"),
    ("point", "[100, 120]", "the latitude '120' is beyond 90"),
    ("point", "[180.0000001, 0]", "the longitude '180.0000001' is beyond 180"),
    ("point", "[181, 95]", "the longitude '181' is beyond 180"),
    ("point", "[0, 90.1]", "the latitude '90.1' is beyond 90"),
    ("point", f"[{'9' * 400}, 0]", "the longitude"),
    *[
        ("point", value, "not a point such as")
        for value in ("0,0", "[0]", "[0,0,0]", "[1e1,0]", "[0,  0]", "[ 0,0]", "[01,0]", "[.5,0]", "[5.,0]")
        + ("[+1,0]", "[１,0]", "[0,0]\n", "[NaN,0]", '["0","0"]', "[0;0]", "(0,0)")
    ],
    ("geometry", "POINT (0 0)", "is not canonical GeoJSON: it is not JSON"),
    ("geometry", SQUARE.replace(",", ", "), "is not canonical GeoJSON: from character"),
    ("geometry", '{"type":"Point","coordinates":[1,2]}\n', "is not canonical GeoJSON: from character"),
]


@pytest.mark.parametrize(("name", "value"), [(name, value) for name in RIGHT for value in RIGHT[name]])
def test_a_right_value_is_taken(name: str, value: str) -> None:
    assert DATATYPES[name].check(value) is None


@pytest.mark.parametrize(("name", "value", "phrase"), WRONG)
def test_a_wrong_value_is_refused_with_the_reason(name: str, value: str, phrase: str) -> None:
    reason = DATATYPES[name].check(value)
    assert reason is not None
    assert phrase in reason
    assert "\n" not in reason
    assert len(reason) < 300


def test_every_datatype_of_the_contract_is_there_and_tried_both_ways() -> None:
    contract = "string text integer boolean name curie datetime timestamp period url hash point geometry"
    assert list(DATATYPES) == contract.split()
    assert set(DATATYPES) == set(RIGHT) == {name for name, _, _ in WRONG}
    for name, known in DATATYPES.items():
        assert known.name == name
        assert known.rule.endswith(".")


def test_a_datatype_is_found_by_name() -> None:
    assert datatype("curie") is DATATYPES["curie"]


def test_an_unknown_datatype_is_refused_with_the_names_of_those_there_are() -> None:
    with pytest.raises(Invalid, match="'polygon' is not a datatype: .*curie.*geometry"):
        datatype("polygon")


@unhurried
@given(st.dates())
def test_every_day_of_the_calendar_is_a_date(day: date) -> None:
    assert DATATYPES["datetime"].check(day.isoformat()) is None
    assert DATATYPES["timestamp"].check(f"{day.isoformat()}T12:00:00Z") is None


@unhurried
@given(st.integers(1, 9999), st.integers(0, 19), st.integers(0, 39))
def test_no_other_day_is_a_date(year: int, month: int, day: int) -> None:
    value = f"{year:04}-{month:02}-{day:02}"
    try:
        real = bool(date(year, month, day))
    except ValueError:
        real = False
    assert (DATATYPES["datetime"].check(value) is None) is real


PARTIAL = st.dates().flatmap(lambda day: st.sampled_from([day.isoformat()[:size] for size in (4, 7, 10)]))


@unhurried
@given(PARTIAL, PARTIAL)
def test_a_period_is_refused_exactly_when_its_first_day_is_after_its_last(start: str, end: str) -> None:
    reason = DATATYPES["period"].check(f"{start}/{end}")
    assert (reason is None) is (first_day(start) <= last_day(end))


@unhurried
@given(st.dates(date(1, 1, 1), date(9998, 12, 31)))
def test_the_day_after_the_last_of_a_month_or_year_is_the_first_of_the_next(day: date) -> None:
    value = day.isoformat()
    assert first_day(value) == last_day(value) == day
    for size in (4, 7):
        first, last = first_day(value[:size]), last_day(value[:size])
        assert first <= day <= last
        assert (last + timedelta(days=1)).isoformat()[:size] > value[:size]
        assert first == date(1, 1, 1) or (first - timedelta(days=1)).isoformat()[:size] < value[:size]


def test_the_examples_in_the_documentation_are_true() -> None:
    failed, tried = doctest.testmod(datatypes)
    assert tried
    assert not failed


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("datetime", "2017-06-22T00:00:00"),
        ("datetime", "2017-06-22T10:30"),
        ("datetime", "2017-06-22T10"),
        ("curie", " country:GB"),
    ],
)
def test_the_archive_s_defects_are_let_through_only_when_relaxed(name: str, value: str) -> None:
    assert DATATYPES[name].check(value)
    assert RELAXED[name](value) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("datetime", "2017-02-30T00:00:00"),
        ("datetime", "2017-06-22T24:00:00"),
        ("datetime", "2017-06-22T10:30:00+01:00"),
        ("datetime", "2017-06-22T"),
        ("datetime", "2017-13"),
        ("curie", "  country:GB"),
        ("curie", " country:"),
        ("curie", " GB"),
        ("curie", "country:GB "),
        ("curie", "\u00a0country:GB"),
    ],
)
def test_being_relaxed_lets_nothing_else_through(name: str, value: str) -> None:
    assert RELAXED[name](value)


@pytest.mark.parametrize("name", RELAXED)
def test_being_relaxed_refuses_nothing_that_is_right(name: str) -> None:
    assert all(RELAXED[name](value) is None for value in RIGHT[name])


def _published_values(folder: Path) -> Iterator[tuple[str, str]]:
    """Each datatype and value of the published registers, by the fields that each register defines."""
    for path in sorted(folder.glob("*/records.rsf")):
        lines = path.read_text(encoding="utf-8").splitlines()
        items = [json.loads(line.split("\t")[1]) for line in lines if line.startswith("add-item\t")]
        defined = [item for item in items if {"field", "datatype", "cardinality"} <= item.keys()]
        fields = {item["field"]: item["datatype"] for item in defined}
        for item in items:
            for name in item.keys() & fields.keys():
                values = item[name] if isinstance(item[name], list) else [item[name]]
                yield from ((fields[name], value) for value in values if value)


def test_the_published_registers_break_only_the_rules_that_are_relaxed(shared_data: Path) -> None:
    folder = shared_data / "govuk-registers"
    if not folder.is_dir():
        pytest.skip("the published registers are not in the folder of shared data")
    tried: Counter[str] = Counter()
    refused = set()
    for name, value in set(_published_values(folder)):
        tried[name] += 1
        if DATATYPES[name].check(value):
            refused.add((name, value))
    assert tried["string"] > 1000
    assert {name for name, _ in refused} <= set(RELAXED)
    assert all(RELAXED[name](value) is None for name, value in refused)
