"""Each format, opened by a reader that is not ours, holds the store's values, each of them and no other."""

from __future__ import annotations

import csv
import gzip
import io
import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import duckdb
import geopandas  # type: ignore[import-untyped]
import pandas as pd  # type: ignore[import-untyped]
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio  # type: ignore[import-untyped]
import pytest
import shapely  # type: ignore[import-untyped]
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from bulk.formats import columnar
from bulk.formats.separated import ENTRY_COLUMNS, neutralised
from bulk.kinds import FORMATS, Kind
from bulk.source import Source, open_source
from registers import lifecycle
from registers.audit import audit_file
from registers.definition import Field
from registers.errors import Invalid
from registers.plan import Change
from registers.store.engine import Store
from registers.v1.hashing import hash_text as v1_text
from registers.v2.hashing import hash_text as v2_text
from tests.bulk.conftest import SQUARE, THING, THINGS, Made, fill
from tests.makers import CheckedStore, append, entries_of
from tests.makers import make as make_register

CURRENT = {str(item["thing"]): item for item in THINGS}
NAMES = [field.name for field in THING]
SHOWN = [name for name in NAMES if name != "area"]


def joined(value: str | list[str]) -> str:
    return value if isinstance(value, str) else ";".join(value)


def expected_rows(names: list[str] = SHOWN) -> dict[str, list[str]]:
    """What a table of the records holds, by key."""
    return {key: [joined(item.get(name, "")) for name in names] for key, item in CURRENT.items()}


def expected_entries(store: Store) -> list[list[str]]:
    return [
        [
            str(e.number),
            e.timestamp_text,
            e.key,
            v1_text(e.digests["v1"]),
            v2_text(e.digests["v2"]),
            e.chain.hex(),
            e.body,
        ]
        for e in entries_of(store, "thing")
    ]


# CSV


def test_csv_of_records_is_what_the_store_holds(made: Made) -> None:
    header, *rows = csv.reader(io.StringIO(made("records.csv").read_bytes().decode("utf-8"), newline=""), strict=True)
    assert header == ["_id", *SHOWN]
    assert {row[0]: row[1:] for row in rows} == expected_rows()
    assert len(rows) == len(CURRENT)


def test_csv_has_crlf_and_no_byte_order_mark(made: Made) -> None:
    content = made("records.csv").read_bytes()
    assert not content.startswith(b"\xef\xbb\xbf")
    assert content.startswith(b"_id,thing,") and content.endswith(b"\r\n")


def test_csv_of_entries_is_the_whole_history(made: Made, things: Store) -> None:
    header, *rows = csv.reader(io.StringIO(made("entries.csv").read_bytes().decode(), newline=""), strict=True)
    assert tuple(header) == ENTRY_COLUMNS
    assert rows == expected_entries(things)


def test_pandas_reads_the_csv(made: Made) -> None:
    frame = pd.read_csv(made("records.csv"), dtype=str, keep_default_na=False)
    assert {row[0]: list(row[1:]) for row in frame.itertuples(index=False)} == expected_rows()


def test_csv_for_a_spreadsheet_has_a_mark_and_no_formula(made: Made) -> None:
    content = made("records.csv-excel").read_bytes().decode("utf-8-sig")
    rows = {row[0]: row[1:] for row in csv.reader(io.StringIO(content, newline=""))}
    assert made("records.csv-excel").read_bytes().startswith(b"\xef\xbb\xbf")
    assert rows["c"][SHOWN.index("name")] == '\'=HYPERLINK("http://x")'
    assert rows["b"][SHOWN.index("count")] == "-7", "a number is no formula"
    assert rows["007"] == expected_rows()["007"]


