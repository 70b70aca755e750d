"""The documentation names every setting and every command that there is, and none that there is not."""

from __future__ import annotations

import re
from collections.abc import Iterator

import click
import pytest

from cli.main import registers
from tests.source import ROOT, tracked_texts

SETTING = re.compile(r"\bREGISTERS_[A-Z][A-Z_]*[A-Z]\b")
# Where settings are read: the rooms, what operators run, and what steers the tests.
READERS = (
    "registers/",
    "api/",
    "cli/",
    "loaders/",
    "deploy/",
    "tests/conftest.py",
    "tests/engines.py",
    "tests/benchmarks",
)


def settings_in(text: str) -> set[str]:
    return set(SETTING.findall(text))


def settings_read() -> set[str]:
    texts = (text for path, text in tracked_texts().items() if path.startswith(READERS))
    return set().union(*(settings_in(text) for text in texts))


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every command that is not hidden, as a person types it."""
    waiting: list[tuple[str, click.Command]] = [("registers", registers)]
    while waiting:
        typed, command = waiting.pop()
        if isinstance(command, click.Group):
            context = click.Context(command)
            found = [(name, command.get_command(context, name)) for name in command.list_commands(context)]
            waiting += [(f"{typed} {name}", each) for name, each in found if each]
        if not command.hidden:
            yield typed, command


def test_every_setting_is_documented() -> None:
    assert settings_read() - settings_in((ROOT / "docs/configuration.md").read_text()) == set()


def test_no_setting_is_documented_that_nothing_reads() -> None:
    assert settings_in((ROOT / "docs/configuration.md").read_text()) - settings_read() == set()


def test_every_command_is_documented() -> None:
    documented = (ROOT / "docs/commands.md").read_text()
    typed = [typed for typed, _ in commands()]
    assert len(typed) > 1
    assert [each for each in typed if not re.search(rf"{re.escape(each)}(?![a-z-])", documented)] == []


def test_every_command_and_option_says_what_it_does() -> None:
    silent = [typed for typed, command in commands() if not (command.help or "").strip()]
    silent += [
        f"{typed} --{option.name}"
        for typed, command in commands()
        for option in command.params
        if isinstance(option, click.Option) and not option.help
    ]
    assert silent == []


@pytest.mark.parametrize("command", ["make run", "make test"])
def test_the_readme_starts_with_the_two_commands(command: str) -> None:
    assert command in (ROOT / "README.md").read_text()[:2000]
