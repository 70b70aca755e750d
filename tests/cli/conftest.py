"""The command, run as its users run it but for the process: same arguments, same output, same exit code."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result

from cli.main import registers

Run = Callable[..., Result]


@pytest.fixture
def run(database_url: str) -> Run:
    """Runs a verb on an empty database, on each engine; `input` is its stdin."""

    def command(*arguments: str, input: str | bytes | None = None) -> Result:
        return CliRunner().invoke(registers, ["--database", database_url, *arguments], input=input)

    return command


@pytest.fixture
def tree(run: Run) -> Run:
    """The same, with a draft register `tree` in the database."""
    assert run("init").exit_code == 0
    made = run("create", "tree", input=TREE)
    assert made.exit_code == 0, made.stderr
    return run


TREE = """
title: Trees
text: Kinds of tree
custodian: Parks department
fields:
  - {field: tree, text: Its code}
  - {field: name}
  - {field: also, cardinality: n}
  - {field: native, datatype: boolean}
  - {field: genus, register: tree}
"""
