"""Verbs that change something: init, create, append, publish, drop, load."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import TREE, Run


def test_init_says_where_the_database_is_and_may_be_run_again(run: Run) -> None:
    first, second = run("init"), run("init")
    assert first.exit_code == second.exit_code == 0
    assert first.stdout == second.stdout
    assert first.stdout.startswith("The database is ")


def test_without_a_schema_every_other_verb_names_init(run: Run) -> None:
    refused = run("list")
    assert refused.exit_code == 1
    assert "run 'registers init'" in refused.stderr
    assert refused.stdout == ""


def test_a_register_is_created_filled_and_published(tree: Run) -> None:
    assert tree("append", "tree", "--item", '{"tree":"QUR","name":"Oak","native":"true"}').exit_code == 0
    assert json.loads(tree("--json", "list").stdout)["registers"][0]["status"] == "draft"
    assert tree("publish", "tree").stdout == "tree is published.\n"
    shown = json.loads(tree("--json", "show", "tree").stdout)
    assert (shown["status"], shown["total-entries"], shown["custodian"]) == ("published", 1, "Parks department")


def test_a_draft_can_be_dropped_and_made_again(tree: Run) -> None:
    tree("append", "tree", "--item", '{"tree":"QUR"}')
    assert tree("drop", "tree").exit_code == 0
    assert tree("show", "tree").exit_code == 1
    assert tree("create", "tree", input=TREE).exit_code == 0


def test_a_published_register_cannot_be_dropped_or_published_again(tree: Run) -> None:
    tree("publish", "tree")
    for verb in ("drop", "publish"):
        refused = tree(verb, "tree")
        assert refused.exit_code == 1
        assert "published" in refused.stderr


def test_a_name_that_is_taken_is_refused(tree: Run) -> None:
    refused = tree("create", "tree", input=TREE)
    assert refused.exit_code == 1
    assert refused.stderr == "registers: there is already a register tree\n"


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ("fields: [", "not YAML"),
        ("[]", "is a mapping"),
        ("title: x", "fields:"),
        ("fields: [a]\ncolour: red", "'colour' is not a member"),
        ("fields: [A]", "'A' is not a name"),
        ("fields: [a, a]", "listed twice"),
        ("fields: [{field: a, datatype: number}]", "number"),
        ("fields: [{field: a, cardinality: 2}]", "cardinality: is 1 or n"),
        ("fields: [{field: a, cardinality: n}]", "key-field: a holds a list"),
        ("fields: [a]\nkey-field: b", "key-field: 'b' is not one of the fields"),
        ("fields: [a]\nphase: done", "phase: is one of"),
        ("fields: [{field: a, colour: red}]", "'colour' is not a member"),
        ("fields: [a]\ntitle: [1]", "title: is one value"),
    ],
)
def test_a_definition_that_breaks_a_rule_is_refused_with_its_reason(run: Run, document: str, reason: str) -> None:
    run("init")
    refused = run("create", "thing", input=document)
    assert refused.exit_code == 1
    assert reason in refused.stderr
    assert "no registers" in run("list").stdout


def test_ndjson_is_appended_whole(tree: Run) -> None:
    lines = '{"tree":"A","name":"Ash"}\n\n{"tree":"B","also":["Beech","Fagus"],"genus":"A"}\n'
    done = tree("--json", "append", "tree", "--file", "-", input=lines)
    assert done.exit_code == 0, done.stderr
    assert (json.loads(done.stdout)["first-entry"], json.loads(done.stdout)["last-entry"]) == (1, 2)


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (b'{"tree":"A"}\n{"tree":"B"', "line 2: the item is not JSON"),
        (b'{"tree":"A"}\n{"tree":"B","colour":"red"}\n', "line 2: 'colour' is not a field"),
        (b'{"tree":"A"}\n{"name":"x"}\n', "line 2: tree: the item lacks it"),
        (b'\xef\xbb\xbf{"tree":"A"}\n', "line 1: the file begins with a byte order mark"),
        (b'{"tree":"A"}\n{"tree":"\xff"}\n', "line 2: is not UTF-8 at byte 10"),
        (b'{"tree":"A","name":"\\ud800"}\n', "line 1: name: '\\ud800' contains half of a surrogate pair"),
        (b'{"tree":"A","name":"a\\u0000"}\n', "line 1: name: a value may not contain U+0000"),
        (b'{"tree":"A","name":["a"]}\n', "line 1: name: holds one value"),
        (b'{"tree":"A","also":"a"}\n', "line 1: also: holds a list of values"),
        (b'{"tree":"A","also":["a","a"]}\n', "line 1: also: 'a' is in the list twice"),
        (b'{"tree":"A","also":["a;b"]}\n', "line 1: also: 'a;b' contains a ;"),
        (b'{"tree":"A","tree":"B"}\n', "line 1: tree: the member is given twice"),
        (b'{"tree":"-A"}\n', "line 1: key '-A' breaks the rule"),
        (b'{"tree":"A.csv"}\n', "line 1: key 'A.csv' ends like a format"),
        (b'{"tree":"A","native":"yes"}\n', "line 1: native: 'yes'"),
        (b'{"tree":"A","name":7}\n', "line 1: name: a value is text or a list of text"),
        (b'{"tree":"A","genus":"B"}\n', "line 1: genus: 'B' is not the key of a record of tree"),
        (b'{"tree":"A"}\n{"tree":"A"}\n', "line 2: the item is already the current record of 'A'"),
        (b"[" * 100_000 + b"\n", "line 1: the item is nested too deeply"),
        (b"", "there is nothing to append"),
    ],
)
def test_bad_items_are_named_by_line_and_nothing_is_written(tree: Run, lines: bytes, reason: str) -> None:
    refused = tree("append", "tree", "--file", "-", input=lines)
    assert refused.exit_code == 1
    assert refused.stderr.startswith(f"registers: {reason}"), refused.stderr
    assert refused.stderr.count("\n") == 1
    assert json.loads(tree("--json", "show", "tree").stdout)["total-entries"] == 0


def test_append_asks_for_one_source_of_items(tree: Run) -> None:
    assert tree("append", "tree").exit_code == 2
    assert tree("append", "tree", "--item", "{}", "--file", "-").exit_code == 2


def test_the_embedded_sources_load_and_load_again(run: Run) -> None:
    run("init")
    for source in ("countries", "uk-subdivisions"):
        first, second = (
            json.loads(run("--json", "load", source).stdout),
            json.loads(run("--json", "load", source).stdout),
        )
        assert first["added"] > 200
        assert (second["added"], second["changed"], second["unchanged"]) == (0, 0, first["added"])


def test_a_dump_loads_again_to_the_same_root(tree: Run, tmp_path: Path) -> None:
    tree("append", "tree", "--file", "-", input='{"tree":"A"}\n{"tree":"B"}\n')
    tree("append", "tree", "--item", '{"tree":"A","name":"Ash"}')
    root = json.loads(tree("--json", "show", "tree").stdout)["root-hash"]
    path = tmp_path / "tree.rsf"
    assert tree("dump", "tree", "--output", str(path)).exit_code == 0
    loaded = json.loads(tree("--json", "load", "rsf", "--as", "again", str(path)).stdout)
    assert (loaded["register"], loaded["added"], loaded["root-hash"]) == ("again", 3, root)
    from_stdin = tree("load", "rsf", "-", input=path.read_bytes())
    assert from_stdin.stdout == f"tree: 0 entries added, root {root}.\n"


def test_a_bad_file_is_refused_with_its_line_and_leaves_nothing(run: Run, tmp_path: Path) -> None:
    run("init")
    path = tmp_path / "bad.rsf"
    path.write_text("assert-root-hash\tsha-256:" + "0" * 64 + "\n")
    refused = run("load", "rsf", "--as", "thing", str(path))
    assert refused.exit_code == 1
    assert refused.stderr.startswith(f"registers: {path}: line 1: the root hash is sha-256:e3b0c442")
    assert "no registers" in run("list").stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("load", "rsf"),
        ("load", "nowhere"),
        ("load", "countries", "file.csv"),
        ("load", "rsf", "--as", "x", "a", "b"),
        ("dump", "x", "--format", "rsf", "--what", "records"),
        ("dump", "x", "--format", "xlsx"),
        ("serve", "--port", "0"),
        ("fly",),
    ],
)
def test_usage_errors_end_with_2(run: Run, arguments: tuple[str, ...]) -> None:
    assert run(*arguments).exit_code == 2


def test_a_file_that_is_not_there_is_one_sentence(tree: Run) -> None:
    refused = tree("load", "rsf", "--as", "x", "nowhere.rsf")
    assert (refused.exit_code, refused.stderr) == (
        1,
        "registers: nowhere.rsf cannot be read: No such file or directory\n",
    )


def test_a_file_that_cannot_be_written_is_one_sentence(tree: Run, tmp_path: Path) -> None:
    refused = tree("dump", "tree", "--output", str(tmp_path / "no" / "such" / "file"))
    assert refused.exit_code == 1
    assert refused.stderr == f"registers: {tmp_path / 'no' / 'such' / 'file'}: No such file or directory\n"


# What a register says of itself


def shown(run: Run, name: str = "tree") -> dict[str, object]:
    answered: dict[str, object] = json.loads(run("--json", "show", name).stdout)
    return answered


def test_the_tier_is_as_the_definition_says_or_the_command(run: Run) -> None:
    run("init")
    for name, arguments, tier in (("a", (), "critical"), ("b", ("--tier", "ordinary"), "ordinary")):
        assert run("create", name, *arguments, input=f"{TREE}tier: critical\n").exit_code == 0
        assert shown(run, name)["tier"] == tier
    assert run("create", "c", "--tier", "critical", input=TREE).exit_code == 0
    assert (shown(run, "c")["tier"], run("check").exit_code) == ("critical", 0)
    refused = run("create", "d", input=f"{TREE}tier: vital\n")
    assert (refused.exit_code, "tier: is one of ordinary, critical, not 'vital'" in refused.stderr) == (1, True)


def test_what_a_register_says_of_itself_is_changed(tree: Run) -> None:
    changed = tree("--json", "describe", "tree", "--tier", "critical", "--custodian", "Woods", "--title", "Trees")
    assert json.loads(changed.stdout) == {"register": "tree", "changed": ["custodian", "tier"], "revision": 2}
    assert (shown(tree)["tier"], shown(tree)["custodian"]) == ("critical", "Woods")
    again = tree("describe", "tree", "--tier", "critical")
    assert (again.exit_code, again.stdout) == (0, "tree says so already.\n")
    assert tree("describe", "tree", "--text", " Woody plants ").stdout == "tree has another text.\n"
    assert shown(tree)["text"] == "Woody plants"


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        ((), 2, "say what is to change: --title, --custodian, --tier"),
        (("--tier", "vital"), 2, "'vital' is not one of"),
        (("--custodian", ""), 1, "custodian: may be changed, and not emptied"),
        (("--last-confirmed", "soon"), 1, "last-confirmed: 'soon' is not a day"),
        (("--title", "Trees", "--submit"), 1, "says so already, so there is nothing to agree to"),
    ],
)
def test_what_cannot_be_said_is_refused(tree: Run, arguments: tuple[str, ...], code: int, sentence: str) -> None:
    refused = tree("describe", "tree", *arguments)
    assert (refused.exit_code, sentence in refused.stderr) == (code, True), refused.stderr
    assert shown(tree)["custodian"] == "Parks department"


def test_it_is_proposed_and_decided_on(tree: Run) -> None:
    tree("publish", "tree")
    assert tree("review", "policy", "tree", "--direct").exit_code == 0
    refused = tree("describe", "tree", "--tier", "critical", "--submit")
    assert (refused.exit_code, "have an administrator take direct away first" in refused.stderr) == (
        1,
        True,
    )
    assert tree("review", "policy", "tree", "--others").exit_code == 0
    submitted = tree("describe", "tree", "--tier", "critical", "--submit", "--note", "Much depends on it")
    assert submitted.stdout == "This is proposal 1, to change what tree says of itself.\n"
    assert "metadata tier" in tree("review", "show", "1", "--changes").stdout
    assert (shown(tree)["tier"], tree("review", "policy", "tree").stdout.split(";")[0]) == (
        "ordinary",
        "tree has the policy one-custodian",
    )
