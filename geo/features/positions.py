"""Where the records of one register are, and were: every version of each that has a position, as files that processes
share.

A version holds from the entry that brought it until the one that replaced it, and says the days of its life. Versions
stand in the order of their entries, so a number that one index gives a version, a later index of the register gives
it too. Of each there are its box in degrees, its key and name, and a GeoJSON feature, ready to be sent as it is; of a
shape there is also its well-known binary, which is faster to read.

The folder is mapped into memory and never changed. What is asked for is sliced out of it; nothing else is read.
"""

from __future__ import annotations

import json
import zlib
from functools import cached_property, lru_cache
from mmap import mmap
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
import shapely  # type: ignore[import-untyped]
from numpy.typing import NDArray

from geo.earth import Cloud
from geo.folders import mapped, mapped_bytes
from geo.tree import Tree
from registers.errors import Corrupt

FORMAT = 1
NEVER, ALWAYS = np.iinfo(np.int64).min, np.iinfo(np.int64).max  # for a bound that is not there
REMEMBERED = 4  # sizes of which the numbers are kept ready

Array = NDArray[Any]
Numbers = NDArray[np.int64]
Bytes = bytes | mmap

ARRAYS = (
    *("format", "spans", "boxes", "is_point", "text_ends", "cuts", "shape_ends"),
    *("fields", "codes", "key_codes", "by_key"),
    *(f"tree_{field}" for field in Tree._fields),
)
TEXT, FEATURES, SHAPES = "text.bin", "features.bin", "shapes.bin"


class Parts(NamedTuple):
    """A feature in three parts, UTF-8 JSON: what is before its geometry, the geometry, what is after it."""

    before: bytes
    geometry: bytes
    after: bytes


class Extent(NamedTuple):
    """What versions span: a box in degrees, and the first and last day of their lives (None: no bound)."""

    box: tuple[float, float, float, float]
    first: int | None
    last: int | None


def code(text: str) -> int:
    """A number of 32 bits for a text: other texts may have it too."""
    return zlib.crc32(text.encode())


