"""Any dirt in a file of a known source: it is loaded as it should be, or refused with every bad row, and never half.

The rows are made up in the columns of the real files; dirt is put into cells by chance.
"""

from __future__ import annotations

import csv
import io
import re
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loaders import loading, sources
from loaders.loading import File
from loaders.source import Wrong
from registers.errors import Invalid
from registers.opening import open_store
from registers.store.engine import Store
from tests.loaders.given import items, quietly
from tests.makers import AUTHORITY, OPERATOR, CheckedStore, names_in

Table = tuple[list[str], list[list[str]]]
DIRT = [
    "",
    " ",
    "x",
    "\ufeff",
    "\u00a0",
    "99.999999",
    "31-02-2020",
    "2020-02-30",
    "E99999999",
    '"',
    ";",
    ",",
    "-1e400",
    "nan",
] + ["inf", "A" * 300, "\r\n", "a/b", "../..", "00", "**REDACTED**", "é", "E0600\t", "٣", "1 2", "533498"]


def _table(header: str, *rows: str) -> Table:
    """A table from lines whose cells are parted by |."""
    return header.split("|"), [row.split("|") for row in rows]


SCHOOLS = _table(
    "urn|name|town|postcode|open_date|close_date|establishment-type|dfe_estab|longitude|latitude",
    "100000|The Aldgate School|London|EC3A 5DE|||Voluntary Aided School|3614|-0.078|51.514",
    "100001|City School|London|EC2Y 8BB|01-01-1920|31-08-2020|Community School|6005||",
)
AUTHORITIES = _table(
    "local-authority-code|official-name|nice-name|gss-code|start-date|end-date|replaced-by|nation"
    "|region|local-authority-type-name|county-la|combined-authority|alt-names|former-gss-codes",
    "BUC|Buckinghamshire Council|Buckinghamshire|E06000060|2020-04-01|||England|South East"
    "|Unitary authority|||Bucks,buckinghamshire|",
    "AYL|Aylesbury Vale District Council|Aylesbury Vale|E07000004||2020-03-31|BUC|England|South East"
    "|Non-metropolitan district|||aylesbury vale|",
)
POSTCODES = _table(
    "pcds|dointr|doterm|oslaua|ctry|oseast1m|osnrth1m|lat|long",
    "AB1 0AA|198001|199606|S12000033|S92000003|385386|0801193|57.101474|-2.242851",
    "BT1 1AA|198001||N09000003|N92000002|333886|0374045|54.602517|-5.924",
)
FULL = _table(
    "URN|EstablishmentName|EstablishmentStatus (name)|EstablishmentNumber|GSSLACode (name)"
    "|StatutoryLowAge|StatutoryHighAge|Street|Locality|Address3|Town|County (name)|Postcode|UKPRN"
    "|UPRN|TypeOfEstablishment (code)|Diocese (code)|ReligiousCharacter (code)"
    "|PhaseOfEducation (name)|Gender (name)|OpenDate|CloseDate|Easting|Northing",
    "100000|The Aldgate School|Open|3614|E09000001|3|11|St James's Passage|Duke's Place|London||"
    "|EC3A 5DE|10079319|200000071925|02|CE23|02|Primary|Mixed|||533498|181201",
    "100001|City School|Closed|6005|E09000001|7|18|St Giles' Terrace|||London||EC2Y 8BB|||11|0000|00"
    "|Not applicable|Girls|01-01-1920|31-08-2020|532301|181746",
)
KNOWN = {
    "schools": ("schools", SCHOOLS),
    "schools, the full extract": ("schools", FULL),
    "local-authorities": ("local-authorities", AUTHORITIES),
    "postcodes": ("postcodes", POSTCODES),
}


def written(table: Table) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([table[0], *table[1]])
    return text.getvalue()


def dirtied(table: Table, dirt: list[tuple[int, int, str]]) -> tuple[Table, set[int]]:
    rows = [list(row) for row in table[1]]
    for place, column, cell in dirt:
        rows[place % len(rows)][column % len(table[0])] = cell
    return (table[0], rows), {place % len(rows) + 2 for place, _, _ in dirt}


@pytest.mark.parametrize("which", KNOWN)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(
    dirt=st.lists(
        st.tuples(st.integers(0, 1), st.integers(0, 40), st.sampled_from(DIRT) | st.text(max_size=4)), max_size=3
    )
)
def test_dirt_is_taken_for_what_it_is_or_refused_by_its_row(
    which: str, dirt: list[tuple[int, int, str]], sqlite_template: Path, tmp_path: Path
) -> None:
    name, clean = KNOWN[which]
    source = sources.find(name)
    table, touched = dirtied(clean, dirt)
    path = tmp_path / f"{source.about.register}.csv"
    path.write_bytes(written(table).encode("utf-8", "surrogatepass"))
    store = _fresh(sqlite_template, tmp_path / "registers.db")
    try:
        loading.load(store, source, File(path), AUTHORITY, OPERATOR, quietly)
    except Wrong as wrong:
        rows = {int(found[0]) for problem in wrong.problems.shown if (found := re.findall(r"row (\d+)", problem.place))}
        assert rows <= touched | {row + 1 for row in touched} | {2, 3}
        assert dirt and names_in(store) == []
    except Invalid:
        assert dirt and names_in(store) == []
    else:
        assert 1 <= len(items(store, source.about.register)) <= len(table[1])
    finally:
        store.close()


def _fresh(template: Path, path: Path) -> Store:
    """An empty store, so that each example begins with nothing."""
    shutil.copyfile(template, path)
    for ending in ("-wal", "-shm"):
        Path(f"{path}{ending}").unlink(missing_ok=True)
    return open_store(f"sqlite:///{path}")


@pytest.mark.parametrize("which", KNOWN)
def test_without_dirt_all_of_it_is_loaded(which: str, sqlite_store: CheckedStore, tmp_path: Path) -> None:
    name, clean = KNOWN[which]
    path = tmp_path / "clean.csv"
    path.write_text(written(clean), "utf-8")
    loaded = loading.load(sqlite_store, sources.find(name), File(path), AUTHORITY, OPERATOR, quietly)
    assert loaded.counts.added == len(clean[1])
