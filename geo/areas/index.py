"""Which areas a point lies in: every version of every area of one register, as files that processes share.

A version says an area's name and the days of its life, and holds from the entry that brought it until the one that
replaced it; so the register as it was, and the world as it was, are filters on one index. Versions with the same
geometry share one shape, and an index made from a previous one takes over the shapes that it has.

    the cell of a grid ──▶ versions that count ──▶ the word of the cell, or of its pieces ──▶ near their sides,
                                                                                              the whole shape's

Many points at once are looked up with NumPy, in place of one after another; what is said of each is the same. The tree
over the pieces' boxes is for what is no point.

The answer is what shapely says of the whole shape: `contains` when the point is inside, `on-boundary` when it is on
an edge or a vertex, so on both sides of a line that two neighbours share. Degrees are planar; -180 is not 180.

The folder holds NumPy's own files and nothing else. They are mapped into memory and never changed, so any number of
processes read the same memory, and an index that is open stays good when its folder is replaced or removed.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property, lru_cache
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
import shapely  # type: ignore[import-untyped]
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry  # type: ignore[import-untyped]

from geo.areas.grid import Grid
from geo.areas.pieces import INSIDE, NEAR, OUTSIDE, Integers, Numbers, Ragged, spread
from geo.folders import mapped
from geo.tree import Tree
from registers.errors import Corrupt

FORMAT = 2
CONTAINS, ON_BOUNDARY = "contains", "on-boundary"
WHOLE_SHAPES = 32  # kept ready in each process; the largest take some 10 MB
READ_VERSIONS = 4096  # kept ready in each process, for what is asked for is mostly what was asked for before
AT_ONCE = 16_384  # points: more would not stay in a processor's cache
NEVER, ALWAYS = np.iinfo(np.int64).min, np.iinfo(np.int64).max  # for a bound that is not there

Array = NDArray[Any]
Arrays = dict[str, Array]


class Version(NamedTuple):
    """One version of an area: what an entry says of it."""

    key: str
    name: str
    entry: int  # its number; it holds since that size
    until: int | None  # the number of the entry that replaced it, None while it is the record
    first: int | None  # days of its life, both inclusive, as proleptic ordinals; None: no bound
    last: int | None
    digest: bytes  # SHA-256 of the geometry's text


class Hit(NamedTuple):
    """A version of an area that a point lies in, and how: "contains" or "on-boundary"."""

    version: Version
    match: str


class Hits(NamedTuple):
    """The versions that each of many points lies in: three arrays side by side, by point, then key, then entry."""

    points: Integers  # by its place among those asked for
    versions: Integers  # numbers, as `Index.version` takes them
    on_boundary: NDArray[np.bool_]


class Index:
    """The areas of a register, opened. Nothing is read but what is asked for."""

    def __init__(self, arrays: Arrays) -> None:
        """From the arrays that `build` makes; use `open`."""
        self._spans = arrays["spans"]  # versions × 4: entry, until, first, last; a shape's versions stand together
        self._of_shape = arrays["of_shape"]  # where each shape's versions begin
        self._text, self._ends = arrays["text"], arrays["ends"]  # key and name of each version, in UTF-8
        self._digests = arrays["digests"]  # shapes × 32 bytes
        self._is_whole = arrays["is_whole"]  # shapes that could not be cut
        self._owners = arrays["owners"]  # the shape of each piece
        self._boxes = arrays["boxes"]  # of each piece, a hair wider
        self._tree = Tree(*_taken(arrays, "tree", Tree._fields))
        self._grid = Grid(*_taken(arrays, "grid", Grid._fields))
        self._pieces = Ragged(*_taken(arrays, "pieces", Ragged._fields))
        self._shapes = Ragged(*_taken(arrays, "shapes", Ragged._fields))
        self._whole = lru_cache(maxsize=WHOLE_SHAPES)(self._shapes.shape)
        self._versions = lru_cache(maxsize=READ_VERSIONS)(self._version)

    @classmethod
    def open(cls, folder: Path) -> Self:
        """The index in a folder. Raises Corrupt when there is none, or one of another version of the format."""
        try:
            before = folder.stat().st_ino
            if mapped(folder / "format.npy").tolist() != [FORMAT]:
                raise Corrupt(f"the index of places in {folder.name} has another version of the format: build it anew")
            arrays = {name: mapped(folder / f"{name}.npy") for name in NAMES}
            is_same = folder.stat().st_ino == before
            _check_sizes(arrays)
        except (OSError, ValueError, EOFError, IndexError, TypeError):
            raise Corrupt(f"{folder.name} does not hold a whole index of places: build it anew") from None
        return cls(arrays) if is_same else cls.open(folder)  # it was replaced while its files were opened

    def __len__(self) -> int:
        """How many versions there are."""
        return len(self._spans)

    def versions_at(self, longitude: float, latitude: float, size: int, day: int | None) -> list[Hit]:
        """The versions that a point in degrees lies in, by key, then by entry.

        They are those that are the record at `size`, a number of entries, and of whose life `day` is a day (a
        proleptic ordinal; None: any). Not a number, or beyond the Earth: none.
        """
        members: dict[int, list[int]] = {}
        for member in self._grid.members_of(longitude, latitude):
            members.setdefault(-1 - member if member < 0 else int(self._owners[member]), []).append(member)
        hits = []
        for shape, found in members.items():
            standing = self._standing(shape, size, day)
            match = self._match(shape, found, longitude, latitude) if standing else None
            if match:
                hits += [Hit(self.version(number), match) for number in standing]
        return sorted(hits, key=lambda hit: (hit.version.key, hit.version.entry))

    def hits_at(self, longitudes: Numbers, latitudes: Numbers, size: int, day: int | None) -> Hits:
        """What `versions_at` says of each of many points, given as two arrays of one length."""
        standing = _counting(self._spans, size, day).nonzero()[0]
        starts = np.searchsorted(self._shape_of[standing], np.arange(len(self._digests) + 1))
        found = [np.zeros((3, 0), np.int64)]
        for begin in range(0, len(longitudes), AT_ONCE):
            chunk = slice(begin, begin + AT_ONCE)
            point, shape, is_on = self._shapes_at(longitudes[chunk], latitudes[chunk], np.diff(starts) > 0)
            pair, place = spread(np.arange(len(point)), starts[shape], np.diff(starts)[shape])
            found.append(np.stack([begin + point[pair], standing[place], is_on[pair]]))
        points, versions, is_on = np.concatenate(found, axis=1)
        order = np.lexsort((self._ranks[versions], points))
        return Hits(points[order], versions[order], is_on[order].astype(np.bool_))

    @cached_property
    def keys(self) -> list[str]:
        """The key of each version, by its number."""
        return [self.version(number).key for number in range(len(self))]

    def version_of(self, key: str, size: int) -> tuple[Version, int] | None:
        """The version that is the record of a key at `size`, and the number of its shape; None when none is."""
        wanted = key.encode()
        begins, ends = self._ends[:-1:2], self._ends[1::2]
        entry, until = self._spans[:, :2].T
        possible = (ends - begins == len(wanted)) & (entry <= size) & (until > size)
        for number in possible.nonzero()[0].tolist():
            if self._text[begins[number] : ends[number]].tobytes() == wanted:
                return self.version(number), int(self._shape_of[number])
        return None

    def near(self, shape: BaseGeometry) -> list[int]:
        """The numbers, ascending, of the shapes that may meet a shape: of the others, no piece comes near its box."""
        pieces = self._tree.within(*shapely.bounds(shape).tolist())
        return sorted({int(self._owners[piece]) for piece in pieces})

    def sides_in(self, boxes: Iterable[tuple[float, float, float, float]]) -> tuple[Integers, Numbers, Numbers]:
        """The sides of the pieces that have a point in common with boxes: whose shape each is of, its start and end."""
        pieces = np.array(sorted({piece for box in boxes for piece in self._tree.within(*box)}), np.int64)
        which, starts, ends = self._pieces.sides(pieces)
        return self._owners[pieces[which]], starts, ends

    def covers_ground(self, shape: int) -> bool:
        """Whether a shape has a polygon."""
        begin, end = self._shapes.shapes[shape : shape + 2].tolist()
        return bool(end > begin)

    def standing(self, shape: int, size: int, day: int | None) -> list[Version]:
        """The versions with a shape that are the record at `size`, and of whose life `day` is a day (None: any)."""
        return [self.version(number) for number in self._standing(shape, size, day)]

    @cached_property
    def numbering(self) -> bytes:
        """SHA-256 of the shapes' digests in their order: while it is the same, a number is that of the same shape."""
        return sha256(self._digests.tobytes()).digest()

    def numbers_by_digest(self) -> dict[bytes, int]:
        """The number of each shape, by its digest."""
        return {digest.tobytes(): number for number, digest in enumerate(self._digests)}

    def shape(self, number: int) -> Shape:
        """One shape as it is kept; its coordinates are the file's own memory."""
        return Shape(self._pieces.alone(number), self._shapes.alone(number), bool(self._is_whole[number]))

    def version(self, number: int) -> Version:
        """One version, by its number."""
        return self._versions(number)

    def _version(self, number: int) -> Version:
        entry, until, first, last = self._spans[number].tolist()
        begin, middle, end = self._ends[2 * number : 2 * number + 3].tolist()
        key, name = (self._text[a:b].tobytes().decode() for a, b in ((begin, middle), (middle, end)))
        until, first, last = (None if bound in (NEVER, ALWAYS) else bound for bound in (until, first, last))
        return Version(key, name, entry, until, first, last, self._digests[self._shape_of[number]].tobytes())

    @cached_property
    def _shape_of(self) -> Integers:
        """The number of each version's shape."""
        return np.repeat(np.arange(len(self._digests)), np.diff(self._of_shape))

    @cached_property
    def _ranks(self) -> Integers:
        """The place of each version by key, then by entry."""
        keys, entries = self.keys, self._spans[:, 0].tolist()
        order = sorted(range(len(keys)), key=lambda number: (keys[number], entries[number]))
        return np.argsort(order)

    def _standing(self, shape: int, size: int, day: int | None) -> list[int]:
        """The numbers of the shape's versions that count."""
        begin, end = self._of_shape[shape : shape + 2].tolist()
        standing = []
        for number, (entry, until, first, last) in enumerate(self._spans[begin:end].tolist(), begin):
            if entry <= size < until and (day is None or first <= day <= last):
                standing.append(number)
        return standing

    def _match(self, shape: int, members: list[int], x: float, y: float) -> str | None:
        places = {NEAR} if self._is_whole[shape] else {self._place(member, x, y) for member in members}
        if INSIDE in places:
            return CONTAINS
        if NEAR not in places:
            return None
        # Not prepared: it is asked seldom, and a prepared shape answers otherwise for points 1e-300 from its sides.
        whole, point = self._whole(shape), shapely.points(x, y)
        if shapely.touches(whole, point):
            return ON_BOUNDARY
        return CONTAINS if shapely.covers(whole, point) else None

    def _place(self, member: int, x: float, y: float) -> int:
        """Where a point is to a member of its cell."""
        if member < 0:
            return INSIDE
        west, south, east, north = self._boxes[member].tolist()
        return self._pieces.place(member, x, y) if west <= x <= east and south <= y <= north else OUTSIDE

    def _shapes_at(self, x: Numbers, y: Numbers, counts: NDArray[np.bool_]) -> tuple[Integers, Integers, Integers]:
        """Which points lie in which shapes, of those that count: points, shapes, and 1 for on the boundary."""
        point, member = self._grid.members_at(x, y)
        shape = np.where(member < 0, -1 - member, self._owners[member.clip(0)])
        kept = counts[shape].nonzero()[0]
        point, member, shape = point[kept], member[kept], shape[kept]
        place = self._places(member, x[point], y[point])
        place[self._is_whole[shape]] = NEAR
        inside = place == INSIDE
        pair = shape * len(x) + point
        # A hair from a cut, rounding may have one piece say INSIDE and the next one NEAR: then it is inside.
        asked, near = np.divmod(np.setdiff1d(pair[place == NEAR], pair[inside & (member >= 0)]), len(x))
        said = self._whole_says(asked, x[near], y[near])
        told = said >= 0
        points, shapes = (np.concatenate(each) for each in ((point[inside], near[told]), (shape[inside], asked[told])))
        return points, shapes, np.concatenate([np.zeros(inside.sum(), np.int64), said[told]])

    def _places(self, members: Integers, x: Numbers, y: Numbers) -> NDArray[np.int8]:
        """Where each point is to the member of the grid beside it."""
        places = np.full(len(members), INSIDE, np.int8)
        asked = (members >= 0).nonzero()[0]
        places[asked] = OUTSIDE
        west, south, east, north = self._boxes[members[asked]].T
        px, py = x[asked], y[asked]
        asked = asked[(west <= px) & (px <= east) & (south <= py) & (py <= north)]
        places[asked] = self._pieces.places(members[asked], x[asked], y[asked])
        return places

    def _whole_says(self, shapes: Integers, x: Numbers, y: Numbers) -> Integers:
        """What each whole shape says of the point beside it: 0 contains, 1 on the boundary, -1 neither; by shape."""
        said = np.full(len(shapes), -1)
        for begin, end in pairwise([*np.flatnonzero(np.diff(shapes, prepend=-1)).tolist(), len(shapes)]):
            whole, points = self._whole(int(shapes[begin])), shapely.points(x[begin:end], y[begin:end])
            covers, touches = shapely.covers(whole, points), shapely.touches(whole, points)
            said[begin:end] = np.where(touches, 1, np.where(covers, 0, -1))
        return said


