"""From versions to the files of `positions`, one version after the other, so that a register of any size fits.

What is kept in memory of a version is some hundred bytes; its texts go to their files as they come.
"""

from __future__ import annotations

import json
import zlib
from array import array
from collections.abc import Iterable
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import shapely  # type: ignore[import-untyped]

from geo.features.positions import (
    ALWAYS,
    ARRAYS,
    FEATURES,
    FORMAT,
    NEVER,
    PROPERTIES,
    SHAPES,
    TEXT,
    Array,
    Positions,
    code,
)
from geo.folders import new_folder, write, writing
from geo.tree import Tree, pack
from registers.canonical import quoted

POINT = '{"type":"Point","coordinates":'


class Placed(NamedTuple):
    """A version of a record with a position: what an entry says of it. `values` are its plain values by field."""

    key: str
    name: str
    entry: int
    first: int | None
    last: int | None
    geometry: str  # GeoJSON, in degrees
    properties: str  # JSON
    values: dict[str, str]


class Ended(NamedTuple):
    """An entry that leaves a key without a position."""

    key: str
    entry: int


def build(folder: Path, versions: Iterable[Placed | Ended], fields: list[str]) -> None:
    """Write the positions of versions, in the order of their entries, to a folder; whole or not at all.

    `fields` are those by whose values versions can be found.
    """
    with new_folder(folder) as new, ExitStack() as stack:
        files = [stack.enter_context(writing(new / name)) for name in (TEXT, FEATURES, SHAPES)]
        gathered = _Gathered(fields, *files)
        for version in versions:
            gathered.add(version)
        for name, made in gathered.arrays().items():
            write(new / f"{name}.npy", made)


def nothing() -> Positions:
    """The positions of a register that has no entries."""
    return Positions(_Gathered([], *(BytesIO() for _ in range(3))).arrays(), b"", b"", b"")


class _Ends:
    """A file that texts are written to, and where each ends."""

    def __init__(self, file: BinaryIO) -> None:
        self.file, self.ends, self.length = file, array("q", [0]), 0

    def add(self, *texts: bytes) -> None:
        for text in texts:
            self.file.write(text)
            self.length += len(text)
            self.ends.append(self.length)


class _Gathered:
    """What has been gathered of the versions so far."""

    def __init__(self, fields: list[str], text: BinaryIO, features: BinaryIO, shapes: BinaryIO) -> None:
        self.fields = fields
        self.text, self.features, self.shapes = _Ends(text), _Ends(features), _Ends(shapes)
        self.spans, self.boxes, self.is_point = array("q"), array("d"), array("b")
        self.key_codes, self.codes = array("I"), array("I")
        self.held: dict[str, int] = {}  # the number of each key's last version

    def add(self, version: Placed | Ended) -> None:
        before = self.held.pop(version.key, None)
        if before is not None:
            self.spans[4 * before + 1] = version.entry
        if isinstance(version, Placed):
            self.held[version.key] = len(self.is_point)
            self._add_position(version.geometry)
            self._add_texts(version)
            first = NEVER if version.first is None else version.first
            last = ALWAYS if version.last is None else version.last
            self.spans.extend((version.entry, ALWAYS, first, last))

    def _add_position(self, geometry: str) -> None:
        is_point = geometry.startswith(POINT)
        self.is_point.append(is_point)
        if is_point:  # by far the most, so not by way of a shape
            self.boxes.extend(json.loads(geometry[len(POINT) : -1]) * 2)
            self.shapes.add(b"")
        else:
            shape = shapely.from_geojson(geometry)
            self.boxes.extend(shapely.bounds(shape).tolist())
            self.shapes.add(shapely.to_wkb(shape))

    def _add_texts(self, version: Placed) -> None:
        key, properties = version.key, version.properties
        self.text.add(key.encode(), version.name.encode())
        before = f'{{"type":"Feature","id":{quoted(key)},"geometry":'
        self.features.add(before.encode(), version.geometry.encode(), PROPERTIES + properties.encode() + b"}")
        self.key_codes.append(code(key))
        values = version.values
        self.codes.extend(zlib.crc32(values[field].encode()) if field in values else 0 for field in self.fields)

    def arrays(self) -> dict[str, Array]:
        """The arrays by the names of their files."""
        count = len(self.is_point)
        boxes, keys = _array(self.boxes, np.float64).reshape(count, 4), _array(self.key_codes, np.uint32)
        by_key = np.argsort(keys, kind="stable")
        codes = _array(self.codes, np.uint32).reshape(count, len(self.fields))
        found: dict[str, Array] = {
            "format": np.array([FORMAT]),
            "spans": _array(self.spans, np.int64).reshape(count, 4),
            "boxes": boxes,
            "is_point": _array(self.is_point, np.bool_),
            "text_ends": _array(self.text.ends, np.int64),
            "cuts": _array(self.features.ends, np.int64),
            "shape_ends": _array(self.shapes.ends, np.int64),
            "fields": np.array(self.fields, np.str_),
            "codes": np.ascontiguousarray(codes.T),
            "key_codes": keys[by_key],
            "by_key": by_key,
            **{f"tree_{field}": made for field, made in zip(Tree._fields, pack(boxes), strict=True)},
        }
        return {name: found[name] for name in ARRAYS}


def _array(gathered: Any, kind: Any) -> Array:
    return np.frombuffer(gathered, kind) if len(gathered) else np.empty(0, kind)
