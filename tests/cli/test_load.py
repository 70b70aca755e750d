"""`registers load`: at once, by a plan, by a proposal; from a path or a URL; and each bad file in one answer."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import openpyxl
import pytest

from loaders.tables import unpacking
from tests.cli.conftest import Run

MAPPING = """
register: wood
title: Woods
fields:
  - wood
  - name
  - {field: native, datatype: boolean}
  - {field: start-date, datatype: datetime}
  - {field: end-date, datatype: datetime}
table:
  columns:
    wood: Code
    name: Name
    native: {column: Native, values: {Y: true, N: false}}
    start-date: {column: Planted, date: DD/MM/YYYY}
"""
HEADER = "Code,Name,Native,Planted\n"
ROWS = "QUR,Oak,Y,09/08/2017\nASH,Ash,Y,\nELM,Elm,N,\n"
SQUARE = {"type": "Polygon", "coordinates": [[[0, 50], [1, 50], [1, 51], [0, 51], [0, 50]]]}


@pytest.fixture
def act(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """A function after which another account acts."""

    def act_as(name: str) -> None:
        monkeypatch.setattr("getpass.getuser", lambda: name)

    act_as("ann")
    return act_as


@pytest.fixture
def load(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `load table` with the file's text first, in a folder of its own, on a database of its own."""
    monkeypatch.chdir(tmp_path)
    assert run("init").exit_code == 0
    (tmp_path / "wood.yaml").write_text(MAPPING, "utf-8")

    def load_text(content: str | bytes, *options: str) -> Any:
        Path("wood.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
        return run("load", "table", "wood.csv", "--mapping", "wood.yaml", *options)

    return load_text


def told(result: Any) -> str:
    assert result.exit_code == 0, result.stderr
    text: str = result.stdout
    return text


def value(result: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(told(result))
    return found


def sentence(result: Any, code: int = 1) -> str:
    """What is said on stderr by a command that refuses, with nothing on stdout."""
    assert (result.exit_code, result.stdout) == (code, "")
    text: str = result.stderr
    return text


def entries(run: Run, register: str = "wood") -> int:
    shown = run("--json", "show", register)
    return int(json.loads(shown.stdout)["total-entries"]) if shown.exit_code == 0 else 0


# At once


def test_a_table_is_loaded_at_once_and_again_without_an_entry(run: Run, load: Run) -> None:
    assert told(load(HEADER + ROWS)) == "wood: 3 added, 0 changed, 0 ended, 0 unchanged.\n"
    again = load(HEADER + ROWS)
    assert told(again) == "wood: 0 added, 0 changed, 0 ended, 3 unchanged.\n"
    assert again.stderr == "registers: the file is the one that was loaded last, and was not read again\n"
    changed = value(load(HEADER + ROWS.replace("Oak", "English oak"), "--json"))
    assert {name: changed[name] for name in ("register", "added", "changed", "ended", "unchanged")} == {
        "register": "wood",
        "added": 0,
        "changed": 1,
        "ended": 0,
        "unchanged": 2,
    }
    assert entries(run) == 4
    assert value(run("--json", "show", "wood"))["status"] == "published"


def test_what_looks_wrong_is_said_and_done_all_the_same(load: Run) -> None:
    load(HEADER + ROWS)
    swapped = load(HEADER + ROWS.replace("Oak", "?").replace("Ash", "Oak").replace("?", "Ash"))
    assert told(swapped) == "wood: 0 added, 2 changed, 0 ended, 1 unchanged.\n"
    assert swapped.stderr.startswith("registers: warning: 'ASH' and 'QUR' have changed names")


def test_a_history_is_made_of_dated_files(run: Run, load: Run) -> None:
    told(load(HEADER + ROWS, "--as-at", "2021-04-26"))
    told(load(HEADER + ROWS.replace("Oak", "English oak"), "--as-at", "2022-07-06"))
    lines = told(run("dump", "wood", "--what", "entries", "--format", "ndjson")).splitlines()
    moments = [json.loads(line).get("entry-timestamp") for line in lines]
    assert [moment for moment in moments if moment] == ["2021-04-26T00:00:00Z"] * 3 + ["2022-07-06T00:00:00Z"]
    refused = sentence(load(HEADER + ROWS, "--as-at", "2020-01-01"))
    assert "--as-at 2020-01-01 is before the entry it would follow, of 2022-07-06T00:00:00Z" in refused
    assert "--as-at is a day such as 2017-08-09, not soon" in sentence(load(HEADER + ROWS, "--as-at", "soon"), 2)


# By a plan


def test_a_plan_is_shown_as_a_table_and_writes_nothing(run: Run, load: Run) -> None:
    first = told(load(HEADER + ROWS, "--plan")).splitlines()
    assert [line.split()[:3] for line in first[:2]] == [["Key", "Change", "Name"], ["QUR", "added", "Oak"]]
    assert first[-2:] == [
        "wood (which this plan makes): 3 added, 0 changed, 0 ended, 0 unchanged.",
        "The plan is in table.plan; to append it: registers load table --apply table.plan",
    ]
    assert run("show", "wood").exit_code == 1
    load(HEADER + ROWS)
    shown = told(load(HEADER + "QUR,:heart: [red]\x1b[2J,N,\nASH,Ash,Y,\n", "--plan", "--output", "next.plan"))
    cells = [line.split() for line in shown.splitlines() if line.startswith("QUR")]
    assert cells == [
        ["QUR", "changed", ":heart:", "[red]\\x1b[2J", "name", "Oak", ":heart:", "[red]\\x1b[2J"],
        ["QUR", "changed", ":heart:", "[red]\\x1b[2J", "native", "true", "false"],
        ["QUR", "changed", ":heart:", "[red]\\x1b[2J", "start-date", "2017-08-09"],
    ]
    assert "\nwood: 0 added, 1 changed, 0 ended, 1 unchanged.\nThe plan is in next.plan; " in shown
    assert entries(run) == 3


def test_a_plan_with_nothing_to_do_says_so(run: Run, load: Run) -> None:
    load(HEADER + ROWS)
    assert told(load(HEADER + ROWS, "--plan")).startswith("wood: 0 added, 0 changed, 0 ended, 3 unchanged.\n")
    assert told(run("load", "table", "--apply", "table.plan")) == "wood: 0 entries appended, as planned.\n"
    assert entries(run) == 3


def test_a_long_plan_shows_its_beginning_as_a_table_and_all_as_json_and_csv(load: Run) -> None:
    many = HEADER + "".join(f"K{n},x,,\n" for n in range(30))
    table = told(load(many, "--plan"))
    assert "K19" in table and "K20" not in table and "… and 10 more rows; --format csv or json shows all." in table
    assert len(value(load(many, "--plan", "--format", "json"))["changes"]) == 30
    assert len(told(load(many, "--plan", "--format", "csv")).splitlines()) == 31


@pytest.mark.parametrize("how", [("--format", "json"), ("--json",)])
def test_a_plan_is_json_field_by_field(load: Run, how: tuple[str, ...]) -> None:
    load(HEADER + ROWS)
    plan = value(load(HEADER + "QUR,Oak,N,09/08/2017\nFIR,Fir,,\n", "--plan", *how))
    assert plan.pop("changes") == [
        {"key": "QUR", "change": "changed", "name": "Oak", "fields": {"native": {"from": "true", "to": "false"}}},
        {"key": "FIR", "change": "added", "name": "Fir", "fields": {"name": {"to": "Fir"}, "wood": {"to": "FIR"}}},
    ]
    assert plan.pop("sha-256") == sha256(Path("table.plan").read_bytes()).hexdigest()
    assert plan == {
        "register": "wood",
        "plan": "table.plan",
        "added": 1,
        "changed": 1,
        "ended": 0,
        "unchanged": 0,
        "missing": 0,
        "fields-added": [],
        "warnings": [],
        "notes": [],
    }


def test_a_plan_is_csv_that_any_reader_reads(load: Run) -> None:
    load(HEADER + ROWS)
    text = told(load(HEADER + 'QUR,"Oak, ""English""\nand more",Y,\nFIR,Fir,,\n', "--plan", "--format", "csv"))
    assert list(csv.reader(io.StringIO(text, newline=""))) == [
        ["key", "change", "name", "field", "from", "to"],
        ["QUR", "changed", 'Oak, "English"\nand more', "name", "Oak", 'Oak, "English"\nand more'],
        ["QUR", "changed", 'Oak, "English"\nand more', "start-date", "2017-08-09", ""],
        ["FIR", "added", "Fir", "", "", ""],
    ]


def test_a_plan_is_appended_as_it_was_shown_and_once(run: Run, load: Run) -> None:
    load(HEADER + ROWS)
    plan = value(load(HEADER + ROWS.replace("Oak", "English oak"), "--plan", "--format", "json"))
    Path("wood.csv").unlink()
    applied = value(run("--json", "load", "table", "--apply", "table.plan"))
    assert applied == {"register": "wood", "entries": 1, "plan": plan["sha-256"]}
    assert value(run("--json", "show", "wood", "QUR"))["name"] == "English oak"
    refused = sentence(run("load", "table", "--apply", "table.plan"))
    assert refused == "registers: this plan has been applied already, as revision 3 of wood\n"
    assert entries(run) == 4


def test_a_plan_that_makes_its_register_is_appended_once(run: Run, load: Run) -> None:
    load(HEADER + ROWS, "--plan")
    assert told(run("load", "table", "--apply", "table.plan")) == "wood: 3 entries appended, as planned.\n"
    assert "this plan is to make it" in sentence(run("load", "table", "--apply", "table.plan"))
    assert entries(run) == 3


def test_a_plan_is_refused_when_its_record_has_moved_on_and_made_again_on_request(run: Run, load: Run) -> None:
    load(HEADER + ROWS)
    load(HEADER + ROWS.replace("Oak", "English oak"), "--plan")
    told(run("append", "wood", "--item", '{"wood":"QUR","name":"Quercus"}'))
    refused = sentence(run("load", "table", "--apply", "table.plan"))
    assert "the record 'QUR' has moved on since this was planned; plan it again" in refused
    assert entries(run) == 4
    told(load(HEADER + ROWS.replace("Oak", "English oak"), "--plan"))
    assert told(run("load", "table", "--apply", "table.plan")) == "wood: 1 entries appended, as planned.\n"


def test_a_plan_is_made_anew_from_the_file_when_its_record_has_moved_on(run: Run, load: Run) -> None:
    load(HEADER + ROWS)
    changed = HEADER + ROWS.replace("Oak", "English oak")
    load(changed, "--plan")
    told(run("append", "wood", "--item", '{"wood":"QUR","name":"Quercus"}'))
    again = load(changed, "--apply", "table.plan")
    assert again.exit_code == 1
    assert "'QUR' has moved on" in again.stderr and "planned anew" in again.stderr
    assert "Quercus" in again.stdout and entries(run) == 4
    assert told(run("load", "table", "--apply", "table.plan")) == "wood: 1 entries appended, as planned.\n"


def test_a_plan_of_another_source_is_refused(run: Run, load: Run) -> None:
    load(HEADER + ROWS, "--plan")
    assert "table.plan is a plan of table: say that" in sentence(run("load", "schools", "--apply", "table.plan"))


def test_a_plan_that_is_none_is_refused(run: Run, load: Run) -> None:
    load(HEADER + ROWS, "--plan")
    assert sentence(run("load", "table", "--apply", "none.plan")) == "registers: none.plan: No such file or directory\n"
    whole = Path("table.plan").read_bytes()
    for content in (b"", HEADER.encode(), b"\xff\n", whole[:-40], whole.replace(b"Oak", b"\xff")):
        Path("bad.plan").write_bytes(content)
        assert sentence(run("load", "table", "--apply", "bad.plan")).startswith("registers: ")
        assert entries(run) == 0


# By a proposal


def test_a_plan_is_proposed_and_another_account_appends_it(run: Run, load: Run, act: Callable[[str], None]) -> None:
    load(HEADER + ROWS)
    content = HEADER + ROWS.replace("Oak", "English oak")
    submitted = told(load(content, "--submit", "--note", "From the survey"))
    assert submitted == "Proposal 1 waits for another custodian: registers review show 1\n"
    assert entries(run) == 3
    shown = told(run("review", "show", "1", "--changes"))
    assert "From the survey" in shown and 'name: "Oak" → "English oak"' in shown
    assert run("review", "approve", "1").exit_code == 1  # their own
    act("bob")
    assert told(run("review", "approve", "1")) == "Proposal 1 is published: revision 3 of wood, entry 4.\n"
    assert sentence(run("review", "approve", "1"))
    nothing = load(content, "--submit")
    assert told(nothing) == "wood is as the file says already.\n"
    assert value(load(content, "--submit", "--json")) == {"proposal": None}


def test_a_proposal_that_another_submits_too_is_confirmed(run: Run, load: Run, act: Callable[[str], None]) -> None:
    first = value(load(HEADER + ROWS, "--submit", "--json"))
    assert first["proposal"] == 1 and len(first["sha-256"]) == 64
    assert run("show", "wood").exit_code == 1
    act("bob")
    assert told(load(HEADER + ROWS, "--submit")).startswith("Proposal 1 was there already, and is confirmed")
    act("eve")
    told(run("review", "approve", "1"))
    assert value(run("--json", "show", "wood"))["status"] == "published"


# What goes together


@pytest.mark.parametrize(
    ("arguments", "sentence_part"),
    [
        (("table",), "table takes one file, or the URL of one"),
        (("table", "a.csv", "b.csv"), "table takes one file, or the URL of one"),
        (("countries", "a.csv"), "countries takes no file"),
        (("countries", "--mapping", "m.yaml"), "countries has no option --mapping"),
        (("table", "a.csv", "--key", "Code"), "table has no option --key"),
        (("schools", "a.csv", "--register", "x"), "schools has no option --register"),
        (("table", "a.csv", "--plan", "--submit"), "--plan, --apply and --submit are three ways: choose one"),
        (("table", "--apply", "p", "--plan"), "--plan, --apply and --submit are three ways: choose one"),
        (("table", "a.csv", "b.csv", "--apply", "p"), "table takes one file"),
        (("table", "--apply", "p", "--mapping", "m.yaml"), "--apply goes alone"),
        (("table", "--apply", "p", "--as-at", "2020-01-01"), "--apply goes alone"),
        (("table", "a.csv", "--output", "p"), "--output and --format go with --plan"),
        (("table", "a.csv", "--format", "csv"), "--output and --format go with --plan"),
        (("table", "a.csv", "--note", "x"), "--note goes with --submit"),
        (("table", "a.csv", "--as", "x"), "table takes neither --as nor --relaxed"),
        (("countries", "--relaxed"), "countries takes neither --as nor --relaxed"),
        (("rsf", "a.rsf", "--plan"), "rsf takes --as and --relaxed alone"),
        (("rsf", "a.rsf", "--as-at", "2020-01-01"), "rsf takes --as and --relaxed alone"),
        (("rsf", "a.rsf", "--key", "x"), "rsf takes --as and --relaxed alone"),
        (("rsf", "a.rsf", "--format", "json"), "rsf takes --as and --relaxed alone"),
        (("nowhere", "a.csv"), "'nowhere' is not one of 'rsf', 'countries'"),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_does_not_go_together_is_a_usage_error(
    run: Run, load: Run, arguments: tuple[str, ...], sentence_part: str
) -> None:
    assert sentence_part in " ".join(sentence(run("load", *arguments), 2).split())


# Bad files


def workbook() -> bytes:
    book, content = openpyxl.Workbook(), io.BytesIO()
    for row in (["Code", "Name", "Native", "Planted"], ["QUR", '=A2&"x"', "Y"], ["ASH", "Ash", "=B2"]):
        book.active.append(row)
    book.save(content)
    return content.getvalue()


def bomb() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("wood.csv", HEADER + "A,,,\n" * 300_000)
    return content.getvalue()


BAD: dict[str, tuple[str | bytes, list[str]]] = {
    "ragged": (
        HEADER + "QUR,Oak\nASH,Ash,Y,,\n",
        ["row 2: has 2 values where the header has 4", "row 3: has 5 values"],
    ),
    "repeated": (
        HEADER + "QUR,Oak,Y,\nQUR,Oak,Y,\nQUR,Holm oak,Y,\n",
        ["row 4: the key 'QUR' is that of row 2 too, with other values"],
    ),
    "dates": (
        HEADER + "A,,,2017-08-09\nB,,,09-08-2017\nC,,,9 August 2017\nD,,,20170809\nE,,,09.08.2017\nF,,,09/08/2017\n",
        [
            "row 2, Planted: '2017-08-09' is not a date as DD/MM/YYYY (it looks like YYYY-MM-DD)",
            "row 3, Planted: '09-08-2017' is not a date as DD/MM/YYYY (it looks like DD-MM-YYYY)",
            "row 4, Planted: '9 August 2017' is not a date as DD/MM/YYYY (it looks like D Month YYYY)",
            "row 5, Planted: '20170809' is not a date as DD/MM/YYYY (it looks like YYYYMMDD)",
            "row 6, Planted: '09.08.2017' is not a date as DD/MM/YYYY (it looks like DD.MM.YYYY)",
        ],
    ),
    "two faults": (
        HEADER + "-A,,maybe,\n",
        ["row 2, Code: '-A' is no key: a key", "row 2, Native: 'maybe' is not one of"],
    ),
    "unclosed quote": (HEADER + 'A,"Oak,Y,\nB,Ash,Y,\n', ["row 2: a quote is opened here and never closed"]),
    "encoding": (HEADER.encode() + b"A,M\xf4r \x81,,\n", ["wood.csv is neither UTF-8 (see byte 28, in line 2) nor"]),
    "not text": (HEADER.encode() + b"A,\0,,\n", ["wood.csv has a NUL byte (byte 27)"]),
    "html": ("<!doctype html><html><title>Sign in</title>", ["wood.csv is an HTML page, where a table was expected"]),
    "empty": ("", ["wood.csv is empty"]),
    "header only": (HEADER, ["there is no record in wood.csv: it has a header, and no row below it"]),
    "formulas": (workbook(), ["row 2, B: holds a formula", "row 3, C: holds a formula"]),
    "bomb": (bomb(), ["wood.csv expands to more than 1 MB, far beyond its own size"]),
    "other columns": ("Code,Title\nA,B\n", ["columns: name: there is no column 'Name'; there are Code, Title"]),
}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("kind", BAD)
@pytest.mark.parametrize("way", ["at once", "--plan", "--submit"])
def test_a_bad_file_is_refused_with_all_that_is_wrong_and_nothing_is_written(
    run: Run, load: Run, monkeypatch: pytest.MonkeyPatch, kind: str, way: str
) -> None:
    monkeypatch.setattr(unpacking, "ALWAYS_ALLOWED", 1_000_000)
    content, sentences = BAD[kind]
    if way != "at once":
        told(load(HEADER + "QUR,Oak,Y,\n"))
    refused = sentence(load(content, *([way] if way != "at once" else [])))
    assert refused.startswith("registers: ")
    lines = refused.removeprefix("registers: ").splitlines()
    if len(sentences) > 1 or sentences[0].startswith("row"):
        many = "1 problem" if len(sentences) == 1 else f"{len(sentences)} problems"
        assert lines.pop(0) == f"nothing is taken from a file with {many}:"
    assert len(lines) == len(sentences)
    assert all(line.startswith(expected) for line, expected in zip(sorted(lines), sentences, strict=True)), lines
    assert entries(run) == (way != "at once")
    assert run("show", "wood").exit_code == (way == "at once")
    assert not Path("table.plan").exists()


def test_a_bad_mapping_is_refused_in_a_sentence(run: Run, load: Run, tmp_path: Path) -> None:
    for mapping, expected in (
        ("table: [", "the mapping wood.yaml is not YAML"),
        (MAPPING + "  rows: 7\n", "table: 'rows' is not one of columns, complete, dated, ending"),
        (MAPPING + "  ending: end-date\n", "ending: goes with complete"),
        (MAPPING.replace("Code", "Kode"), "columns: wood: there is no column 'Kode'; there are Code, Name, Native"),
    ):
        (tmp_path / "wood.yaml").write_text(mapping)
        assert sentence(load(HEADER + ROWS)).startswith(f"registers: {expected}")
    assert "a table takes --mapping FILE" in sentence(run("load", "table", "wood.csv"))
    refused = sentence(run("load", "table", "nowhere.csv", "--mapping", "wood.yaml"))
    assert refused == "registers: nowhere.csv cannot be read: No such file or directory\n"


# From a URL


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, dict[str, tuple[str, bytes]]]]:
    """The address of a server, and its pages: by their paths, their content types and what is in them."""
    monkeypatch.setenv("REGISTERS_SOURCES_FOLDER", str(tmp_path / "sources"))
    pages: dict[str, tuple[str, bytes]] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kind, content = pages.get(self.path, ("", b""))
            self.send_response(200 if kind else 302)
            self.send_header(*("Content-Type", kind) if kind else ("Location", self.path))
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}", pages
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_file_is_fetched_from_its_url(
    run: Run, load: Run, tmp_path: Path, site: tuple[str, dict[str, tuple[str, bytes]]]
) -> None:
    address, pages = site
    pages["/woods.csv"] = ("text/csv", (HEADER + ROWS).encode())
    by_url = ("load", "table", f"{address}/woods.csv", "--mapping", "wood.yaml")
    assert told(run(*by_url)) == "wood: 3 added, 0 changed, 0 ended, 0 unchanged.\n"
    assert (tmp_path / "sources" / "table" / "woods.csv").read_text() == HEADER + ROWS
    pages["/woods.csv"] = ("text/csv", (HEADER + ROWS.replace("Oak", "English oak")).encode())
    assert told(run(*by_url, "--plan")).startswith("Key ")
    assert told(run(*by_url)) == "wood: 0 added, 1 changed, 0 ended, 2 unchanged.\n"


def test_a_url_that_gives_a_page_or_redirects_for_ever_is_refused(
    run: Run, load: Run, site: tuple[str, dict[str, tuple[str, bytes]]]
) -> None:
    address, pages = site
    pages["/page.csv"] = ("text/html; charset=utf-8", b"<html>Sign in")
    for name, expected in (
        ("page.csv", "answered with a page (text/html) where a file was"),
        ("loop", "redirects more"),
    ):
        refused = sentence(run("load", "table", f"{address}/{name}", "--mapping", "wood.yaml"))
        assert refused.startswith(f"registers: {address}/{name} {expected}")
    assert "user name" in sentence(run("load", "table", "http://me:secret@localhost/x", "--mapping", "wood.yaml"))
    assert entries(run) == 0


# Other sources


def test_boundaries_are_a_register_of_any_name(run: Run, load: Run) -> None:
    features = [
        {"type": "Feature", "properties": {"CD": code, "NM": name}, "geometry": SQUARE}
        for code, name in (("E1", "Leeds"), ("E2", "Hull"))
    ]
    Path("areas.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    options = ("--register", "area", "--key", "CD", "--name", "NM", "--start", "2025-05-01")
    made = told(run("load", "boundaries", "areas.geojson", *options))
    assert made == "area: 2 added, 0 changed, 0 ended, 0 unchanged.\n"
    item = value(run("--json", "show", "area", "E1"))
    assert (item["name"], item["start-date"], json.loads(item["geometry"])) == ("Leeds", "2025-05-01", SQUARE)
    refused = sentence(
        run("load", "boundaries", "areas.geojson", "--register", "area", "--key", "CODE", "--name", "NM")
    )
    assert refused == "registers: there is no column 'CODE': its columns are CD, NM\n"
    assert "say --name, or --preset" in sentence(
        run("load", "boundaries", "areas.geojson", "--register", "area", "--key", "CD")
    )


def test_schools_bring_their_types_first(run: Run, load: Run) -> None:
    header = "urn,name,establishment-type,open_date,longitude,latitude\n"
    rows = "100000,The Aldgate School,Voluntary aided school,,-0.0773,51.5136\n"
    Path("schools.csv").write_text(header + rows)
    lines = told(run("load", "schools", "schools.csv")).splitlines()
    assert lines == [
        "school-type: 1 added, 0 changed, 0 ended, 0 unchanged.",
        "school: 1 added, 0 changed, 0 ended, 0 unchanged.",
    ]
    item = value(run("--json", "show", "school", "100000"))
    assert item["name"] == "The Aldgate School"
    assert item["school-type"] in run("--json", "show", "school-type", item["school-type"]).stdout
    assert told(run("check", "school")).endswith("1 of 1 registers hold in every respect.\n")


def test_of_a_file_that_has_no_schools_no_types_are_made(run: Run, load: Run) -> None:
    Path("schools.csv").write_text("Code,Name\nA,B\n")
    assert "this is no extract of schools" in sentence(run("load", "schools", "schools.csv"))
    assert "no registers" in run("list").stdout


def test_an_encoding_that_is_told_is_that_of_the_types_too(run: Run, load: Run) -> None:
    content = "urn,name,establishment-type\n1,Ysgol Glan-y-M\u014dr,Community school\n".encode("utf-16-le")
    Path("schools.csv").write_bytes(content)
    assert len(told(run("load", "schools", "schools.csv", "--encoding", "utf-16-le")).splitlines()) == 2
    assert value(run("--json", "show", "school", "1"))["name"] == "Ysgol Glan-y-M\u014dr"
