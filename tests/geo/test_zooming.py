"""Shapes for maps: simpler by zoom level, never gone, neighbours still neighbours, made once for all processes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely  # type: ignore[import-untyped]

from geo.features.gathering import Ended, Placed, build
from geo.features.positions import Positions
from geo.features.zooming import MOST, Zoomed, forget_overtaken, simplified, tolerance, zoomed

REAL = "boundaries/LAD_2025_UK_from_wards_BGC.geojson"


def opened(folder: Path, shapes: list[Any], ended: tuple[int, ...] = ()) -> Positions:
    """Positions of shapes, of which those of some numbers have ended."""
    versions = [
        Placed(str(n), str(n), n + 1, None, 1 if n in ended else None, shapely.to_geojson(shape), "{}", {})
        for n, shape in enumerate(shapes)
    ]
    build(folder / "1-9-abc", versions, [])
    return Positions.open(folder / "1-9-abc")


def wavy(west: float, width: float = 1) -> Any:
    """A square of which the left and the right side have a thousand waves, those of the next one too."""
    up = np.linspace(0, 1, 1001)
    left = np.column_stack([west + 0.002 * np.sin(up * 300), up])
    right = np.column_stack([west + width + 0.002 * np.sin(up * 300), up])
    return shapely.Polygon(np.concatenate([left, right[::-1]]))


def drawn(positions: Positions, zoom: int) -> Any:
    """The shapes of all versions at a zoom level."""
    return shapely.from_geojson(zoomed(positions, zoom).geometries(positions, np.arange(len(positions))))


def test_neighbours_share_their_line_at_every_level(tmp_path: Path) -> None:
    positions = opened(tmp_path, [wavy(west) for west in range(4)])
    sizes = []
    for zoom in range(0, MOST + 1, 2):
        shapes = drawn(positions, zoom)
        assert shapely.coverage_is_valid(shapes)
        assert shapely.is_valid(shapes).all() and not shapely.is_empty(shapes).any()
        assert max(a.hausdorff_distance(b) for a, b in zip(shapes, positions.shapes(np.arange(4)), strict=True)) < 360
        sizes.append(int(shapely.get_num_coordinates(shapes).sum()))
    assert sizes == sorted(sizes)
    assert sizes[0] < 100 and sizes[-1] == 4 * 2003


def test_what_is_left_out_is_about_half_a_pixel(tmp_path: Path) -> None:
    positions = opened(tmp_path, [wavy(0)])
    for zoom in (6, 8, 10, 12):
        (shape,) = drawn(positions, zoom)
        assert shape.hausdorff_distance(positions.shape(0)) < 2 * tolerance(zoom)
    assert tolerance(0) == pytest.approx(360 / 512)


def test_nothing_vanishes(tmp_path: Path) -> None:
    tiny = shapely.box(0, 0, 1e-6, 1e-6)
    islands = shapely.MultiPolygon([shapely.box(n, 0, n + 0.1 * (n + 1), 0.1 * (n + 1)) for n in range(5)])
    lines = shapely.MultiLineString([[(0, 0), (1e-6, 0)], [(5, 5), (6, 6), (7, 5)]])
    positions = opened(tmp_path, [tiny, islands, lines, shapely.Point(1, 2), shapely.MultiPoint([(1, 2), (3, 4)])])
    shapes = drawn(positions, 0)
    assert not shapely.is_empty(shapes).any()
    assert [shape.geom_type for shape in shapes] == [
        "Polygon",
        "MultiPolygon",
        "MultiLineString",
        "Point",
        "MultiPoint",
    ]
    assert (len(shapes[1].geoms), shapes[1].bounds) == (1, (4, 0, 4.5, 0.5))
    assert shapes[3].equals(shapely.Point(1, 2))


def test_what_overlaps_or_has_ended_is_made_simple_alone(tmp_path: Path) -> None:
    positions = opened(tmp_path, [wavy(0), wavy(1), wavy(0.5), wavy(0)], ended=(3,))
    shapes = drawn(positions, 3)
    assert shapely.is_valid(shapes).all()
    assert (shapely.get_num_coordinates(shapes) < 100).all()


def test_it_is_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    positions = opened(tmp_path, [wavy(0)])
    first = zoomed(positions, 5).geometries(positions, np.array([0]))
    monkeypatch.setattr("geo.features.zooming.simplified", None)  # which would be called, were it made again
    zoomed.cache_clear()
    again = zoomed(Positions.open(tmp_path / "1-9-abc"), 5)
    assert again.geometries(positions, np.array([0])) == first
    assert json.loads(first[0])["type"] == "Polygon"


def test_what_was_made_of_positions_that_are_gone_goes_too(tmp_path: Path) -> None:
    positions = opened(tmp_path, [wavy(0)])
    zoomed(positions, 5)
    forget_overtaken(tmp_path)
    assert (tmp_path / "zoom-5-of-1-9-abc").is_dir()
    (tmp_path / "1-9-abc").rename(tmp_path / "gone")
    forget_overtaken(tmp_path)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["gone"]


def test_a_damaged_folder_is_made_again(tmp_path: Path) -> None:
    positions = opened(tmp_path, [wavy(0)])
    before = zoomed(positions, 5).geometries(positions, np.array([0]))
    (tmp_path / "zoom-5-of-1-9-abc" / "geometries.bin").write_bytes(b"x")
    zoomed.cache_clear()
    assert zoomed(positions, 5).geometries(positions, np.array([0])) == before
    assert (tmp_path / "zoom-5-of-1-9-abc" / "geometries.bin").read_bytes() == before[0]


def test_where_nothing_can_be_written_it_is_kept_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    positions = opened(tmp_path, [wavy(0)])
    monkeypatch.setattr("geo.features.zooming._write", refuse)
    assert isinstance(zoomed(positions, 5), Zoomed)
    assert zoomed(positions, 5) is zoomed(positions, 5)
    assert [each.name for each in tmp_path.iterdir()] == ["1-9-abc"]


def test_no_positions_are_none_at_any_level(tmp_path: Path) -> None:
    build(tmp_path / "1-1-none", [Ended("a", 1)], [])
    assert simplified(Positions.open(tmp_path / "1-1-none"), 3).tolist() == []


def test_real_districts_stay_a_coverage(tmp_path: Path, shared_data: Path) -> None:
    features = json.loads((shared_data / REAL).read_text())["features"]
    shapes = [shapely.from_geojson(json.dumps(each["geometry"])) for each in features]
    positions = opened(tmp_path, [each for each in shapes if shapely.is_valid(each)])
    found = drawn(positions, 6)
    assert shapely.coverage_is_valid(found) == shapely.coverage_is_valid(positions.shapes(np.arange(len(positions))))
    assert shapely.is_valid(found).all() and not shapely.is_empty(found).any()
    assert shapely.get_num_coordinates(found).sum() < 50_000