def _counting(spans: Integers, size: int, day: int | None) -> NDArray[np.bool_]:
    """Whether each version is the record at a size, and alive on a day."""
    entry, until, first, last = spans.T
    counts: NDArray[np.bool_] = (entry <= size) & (until > size)
    return counts if day is None else counts & (first <= day) & (last >= day)


class Shape(NamedTuple):
    """One shape as it is kept: its pieces, itself, and whether it could not be cut, so that only itself tells."""

    pieces: Ragged
    whole: Ragged
    is_whole: bool


# Files

NAMES = (
    *("format", "spans", "of_shape", "text", "ends", "digests", "is_whole", "owners", "boxes"),
    *(f"tree_{field}" for field in Tree._fields),
    *(f"grid_{field}" for field in Grid._fields),
    *(f"{kind}_{field}" for kind in ("pieces", "shapes") for field in Ragged._fields),
)


def _taken(arrays: Arrays, kind: str, fields: tuple[str, ...]) -> list[Array]:
    return [arrays[f"{kind}_{field}"] for field in fields]


def _check_sizes(arrays: Arrays) -> None:
    """Raise ValueError unless each array ends where those that point into it say."""
    versions, shapes = len(arrays["spans"]), len(arrays["digests"])
    ends = {
        "of_shape": (shapes, versions),
        "ends": (2 * versions, len(arrays["text"])),
        "tree_levels": (len(arrays["tree_levels"]) - 1, len(arrays["tree_nodes"])),
        "grid_starts": (int(arrays["grid_frame"][4:].prod()), len(arrays["grid_members"])),
    }
    for kind in ("pieces", "shapes"):
        coordinates, rings, polygons, starts = _taken(arrays, kind, Ragged._fields)
        ends[f"{kind}_rings"] = (len(rings) - 1, len(coordinates))
        ends[f"{kind}_polygons"] = (len(polygons) - 1, len(rings) - 1)
        ends[f"{kind}_shapes"] = (shapes, len(starts) and len(polygons) - 1)
    numbered = ("owners", "boxes", "tree_numbers")
    same = all(len(arrays[name]) == len(arrays["pieces_polygons"]) - 1 for name in numbered)
    whole = all(len(arrays[name]) == size + 1 and arrays[name][-1] == end for name, (size, end) in ends.items())
    if not (same and whole and len(arrays["is_whole"]) == shapes):
        raise ValueError
