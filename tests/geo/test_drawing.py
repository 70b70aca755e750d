"""Shapes made light: they keep to the budget, stay near what they were, and lose no more than cannot be seen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely  # type: ignore[import-untyped]

from geo import drawing


def wavy(vertices: int, radius: float = 1.0) -> Any:
    """A ring like a coast."""
    turn = np.linspace(0, 2 * np.pi, vertices, endpoint=False)
    around = radius * (1 + 0.2 * np.sin(7 * turn) + 0.01 * np.sin(501 * turn))
    return shapely.Polygon(np.column_stack([around * np.cos(turn), around * np.sin(turn)]))


@pytest.mark.parametrize("budget", [20_000, 2000, 600])
def test_a_light_shape_keeps_to_its_budget_and_near_what_it_was(budget: int) -> None:
    shape = wavy(10_000)
    made = drawing.light(shape, budget)
    assert shapely.get_num_coordinates(made) <= budget
    allowed = 2.4 / min(drawing.FINENESS)
    assert shapely.hausdorff_distance(shape, made) <= 1.1 * allowed
    assert shapely.area(shapely.symmetric_difference(shape, made)) / shape.area < 0.02


def test_a_larger_budget_is_no_further_off() -> None:
    shape = wavy(10_000)
    off = [shapely.hausdorff_distance(shape, drawing.light(shape, budget)) for budget in (20_000, 2000, 600)]
    assert off == sorted(off)


def test_what_is_too_small_to_see_is_left_out_but_never_all() -> None:
    islands = [shapely.box(n, 5, n + 1e-5, 5 + 1e-5) for n in range(50)]
    made = drawing.light(shapely.MultiPolygon([*islands, shapely.box(0, 0, 40, 1)]), 1000)
    assert made.equals(shapely.box(0, 0, 40, 1))
    assert drawing.light(shapely.MultiPolygon(islands), 1000).geom_type == "MultiPolygon"
    assert not drawing.light(shapely.MultiPolygon(islands), 1).is_empty


@pytest.mark.parametrize(
    "shape",
    [shapely.Point(1.23456789, 2), shapely.LineString([(0, 0), (1, 1)]), shapely.MultiPoint([(0, 0), (3, 3)])],
    ids=["point", "line", "points"],
)
def test_what_is_no_polygon_is_drawn_too(shape: Any) -> None:
    assert shapely.hausdorff_distance(drawing.light(shape, 10), shape) < 1e-3


def test_decimals_are_no_more_than_can_be_seen() -> None:
    made = drawing.light(wavy(10_000, 10), 20_000)
    assert set(np.round(shapely.get_coordinates(made), 4).ravel()) == set(shapely.get_coordinates(made).ravel())


def test_both_sides_of_the_antimeridian_are_drawn_together() -> None:
    cut = shapely.MultiPolygon([shapely.box(170, 0, 180, 5), shapely.box(-180, 0, -178, 5)])
    assert drawing.middle(cut) == 175
    assert drawing.beside(cut, 175).equals(shapely.box(170, 0, 182, 5))
    assert drawing.beside(cut, 175).geom_type == "Polygon"
    assert drawing.beside(cut, -179).bounds == (-190, 0, -178, 5)
    assert drawing.reach(cut) == (170, 0, -178, 5)
    assert drawing.reach(shapely.box(-180, -90, 180, -60)) == (-180, -90, 180, -60)
    assert drawing.reach(shapely.box(-179, 0, -178, 1)) == (-179, 0, -178, 1)
    whole = shapely.box(-1, 0, 1, 1)
    assert drawing.beside(whole, 0) is whole


def test_real_districts_are_light_and_where_they_were(shared_data: Path) -> None:
    path = shared_data / "boundaries" / "LAD_2023-05_UK_BUC.geojson"
    shapes = shapely.get_parts(shapely.from_geojson(path.read_text()))
    made = [drawing.light(shape, 500) for shape in shapes]
    assert max(shapely.get_num_coordinates(made)) <= 1000
    assert shapely.area(made) == pytest.approx(shapely.area(shapes), rel=0.1)
