"""Bar charts as SVG, drawn here: nothing in them is inline style, and a table beside each says the same in figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT, GAP = 960, 200, 2  # units of the drawing
LABELS = 8  # of periods that are written under the chart, about


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar: what it stands for, how much, its place in the drawing, and whether its name is written under it."""

    name: str
    count: int
    x: float
    y: float
    width: float
    height: float
    labelled: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars side by side, and the figure at the top of the tallest."""

    bars: Sequence[Bar]
    most: int
    width: int = WIDTH
    height: int = HEIGHT


def bars(counted: Sequence[tuple[str, int]]) -> Chart:
    """A chart of counts, which are not all 0, in their order. What is there at all is at least a unit high."""
    most, step = max(count for _, count in counted), WIDTH / len(counted)
    every = -(-len(counted) // LABELS)
    drawn = []
    for place, (name, count) in enumerate(counted):
        height = max(1.0, HEIGHT * count / most) if count else 0.0
        x, y, width = round(place * step, 1), round(HEIGHT - height, 1), round(max(1.0, step - GAP), 1)
        drawn.append(Bar(name, count, x, y, width, round(height, 1), labelled=place % every == 0))
    return Chart(drawn, most)
