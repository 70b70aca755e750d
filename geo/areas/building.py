"""From the versions of areas and their shapes to the files of `index`, whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from shapely.geometry.base import BaseGeometry  # type: ignore[import-untyped]

from geo.areas.grid import Grid, rule
from geo.areas.index import ALWAYS, FORMAT, NAMES, NEVER, Array, Arrays, Index, Shape, Version
from geo.areas.pieces import HAIR, Ragged, cut, join, polygons_of
from geo.folders import new_folder, write
from geo.tree import Tree, pack


def build(
    folder: Path,
    versions: Iterable[Version],
    shape_of: Callable[[Version], BaseGeometry],
    previous: Index | None = None,
) -> None:
    """Write the index of versions to a folder, whole or not at all, in the place of one that is there.

    `shape_of` gives the geometry of a version, in degrees; it is called once for each digest that `previous` does
    not have. What is no polygon contains nothing. What a build that was killed has left beside the folder is removed.
    """
    by_digest: dict[bytes, list[Version]] = {}
    for version in versions:
        by_digest.setdefault(version.digest, []).append(version)
    had = previous.numbers_by_digest() if previous else {}
    shapes = []
    for digest, sharing in by_digest.items():
        known = previous.shape(had[digest]) if previous and digest in had else None
        shapes.append(known or _cut(shape_of(sharing[0])))
    arrays = _of_versions(list(by_digest.values())) | _of_shapes(shapes)
    with new_folder(folder) as new:
        for name in NAMES:
            write(new / f"{name}.npy", arrays[name])


def _cut(shape: BaseGeometry) -> Shape:
    parts = polygons_of(shape)
    pieces = cut(shape)
    return Shape(Ragged.of([parts if pieces is None else pieces]), Ragged.of([parts]), pieces is None)


def _of_versions(by_shape: list[list[Version]]) -> Arrays:
    versions = [version for sharing in by_shape for version in sharing]
    spans = [
        (
            version.entry,
            ALWAYS if version.until is None else version.until,
            NEVER if version.first is None else version.first,
            ALWAYS if version.last is None else version.last,
        )
        for version in versions
    ]
    texts = [text.encode() for version in versions for text in (version.key, version.name)]
    digests = b"".join(sharing[0].digest for sharing in by_shape)
    return {
        "format": np.array([FORMAT]),
        "spans": np.array(spans, np.int64).reshape(-1, 4),
        "of_shape": _offsets([len(sharing) for sharing in by_shape]),
        "text": np.frombuffer(b"".join(texts), np.uint8),
        "ends": _offsets([len(text) for text in texts]),
        "digests": np.frombuffer(digests, np.uint8).reshape(-1, 32),
    }


def _of_shapes(shapes: list[Shape]) -> Arrays:
    pieces, wholes = join([shape.pieces for shape in shapes]), join([shape.whole for shape in shapes])
    is_whole = np.array([shape.is_whole for shape in shapes], np.bool_)
    owners = np.repeat(np.arange(len(shapes)), np.diff(pieces.shapes))
    # A point on a side must find the piece even where the piece ends a rounding short of it.
    boxes = pieces.boxes() + np.array([-HAIR, -HAIR, HAIR, HAIR])
    grid = rule(pieces, owners, wholes, is_whole)
    named: dict[str, Tree | Grid | Ragged] = {"tree": pack(boxes), "grid": grid, "pieces": pieces, "shapes": wholes}
    return {
        "is_whole": is_whole,
        "owners": owners,
        "boxes": boxes,
        **{f"{name}_{field}": array for name, kept in named.items() for field, array in kept._asdict().items()},
    }


def _offsets(sizes: list[int]) -> Array:
    return np.cumsum([0, *sizes], dtype=np.int64)
