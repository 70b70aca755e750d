"""How a plan is shown at a terminal: how much would change, what looks wrong, and each change field by field."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping

import click
from rich.console import Console
from rich.table import Table

from registers.entry import Item, shortened
from registers.plan import Difference

SHOWN = 20  # changes in a table; JSON and CSV have all
WIDTH = 40  # characters of a value in a table
COLUMNS = ("key", "change", "name", "field", "from", "to")
FORMATS = ("table", "json", "csv")


def csv_lines(differences: Iterable[Difference]) -> Iterator[str]:
    """All changes as CSV (RFC 4180): a row for each field of each record."""
    yield _csv_row(COLUMNS)
    for row in _rows(differences):
        yield _csv_row(row)


def show_table(differences: Iterable[Difference]) -> None:
    """The first changes as a table on stdout, and how many rows there are beside them."""
    table = Table(*(column.capitalize() for column in COLUMNS), box=None, pad_edge=False)
    more = 0
    for number, row in enumerate(_rows(differences)):
        if number < SHOWN:
            table.add_row(*(shortened(cell, WIDTH).strip("'") if cell else "" for cell in row))
        else:
            more += 1
    Console(soft_wrap=True, highlight=False, markup=False, emoji=False).print(table)
    if more:
        click.echo(f"… and {more:,} more rows; --format csv or json shows all.")


def sentence_of(counts: Mapping[str, int]) -> str:
    """How much would change."""
    told = [f"{counts[name]:,} {name}" for name in ("added", "changed", "ended", "unchanged") if name in counts]
    if counts.get("missing"):
        told.append(f"{counts['missing']:,} not in the file and left as they are")
    return ", ".join(told)


def _rows(differences: Iterable[Difference]) -> Iterator[tuple[str, ...]]:
    for each in differences:
        if each.kind == "added":
            yield each.key, each.kind, each.name, "", "", ""
            continue
        for name, sides in each.fields.items():
            yield each.key, each.kind, each.name, name, _text(sides, "from"), _text(sides, "to")


def _text(sides: Item, side: str) -> str:
    value = sides.get(side, "")
    return value if isinstance(value, str) else ";".join(value)


def _csv_row(cells: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(cells)
    return line.getvalue()
