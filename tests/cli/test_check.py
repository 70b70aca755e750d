"""`registers check`: what holds, what points at nothing, what is of another datatype, and when it was confirmed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from registers.opening import open_store
from tests.cli.conftest import Run
from tests.geo.test_areas import square
from tests.makers import entry_line, item_line

WOOD = """
register: wood
fields: [wood, name, {field: start-date, datatype: datetime}, {field: within, register: forest}]
"""


def load(run: Run, folder: Path, *rows: str) -> None:
    (folder / "wood.yaml").write_text(WOOD)
    (folder / "wood.csv").write_text("\n".join(["wood,name,start-date,within", *rows, ""]))
    done = run("load", "table", str(folder / "wood.csv"), "--mapping", str(folder / "wood.yaml"))
    assert done.exit_code == 0, done.stderr


def result(run: Run, *names: str, code: int = 0) -> dict[str, Any]:
    checked = run("--json", "check", *names)
    assert checked.exit_code == code, checked.stderr
    answer: dict[str, Any] = json.loads(checked.stdout)
    assert answer["holds"] is (code == 0)
    return answer


def test_what_was_loaded_is_confirmed_and_its_blanks_are_told(run: Run, tmp_path: Path) -> None:
    run("init")
    load(run, tmp_path, "QUR,Oak,2017,", "ASH,Ash,,")
    (found,) = result(run, "wood")["registers"]
    assert found["blank-rates"] == {"wood": 0.0, "name": 0.0, "start-date": 0.5, "within": 1.0}
    assert (found["never-confirmed"], found["fault"]) == (0, "")
    assert (found["last-confirmed"]["source"], found["last-confirmed"]["added"]) == ("table", 2)
    said = run("check", "wood")
    day = found["last-confirmed"]["time"][:10]
    line = f"wood: confirmed by table on {day}; 0 records never confirmed; mostly blank: start-date 50%, within 100%.\n"
    assert said.stdout == f"{line}1 of 1 registers hold in every respect.\n"
    assert said.stderr == ""
    run("append", "wood", "--item", '{"wood":"ELM","name":"Elm"}')
    assert result(run, "wood")["registers"][0]["never-confirmed"] == 1


def test_links_to_nothing_are_told_and_the_answer_is_no(run: Run, tmp_path: Path) -> None:
    run("init")
    load(run, tmp_path, *(f"K{n},x,,F{n}" for n in range(30)))
    assert result(run)["registers"][0]["dangling-links"] == 0  # a register that is not here cannot be asked
    run("create", "forest", input="fields: [forest]")
    run("append", "forest", "--item", '{"forest":"F0"}')
    answer = result(run, code=1)
    assert {each["register"]: each["dangling-links"] for each in answer["registers"]} == {"wood": 29, "forest": 0}
    said = run("check", "wood")
    assert said.exit_code == 1
    assert "registers: wood: record 'K29': within: 'F29' is not the key of a record of forest\n" in said.stderr
    assert said.stderr.endswith("registers: wood: and 9 more links to nothing\n")
    assert len(said.stderr.splitlines()) == 21
    assert said.stdout.endswith("\n0 of 1 registers hold in every respect.\n")


def test_values_that_an_archive_let_through_are_told_and_the_answer_is_no(run: Run, tmp_path: Path) -> None:
    run("init")
    item = {"old": "A", "start-date": "2017-08-09T10:00:00"}
    fields = [{"field": name, "datatype": kind, "cardinality": "1"} for name, kind in KINDS.items()]
    system = [(f"field:{each['field']}", each) for each in fields]
    system += [("register:old", {"register": "old", "fields": list(KINDS), "phase": "beta"})]
    lines = [*(item_line(dict(each)) for _, each in [*system, ("", item)])]
    lines += [entry_line(key, dict(each), region="system") for key, each in system]
    (tmp_path / "old.rsf").write_text("\n".join([*lines, entry_line("A", dict(item)), ""]))
    loaded = run("load", "rsf", "--relaxed", str(tmp_path / "old.rsf"))
    assert loaded.exit_code == 0, loaded.stderr
    (found,) = result(run, "old", code=1)["registers"]
    assert (found["invalid-values"], found["dangling-links"], found["last-confirmed"]) == (1, 0, None)
    said = run("check", "old")
    assert said.stderr == (
        "registers: old: record 'A': start-date: '2017-08-09T10:00:00' is not a date such as 2017, 2017-08 or "
        "2017-08-09 (a time ends in Z, for UTC)\n"
    )
    assert said.stdout.startswith("old: never held against a source; 1 records never confirmed.\n")


KINDS = {"old": "string", "start-date": "datetime"}


def test_a_log_that_was_tampered_with_is_told_and_the_answer_is_no(run: Run, database_url: str, tmp_path: Path) -> None:
    run("init")
    load(run, tmp_path, "QUR,Oak,2017,", "ASH,Ash,,")
    store = open_store(database_url)
    with store.writing() as tx:
        forged = f"**REDACTED**{'0' * 64}"  # which the database lets through
        tx.connection.exec_driver_sql(
            f"UPDATE item SET body = replace(body, 'Oak', '{forged}') WHERE region = 0 AND number = 1"
        )
    store.close()
    (found,) = result(run, "wood", code=1)["registers"]
    assert found["fault"]
    said = run("check", "wood")
    assert f"registers: {found['fault']}\n" in said.stderr
    assert said.stdout.endswith("0 of 1 registers hold in every respect.\n")


def test_a_register_that_is_not_there_is_one_sentence(run: Run) -> None:
    run("init")
    refused = run("check", "nowhere")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr == "registers: there is no register 'nowhere'\n"
    assert run("check").stdout == "0 of 0 registers hold in every respect.\n"


AREA = """
register: area
fields: [area, name, {field: shape, datatype: geometry}]
"""
SITE = """
register: site
fields: [site, {field: area, register: area}, {field: point, datatype: point}]
"""


def test_records_that_stand_in_another_area_are_told_and_are_no_fault(run: Run) -> None:
    run("init")
    for name, definition in (("area", AREA), ("site", SITE)):
        assert run("create", name, input=definition).exit_code == 0
    for key, west in (("A", 0), ("B", 1)):
        item = json.dumps({"area": key, "shape": square(west, 0)})
        assert run("append", "area", "--item", item).exit_code == 0
    for number in range(30):
        item = json.dumps({"site": f"S{number}", "area": "A", "point": "[1.5,0.5]"})
        assert run("append", "site", "--item", item).exit_code == 0
    run("append", "site", "--item", json.dumps({"site": "IN", "area": "A", "point": "[0.5,0.5]"}))
    run("append", "site", "--item", json.dumps({"site": "SEA", "area": "A", "point": "[9,9]"}))
    for name in ("area", "site"):
        assert run("publish", name).exit_code == 0
    assert "site: points are not looked up in area, which is not indexed yet" in run("check", "site").stderr
    run("work", "--once")
    (found,) = result(run, "site")["registers"][0]["declared-areas"]
    assert (found["agrees"], found["differs"], found["nowhere"]) == (1, 30, 1)
    said = run("check", "site")
    assert "registers: site: record 'S29': area: 'A' is A, and its point lies in B\n" in said.stderr
    assert "registers: site: and 10 more records that stand in another area than the one they name\n" in said.stderr
    assert "; 1 of 32 stand in the area that their area names, 1 in none.\n" in said.stdout
