"""`registers scaffold`, and the way from a CSV to a register that is served: two commands, and a look between them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import yaml

from tests.cli.conftest import Run

TREES = """Code,Name,Native,Planted,Easting,Northing,Country
QUR,"Oak, English",true,09/08/2017,530047,180422,GB
ASH,Ash,true,,,,FR
ELM,No,false,31/01/2018,429157,623009,DE
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that the command runs in, with a list in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tree.csv").write_text(TREES)
    return tmp_path


def told(result: Any) -> str:
    assert result.exit_code == 0, result.stderr
    text: str = result.stdout
    return text


def test_a_csv_becomes_a_register_in_two_commands(run: Run, folder: Path) -> None:
    told(run("init"))
    told(run("load", "countries"))
    assert told(run("scaffold", "tree.csv", "--output", "tree.yaml")) == ""
    proposed = yaml.safe_load(Path("tree.yaml").read_text("utf-8"))
    assert (proposed["register"], proposed["key-field"], proposed["title"]) == ("tree", "tree", "Tree")
    assert proposed["fields"] == [
        {"field": "tree"},
        {"field": "name"},
        {"field": "native", "datatype": "boolean"},
        {"field": "planted", "datatype": "datetime"},
        {"field": "country", "register": "country"},
        {"field": "point", "datatype": "point"},
    ]
    shown = told(run("load", "table", "tree.csv", "--mapping", "tree.yaml", "--plan"))
    assert "tree (which this plan makes): 3 added" in shown
    made = told(run("load", "table", "tree.csv", "--mapping", "tree.yaml"))
    assert made == "tree: 3 added, 0 changed, 0 ended, 0 unchanged.\n"
    item = json.loads(told(run("--json", "show", "tree", "QUR")))
    assert {name: item[name] for name in ("name", "native", "planted", "country", "point")} == {
        "name": "Oak, English",
        "native": "true",
        "planted": "2017-08-09",
        "country": "GB",
        "point": "[-0.1274965, 51.5077738]",
    }
    assert json.loads(told(run("--json", "show", "tree")))["status"] == "published"
    assert told(run("check", "tree")).startswith("tree: confirmed by table on ")
    again = told(run("load", "table", "tree.csv", "--mapping", "tree.yaml"))
    assert again == "tree: 0 added, 0 changed, 0 ended, 3 unchanged.\n"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_link_that_is_proposed_and_does_not_hold_is_told_by_its_row(run: Run, folder: Path) -> None:
    told(run("init"))
    told(run("load", "countries"))
    codes = ["FR", "DE", "IT", "ES", "PT", "NL", "BE", "LU", "AT", "PL", "CZ", "SK", "XX"]
    rows = [f"K{n},{code}" for n, code in enumerate(codes)]
    Path("tree.csv").write_text("Code,Country\n" + "\n".join(rows) + "\n")
    told(run("scaffold", "tree.csv", "--output", "tree.yaml"))
    refused = run("load", "table", "tree.csv", "--mapping", "tree.yaml")
    assert refused.exit_code == 1
    assert refused.stderr == (
        "registers: nothing is taken from a file with 1 problem:\n"
        f"row {len(rows) + 1}, Country: 'XX' is not the key of a record of country\n"
    )


@pytest.mark.parametrize(
    ("name", "register"),
    [
        ("Street Trees (2017).v2.csv", "street-trees"),
        ("2017-trees.csv", "trees"),
        ("2017.csv", "list"),
        ("ÖÄ.csv", "list"),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_register_is_called_after_the_file_unless_it_is_told(
    run: Run, folder: Path, name: str, register: str
) -> None:
    (folder / name).write_text(TREES)
    assert yaml.safe_load(told(run("scaffold", name)))["register"] == register
    assert yaml.safe_load(told(run("scaffold", name, "--register", "wood")))["register"] == "wood"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_without_a_database_nothing_is_linked_to(run: Run, folder: Path) -> None:
    document = yaml.safe_load(told(run("scaffold", "tree.csv")))
    assert {"field": "country"} in document["fields"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_sheet_and_an_encoding_may_be_told(run: Run, folder: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["Code", "Name"], ["QUR", "Oak"]):
        book.active.append(row)
    book.create_sheet("Notes").append(["Nothing"])
    book.save("tree.xlsx")
    assert "has several sheets" in run("scaffold", "tree.xlsx").stderr
    assert yaml.safe_load(told(run("scaffold", "tree.xlsx", "--sheet", "Sheet")))["key-field"] == "tree"
    Path("tree.csv").write_bytes("Code,Môr\nA,x\n".encode("latin-1"))
    assert "Môr" in told(run("scaffold", "tree.csv", "--encoding", "latin-1"))


@pytest.mark.parametrize(
    ("content", "options", "sentence"),
    [
        ("", (), "tree.csv is empty"),
        ("Code,Name\n", (), "tree.csv has no rows to tell anything by"),
        ("Name\nOak tree\n", (), "no column has a key of its own in every row"),
        ("<!doctype html>", (), "tree.csv is an HTML page, where a table was expected"),
        (TREES, ("--register", "My Trees"), "'My Trees' is not a name: a name starts with a small letter"),
        (TREES, ("--encoding", "martian"), "there is no encoding of text called martian"),
        (TREES, ("--output", "no/such/folder.yaml"), "no/such/folder.yaml: No such file or directory"),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_nothing_can_be_proposed_for_is_one_sentence(
    run: Run, folder: Path, content: str, options: tuple[str, ...], sentence: str
) -> None:
    Path("tree.csv").write_text(content)
    refused = run("scaffold", "tree.csv", *options)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr.startswith(f"registers: {sentence}")
    assert refused.stderr.count("\n") == 1
    assert [path.name for path in folder.iterdir() if path.suffix == ".yaml"] == []