class Positions:
    """The positions of a register's records, opened. Versions are known by their number, from 0.

    `spans` (versions × 4) are the entry, the entry that replaced it, the first and the last day, both inclusive, as
    proleptic ordinals; `boxes` (versions × 4) are west, south, east, north; `is_point` says that box and position are
    one. `folder` is where they are kept, None if they are not.
    """

    folder: Path | None = None

    def __init__(self, arrays: dict[str, Array], text: Bytes, features: Bytes, shapes: Bytes) -> None:
        """From what `gathering` writes; use `open`."""
        self.spans, self.boxes, self.is_point = arrays["spans"], arrays["boxes"], arrays["is_point"]
        self.tree = Tree(*(arrays[f"tree_{field}"] for field in Tree._fields))
        self._text, self._text_ends = text, arrays["text_ends"]  # key and name of each version
        self._features, self._cuts = features, arrays["cuts"]  # where each begins, where its geometry does and ends
        self._shapes, self._shape_ends = shapes, arrays["shape_ends"]
        self._codes = dict(zip(arrays["fields"].tolist(), arrays["codes"], strict=True))
        self._key_codes, self._by_key = arrays["key_codes"], arrays["by_key"]
        self.mask = lru_cache(maxsize=REMEMBERED)(self.standing)
        self.numbers = lru_cache(maxsize=REMEMBERED)(self._numbers)
        self.extent = lru_cache(maxsize=REMEMBERED)(self._extent)

    @classmethod
    def open(cls, folder: Path) -> Self:
        """The positions in a folder. Raises Corrupt when there are none, or those of another version of the format."""
        try:
            before = folder.stat().st_ino
            if mapped(folder / "format.npy").tolist() != [FORMAT]:
                raise Corrupt(f"the positions in {folder.name} have another version of the format: build them anew")
            arrays = {name: mapped(folder / f"{name}.npy") for name in ARRAYS}
            texts = [mapped_bytes(folder / name) for name in (TEXT, FEATURES, SHAPES)]
            is_same = folder.stat().st_ino == before
            _check_sizes(arrays, *map(len, texts))
        except (OSError, ValueError, EOFError, IndexError, TypeError):
            raise Corrupt(f"{folder.name} does not hold whole positions: build them anew") from None
        if not is_same:
            return cls.open(folder)  # it was replaced while its files were opened
        made = cls(arrays, *texts)
        made.folder = folder
        return made

    def __len__(self) -> int:
        """How many versions there are."""
        return len(self.spans)

    def standing(self, size: int, day: int | None = None) -> NDArray[np.bool_]:
        """Which versions are the record at a size, a number of entries, and true on a day (an ordinal; None: any)."""
        entry, until, first, last = self.spans.T
        counts: NDArray[np.bool_] = (entry <= size) & (until > size)
        return counts if day is None else counts & (first <= day) & (last >= day)

    def _numbers(self, size: int) -> Numbers:
        """The numbers of the versions that are the record at a size, ascending; to be left as they are."""
        return self.mask(size).nonzero()[0]

    def _extent(self, size: int) -> Extent | None:
        """What the versions that are the record at a size span; None when there are none."""
        numbers = self.numbers(size)
        if not len(numbers):
            return None
        west, south, east, north = self.boxes[numbers].T
        first, last = (int(bound) for bound in (self.spans[numbers, 2].min(), self.spans[numbers, 3].max()))
        box = (float(west.min()), float(south.min()), float(east.max()), float(north.max()))
        return Extent(box, None if first == NEVER else first, None if last == ALWAYS else last)

    @cached_property
    def cloud(self) -> Cloud:
        """All points by where they stand in space, to find the nearest; of a shape, a corner of its box counts."""
        longitudes, latitudes = self.boxes[:, 0], self.boxes[:, 1]
        return Cloud(longitudes, latitudes, self.tree.numbers)

    def find(self, key: str, size: int) -> int | None:
        """The number of the version that is the record of a key at a size; None when it has none."""
        wanted = code(key)
        begin, end = (int(np.searchsorted(self._key_codes, wanted, side)) for side in ("left", "right"))
        for number in self._by_key[begin:end].tolist():
            entry, until = self.spans[number, :2].tolist()
            if entry <= size < until and self.key(number) == key:
                return int(number)
        return None

    def key(self, number: int) -> str:
        """The key of a version."""
        return self._named(2 * number)

    def name(self, number: int) -> str:
        """What a version is called."""
        return self._named(2 * number + 1)

    def _named(self, place: int) -> str:
        begin, end = self._text_ends[place : place + 2].tolist()
        return bytes(self._text[begin:end]).decode()

    def feature(self, number: int) -> bytes:
        """A version as a GeoJSON feature, in UTF-8."""
        begin, end = self._cuts[[3 * number, 3 * number + 3]].tolist()
        return bytes(self._features[begin:end])

    def parts(self, number: int) -> Parts:
        """The same in three parts."""
        cuts = self._cuts[3 * number : 3 * number + 4].tolist()
        return Parts(*(bytes(self._features[a:b]) for a, b in zip(cuts, cuts[1:], strict=False)))

    def properties(self, number: int) -> dict[str, Any]:
        """The properties of a version, typed."""
        begin, end = self._cuts[3 * number + 2 : 3 * number + 4].tolist()
        found: dict[str, Any] = json.loads(bytes(self._features[begin + len(PROPERTIES) : end - 1]))
        return found

    def shape(self, number: int) -> Any:
        """The position of a version, as a shapely geometry in degrees."""
        return self.shapes(np.array([number]))[0]

    def shapes(self, numbers: Numbers) -> Array:
        """The positions of versions, as an array of shapely geometries."""
        points = self.is_point[numbers]
        found = np.empty(len(numbers), object)
        found[points] = shapely.points(self.boxes[numbers[points], :2])
        found[~points] = shapely.from_wkb([self._wkb(number) for number in numbers[~points].tolist()])
        return found

    def _wkb(self, number: int) -> bytes:
        begin, end = self._shape_ends[number : number + 2].tolist()
        return bytes(self._shapes[begin:end])

    def with_value(self, numbers: Numbers, field: str, text: str) -> Numbers:
        """Those of the versions whose value of a field may be this text: all that have it, and few others."""
        codes = self._codes.get(field)
        return numbers if codes is None else numbers[codes[numbers] == code(text)]


PROPERTIES = b',"properties":'  # what stands between a feature's geometry and its properties


def _check_sizes(arrays: dict[str, Array], text: int, features: int, shapes: int) -> None:
    """Raise ValueError unless each array ends where those that point into it say."""
    count = len(arrays["spans"])
    ends = {
        "text_ends": (2 * count, text),
        "cuts": (3 * count, features),
        "shape_ends": (count, shapes),
        "tree_levels": (len(arrays["tree_levels"]) - 1, len(arrays["tree_nodes"])),
    }
    whole = all(len(arrays[name]) == size + 1 and arrays[name][-1] == end for name, (size, end) in ends.items())
    same = {len(arrays[name]) for name in ("boxes", "is_point", "tree_numbers", "key_codes", "by_key")} == {count}
    if not (whole and same and arrays["codes"].shape == (len(arrays["fields"]), count)):
        raise ValueError
