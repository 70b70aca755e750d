"""A table as a person uploads it: a CSV file, with its fields guessed from its header and its values.

Whatever is wrong with the file is said by line, several faults at once, so that it can be mended in one go. Pure, but
for the language that it is said in.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from unicodedata import combining, normalize

from api.pages.languages.saying import english, gettext, gettext_noop, ngettext
from registers.batch import Change
from registers.datatypes import datatype
from registers.definition import Definition, Field
from registers.entry import FORMAT_SUFFIXES, check_key, shortened
from registers.errors import Invalid, TooLarge
from registers.item import ItemRules, normalise

LIMIT = 10 * 1024 * 1024  # bytes
MOST_ROWS = 50_000
MOST_COLUMNS = 100
MOST_FAULTS = 20  # that are listed at once
# What a column is taken for when each of its values is one; all else is text. The first that fits is taken.
GUESSED = ("url", "timestamp", "datetime", "integer", "boolean", "point")
_NOT_IN_NAMES = re.compile(r"[^a-z0-9]+")
_YEAR_ALONE = re.compile(r"[0-9]{4}")
Placed = tuple[int, Change]
"""A change, and the line of the file that it comes from."""


class Faults(Invalid):
    """What is wrong with a file, each fault a sentence."""

    def __init__(self, sentences: Sequence[str]) -> None:
        super().__init__("; ".join(sentences))
        self.sentences = list(sentences)


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the line of the file that it starts on, from 1, and its cells."""

    line: int
    cells: list[str]


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that has been read: the names in its header, and its rows, each as long as the header."""

    header: list[str]
    rows: list[Row]


def read(content: bytes) -> Upload:
    """Read a CSV file: UTF-8, commas, a header. Raises TooLarge, or Faults by line."""
    if len(content) > LIMIT:
        raise TooLarge(f"the file is larger than {LIMIT // 2**20} MB: append what is in it through the API")
    rows = _rows(_text(content))
    first = next(rows, None)
    if first is None:
        raise Faults([gettext("the file is empty: its first line is a header with the names of the fields")])
    _check_header(first.cells)
    found: list[Row] = []
    faults: list[str] = []
    for row in rows:
        if len(row.cells) != len(first.cells):
            faults.append(_uneven(row, len(first.cells)))
        if len(found) == MOST_ROWS:
            raise TooLarge(f"the file has more than {MOST_ROWS:,} rows: append what is in it through the API")
        found.append(row)
    _raise(faults)
    return Upload([cell.strip() for cell in first.cells], found)


def guess(upload: Upload) -> list[Field]:
    """The fields that the header names, with the datatypes that their values let one guess.

    The first column, the key, is text: a code that is all digits is no number to reckon with.
    """
    names = [field_name(cell) for cell in upload.header]
    made = []
    for column, (name, title) in enumerate(zip(names, upload.header, strict=True)):
        kind = _guessed(row.cells[column] for row in upload.rows) if column else "string"
        made.append(Field(name, kind, text="" if title.lower() == name.replace("-", " ") else title))
    return made


def changes(upload: Upload, definition: Definition) -> list[Change]:
    """The rows as changes of a register whose fields are the columns, in their order. Raises Faults by line."""
    made = [(row.line, _change(row, definition)) for row in upload.rows]
    faults = [*_repeated(made), *_broken(made, definition)]
    _raise(faults)
    return [change for _, change in made]


def field_name(title: str) -> str:
    """A field's name, made of what a header calls it: `Start date` is `start-date`."""
    plain = "".join(each for each in normalize("NFKD", title) if not combining(each))
    return _NOT_IN_NAMES.sub("-", plain.casefold()).strip("-")


# Reading


def _text(content: bytes) -> str:
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise Faults([gettext("the file is a spreadsheet, not a CSV file: save it as CSV UTF-8, and upload that")])
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Faults([gettext("the file is in UTF-16: save it as CSV UTF-8, and upload that")])
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        wrong = gettext("line %(line)s is not UTF-8: save the file as CSV UTF-8, and upload that", line=line)
        raise Faults([wrong]) from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise Faults([gettext("line %(line)s has the character U+0000", line=line)])
    return text


def _rows(text: str) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            why = english(str(error))
            raise Faults([gettext("line %(line)s cannot be read as CSV: %(why)s", line=line, why=why)]) from None
        if cells is None:
            return
        if cells:
            yield Row(line, cells)


