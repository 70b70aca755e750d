"""Points as JSON objects, and their places as JSON: a fragment for each area, made once and put together."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np

from api import bodies
from api.v2 import telling
from geo import places
from geo.areas.following import Standing
from geo.areas.index import CONTAINS, ON_BOUNDARY, Index
from geo.crs import system
from geo.places import Position
from geo.points import COORDINATES, RECORD, WAYS, Find, Points, points_from, points_of_names
from registers.canonical import canonical_json, quoted
from registers.entry import shortened
from registers.errors import Gone, Invalid, NotFound, TooLarge
from registers.store.engine import Store

MOST = 100_000  # rows
BLOCK = 10_000  # rows that are answered at once
FAR = 10**9  # no coordinate is so large in any system, and a float holds it
LONGEST = 50  # characters of a value in what is said of it
ID = "id"


class Batch:
    """What is asked of all rows: the registers at their states, and the day."""

    def __init__(self, store: Store, opened: Sequence[Standing], day: date) -> None:
        self.store, self.opened, self.day = store, opened, day
        self.states = [telling.state(each.taken) for each in opened]

    @property
    def header(self) -> str:
        """The states, for a header: a list of names with parameters (RFC 9651)."""
        told = (f'{each["register"]};entries={each["entries"]};root-hash="{each["root-hash"]}"' for each in self.states)
        return ", ".join(told)

    def finder(self, way: str) -> Find:
        """What finds the positions of records, or of postcodes; without a register of them each has that fault."""
        find = places.finder(self.store, way == RECORD)

        def found(names: Sequence[str]) -> Mapping[str, Position]:
            try:
                return find(names)
            except (NotFound, Gone) as error:
                return dict.fromkeys(names, str(error))

        return found


def answer_document(batch: Batch, body: object) -> Iterator[bytes]:
    """The answer to a JSON object of points. Raises Invalid and TooLarge before it begins."""
    given = bodies.check_object(body, ("points",), ("points",))["points"]
    if not isinstance(given, list):
        raise Invalid(f"points: is a list of objects, not {shortened(given)}")
    told = canonical_json({"on": batch.day.isoformat(), "registers": batch.states})
    return _document(told, _rows(batch, given))


def _document(told: str, rows: Iterator[list[str]]) -> Iterator[bytes]:
    yield f'{told[:-1]},"points":['.encode()
    before = ""
    for block in rows:
        yield (before + ",".join(block)).encode()
        before = ","
    yield b"]}"


def answer_lines(batch: Batch, text: str) -> Iterator[bytes]:
    """The answer to points as lines of JSON, blank ones left out. Raises Invalid for no lines, and TooLarge."""
    lines = [line for line in text.split("\n") if line.strip()]
    check_count(len(lines))
    rows = _rows(batch, [_object(line) for line in lines])
    return ("".join(f"{row}\n" for row in block).encode() for block in rows)


def check_count(rows: int) -> None:
    """Raise TooLarge for too many rows, and Invalid for none."""
    if rows > MOST:
        raise TooLarge(f"there are {rows:,} rows, and {MOST:,} at most are answered at once: send them in parts")
    if not rows:
        raise Invalid("the body has no rows")


def _object(line: str) -> object:
    try:
        return bodies.parse(line)
    except Invalid as error:
        return Invalid(str(error).replace("the body", "the line"))


# What the rows say


def _rows(batch: Batch, objects: Sequence[object]) -> Iterator[list[str]]:
    """Each object's answer, some at a time, when all have been read."""
    check_count(len(objects))
    points = _points(batch, objects)
    fragments = [_Fragments(each) for each in batch.opened]
    ids = [_id(each) for each in objects]
    return (_block(batch, fragments, points, ids, begin) for begin in range(0, len(objects), BLOCK))


def _points(batch: Batch, objects: Sequence[object]) -> Points:
    """Where all objects are: each way of saying so taken for all at once."""
    by_way: dict[tuple[str, ...], list[int]] = {way: [] for way in WAYS}
    faults: dict[int, str] = {}
    for row, each in enumerate(objects):
        way = _way(each)
        if isinstance(way, str):
            faults[row] = way
        else:
            by_way[way].append(row)
    longitudes, latitudes = np.full((2, len(objects)), np.nan)
    whole = Points(longitudes, latitudes, faults)
    for way, rows in by_way.items():
        if rows:
            _put(whole, rows, _points_of(batch, way, [objects[row] for row in rows]))
    return whole