@pytest.mark.parametrize("cell", ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\uff1d1", "-", "+44 20"])
def test_what_a_spreadsheet_would_compute_is_neutralised(cell: str) -> None:
    assert neutralised([cell]) == [f"'{cell}"]


@pytest.mark.parametrize("cell", ["-7", "+7", "-0.5", "a=1", "", "[-2.5, 53.25]"])
def test_what_it_would_not_is_left(cell: str) -> None:
    assert neutralised([cell]) == [cell]


# JSON


def test_json_and_ndjson_of_records_are_what_the_store_holds(made: Made) -> None:
    whole = json.loads(made("records.json").read_bytes())
    assert {each["_id"]: {name: each[name] for name in each if name != "_id"} for each in whole} == CURRENT
    assert [json.loads(line) for line in made("records.ndjson").read_text().splitlines()] == whole


def test_json_and_ndjson_of_entries_are_the_whole_history(made: Made, things: Store) -> None:
    whole = json.loads(made("entries.json").read_bytes())
    assert [json.loads(line) for line in made("entries.ndjson").read_text().split("\n")[:-1]] == whole
    assert [{**each, "item": None} for each in whole] == [
        {**dict(zip(ENTRY_COLUMNS, row, strict=True)), "entry-number": int(row[0]), "item": None}
        for row in expected_entries(things)
    ]
    assert [each["item"] for each in whole] == THINGS


@pytest.mark.parametrize("name", ["records.csv", "entries.ndjson", "entries.rsf", "records.geojson"])
def test_compressed_files_are_the_same_text(made: Made, name: str) -> None:
    plain = made(name).read_bytes()
    assert gzip.decompress(made(f"{name}.gz").read_bytes()) == plain
    with pa.CompressedInputStream(str(made(f"{name}.zst")), "zstd") as stream:
        assert stream.read() == plain


# RSF


@pytest.mark.parametrize("name", ["entries.rsf-v1", "entries.ndjson"])
def test_the_auditor_finds_the_published_root(made: Made, source: Source, name: str, tmp_path: Path) -> None:
    path = made(name)
    if name.endswith("ndjson"):  # the auditor wants the line that says what the copy promises
        state = source.state
        promise = {"register": state.register, "origin": state.origin, "entries": state.size}
        first = json.dumps({**promise, "root-hash": v1_text(state.v1_root)})
        (tmp_path / "dump.ndjson").write_text(first + "\n" + path.read_text())
        path = tmp_path / "dump.ndjson"
    assert audit_file(path, v1_text(source.state.v1_root)).entries == len(THINGS)


def test_rsf_of_v2_ends_with_the_root_of_v2(made: Made, source: Source) -> None:
    lines = made("entries.rsf").read_text().split("\n")
    assert lines[-2] == f"assert-root-hash\t{v2_text(source.state.v2_root)}"
    assert sum(line.startswith("append-entry\tuser") for line in lines) == len(THINGS)
    assert sum(line.startswith("append-entry\tsystem") for line in lines) == source.state.metadata_size


# Parquet


def test_parquet_of_records_has_types_and_the_stores_values(made: Made) -> None:
    table = pq.read_table(made("records.parquet"))
    assert [str(field.type) for field in table.schema] == [
        *["string"] * 3,
        "int64",
        "bool",
        "string",
        "timestamp[ms, tz=UTC]",
        "list<element: string>",
        "list<element: int64>",
        "string",
        "string",
    ]
    rows = {row.pop("_id"): {name: row[name] for name in row if row[name] is not None} for row in table.to_pylist()}
    typed = {
        "count": lambda text: int(text),
        "is-open": lambda text: text == "true",
        "seen": lambda text: datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC),
        "sizes": lambda texts: [int(text) for text in texts],
    }
    same = lambda value: value  # noqa: E731
    assert rows == {
        key: {name: typed.get(name, same)(value) for name, value in item.items()} for key, item in CURRENT.items()
    }


def test_parquet_says_what_it_is_of(made: Made, source: Source) -> None:
    schema = pq.read_schema(made("records.parquet"))
    assert schema.metadata[b"root-hash"].decode() == v2_text(source.state.v2_root)
    assert schema.metadata[b"size"] == b"5"
    assert schema.field("name").metadata[b"text"] == b"What it is called"


def test_pandas_reads_the_parquet(made: Made) -> None:
    frame = pd.read_parquet(made("records.parquet"), dtype_backend="pyarrow").set_index("_id")
    assert frame.loc["c", "count"] == 2**63 - 1
    assert list(frame.loc["b", "also"]) == CURRENT["b"]["also"]


def test_duckdb_reads_the_parquet_value_for_value(made: Made) -> None:
    found = duckdb.read_parquet(str(made("records.parquet")))
    names = [name for name in found.columns if name != "_id"]
    rows = {row[0]: dict(zip(names, row[1:], strict=True)) for row in found.fetchall()}
    assert rows.keys() == CURRENT.keys()
    for key, row in rows.items():
        assert {name: as_written(value) for name, value in row.items() if value is not None} == CURRENT[key]
    with duckdb.connect() as database:
        query = 'SELECT count(*), max(count) FROM read_parquet(?) WHERE "is-open"'
        assert database.execute(query, [str(made("records.parquet"))]).fetchall() == [(1, -7)]


