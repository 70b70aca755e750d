"""`registers scaffold`: a mapping proposed for a table, to be mended and then loaded with."""

from __future__ import annotations

import re
from pathlib import Path

import click

from cli.verbs import Terminal, verb
from loaders import scaffold
from registers.errors import Unavailable


@click.command("scaffold", short_help="Propose a register for a table.")
@click.argument("file", type=click.Path(dir_okay=False))
@click.option("--register", metavar="NAME", help="What the register is to be called; by default after the file.")
@click.option("--sheet", metavar="SHEET", help="The sheet of a workbook that has several.")
@click.option("--encoding", metavar="ENCODING", help="How the text is encoded, if that cannot be told.")
@click.option("--output", metavar="FILE", default="-", help="Where to write it; - is stdout.")
@verb
def command(
    terminal: Terminal, file: str, register: str | None, sheet: str | None, encoding: str | None, output: str
) -> None:
    """Propose a register for the table in FILE: its key, its fields and their datatypes, the registers it links to.

    Read it and mend it: it is a guess from the values. Then: registers load table FILE --mapping MAPPING
    """
    options = {name: value for name, value in (("sheet", sheet), ("encoding", encoding)) if value}
    name = register or re.sub(r"[^a-z0-9]+", "-", Path(file).name.split(".")[0].lower()).strip("0123456789-") or "list"
    try:
        with terminal.store() as store:
            made = scaffold.scaffold(Path(file), name, store, options)
    except Unavailable:
        made = scaffold.scaffold(Path(file), name, None, options)  # without a database nothing is linked to
    with click.open_file(output, "w", encoding="utf-8") as stream:
        stream.write(made)
