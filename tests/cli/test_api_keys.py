"""Verbs about who may write and what registers are called: api-keys, rename, retire."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import Run


def create(run: Run, *options: str) -> dict[str, object]:
    done = run("--json", "api-keys", "create", "The import", *(options or ("--scope", "direct")))
    assert done.exit_code == 0, done.stderr
    made: dict[str, object] = json.loads(done.stdout)
    return made


def test_a_key_is_shown_once_listed_without_itself_and_revoked(tree: Run) -> None:
    made = create(tree, "--scope", "direct", "--scope", "webhooks", "--register", "tree", "--days", "30")
    assert str(made["key"]).startswith("registers_")
    assert (made["scopes"], made["registers"], made["state"]) == (["direct", "webhooks"], ["tree"], "good")
    assert str(made["maker"]).startswith("operator-")
    listed = tree("api-keys", "list")
    assert str(made["id"]) in listed.stdout and "The import" in listed.stdout
    assert str(made["key"]) not in listed.stdout + tree("--json", "api-keys", "list").stdout
    assert tree("api-keys", "revoke", str(made["id"])).stdout == f"{made['id']} (The import) is revoked.\n"
    (shown,) = json.loads(tree("api-keys", "list", "--json").stdout)["api-keys"]
    assert shown["state"] == "revoked"


def test_the_key_is_the_first_line(tree: Run) -> None:
    """So that a script can take it."""
    lines = tree("api-keys", "create", "x", "--scope", "direct").stdout.splitlines()
    assert lines[0].startswith("registers_") and "not shown again" in lines[1]


def test_without_keys_the_list_says_how_to_make_one(tree: Run) -> None:
    assert "registers api-keys create" in tree("api-keys", "list").stdout


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("create", "x"), 2, "--scope"),
        (("create", "x", "--scope", "root"), 2, "root"),
        (("create", "x", "--scope", "direct", "--days", "0"), 2, "--days"),
        (("create", "x", "--scope", "direct", "--days", "10000"), 2, "--days"),
        (("create", " ", "--scope", "direct"), 1, "label: is text"),
        (("create", "x", "--scope", "direct", "--register", "A b"), 1, "'A b' is not a name"),
        (("revoke", "nothing"), 1, "there is no API key 'nothing'"),
        (("forget",), 2, "forget"),
    ],
)
def test_what_cannot_be_done_is_said(tree: Run, arguments: tuple[str, ...], code: int, sentence: str) -> None:
    refused = tree("api-keys", *arguments)
    assert (refused.exit_code, sentence in refused.stderr) == (code, True), refused.stderr
    assert json.loads(tree("--json", "api-keys", "list").stdout) == {"api-keys": []}


def test_a_renamed_register_says_what_it_is_called(tree: Run) -> None:
    tree("publish", "tree")
    assert tree("rename", "tree", "wood").stdout == "tree is now called wood.\n"
    refused = tree("show", "tree")
    assert (refused.exit_code, refused.stderr) == (1, "registers: the register tree is now called wood\n")
    assert tree("append", "wood", "--item", '{"tree":"QUR"}').exit_code == 0
    assert tree("check").exit_code == 0
    assert tree("rename", "wood", "Bad Name").exit_code == 1


def test_a_retired_register_says_what_to_use(tree: Run) -> None:
    assert "is a draft; drop it instead" in tree("retire", "tree").stderr
    tree("publish", "tree")
    assert tree("retire", "tree", "--successor", "nothing").exit_code == 1
    done = tree("retire", "tree", "--successor", "https://example.org/trees")
    assert done.stdout == "tree is retired; use https://example.org/trees instead.\n"
    refused = tree("append", "tree", "--item", '{"tree":"QUR"}')
    assert (refused.exit_code, "use https://example.org/trees instead" in refused.stderr) == (1, True)
    assert tree("check").exit_code == 0