def as_written(value: Any) -> str | list[str]:
    """A value that DuckDB read, as the register has it."""
    if isinstance(value, list):
        return [str(member) for member in value]
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%FT%TZ}"
    return str(value).lower() if isinstance(value, bool) else str(value)


def test_parquet_of_entries_is_the_whole_history(made: Made, things: Store) -> None:
    rows = pq.read_table(made("entries.parquet")).to_pylist()
    told = [
        {**row, "entry-number": str(row["entry-number"]), "entry-timestamp": f"{row['entry-timestamp']:%FT%TZ}"}
        for row in rows
    ]
    assert [list(row.values()) for row in told] == expected_entries(things)


def test_a_value_that_does_not_fit_makes_its_column_text(things: Store, made: Made) -> None:
    fill(things, [{"thing": "x", "count": "1"}, {"thing": "y", "count": str(2**63)}], "wide")
    table = pq.read_table(made("records.parquet", open_source(things, "wide")))
    assert table.schema.field("count").type == pa.string()
    assert dict(zip(table["_id"].to_pylist(), table["count"].to_pylist(), strict=True)) == {"x": "1", "y": str(2**63)}
    assert table.schema.field("count").metadata[b"datatype"] == b"integer"


def test_row_groups_end_when_they_are_large(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columnar, "CHUNK", 1)
    monkeypatch.setattr(columnar, "GROUP_ROWS", 2)
    file = pq.ParquetFile(made("entries.parquet"))
    assert [file.metadata.row_group(n).num_rows for n in range(file.num_row_groups)] == [2, 2, 1]


# SQLite


def test_sqlite_has_a_typed_view_of_the_records(made: Made) -> None:
    with closing(sqlite3.connect(made("register.sqlite"))) as database:
        database.row_factory = sqlite3.Row
        rows = {row["_id"]: {name: row[name] for name in NAMES} for row in database.execute("SELECT * FROM records")}
    assert rows.keys() == CURRENT.keys()
    for key, item in CURRENT.items():
        for name in NAMES:
            value, found = item.get(name), rows[key][name]
            expected: object = json.loads(found) if isinstance(value, list) else found
            typed = {"count": int, "is-open": lambda text: int(text == "true")}.get(name, lambda text: text)
            assert expected == (typed(value) if isinstance(value, str) else value)


def test_sqlite_keeps_an_integer_that_is_too_large_as_text(things: Store, made: Made) -> None:
    fill(things, [{"thing": "x", "count": str(2**63)}, {"thing": "y", "count": "-5"}], "wide")
    with closing(sqlite3.connect(made("register.sqlite", open_source(things, "wide")))) as database:
        found = dict(database.execute("SELECT _id, count FROM records").fetchall())
    assert found == {"x": str(2**63), "y": -5}


def test_sqlite_has_the_whole_history_and_its_search(made: Made, things: Store) -> None:
    with closing(sqlite3.connect(made("register.sqlite"))) as database:
        assert [[str(row[0]), *row[1:]] for row in database.execute("SELECT * FROM entry ORDER BY number")] == (
            expected_entries(things)
        )
        found = "SELECT _id FROM search JOIN records ON _entry = search.rowid WHERE search MATCH ?"
        assert database.execute(found, ["unicode"]).fetchall() == [("b",)]
        assert database.execute(found, ["changed"]).fetchall() == [], "what was, is not searched"
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_sqlite_has_the_trees(made: Made, source: Source) -> None:
    with closing(sqlite3.connect(made("register.sqlite"))) as database:
        tiles = database.execute("SELECT tree, level, number, length(hashes) FROM tile ORDER BY tree").fetchall()
        told = dict(database.execute("SELECT name, value FROM state").fetchall())
    assert tiles == [("v1", 0, 0, 32 * len(THINGS)), ("v2", 0, 0, 32 * len(THINGS))]
    assert told["root-hash"] == v2_text(source.state.v2_root)


# Shapes


def test_geojson_opens_in_gdal(made: Made) -> None:
    collection = json.loads(made("records.geojson").read_bytes())
    assert {feature["id"] for feature in collection["features"]} == set(CURRENT)
    frame = pyogrio.read_dataframe(made("records.geojson"))
    shapes = dict(zip(frame["_id"], frame.geometry, strict=True))
    assert shapely.equals(shapes["b"], shapely.from_geojson(SQUARE)) and shapes["a"] is None
    assert dict(zip(frame["_id"], frame["name"], strict=True)) == {key: item["name"] for key, item in CURRENT.items()}


