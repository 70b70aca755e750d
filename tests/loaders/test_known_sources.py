"""What the known sources make of cells and of rows that are hard to read: nought, codes with two names, repetitions."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from loaders import columns, sources
from loaders.source import MOST_PROBLEMS, Problems, Row
from loaders.sources.postcodes import unrepeated
from tests.loaders.test_dirty_sources import AUTHORITIES, FULL, POSTCODES, SCHOOLS, Table, written


def read(name: str, path: Path, **options: str) -> tuple[dict[str, Row], list[str]]:
    """The rows of a file by their keys, and what is wrong with it."""
    reading = sources.find(name).read(path, options)
    found = {row.key: row for row in reading.rows_once()}
    return found, [str(each) for each in reading.problems.shown]


def file_of(path: Path, table: Table, *more: str) -> Path:
    """A CSV file of a table, and of lines after it."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(written(table) + "".join(f"{line}\r\n" for line in more), "utf-8")
    return path


def changed(table: Table, row: int, **cells: str) -> Table:
    """The table with other cells in a row."""
    header, rows = table[0], [list(each) for each in table[1]]
    for name, cell in cells.items():
        rows[row][header.index(name)] = cell
    return header, rows


# Schools


def test_nought_is_an_age_and_no_code(tmp_path: Path) -> None:
    table = changed(FULL, 0, StatutoryLowAge="0", StatutoryHighAge="999", EstablishmentNumber="0000", Town="0")
    table = changed(table, 0, **{"TypeOfEstablishment (code)": "00", "GSSLACode (name)": "999", "Diocese (code)": "ZZ"})
    found, wrong = read("schools", file_of(tmp_path / "x.csv", table))
    item = found["100000"].item
    assert (item["lowest-age"], item["highest-age"], item["town"]) == ("0", "999", "0")
    assert not {"establishment-number", "school-type", "local-authority", "diocese"} & item.keys()
    assert (item["religious-character"], wrong) == ("02", [])


@pytest.mark.parametrize("name", ["school-types", "dioceses", "religious-characters"])
def test_a_ragged_last_line_is_told_by_the_registers_that_schools_link_to(tmp_path: Path, name: str) -> None:
    names = ["TypeOfEstablishment (name)", "Diocese (name)", "ReligiousCharacter (name)"]
    full = (FULL[0] + names, [[*row, "A type", "A diocese", "A character"] for row in FULL[1]])
    _, wrong = read(name, file_of(tmp_path / "x.csv", full, "100002,Half a"))
    assert wrong == ["row 4: has 2 values where the header has 27"]
    if name == "school-types":
        found, wrong = read(name, file_of(tmp_path / "x.csv", SCHOOLS, "100002,Half a"))
        assert (sorted(found), wrong) == (["01", "02"], ["row 4: has 2 values where the header has 10"])


def test_two_names_of_one_code_are_told_with_both_rows(tmp_path: Path) -> None:
    kinds = ["Ysgol M\u00f4n", "Ysgol Mo\u0302n", "Academy"]
    rows = [[*FULL[1][0], kind] for kind in kinds]
    path = file_of(tmp_path / "x.csv", ([*FULL[0], "TypeOfEstablishment (name)"], rows))
    found, wrong = read("school-types", path)
    assert found["02"].item["name"] == kinds[0]
    assert wrong == [
        f"row 4, TypeOfEstablishment (name): the code 02 is 'Academy' here, and {kinds[0]!r} in row 2",
    ]


# Authorities


def test_what_is_wrong_with_a_look_up_of_codes_is_told(tmp_path: Path) -> None:
    path = file_of(tmp_path / "x.csv", AUTHORITIES)
    header = "LADCD,LADNM,LADCD_ACTIVE,LADNM_ACTIVE"
    lines = ["E1,A,E2,A", "E1,A,E2,A", "E1,A,E3,A", "E4,B,E5,C", ",,E6,", "E06000060,B,E7,B", "E8,D"]
    codes = tmp_path / "codes.csv"
    codes.write_text("\n".join([header, *lines]))
    found, wrong = read("local-authorities", path, codes=str(codes))
    assert wrong == [
        "codes.csv, row 4, LADCD_ACTIVE: the code 'E1' is 'E3' now, and in row 2 it is 'E2'",
        "codes.csv, row 8: has 2 values where the header has 4",
    ]
    assert (found["BUC"].item["gss"], found["BUC"].item["former-gss"]) == ("E7", ["E06000060"])


# Postcodes


def test_the_postcode_that_is_like_no_other_is_one(tmp_path: Path) -> None:
    good = ["GIR 0AA", "M1 1AA", "M60 1NW", "W1A 1HQ", "CR2 6XH", "DN55 1PT", "EC1A 1BB", "BT11AA"]
    bad = ["GIR 1AA", "GIR 0AB", "XGIR 0AA", "M1  1AA", "ABC1 1AA", "M 1AA", "gir 0aa"]
    rows = [[name, *POSTCODES[1][0][1:]] for name in good + bad]
    found, wrong = read("postcodes", file_of(tmp_path / "x.csv", (POSTCODES[0], rows)))
    assert sorted(found) == sorted(name.replace(" ", "") for name in good)
    assert wrong == [f"row {n}, pcds: {name!r} is not a postcode such as AB1 0AA" for n, name in enumerate(bad, 10)]


def test_a_postcode_that_comes_again_is_told_with_both_rows_and_their_files(tmp_path: Path) -> None:
    folder = tmp_path / "ONSPD"
    file_of(folder / "a.csv", POSTCODES, "half")
    file_of(folder / "b.csv", changed(changed(POSTCODES, 0, dointr="soon"), 1, doterm="199606"))
    file_of(folder / "c.csv", (POSTCODES[0], [*POSTCODES[1], ["gone", *POSTCODES[1][0][1:]]]))
    _, wrong = read("postcodes", folder)
    assert wrong == [
        "a.csv, row 4: has 1 value where the header has 9",
        "b.csv, row 2, dointr: 'soon' is not a date as YYYYMM",
        "c.csv, row 4, pcds: 'gone' is not a postcode such as AB1 0AA",
        "b.csv, row 3, pcds: the postcode BT11AA is that of a.csv, row 3 too",
        "c.csv, row 2, pcds: the postcode AB10AA is that of a.csv, row 2 too",
        "c.csv, row 3, pcds: the postcode BT11AA is that of a.csv, row 3 too",
    ]
    alone = file_of(tmp_path / "x.csv", (POSTCODES[0], POSTCODES[1] * 2))
    assert read("postcodes", alone)[1] == [
        "row 4, pcds: the postcode AB10AA is that of row 2 too",
        "row 5, pcds: the postcode BT11AA is that of row 3 too",
    ]


def test_many_that_come_again_are_counted_in_little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "BATCH", 1000)
    keys = [f"AB{n % 50_000:05}" for n in range(60_000)]

    def given_rows() -> Iterator[Row]:
        return (Row(key, {}, f"row {n}") for n, key in enumerate(keys, 2))

    problems = Problems()
    assert sum(1 for _ in unrepeated(given_rows(), problems)) == 60_000
    assert (problems.count, len(problems.shown)) == (10_000, MOST_PROBLEMS)
    assert str(problems.shown[-1]) == "row 50101, pcds: the postcode AB00099 is that of row 101 too"
    tracemalloc.start()
    left = unrepeated(given_rows(), Problems())
    for _ in range(60_000):
        next(left)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 20 * 60_000
