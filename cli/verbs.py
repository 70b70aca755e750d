"""What all verbs share: `--database` and `--json`, opening the store, errors as one sentence, progress on stderr.

Exit codes: 0 fine; 1 the answer is no (a failed audit, a refused load); 2 usage.
"""

from __future__ import annotations

import getpass
import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import wraps
from typing import Any, ParamSpec

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from registers.errors import Invalid, RegistersError
from registers.opening import open_store
from registers.register import Authority
from registers.settings import Settings, read_settings
from registers.store.engine import Store
from registers.store.schema import check_schema

Parameters = ParamSpec("Parameters")


@dataclass(slots=True)
class Terminal:
    """What a verb works with: the settings, whether to answer in JSON, and the store, opened when first needed."""

    settings: Settings
    as_json: bool

    @contextmanager
    def store(self, check: bool = True) -> Iterator[Store]:
        """The store, closed at the end. Raises Unavailable when its schema is not this release's."""
        store = open_store(self.settings.database_url)
        try:
            if check:
                check_schema(store)
            yield store
        finally:
            store.close()

    def authority(self, source: str = "") -> Authority:
        """Acts at the terminal are direct, in the name of the account that runs them: opaque, and always the same."""
        account = hashlib.sha256(f"registers-account:{getpass.getuser()}".encode()).hexdigest()
        return Authority(f"operator-{account[:12]}", "direct", source)

    def answer(self, value: dict[str, Any], sentence: str) -> None:
        """Say what was done: a sentence, or with --json the value."""
        click.echo(json.dumps(value, ensure_ascii=False) if self.as_json else sentence)


def verb(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command `--database` and `--json`, hand it a Terminal first, and turn errors into one sentence."""

    @click.option("--database", metavar="URL", help="The database; by default REGISTERS_DATABASE_URL.")
    @click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
    @wraps(command)
    def run(*, database: str | None, as_json: bool, **arguments: Any) -> None:
        context = click.get_current_context()
        given = context.find_root().params
        terminal = _terminal(database or given.get("database"), as_json or bool(given.get("as_json")))
        try:
            command(terminal, **arguments)
        except BrokenPipeError:
            raise
        except (RegistersError, OSError) as error:
            click.echo(f"registers: {_sentence(error)}", err=True)
            context.exit(1)

    return run


def _sentence(error: RegistersError | OSError) -> str:
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    return str(error)


def _terminal(database: str | None, as_json: bool) -> Terminal:
    try:
        settings = read_settings()
        if database:
            settings = replace(settings, database_url=database)
        open_store(settings.database_url).close()
    except Invalid as error:
        raise click.UsageError(str(error)) from None
    return Terminal(settings, as_json)


@contextmanager
def progress_bar(title: str) -> Iterator[Callable[[int, int | None], None]]:
    """A progress bar on stderr, told `(done, total)` or `(done, None)`; silent where stderr is no terminal."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def write_out(parts: Iterator[str], output: str) -> None:
    """Write text in parts, as UTF-8 and with its own line ends, to a file or (`-`) to stdout."""
    with click.open_file(output, "wb") as stream:
        for part in parts:
            stream.write(part.encode())


def warn(sentence: str) -> None:
    """Say something worth knowing, on stderr."""
    click.echo(f"registers: {sentence}", err=True)