def test_geoparquet_opens_in_geopandas(made: Made) -> None:
    frame = geopandas.read_parquet(made("records.geoparquet")).set_index("_id")
    assert frame.crs.to_string() == "OGC:CRS84"
    assert shapely.equals(frame.loc["b", "area"], shapely.from_geojson(SQUARE)) and frame.loc["a", "area"] is None
    assert frame.loc["c", "count"] == 2**63 - 1


def test_geopackage_opens_in_gdal(made: Made) -> None:
    path = made("records.gpkg")
    assert pyogrio.list_layers(path)[:, 0].tolist() == ["thing"]
    frame = pyogrio.read_dataframe(path).set_index("_id")
    assert shapely.equals(frame.loc["b"].geometry, shapely.from_geojson(SQUARE))
    assert {key: frame.loc[key, "name"] for key in CURRENT} == {key: item["name"] for key, item in CURRENT.items()}
    assert frame.loc["c", "count"] == 2**63 - 1 and list(frame.loc["b", "also"]) == CURRENT["b"]["also"]


def test_a_field_may_have_the_name_of_what_gdal_adds(things: Store, made: Made) -> None:
    make_register(things, "plot", (Field("fid"), Field("geom", "geometry"), Field("id")))
    lifecycle.publish(things, "plot")
    append(things, Change("x7", {"fid": "x7", "geom": SQUARE, "id": "9"}), to="plot")
    frame = pyogrio.read_dataframe(made("records.gpkg", open_source(things, "plot")))
    assert frame[["_id", "fid", "id"]].to_numpy().tolist() == [["x7", "x7", "9"]]


# States and values


def test_a_past_state_is_as_it_was(things: Store, made: Made) -> None:
    past = open_source(things, "thing", "3")
    assert {json.loads(line)["_id"] for line in made("records.ndjson", past).read_text().splitlines()} == set("abc")
    assert json.loads(made("records.json", past).read_text().splitlines()[3])["name"] == THINGS[0]["name"]
    assert len(pq.read_table(made("entries.parquet", past))) == 3
    with closing(sqlite3.connect(made("register.sqlite", past))) as database:
        assert database.execute("SELECT count(*) FROM records").fetchone() == (3,)


@pytest.mark.parametrize("name", sorted(f"{what}.{each.name}" for each in FORMATS.values() for what in each.whats))
def test_an_empty_register_has_every_file(things: Store, made: Made, name: str) -> None:
    nothing = made(name, open_source(things, "thing", "0")).stat().st_size == 0
    assert nothing == name.endswith(".ndjson")


@pytest.mark.parametrize("name", sorted(f"{what}.{each.name}" for each in FORMATS.values() for what in each.whats))
def test_the_same_state_gives_the_same_bytes(made: Made, name: str) -> None:
    first = made(name)
    before = first.read_bytes()
    first.unlink()
    assert made(name).read_bytes() == before


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0;"), min_size=1, max_size=12)
NUMBERS = count()


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=st.lists(TEXTS, min_size=1, max_size=5), also=TEXTS)
def test_no_value_is_changed_on_its_way(things: CheckedStore, tmp_path: Path, names: list[str], also: str) -> None:
    """Whatever the register lets in, each format gives back."""
    things.checking = False
    register = f"drawn-{next(NUMBERS)}"
    try:
        fill(things, [{"thing": f"k{n}", "name": name, "also": [also]} for n, name in enumerate(names)], register)
    except Invalid:
        reject()  # no register holds it
    source = open_source(things, register)
    stored = {entry.key: json.loads(entry.body) for entry in entries_of(things, register)}
    lists = {key: (item["name"], item["also"]) for key, item in stored.items()}
    text = "".join(Kind("records", FORMATS["csv"]).lines(source))
    rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    assert {row["_id"]: (row["name"], [row["also"]]) for row in rows} == lists
    objects = json.loads("".join(Kind("records", FORMATS["json"]).lines(source)))
    assert {each.pop("_id"): each for each in objects} == stored
    columnar.write(source, "records", tmp_path / "drawn.parquet")
    table = pq.read_table(tmp_path / "drawn.parquet").to_pylist()
    assert {row["_id"]: (row["name"], row["also"]) for row in table} == lists
