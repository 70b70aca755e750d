"""Shapes made simple enough for a map at a zoom level, once for each state of a register and level.

What is left out is less than about half a pixel of a map of 256-pixel tiles. Shapes that are neighbours are made simple
together, so that the line between them stays one line (`shapely.coverage_simplify`): those that are records now, have
not ended, and fit each other without gaps and overlaps. Each of the others is made simple alone. Of several polygons of
one shape, those are left out that are smaller than that, but never the largest. What would vanish, or cross itself,
stays as it is.

They are kept in a folder beside the positions they are of, for all processes; where nothing can be written, in memory.
"""

from __future__ import annotations

import shutil
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import shapely  # type: ignore[import-untyped]

from geo.features.positions import ALWAYS, Array, Bytes, Numbers, Positions
from geo.folders import mapped, mapped_bytes, new_folder, write, writing

MOST = 22  # the level of the closest map
TILE = 256  # pixels
GEOMETRIES, ENDS = "geometries.bin", "ends.npy"
OF = "-of-"
_SEVERAL = 6
_POLYGONS = (3, _SEVERAL)  # shapely's numbers of their types


class Zoomed:
    """The positions of a register as GeoJSON, simple enough for one zoom level."""

    def __init__(self, texts: Bytes, ends: Array) -> None:
        self._texts, self._ends = texts, ends

    def geometries(self, positions: Positions, numbers: Numbers) -> list[bytes]:
        """The GeoJSON of versions; of what is a point, or could not be made simpler, as it is."""
        begins, ends = self._ends[numbers].tolist(), self._ends[numbers + 1].tolist()
        return [
            bytes(self._texts[begin:end]) if begin < end else positions.parts(number).geometry
            for number, begin, end in zip(numbers.tolist(), begins, ends, strict=True)
        ]


def tolerance(zoom: int) -> float:
    """Half a pixel of a map at a zoom level, degrees."""
    return 180 / TILE / float(1 << zoom)


@lru_cache(maxsize=64)
def zoomed(positions: Positions, zoom: int) -> Zoomed:
    """The positions made simple for a zoom level, 0 to MOST; made now if nobody asked for them before."""
    place = positions.folder and positions.folder.with_name(f"zoom-{zoom}{OF}{positions.folder.name}")
    if place and (found := _open(place, len(positions))):
        return found
    texts = [b"" if shape is None else shapely.to_geojson(shape).encode() for shape in simplified(positions, zoom)]
    ends = np.cumsum([0, *map(len, texts)], dtype=np.int64)
    try:
        if place:
            _write(place, texts, ends)
    except OSError:
        pass  # this process may not write there, and keeps them itself
    return Zoomed(b"".join(texts), ends)


def forget_overtaken(folder: Path) -> None:
    """Remove what was made of positions that are gone."""
    for each in folder.glob(f"zoom-*{OF}*"):
        if not (folder / each.name.partition(OF)[2]).exists():
            shutil.rmtree(each, ignore_errors=True)


def _open(place: Path, count: int) -> Zoomed | None:
    try:
        texts, ends = mapped_bytes(place / GEOMETRIES), mapped(place / ENDS)
    except (OSError, ValueError, EOFError):
        return None
    is_whole = ends.shape == (count + 1,) and ends[-1] == len(texts)
    return Zoomed(texts, ends) if is_whole else None


def _write(place: Path, texts: list[bytes], ends: Array) -> None:
    with new_folder(place) as new:
        with writing(new / GEOMETRIES) as file:
            file.writelines(texts)
        write(new / ENDS, ends)


def simplified(positions: Positions, zoom: int) -> Array:
    """A shape for each version, simpler than its own; None for one that stays as it is."""
    found = np.full(len(positions), None, object)
    numbers = (~positions.is_point).nonzero()[0]
    if not len(numbers):
        return found
    shapes, most = positions.shapes(numbers), tolerance(zoom)
    simple = shapely.simplify(shapes, most, preserve_topology=True)
    together = _neighbours(positions, numbers, shapes)
    simple[together] = shapely.coverage_simplify(shapes[together], most)
    several = (shapely.get_type_id(simple) == _SEVERAL).nonzero()[0]
    simple[several] = _without_specks(simple[several], most)
    is_good = shapely.is_valid(simple) & ~shapely.is_empty(simple)
    is_good &= shapely.get_num_coordinates(simple) < shapely.get_num_coordinates(shapes)
    found[numbers[is_good]] = simple[is_good]
    return found


def _without_specks(shapes: Array, most: float) -> Array:
    """Shapes of several polygons without those of which a map shows nothing, but for the largest of each shape."""
    parts, owners = shapely.get_parts(shapes, return_index=True)
    west, south, east, north = shapely.bounds(parts).T
    is_kept = (east - west >= most) | (north - south >= most)
    by_area = np.lexsort((-shapely.area(parts), owners))
    is_kept[by_area[np.unique(owners[by_area], return_index=True)[1]]] = True
    found: Array = shapely.multipolygons(parts[is_kept], indices=owners[is_kept])
    return found


def _neighbours(positions: Positions, numbers: Numbers, shapes: Any) -> Array:
    """The places, among these, of the shapes that are made simple together."""
    until, last = positions.spans[numbers][:, [1, 3]].T
    stands = (until == ALWAYS) & (last == ALWAYS) & np.isin(shapely.get_type_id(shapes), _POLYGONS)
    places = stands.nonzero()[0]
    faults = shapely.coverage_invalid_edges(shapes[places])
    together: Array = places[shapely.is_empty(faults) | (faults == np.array(None))]
    return together
