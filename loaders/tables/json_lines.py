"""NDJSON as parts of a table: a flat JSON object a line, whose members are columns; one it leaves out is blank.

The columns are all names that any object has, in the order in which they first come, so the file is read twice.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from loaders.tables.cells import MOST_ROWS, Part, Report, Unreadable, check_names, part_of, text_of
from loaders.tables.decoding import Decoding
from registers.errors import Invalid

LONGEST_LINE = 4 << 20  # characters


class JsonLines:
    """An NDJSON file. There is no header: the number of a row is that of its line."""

    first_row = 1

    def __init__(self, path: Path, name: str, decoding: Decoding) -> None:
        """Reads through the file for its names. Raises Invalid when it has none."""
        self._path, self._name, self._decoding = path, name, decoding
        self.encoding = decoding.encoding
        names = dict.fromkeys(name for _, item in self._items(_ignore) for name in item)
        if not names:
            raise Invalid(f"{name} holds no JSON object with members")
        self.names = check_names(list(names), 1, name)
        self._keys = list(names)

    def parts(self, report: Report) -> Iterator[Part]:
        """All rows in order. Lines that hold no object are reported and left out, values that are no text blanked."""
        numbers: list[int] = []
        rows: list[list[str | None]] = []
        for number, item in self._items(report):
            numbers.append(number)
            rows.append([_text(number, key, item.get(key), report) for key in self._keys])
            if len(rows) == MOST_ROWS:
                yield part_of(numbers, rows, self.names)
                numbers, rows = [], []
        if rows:
            yield part_of(numbers, rows, self.names)

    def _items(self, report: Report) -> Iterator[tuple[int, dict[str, Any]]]:
        for number, line in self._lines():
            if not line.strip():
                continue
            try:
                yield number, _item(line)
            except Unreadable as error:
                report(number, "", str(error))

    def _lines(self) -> Iterator[tuple[int, str]]:
        with self._path.open("rb") as file:
            file.seek(self._decoding.skip)
            stream, number = codecs.getreader(self._decoding.encoding)(file), 0
            for number, line in enumerate(_split(stream), 1):
                if len(line) > LONGEST_LINE:
                    raise Invalid(f"{self._name} has a line ({number}) of more than {LONGEST_LINE:,} characters")
                yield number, line


def _split(stream: codecs.StreamReader) -> Iterator[str]:
    """Lines as JSON knows them, ended by LF only; a text may hold U+2028. What is too long comes unended."""
    rest = ""
    while chunk := stream.read(1 << 16):
        *lines, rest = (rest + chunk).split("\n")
        yield from lines
        if len(rest) > LONGEST_LINE:
            break
    if rest:
        yield rest


def _item(line: str) -> dict[str, Any]:
    try:
        item = json.loads(line, object_pairs_hook=_once, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise Unreadable(f"is not JSON: {error.msg} at character {error.pos + 1}") from None
    except (RecursionError, ValueError) as error:
        raise Unreadable(str(error) if isinstance(error, Unreadable) else "holds what cannot be read") from None
    if not isinstance(item, dict):
        raise Unreadable("holds no JSON object")
    return item


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    item = dict(pairs)
    if len(item) != len(pairs):
        raise Unreadable("holds an object that has a name twice")
    return item


def _refuse_constant(text: str) -> None:
    raise Unreadable(f"holds {text}, which is not JSON")


def _text(number: int, key: str, value: object, report: Report) -> str | None:
    try:
        return text_of(value)
    except Unreadable as error:
        report(number, key.strip(), str(error))
        return None


def _ignore(number: int, column: str, sentence: str) -> None:
    """The first time through; the second tells."""
