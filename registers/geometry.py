"""A shape as one text value: canonical GeoJSON, in which equal shapes are equal bytes.

Shapes come from many hands: with fifteen decimals or five, rings begun anywhere and turned either way. A
register hashes bytes, so a shape is given one spelling before it is hashed:

    {"type":"Polygon","coordinates":[[[-3.2,55.9],[-3.1,55.9],[-3.1,56],[-3.2,55.9]]]}

- the members `type` and `coordinates`, in that order, without spaces; longitude before latitude (RFC 7946
  §3.1.1), and no third ordinate;
- at most 7 decimals (a centimetre), no trailing zeros, no exponent, no minus before zero;
- rings closed, without repeated neighbours, begun at their smallest vertex (longitude, then latitude),
  exteriors anticlockwise and holes clockwise (§3.1.6); lines keep their direction;
- the parts of a multi-geometry, and a polygon's holes, in the order of their own text, each once.

Whether rings cross themselves or each other, or holes lie inside, is not looked at here. Pure: text in, text
out. In between, a vertex is two whole numbers of 1e-7 degree, so areas and comparisons are exact.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from itertools import pairwise
from os.path import commonprefix
from types import MappingProxyType
from typing import Any

from registers.entry import shortened
from registers.errors import Invalid

GEOMETRY_LIMIT = 8 * 1024 * 1024
# What is given may be longer than what is kept: it may have spaces and fifteen decimals.
SOURCE_LIMIT = 4 * GEOMETRY_LIMIT

_DEGREE = 10_000_000
_EAST = 180 * _DEGREE
_NORTH = 90 * _DEGREE
_NUMBERS = (int, float)  # asked by type(), because a bool is an int too
_SHOWN = 20  # characters of each text, where two differ

Vertex = tuple[int, int]
Spelling = Callable[[Any, str], str]


def canonical_geometry(text: str) -> str:
    """The canonical text of the RFC 7946 geometry that `text` spells; of canonical text, the same text.

    Dropped: a `bbox`, decimals past the seventh, repeated neighbours in lines and rings, repeated parts.
    Refused: whatever else would be lost, such as a third ordinate, another member, or a ring that encloses
    nothing once rounded.

    Raises Invalid with the first reason, and where in the coordinates it is.
    """
    geometry = _parse(text)
    kind = geometry.pop("type", None)
    spell = _SPELLINGS.get(kind) if isinstance(kind, str) else None
    if spell is None:
        raise Invalid(_kind_fault(kind))
    if "coordinates" not in geometry:
        raise Invalid("there is no member coordinates")
    coordinates = geometry.pop("coordinates")
    geometry.pop("bbox", None)
    if geometry:
        raise Invalid(f"the member {shortened(next(iter(geometry)))} is not part of a shape: take it out")
    canonical = f'{{"type":"{kind}","coordinates":{spell(coordinates, "coordinates")}}}'
    if len(canonical) > GEOMETRY_LIMIT:
        raise Invalid(_size_fault(len(canonical), GEOMETRY_LIMIT))
    return canonical


def is_canonical(text: str) -> str | None:
    """None when `text` is the canonical text of a shape, else the first reason why not."""
    if len(text) > GEOMETRY_LIMIT:
        return _size_fault(len(text), GEOMETRY_LIMIT)
    try:
        canonical = canonical_geometry(text)
    except Invalid as refusal:
        return str(refusal)
    return None if canonical == text else _difference(text, canonical)


def _difference(text: str, canonical: str) -> str:
    at = len(commonprefix([text, canonical]))
    reads, should = (shortened(side[at : at + _SHOWN]) for side in (text, canonical))
    return f"from character {at + 1} it reads {reads} where its canonical text reads {should}"


# Reading


def _parse(text: str) -> dict[str, Any]:
    if len(text) > SOURCE_LIMIT:
        raise Invalid(_size_fault(len(text), SOURCE_LIMIT))
    try:
        geometry = json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_members)
    except RecursionError:
        raise Invalid("it is nested too deeply to be a shape") from None
    except json.JSONDecodeError as error:
        raise Invalid(f"it is not JSON (line {error.lineno}, column {error.colno}: {error.msg})") from None
    except ValueError:  # Python reads no whole number of more than some thousands of digits
        raise Invalid("it holds a number with too many digits") from None
    if not isinstance(geometry, dict):
        raise Invalid("it is not a JSON object with the members type and coordinates")
    return geometry


def _refuse_constant(name: str) -> float:
    raise Invalid(f"it holds {name}, which is not a number in JSON")


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise Invalid("it gives a member twice")
    return members


def _listed(value: Any, path: str, what: str) -> list[Any]:
    if not isinstance(value, list):
        raise Invalid(f"{path} is not a list of {what}")
    if not value:
        raise Invalid(f"{path} is an empty list of {what}")
    return value


def _vertices(value: Any, path: str) -> list[Vertex]:
    """The positions as vertices, without those that, once rounded, repeat the one before."""
    vertices: list[Vertex] = []
    before = None
    for index, position in enumerate(_listed(value, path, "positions")):
        vertex = _vertex(position, f"{path}[{index}]")
        if vertex != before:
            vertices.append(vertex)
        before = vertex
    return vertices


def _vertex(position: Any, path: str) -> Vertex:
    if type(position) is not list or len(position) != 2:
        raise Invalid(f"{path} {_position_fault(position)}")
    longitude, latitude = position
    if type(longitude) not in _NUMBERS or type(latitude) not in _NUMBERS:
        raise Invalid(f"{path} is not two numbers")
    try:
        # Formatting rounds the exact decimal value; multiplying by 1e7 would round twice.
        east, north = int(f"{longitude:.7f}".replace(".", "")), int(f"{latitude:.7f}".replace(".", ""))
    except (ValueError, OverflowError):  # 1e400 was read as infinity; 10**400 fits no float
        raise Invalid(f"{path} is beyond any longitude and latitude") from None
    if not (-_EAST <= east <= _EAST and -_NORTH <= north <= _NORTH):
        raise Invalid(f"{path} {_bounds_fault(east, north)}")
    return east, north


# Spelling: what JSON gave and where it stands, to its canonical text


def _spell_point(value: Any, path: str) -> str:
    return _spell_vertex(_vertex(value, path))


def _spell_line(value: Any, path: str) -> str:
    vertices = _vertices(value, path)
    if len(vertices) < 2:
        raise Invalid(f"{path} is a line without two different positions")
    return _spell_vertices(vertices)


def _spell_polygon(value: Any, path: str) -> str:
    exterior, *holes = _listed(value, path, "rings")
    outline = _spell_ring(exterior, f"{path}[0]", anticlockwise=True)
    inner = {_spell_ring(hole, f"{path}[{n}]", anticlockwise=False) for n, hole in enumerate(holes, 1)}
    return f"[{','.join([outline, *sorted(inner)])}]"


def _spell_ring(value: Any, path: str, anticlockwise: bool) -> str:
    if len(_listed(value, path, "positions")) < 4:
        raise Invalid(f"{path} is a ring of fewer than 4 positions")
    vertices = _vertices(value, path)
    if vertices[0] != vertices[-1]:
        raise Invalid(f"{path} is a ring that is not closed: its last position must repeat its first")
    area = _doubled_area(vertices)
    if area == 0:
        raise Invalid(f"{path} is a ring that encloses no area at 7 decimals")
    if (area > 0) is not anticlockwise:
        vertices.reverse()
    del vertices[-1]
    first = _least_rotation(vertices)
    return _spell_vertices(vertices[first:] + vertices[: first + 1])


def _spell_parts(spell: Spelling) -> Spelling:
    """The spelling of a multi-geometry whose parts `spell` spells."""

    def spell_all(value: Any, path: str) -> str:
        parts = {spell(part, f"{path}[{n}]") for n, part in enumerate(_listed(value, path, "parts"))}
        return f"[{','.join(sorted(parts))}]"

    return spell_all


def _spell_vertices(vertices: list[Vertex]) -> str:
    return f"[{','.join(map(_spell_vertex, vertices))}]"


def _spell_vertex(vertex: Vertex) -> str:
    east, north = vertex
    # Dividing whole numbers gives the float nearest to the decimal, whose 7 decimals are the decimal's own.
    longitude = f"{east / _DEGREE:.7f}".rstrip("0").rstrip(".")
    latitude = f"{north / _DEGREE:.7f}".rstrip("0").rstrip(".")
    return f"[{longitude},{latitude}]"


_SPELLINGS: Mapping[str, Spelling] = MappingProxyType(
    {
        "Point": _spell_point,
        "MultiPoint": _spell_parts(_spell_point),
        "LineString": _spell_line,
        "MultiLineString": _spell_parts(_spell_line),
        "Polygon": _spell_polygon,
        "MultiPolygon": _spell_parts(_spell_polygon),
    }
)


# Rings


def _doubled_area(ring: list[Vertex]) -> int:
    """Twice the area a closed ring encloses, exactly; more than 0 when it runs anticlockwise."""
    return sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairwise(ring))


def _least_rotation(ring: list[Vertex]) -> int:
    """Where to begin an open ring so that, read round from there, it is the smallest it can be.

    That is at its smallest vertex; which of several, for a ring that touches itself there, the vertices after
    decide. Two candidates are compared at a time and the loser's whole stretch is ruled out, so it is linear.
    """
    size = len(ring)
    candidate, rival, length = 0, 1, 0
    while rival < size and candidate < size and length < size:
        left, right = ring[(candidate + length) % size], ring[(rival + length) % size]
        if left == right:
            length += 1
            continue
        if left > right:
            candidate += length + 1
        else:
            rival += length + 1
        if candidate == rival:
            rival += 1
        length = 0
    return min(candidate, rival)


# Faults


def _kind_fault(kind: object) -> str:
    if kind is None:
        return "there is no member type"
    if kind == "GeometryCollection":
        return "a GeometryCollection is refused: give one shape, a Multi… one if it has parts"
    if kind in ("Feature", "FeatureCollection"):
        return f"it is a {kind}: give the geometry alone"
    return f"the type {shortened(kind)} is not one of {', '.join(_SPELLINGS)}"


def _position_fault(position: object) -> str:
    if isinstance(position, list) and len(position) > 2:
        return f"has {len(position)} ordinates: a position is longitude and latitude, without height"
    return "is not a position: a list of longitude and latitude"


def _bounds_fault(east: int, north: int) -> str:
    if abs(east) <= _EAST:
        swap = abs(north) <= _EAST and abs(east) <= _NORTH
        order = ": are they the wrong way round? Longitude comes first" if swap else ""
        return f"has the latitude {north / _DEGREE:.10g}, beyond 90{order}"
    return f"has the longitude {east / _DEGREE:.10g}, beyond 180: degrees are asked for, not metres"


def _size_fault(size: int, limit: int) -> str:
    return f"it has {size:,} characters, and {limit:,} are the most"