def _check_header(header: list[str]) -> None:
    if len(header) > MOST_COLUMNS:
        wrong = gettext(
            "the header has %(count)s columns, and a register made here has at most %(most)s", **_many(header)
        )
        raise Faults([wrong])
    if len(header) == 1 and re.search("[;\t]", header[0]):
        raise Faults([gettext("line 1: the columns have to have commas between them")])
    faults = []
    columns: dict[str, int] = {}
    for column, cell in enumerate(header, 1):
        if wrong := _wrong_title(cell, column, columns):
            faults.append(wrong)
        columns.setdefault(field_name(cell), column)
    _raise(faults)


def _many(header: list[str]) -> dict[str, int]:
    return {"count": len(header), "most": MOST_COLUMNS}


def _wrong_title(cell: str, column: int, before: Mapping[str, int]) -> str:
    """What is wrong with what a column is called, after those before it; nothing if that is a name."""
    name = field_name(cell)
    if not cell.strip():
        return gettext("line 1: column %(column)s has no name in the header", column=column)
    if not re.match("[a-z]", name):
        return gettext(
            "line 1: column %(column)s, %(title)s: a name has to start with a letter from a to z",
            column=column,
            title=shortened(cell),
        )
    if name in before:
        return gettext(
            "line 1: columns %(first)s and %(column)s are both called %(name)s",
            first=before[name],
            column=column,
            name=name,
        )
    return ""


def _uneven(row: Row, columns: int) -> str:
    return ngettext(
        "line %(line)s has %(count)s cell, and the header has %(columns)s",
        "line %(line)s has %(count)s cells, and the header has %(columns)s",
        len(row.cells),
        line=row.line,
        columns=columns,
    )


def _raise(faults: Sequence[str]) -> None:
    """Raise Faults, cut when there are many, unless there are none."""
    if faults:
        more = len(faults) - MOST_FAULTS
        rest = ngettext("and %(count)s more fault like these", "and %(count)s more faults like these", more)
        raise Faults([*faults[:MOST_FAULTS], *([rest] if more > 0 else [])])


# Guessing


def _guessed(cells: Iterable[str]) -> str:
    kinds, sure = set(GUESSED), False
    for cell in cells:
        value = cell.strip()
        if value:
            kinds = {kind for kind in kinds if datatype(kind).check(value) is None}
            sure = sure or not _YEAR_ALONE.fullmatch(value)
        if not kinds:
            break
    # Four digits may be a year, and any other number as well.
    return next((kind for kind in GUESSED if kind in kinds), "string") if sure else "string"


# Rows as changes


def _change(row: Row, definition: Definition) -> Change:
    item: dict[str, object] = {}
    for field, cell in zip(definition.fields, row.cells, strict=True):
        value = cell.strip()
        if value:
            item[field.name] = [member.strip() for member in value.split(";")] if field.many else value
    return Change(str(item.get(definition.key_field, "")), item, place=f"line {row.line}")


def _repeated(made: Sequence[Placed]) -> Iterator[str]:
    """A sentence for each key that an earlier line has."""
    said = gettext_noop("line %(line)s has the key %(key)s, which line %(first)s has already")
    seen: dict[str, int] = {}
    for line, change in made:
        if change.key in seen:
            yield gettext(said, line=line, key=shortened(change.key), first=seen[change.key])
        elif change.key:
            seen[change.key] = line


def _broken(made: Sequence[Placed], definition: Definition) -> Iterator[str]:
    """A sentence for each change that the register's rules refuse."""
    rules = ItemRules(definition)
    for line, change in made:
        if not change.key:
            field = definition.key_field
            yield gettext("line %(line)s has no key: its cell for %(field)s is empty", line=line, field=field)
            continue
        try:
            check_key(change.key)
            rules.check(change.key, normalise(change.item))
        except Invalid as error:
            yield gettext("line %(line)s: %(wrong)s", line=line, wrong=english(str(error)))
            continue
        if change.key.endswith(FORMAT_SUFFIXES):
            yield _format(line, change.key)


def _format(line: int, key: str) -> str:
    return gettext(
        "line %(line)s: the key %(key)s ends in %(formats)s, which asks for a format",
        line=line,
        key=shortened(key),
        formats=gettext(" or ").join(FORMAT_SUFFIXES),
    )
