"""A custodian's own table: CSV, TSV, XLSX, NDJSON or Parquet, with a mapping that says which column is which field.

The mapping is a register's definition in YAML (docs/definitions.md) with one member more:

    register: tree
    fields: [{field: tree}, {field: name}, {field: start-date, datatype: datetime}, {field: point, datatype: point}]
    table:
      columns:
        tree: Code                                      a column as it is
        name: {column: Name, blank: ["N/A"]}            texts that mean nothing
        start-date: {column: Planted, date: DD/MM/YYYY} dates in a layout
        point: {easting: E, northing: N}                or {longitude: …, latitude: …}
        uses: {column: Uses, separator: ","}            a list in one cell
        native: {column: Native, values: {Y: "true", N: "false"}}
        country: {value: GB}                            the same for all
      complete: true                                    or {status: open}: the file has all records for which that holds
      ending: end-date                                  those it lacks get an end-date, the day before the file's
      dated: 2025-07-11                                 the day of the file

What is written in it is text, whatever YAML makes of it elsewhere: NO is Norway, and 007 is not 7.
`registers scaffold FILE` proposes one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from loaders import columns
from loaders.columns import LAYOUTS, Columns, Spec
from loaders.source import About, Ending, Nothing, Problems, Reading, Row, Source
from loaders.tabular import Table, open_table
from registers.datatypes import datatype
from registers.definition import Definition, Field, from_yaml
from registers.entry import Item, shortened
from registers.errors import Invalid
from registers.question import values_of

ABOUT = About(
    name="table",
    register="",
    title="A table of your own",
    publisher="Whoever made the file",
    licence="As its publisher says",
    attribution="",
    url="",
    rhythm="Whenever there is a new file",
)
MEMBERS = frozenset({"columns", "complete", "ending", "dated"})
# The ways to say how a field is made: what each takes, and what may stand beside it.
WAYS: tuple[tuple[frozenset[str], frozenset[str]], ...] = (
    (frozenset({"column"}), frozenset({"blank", "separator"})),
    (frozenset({"column", "date"}), frozenset({"blank"})),
    (frozenset({"column", "values"}), frozenset({"blank"})),
    (frozenset({"easting", "northing"}), frozenset()),
    (frozenset({"longitude", "latitude"}), frozenset({"blank"})),
    (frozenset({"value"}), frozenset()),
)
KINDS = ("column", "value", "date", "blank", "separator", "values", "easting", "northing", "longitude", "latitude")


def read(path: Path | None, options: Mapping[str, str]) -> Reading:
    """Open a table under its mapping. Raises Invalid for a mapping that does not fit the file or itself."""
    assert path is not None
    document = read_mapping(options.get("mapping"))
    told = _mapping_of("table", document.pop("table", {}))
    if strange := sorted(told.keys() - MEMBERS):
        raise Invalid(f"table: {shortened(strange[0])} is not one of {', '.join(sorted(MEMBERS))}")
    definition = from_yaml(document, options.get("register"))
    table = open_table(path, encoding=options.get("encoding"), sheet=options.get("sheet"))
    mapping = _columns(definition, _mapping_of("columns", told.get("columns", {})), table)
    problems = Problems()
    complete = _complete(told.get("complete", ""), mapping)
    return Reading(
        definition=definition,
        carries=mapping.carries,
        rows=_some(columns.rows_of(table, mapping, problems), problems, path),
        problems=problems,
        complete=complete,
        ending=_ending(told, definition, complete is not None),
        dated=_day(told.get("dated", "")),
        notes=table.notes,
        columns=mapping.called,
    )


def _some(rows: Iterator[Row], problems: Problems, path: Path) -> Iterator[Row]:
    """The rows. Raises Nothing when there is none: that is a file gone wrong, not a list of which all has ended."""
    there = False
    for row in rows:
        there = True
        yield row
    if not there and not problems.count:
        raise Nothing(f"there is no record in {path.name}: it has a header, and no row below it")


def read_mapping(path: str | None) -> dict[str, Any]:
    """The mapping in a file. Raises Invalid when there is none, or it is not YAML."""
    if path is None:
        raise Invalid(
            "a table takes --mapping FILE, which says which column is which field; registers scaffold makes one"
        )
    try:
        # This loader makes text of everything, and nothing else: it runs nothing.
        document = yaml.load(Path(path).read_text("utf-8-sig"), yaml.BaseLoader)  # noqa: S506
    except OSError as error:
        raise Invalid(f"{path} cannot be read: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise Invalid(f"the mapping {path} is not YAML: {' '.join(str(error).split())}") from None
    return dict(_mapping_of(f"the mapping {path}", document))


def _mapping_of(name: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise Invalid(f"{name}: is to say names and what they mean, as in name: value, and is {shortened(value)}")
    return value


def _text_of(name: str, value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise Invalid(f"{name}: is one text, not {shortened(value)}")
    return value


def _texts_of(name: str, value: Any) -> list[str]:
    return [_text_of(name, each) for each in (value if isinstance(value, list) else [value])]


# The columns


def _columns(definition: Definition, told: Mapping[str, Any], table: Table) -> Columns:
    """Which column is which field: those told, and otherwise the column that is called like the field."""
    if strange := sorted(told.keys() - set(definition.field_names)):
        raise Invalid(f"columns: {shortened(strange[0])} is not one of the fields, {', '.join(definition.field_names)}")
    by_name = {_plain(name): name for name in table.names}
    specs: dict[str, Spec] = {}
    for field in definition.fields:
        given = told.get(field.name, by_name.get(_plain(field.name)))
        if given is not None:
            specs[field.name] = _spec(field, given, table)
    if definition.key_field not in specs:
        there = ", ".join(table.names)
        raise Invalid(f"columns: which one is {definition.key_field}, the key? There are {there}")
    key = specs.pop(definition.key_field)
    return Columns(definition.key_field, key, specs)


def _plain(name: str) -> str:
    return "".join(character for character in name.casefold() if character.isalnum())


def _spec(field: Field, given: Any, table: Table) -> Spec:
    place = f"columns: {field.name}"
    told = {"column": given} if isinstance(given, str) else _mapping_of(place, given)
    if strange := sorted(told.keys() - set(KINDS)):
        raise Invalid(f"{place}: {shortened(strange[0])} is not one of {', '.join(KINDS)}")
    way = next((needed for needed, more in WAYS if needed <= told.keys() <= needed | more), None)
    if way is None:
        there = f"{', '.join(told)} do not go together" if told else "it is not said how it is made"
        raise Invalid(f"{place}: {there}: say a column, or an easting and a northing, or a value")
    spec = _made(field, place, told, table.names[0])
    for column in spec.columns:
        if column not in table.names:
            raise Invalid(f"{place}: there is no column {shortened(column)}; there are {', '.join(table.names)}")
    return spec


def _made(field: Field, place: str, told: Mapping[str, Any], any_column: str) -> Spec:
    texts = {name: _text_of(f"{place}: {name}", told[name]) for name in told.keys() - {"blank", "values"}}
    blank = _texts_of(f"{place}: blank", told.get("blank", []))
    if field.many and told.keys() - {"column", "blank", "separator"}:
        raise Invalid(f"{place}: holds a list, which is made of a column and a separator")
    match texts:
        case {"value": value}:
            return columns.fixed(_fixed(field, place, value), any_column)
        case {"easting": easting, "northing": northing}:
            return columns.grid_point(easting, northing)
        case {"longitude": longitude, "latitude": latitude}:
            return columns.degree_point(longitude, latitude, blank)
        case {"column": column, "date": layout}:
            if layout not in LAYOUTS:
                raise Invalid(f"{place}: date: {shortened(layout)} is not one of {', '.join(LAYOUTS)}")
            return columns.dated(column, layout, blank)
        case {"column": column} if "values" in told:
            known = _mapping_of(f"{place}: values", told["values"])
            return columns.coded(column, {**dict.fromkeys(blank, ""), **known})
        case {"column": column} if field.many:
            return columns.listed(column, re.escape(texts.get("separator", ";")), blank)
    if "separator" in texts:
        raise Invalid(f"{place}: separator: goes with a field that holds a list (cardinality: n)")
    return columns.text(texts["column"], blank)


def _fixed(field: Field, place: str, value: str) -> str:
    if fault := datatype(field.datatype).check(value):
        raise Invalid(f"{place}: value: {shortened(value)} {fault}")
    return value


# What the file is complete for


def _complete(told: Any, mapping: Columns) -> Callable[[Item], bool] | None:
    if told in ("", "false"):
        return None
    if told == "true":
        return lambda _item: True
    wanted = {name: _text_of(f"complete: {name}", value) for name, value in _mapping_of("complete", told).items()}
    if strange := sorted(wanted.keys() - mapping.carries):
        raise Invalid(f"complete: {shortened(strange[0])} is not one of the fields that the file speaks of")
    return lambda item: all(value in values_of(item, name) for name, value in wanted.items())


def _ending(told: Mapping[str, Any], definition: Definition, is_complete: bool) -> Ending | None:
    field = told.get("ending", "")
    if not field:
        return None
    if not is_complete:
        raise Invalid("ending: goes with complete, for what a file lacks has not ended unless it should be there")
    dates = [each.name for each in definition.fields if each.datatype == "datetime"]
    if field not in dates:
        raise Invalid(f"ending: {shortened(field)} is not a field of dates; there are {', '.join(dates) or 'none'}")
    return Ending(str(field))


def _day(told: Any) -> date | None:
    try:
        return date.fromisoformat(told) if told else None
    except (TypeError, ValueError):
        raise Invalid(f"dated: is a day such as 2025-07-11, not {shortened(told)}") from None


def plain(definition: Definition, complete: bool) -> Source:
    """A source of tables whose columns are called like the fields of a register, and that need no mapping."""

    def read_plain(path: Path | None, options: Mapping[str, str]) -> Reading:
        assert path is not None
        table = open_table(path, encoding=options.get("encoding"), sheet=options.get("sheet"))
        if strange := [name for name in table.names if _plain(name) not in map(_plain, definition.field_names)]:
            fields = ", ".join(definition.field_names)
            raise Invalid(f"{shortened(strange[0])} is not a field of {definition.name}, whose fields are {fields}")
        mapping, problems = _columns(definition, {}, table), Problems()
        ends = complete and "end-date" in definition.field_names
        return Reading(
            definition=definition,
            carries=mapping.carries,
            rows=_some(columns.rows_of(table, mapping, problems), problems, path),
            problems=problems,
            complete=(lambda _item: True) if complete else None,
            ending=Ending() if ends else None,
            notes=table.notes,
            columns=mapping.called,
        )

    return Source(ABOUT, read_plain, is_open=True)


def _register_of(options: Mapping[str, str]) -> str:
    """The register that is kept: the one told, or the mapping's."""
    return options.get("register") or str(read_mapping(options.get("mapping")).get("register", ""))


SOURCE = Source(
    ABOUT,
    read,
    frozenset({"mapping", "register", "sheet", "encoding"}),
    is_open=True,
    keeps=_register_of,
    plain=plain,
)