def _way(each: object) -> tuple[str, ...] | str:
    """Which way an object says where, or what is wrong with it."""
    if isinstance(each, Invalid):
        return str(each)
    if not isinstance(each, dict):
        return f"{_written(each) or 'null'} is no object"
    members = frozenset(each) - {ID}
    return _BY_MEMBERS.get(members) or f"say where in one way: {' or '.join(' and '.join(way) for way in WAYS)}"


_BY_MEMBERS = {frozenset(way): way for way in WAYS}


def _points_of(batch: Batch, way: tuple[str, ...], objects: Sequence[Any]) -> Points:
    if given := COORDINATES.get(way):
        pair = [[each[member] for each in objects] for member in way]
        first, second = map(_numbers, pair)
        return points_from(system(given), first, second, lambda row: tuple(_written(each[row]) for each in pair))
    (name,) = way
    texts = [each[name] if isinstance(each[name], str) else None for each in objects]
    points = points_of_names(texts, batch.finder(name))
    others = [row for row, text in enumerate(texts) if text is None]
    points.faults.update((row, f"{name} is text, not {_written(objects[row][name]) or 'null'}") for row in others)
    return points


def _written(value: object) -> str | None:
    """A value as JSON writes it, for what is said of it, cut when long; None for null, and only the kind of others."""
    if value is None:
        return None
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "an object"
    text = json.dumps(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _numbers(values: Sequence[object]) -> Any:
    """Values of JSON as an array, NaN for what is no number."""
    return np.fromiter(map(_number, values), np.float64, len(values))


def _number(value: Any) -> float:
    return value if type(value) is float or (type(value) is int and abs(value) < FAR) else np.nan


def _put(whole: Points, rows: Sequence[int], some: Points) -> None:
    """Put the points of some rows in their places."""
    whole.longitudes[rows], whole.latitudes[rows] = some.longitudes, some.latitudes
    whole.faults.update((rows[row], fault) for row, fault in some.faults.items())


def _id(each: object) -> str:
    """What an object is called by whoever sent it, as a member that begins its answer; nothing if it is not.

    What cannot be written again is null: a number beyond all floats, such as 1e999, or lists hundreds deep.
    """
    if not isinstance(each, dict) or ID not in each:
        return ""
    try:
        return f'"id":{json.dumps(each[ID], ensure_ascii=False, allow_nan=False)},'
    except (ValueError, RecursionError):
        return '"id":null,'


# What is answered


class _Fragments:
    """The areas of one register as JSON, each made when it is first asked for."""

    def __init__(self, opened: Standing) -> None:
        self.size, self.index = opened.taken.size, opened.index
        self._head = f'{{"register":{quoted(opened.taken.register.name)},"match":'
        self.none = f'{self._head}"none"}}'
        self._made: dict[int, str] = {}

    def of(self, index: Index, version: int, is_on: bool) -> str:
        """One area, and how a point lies to it."""
        place = 2 * version + is_on
        if place not in self._made:
            key, name = index.version(version)[:2]
            match = ON_BOUNDARY if is_on else CONTAINS
            self._made[place] = f'{self._head}"{match}","key":{quoted(key)},"name":{quoted(name)}}}'
        return self._made[place]

    def add(self, places: Sequence[list[str]], points: tuple[Any, Any], day: int) -> None:
        """Add to each point's list the areas that it lies in, or that there are none."""
        found = [len(each) for each in places]
        if self.index is not None:
            hits = self.index.hits_at(*points, self.size, day)
            for point, version, is_on in zip(*(each.tolist() for each in hits), strict=True):
                places[point].append(self.of(self.index, version, is_on))
        for each, before in zip(places, found, strict=True):
            if len(each) == before:
                each.append(self.none)


def _block(batch: Batch, fragments: Sequence[_Fragments], points: Points, ids: Sequence[str], begin: int) -> list[str]:
    """The answers of some rows, as JSON."""
    some = slice(begin, begin + BLOCK)
    longitudes, latitudes = points.longitudes[some], points.latitudes[some]
    listed: list[list[str]] = [[] for _ in longitudes]
    for each in fragments:
        each.add(listed, (longitudes, latitudes), batch.day.toordinal())
    told = zip(ids[some], longitudes.tolist(), latitudes.tolist(), listed, strict=True)
    return [
        f'{{{id}"error":{quoted(points.faults[row])}}}'
        if row in points.faults
        else f'{{{id}"point":[{longitude!r},{latitude!r}],"places":[{",".join(areas)}]}}'
        for row, (id, longitude, latitude, areas) in enumerate(told, begin)
    ]
