"""Verbs that only look: list, show, history, dump, check, audit; and backup and restore."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.dump import WRITERS
from tests.cli.conftest import Run


@pytest.fixture
def grown(tree: Run) -> Run:
    """The register `tree` with three entries for two keys, published."""
    tree("append", "tree", "--file", "-", input='{"tree":"A","name":"Ash, common"}\n{"tree":"B/1","also":["x","y"]}\n')
    tree("append", "tree", "--item", '{"tree":"A","name":"Fraxinus \\"excelsior\\""}')
    tree("publish", "tree")
    return tree


def test_show_gives_a_record_now_and_at_a_past_size(grown: Run) -> None:
    assert json.loads(grown("--json", "show", "tree", "A").stdout)["name"] == 'Fraxinus "excelsior"'
    assert json.loads(grown("--json", "show", "tree", "A", "--at", "2").stdout)["name"] == "Ash, common"
    assert "Fraxinus" in grown("show", "tree", "A").stdout
    assert grown("show", "tree", "--at", "0").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("show", "nothing"), "there is no register 'nothing'"),
        (("show", "tree", "C"), "the register tree has no record 'C'"),
        (("show", "tree", "--at", "4"), "the register has 3 entries, and never had 4"),
        (("show", "tree", "--at", "soon"), "at: 'soon' is not a size, a day"),
        (("show", "tree", "--at", "2999-01-01"), "2999-01-01 is in the future"),
        (("history", "tree", "C"), "the register tree has no record 'C'"),
        (("dump", "nothing"), "there is no register 'nothing'"),
        (("audit", "nowhere"), "nowhere cannot be read: No such file or directory"),
        (("restore", "nowhere"), "there is no backup at nowhere"),
    ],
)
def test_what_is_not_there_is_one_sentence_and_exit_code_1(grown: Run, arguments: tuple[str, ...], reason: str) -> None:
    refused = grown(*arguments)
    assert refused.exit_code == 1
    assert refused.stderr.startswith(f"registers: {reason}"), refused.stderr


def test_history_tells_what_each_entry_changed(grown: Run) -> None:
    lines = grown("history", "tree", "A").stdout.splitlines()
    assert lines[-1] == '  name: Ash, common → Fraxinus "excelsior"'
    assert len(json.loads(grown("--json", "history", "tree", "A").stdout)["entries"]) == 2


def test_a_csv_of_records_is_quoted_as_v1_quotes(grown: Run) -> None:
    rows = grown("dump", "tree", "--format", "csv").stdout_bytes.decode().split("\r\n")
    assert rows[0] == "index-entry-number,entry-number,entry-timestamp,key,tree,name,also,native,genus"
    assert rows[1].endswith(',A,A,"Fraxinus ""excelsior""",,,')
    assert rows[2].endswith(",B/1,B/1,,x;y,,")
    assert rows[3:] == [""]


@pytest.mark.parametrize(("what", "format_"), [pair for pair in WRITERS if pair[1] == "json"])
def test_json_dumps_are_json(grown: Run, what: str, format_: str) -> None:
    dumped = json.loads(grown("dump", "tree", "--format", format_, "--what", what).stdout)
    assert len(dumped) == {"records": 2, "entries": 3}[what]


def test_dumps_are_of_the_state_that_was_asked_for(grown: Run) -> None:
    assert grown("dump", "tree", "--format", "ndjson", "--at", "2").stdout.count("\n") == 2
    assert "Ash, common" in grown("dump", "tree", "--format", "json", "--at", "2").stdout
    assert grown("dump", "tree", "--format", "rsf", "--at", "2").stdout.count("append-entry\tuser") == 2


@pytest.mark.parametrize("format_", ["rsf", "ndjson"])
def test_the_auditor_says_yes_to_a_dump_and_no_to_a_changed_one(grown: Run, tmp_path: Path, format_: str) -> None:
    path = tmp_path / "copy"
    grown("dump", "tree", "--format", format_, "--what", "entries", "--output", str(path))
    root = json.loads(grown("--json", "show", "tree").stdout)["root-hash"]
    said = grown("--json", "audit", str(path), "--expect", root)
    assert (said.exit_code, json.loads(said.stdout)["holds"]) == (0, True)
    assert grown("audit", "-", input=path.read_bytes()).exit_code == 0
    path.write_bytes(path.read_bytes().replace(b"Ash", b"Elm"))
    assert grown("audit", str(path)).exit_code == 1
    assert grown("audit", str(path), "--expect", "sha-256:" + "0" * 64).exit_code == 1


def test_a_csv_of_records_cannot_be_audited(grown: Run, tmp_path: Path) -> None:
    path = tmp_path / "records.csv"
    grown("dump", "tree", "--format", "csv", "--output", str(path))
    refused = grown("audit", str(path))
    assert refused.exit_code == 1
    assert "CSV" in refused.stderr


def test_check_is_content_with_what_holds(grown: Run) -> None:
    checked = grown("--json", "check")
    assert checked.exit_code == 0
    assert json.loads(checked.stdout)["holds"] is True
    told, holds = grown("check", "tree").stdout.splitlines()
    assert told.startswith("tree: never held against a source; 2 records never confirmed; mostly blank: name 50%")
    assert holds == "1 of 1 registers hold in every respect."


def test_check_lists_links_to_nothing(grown: Run, tmp_path: Path) -> None:
    rsf = tmp_path / "tree.rsf"
    grown("dump", "tree", "--output", str(rsf))
    grown("create", "wood", input="fields: [wood, {field: forest, register: forest}]")
    grown("append", "wood", "--item", '{"wood":"1","forest":"2"}')
    assert grown("check").exit_code == 0
    grown("create", "forest", input="fields: [forest]")
    said = grown("check")
    assert said.exit_code == 1
    assert "wood: record '1': forest: '2' is not the key of a record of forest" in said.stderr


def test_a_backup_is_restored_to_either_engine(grown: Run, database_url: str, tmp_path: Path) -> None:
    path = tmp_path / "backup.db"
    assert grown("backup", str(path)).exit_code == 0
    assert "exists already" in grown("backup", str(path)).stderr
    other = f"sqlite:///{tmp_path / 'other.db'}"
    assert grown("restore", str(path), "--database", other).exit_code == 0
    roots = [grown("show", "tree", "--json", "--database", url).stdout for url in (database_url, other)]
    assert roots[0] == roots[1]
    refused = grown("restore", str(path))
    assert refused.exit_code == 1
    assert "holds registers" in refused.stderr
