"""The index says of a point what shapely says of each whole area, at every size, on every day; and how it is kept."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest
import shapely  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import MultiPolygon, Point, Polygon, box

from geo.areas import building, index, pieces
from geo.areas.building import build
from geo.areas.index import CONTAINS, ON_BOUNDARY, Hit, Index, Version
from geo.areas.pieces import HAIR, cut
from registers.errors import Corrupt

ROOT = Path(__file__).resolve().parent.parent.parent
REAL = "LAD_2025_UK_from_wards_BGC.geojson"

Points = Iterable[Sequence[float]]


def digest_of(shape: Any) -> bytes:
    """What stands for the digest of the geometry's text."""
    return sha256(shape.wkb).digest()


def version(key: str, shape: Any, entry: int = 1, until: int | None = None, **life: int) -> Version:
    """A version whose name is its key and entry."""
    return Version(key, f"{key} {entry}", entry, until, life.get("first"), life.get("last"), digest_of(shape))


def opened(folder: Path, shapes: dict[str, Any]) -> Index:
    """The index of one version of each area, by its key."""
    by_digest = {digest_of(shape): shape for shape in shapes.values()}
    build(folder, [version(key, shape) for key, shape in shapes.items()], lambda version: by_digest[version.digest])
    return Index.open(folder)


def matches(areas: Index, x: float, y: float) -> dict[str, str]:
    """How each area matches, by its key."""
    found = {hit.version.key: hit.match for hit in areas.versions_at(x, y, 1, None)}
    assert matches_of_many(areas, [(x, y)]) == [found]
    return found


def matches_of_many(areas: Index, points: Any) -> list[dict[str, str]]:
    """The same for many points at once."""
    x, y = np.asarray(points, float).reshape(-1, 2).T
    found: list[dict[str, str]] = [{} for _ in x]
    for point, number, is_on in zip(*areas.hits_at(x, y, 1, None), strict=True):
        assert areas.version(number).key not in found[point]
        found[point][areas.version(number).key] = ON_BOUNDARY if is_on else CONTAINS
    return found


def by_looking_at_all(shapes: dict[str, Any], points: Points) -> list[dict[str, str]]:
    """The same for each point, by asking shapely of each whole shape."""
    asked = shapely.points(list(points))
    found: list[dict[str, str]] = [{} for _ in asked]
    for key, shape in sorted(shapes.items()):
        covered, touched = shapely.covers(shape, asked), shapely.touches(shape, asked)
        for n in np.flatnonzero(covered | touched).tolist():
            found[n][key] = ON_BOUNDARY if touched[n] else CONTAINS
    return found


def disagreements(areas: Index, shapes: dict[str, Any], points: Any) -> list[Any]:
    """The points of which the index says something else than shapely, with what each says."""
    listed = np.asarray(points, float).reshape(-1, 2).tolist()
    said = [matches(areas, *point) for point in listed]
    expected, at_once = by_looking_at_all(shapes, listed), matches_of_many(areas, listed)
    told = zip(listed, said, at_once, expected, strict=True)
    return [(point, one, many, right) for point, one, many, right in told if not one == many == right]


def midpoints(shape: Any) -> Any:
    """The middle of each side of each ring."""
    rings = shapely.get_rings(shapely.get_parts(shape))
    vertices = [shapely.get_coordinates(ring) for ring in rings]
    return np.concatenate([(each[1:] + each[:-1]) / 2 for each in vertices])


def hard_points(shape: Any) -> Any:
    """Vertices, middles of sides, the same of the pieces (so points on the lines of the cuts), and all these nudged."""
    inner = MultiPolygon(cut(shape) or [])
    points = np.concatenate([f(each) for f in (shapely.get_coordinates, midpoints) for each in (shape, inner)])
    nudged = [np.nextafter(points, np.inf), np.nextafter(points, -np.inf), points + HAIR, points - (HAIR, 0)]
    return np.concatenate([points, *nudged, points + (0, HAIR / 7), points - 1e-13])


def wheel(seed: int, points: int = 150) -> Polygon:
    """A ragged shape with a hole."""
    draw = np.random.default_rng(seed)
    angles = np.linspace(0, 2 * np.pi, points, endpoint=False)
    vertices = np.column_stack([np.cos(angles), np.sin(angles)]) * draw.uniform(0.5, 1, (points, 1)) + (0, 51)
    return Polygon(np.round(vertices, 7), [shapely.get_coordinates(Point(0.1, 51).buffer(0.2))])


# The answer is shapely's


@pytest.fixture(scope="module")
def districts(shared_data: Path) -> dict[str, Any]:
    """The local authority districts of 2025, by their code."""
    path = shared_data / "boundaries" / REAL
    if not path.is_file():
        pytest.skip(f"{REAL} is not among the published boundaries")
    features = json.loads(path.read_text("utf-8"))["features"]
    return {each["properties"]["LAD25CD"]: shapely.from_geojson(json.dumps(each["geometry"])) for each in features}


@pytest.fixture(scope="module")
def real(districts: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Index:
    """Their index."""
    return opened(tmp_path_factory.mktemp("places") / "districts", districts)


def test_random_points_in_published_districts(districts: dict[str, Any], real: Index) -> None:
    points = np.random.default_rng(2025).uniform((-8.2, 49.8), (1.8, 60.9), (3000, 2))
    assert disagreements(real, districts, points) == []
    assert len(real) == len(districts) == 361


def test_points_on_and_beside_the_outlines_and_the_cuts_of_published_districts(
    districts: dict[str, Any], real: Index
) -> None:
    draw = np.random.default_rng(27)
    for code in ("E07000240", "S12000017", "W06000002"):
        points = draw.choice(hard_points(districts[code]), 250, replace=False)
        assert disagreements(real, districts, points) == []


def test_a_vertex_that_neighbours_share_is_on_the_boundary_of_each(districts: dict[str, Any], real: Index) -> None:
    codes = sorted(districts)[:40]
    owners: dict[tuple[float, float], set[str]] = {}
    for code in codes:
        for x, y in shapely.get_coordinates(districts[code]).tolist():
            owners.setdefault((x, y), set()).add(code)
    shared = [(point, codes) for point, codes in owners.items() if len(codes) > 1][::20]
    assert len(shared) > 50
    for point, codes_of in shared:
        found = matches(real, *point)
        assert codes_of <= set(found) and set(found.values()) == {ON_BOUNDARY}


@pytest.mark.parametrize("seed", range(3))
def test_points_on_and_beside_the_outlines_and_the_cuts(tmp_path: Path, seed: int) -> None:
    shapes = {"a": wheel(seed), "b": wheel(seed + 10), "c": Point(0, 51).buffer(0.8, quad_segs=60)}
    shapes["d"] = MultiPolygon([box(-2, 50, -1, 52), wheel(seed + 20).intersection(box(0, 50, 2, 52))])
    areas = opened(tmp_path / "index", shapes)
    for shape in shapes.values():
        assert disagreements(areas, shapes, hard_points(shape)[seed::7]) == []


def test_a_point_on_a_cut_inside_is_contained(tmp_path: Path) -> None:
    whole = Point(0, 51).buffer(1, quad_segs=100)
    found = cut(whole)
    assert found
    corners = {
        corner for piece in found for corner in piece.exterior.coords if whole.boundary.distance(Point(corner)) > 0.01
    }
    assert corners
    areas = opened(tmp_path / "index", {"a": whole})
    assert [corner for corner in corners if matches(areas, *corner) != {"a": CONTAINS}] == []


@pytest.mark.parametrize("seed", range(3))
def test_a_point_a_hair_from_a_cut_is_found_once(tmp_path: Path, seed: int) -> None:
    whole = wheel(seed, 400)
    areas = opened(tmp_path / "index", {"a": whole})
    corners = np.unique(shapely.get_coordinates(cut(whole)), axis=0)
    draw = np.random.default_rng(seed)
    beside = np.concatenate([corners + draw.choice([-HAIR, 0, HAIR], corners.shape) for _ in range(9)])
    assert disagreements(areas, {"a": whole}, beside) == []


@st.composite
def small_areas(draw: st.DrawFn) -> dict[str, Any]:
    """A few areas made of boxes that are put together and taken away, with holes, and lines in common."""
    sides = st.tuples(*[st.integers(0, 9)] * 2, *[st.integers(1, 6)] * 2)
    areas: dict[str, Any] = {}
    for key in "abc"[: draw(st.integers(1, 3))]:
        shape = box(*draw(st.sampled_from([(0, 0, 0.7, 0.7), (0.3, 0.1, 1.3, 1.1), (0.7, 0, 1.4, 0.9)])))
        for n, (x, y, wide, high) in enumerate(draw(st.lists(sides, max_size=8))):
            other = box(x / 10, y / 10, (x + wide) / 10, (y + high) / 10)
            shape = shape.union(other) if n % 3 == 2 else shape.difference(other)
        areas[key] = shape
    return areas


@settings(max_examples=40)
@given(small_areas(), st.lists(st.tuples(st.integers(-1, 40), st.integers(-1, 40)), max_size=40))
def test_small_areas_with_holes(areas: dict[str, Any], steps: list[tuple[int, int]]) -> None:
    points = [(x / 20, y / 20) for x, y in steps]
    points += [point for shape in areas.values() for point in shapely.get_coordinates(shape).tolist()]
    with tempfile.TemporaryDirectory() as folder, mock.patch.object(pieces, "LIMIT", 8):
        assert disagreements(opened(Path(folder) / "index", areas), areas, points) == []


def test_a_shape_that_is_not_valid_is_answered_for_whole(tmp_path: Path) -> None:
    shapes = {"bow tie": Polygon([(0, 0), (2, 2), (2, 0), (0, 2)]), "a": box(1, 0, 2, 2)}
    points = [(x / 4, y / 4) for x in range(-1, 10) for y in range(-1, 10)]
    assert disagreements(opened(tmp_path / "index", shapes), shapes, points) == []


def test_what_is_no_polygon_contains_nothing(tmp_path: Path) -> None:
    shapes = {"point": Point(1, 1), "line": shapely.LineString([(0, 0), (2, 2)]), "none": Polygon()}
    areas = opened(tmp_path / "index", {**shapes, "a": box(0, 0, 2, 2)})
    assert matches(areas, 1, 1) == {"a": CONTAINS} and len(areas) == 4


def test_what_is_no_place_on_earth_is_nowhere(tmp_path: Path) -> None:
    areas = opened(tmp_path / "index", {"a": box(-180, -90, 180, 90)})
    for point in ((np.nan, 0.0), (0.0, np.inf), (-np.inf, np.nan), (530_000.0, 180_000.0)):
        assert matches(areas, *point) == {}
    assert matches(areas, 180, 0) == {"a": ON_BOUNDARY}


def test_an_index_of_nothing_answers_too(tmp_path: Path) -> None:
    areas = opened(tmp_path / "index", {})
    assert len(areas) == 0 and matches(areas, 0, 0) == {}
    build(tmp_path / "next", [], never, areas)
    assert len(Index.open(tmp_path / "next")) == 0


# Sizes and days

SQUARES = [box(x, 0, x + 2, 2) for x in range(3)]
BY_DIGEST = {digest_of(square): square for square in SQUARES}


def square_of(version: Version) -> Any:
    """The shape of a version of one of the squares."""
    return BY_DIGEST[version.digest]


def never(version: Version) -> Any:
    """For versions whose shapes are there already."""
    raise AssertionError(f"the shape of {version.key} was asked for")


@st.composite
def histories(draw: st.DrawFn) -> list[Version]:
    """Versions of some areas: entries, which replace each other, days, and one of three squares, also shared."""
    versions = []
    for key in ("é", "a", "b")[: draw(st.integers(1, 3))]:
        entries = sorted(draw(st.sets(st.integers(1, 12), min_size=1, max_size=5)))
        for entry, until in pairwise([*entries, None]):
            assert entry is not None
            first, last = (draw(st.none() | st.integers(700_000, 700_006)) for _ in range(2))
            versions.append(
                Version(key, f"{key}{entry}", entry, until, first, last, digest_of(draw(st.sampled_from(SQUARES))))
            )
    return draw(st.permutations(versions))


def counts(version: Version, size: int, day: int | None) -> bool:
    """Whether a version counts."""
    if version.entry > size or (version.until is not None and version.until <= size):
        return False
    if day is None:
        return True
    return (version.first is None or version.first <= day) and (version.last is None or version.last >= day)


@settings(max_examples=40)
@given(histories())
def test_a_version_counts_at_its_sizes_and_on_its_days(versions: list[Version]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        build(Path(folder) / "index", versions, square_of)
        areas = Index.open(Path(folder) / "index")
        for size in range(14):
            for day in (None, *range(699_999, 700_008)):
                found = [one for one in versions if counts(one, size, day) and square_of(one).covers(Point(2, 1))]
                on_side = {one: square_of(one).touches(Point(2, 1)) for one in found}
                hits = [Hit(one, ON_BOUNDARY if on_side[one] else CONTAINS) for one in found]
                hits.sort(key=lambda hit: (hit.version.key, hit.version.entry))
                assert areas.versions_at(2, 1, size, day) == hits
                many = areas.hits_at(np.array([9.0, 2.0]), np.array([1.0, 1.0]), size, day)
                assert [areas.version(number) for number in many.versions] == [hit.version for hit in hits]
                assert many.points.tolist() == [1] * len(hits)


def test_a_version_comes_back_as_it_was_given(tmp_path: Path) -> None:
    given = Version(
        "E06 000/1", "Ynys Môn \N{OLD PERSIAN SIGN A}", 2**40, 2**40 + 1, 1, 3_652_059, digest_of(SQUARES[0])
    )
    blank = Version("", "", 2**40, None, None, None, digest_of(SQUARES[0]))
    build(tmp_path / "index", [given, blank], square_of)
    assert Index.open(tmp_path / "index").versions_at(1, 1, 2**40, 5) == [Hit(blank, CONTAINS), Hit(given, CONTAINS)]


# Building again


def test_only_shapes_that_are_new_are_asked_for_and_once_each(tmp_path: Path) -> None:
    asked: list[bytes] = []

    def shape_of(version: Version) -> Any:
        asked.append(version.digest)
        return wheels[version.digest]

    shapes = [wheel(seed) for seed in range(4)]
    wheels = {digest_of(shape): shape for shape in shapes}
    before = [version("a", shapes[0]), version("b", shapes[1]), version("c", shapes[1]), version("d", shapes[2])]
    build(tmp_path / "1", before, shape_of)
    assert sorted(asked) == sorted(map(digest_of, shapes[:3]))
    asked.clear()
    after = [version("new", shapes[3]), *before[1:], version("a", shapes[0], 5), version("e", shapes[0], 6)]
    build(tmp_path / "2", after, shape_of, Index.open(tmp_path / "1"))
    assert asked == [digest_of(shapes[3])]
    build(tmp_path / "alone", after, shape_of)
    assert contents(tmp_path / "2") == contents(tmp_path / "alone")
    for x, y in np.random.default_rng(8).uniform((-1, 50), (1, 52), (100, 2)).tolist():
        one, other = (Index.open(tmp_path / name).versions_at(x, y, 9, None) for name in ("2", "alone"))
        assert one == other


def test_published_districts_that_are_renamed_are_not_cut_again(
    districts: dict[str, Any], real: Index, tmp_path: Path
) -> None:
    renamed = [version(f"{code} new", shape) for code, shape in districts.items()]
    build(tmp_path / "renamed", renamed, never, real)
    again = Index.open(tmp_path / "renamed")
    points = np.random.default_rng(7).uniform((-3, 51), (0, 55), (200, 2)).tolist()
    assert [matches(again, *point) for point in points] == [
        {f"{code} new": match for code, match in matches(real, *point).items()} for point in points
    ]


def test_a_shape_that_could_not_be_cut_is_taken_over_too(tmp_path: Path) -> None:
    bow_tie = Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    build(tmp_path / "2", [version("a", bow_tie)], never, opened(tmp_path / "1", {"a": bow_tie}))
    assert matches(Index.open(tmp_path / "2"), 1, 1) == {"a": ON_BOUNDARY}


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def failing_at(nth: int) -> Callable[..., None]:
    """A way of writing that fails at the nth file."""
    write, written = building.write, []

    def fail(path: Path, array: Any) -> None:
        written.append(path)
        if len(written) == nth:
            raise OSError("no space left on device")
        write(path, array)

    return fail


@pytest.mark.parametrize("nth", [1, 2, len(index.NAMES)])
def test_a_build_that_fails_leaves_what_was_there(tmp_path: Path, nth: int, monkeypatch: pytest.MonkeyPatch) -> None:
    areas = opened(tmp_path / "index", {"a": SQUARES[0]})
    with monkeypatch.context() as patch, pytest.raises(OSError, match="no space left"):
        patch.setattr(building, "write", failing_at(nth))
        build(tmp_path / "index", [version("b", SQUARES[0])], square_of)
    assert matches(Index.open(tmp_path / "index"), 1, 1) == matches(areas, 1, 1) == {"a": CONTAINS}
    assert os.listdir(tmp_path) == ["index"]


KILLED = """
import os, sys
from pathlib import Path
from geo.areas import building
write = building.write
building.write = lambda path, array: os._exit(9) if path.name == "owners.npy" else write(path, array)
building.build(Path(sys.argv[1]), [], None)
"""


def test_what_a_killed_build_leaves_is_removed_by_the_next_one(tmp_path: Path) -> None:
    opened(tmp_path / "index", {"a": SQUARES[0]})
    assert subprocess.run([sys.executable, "-c", KILLED, tmp_path / "index"], cwd=ROOT, check=False).returncode == 9
    assert len(os.listdir(tmp_path)) == 2
    assert matches(Index.open(tmp_path / "index"), 1, 1) == {"a": CONTAINS}
    opened(tmp_path / "other", {"b": SQUARES[1]})
    assert sorted(os.listdir(tmp_path)) == ["index", "other"]


def test_a_build_that_still_runs_is_left_alone(tmp_path: Path) -> None:
    running = tmp_path / ".building-elsewhere"
    running.mkdir()
    descriptor = os.open(running, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    opened(tmp_path / "index", {})
    assert sorted(os.listdir(tmp_path)) == [".building-elsewhere", "index"]
    os.close(descriptor)
    opened(tmp_path / "index", {})
    assert os.listdir(tmp_path) == ["index"]


def test_an_index_that_is_open_stays_good_when_its_folder_is_replaced(tmp_path: Path) -> None:
    areas = opened(tmp_path / "index", {"a": wheel(1)})
    points = np.random.default_rng(9).uniform((-1, 50), (1, 52), (50, 2)).tolist()
    before = [matches(areas, *point) for point in points]
    assert matches(opened(tmp_path / "index", {"b": SQUARES[0]}), 1, 1) == {"b": CONTAINS}
    assert [matches(areas, *point) for point in points] == before


# What is refused


def spoil(folder: Path, name: str, content: Any) -> None:
    """Put something else in a file's place."""
    if isinstance(content, bytes):
        (folder / name).write_bytes(content)
    else:
        np.save(folder / name, content, allow_pickle=True)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("spans.npy", b""),
        ("spans.npy", b"not an array"),
        ("text.npy", np.zeros(3, np.uint8)),
        ("ends.npy", np.zeros(1, np.int64)),
        ("of_shape.npy", np.zeros(0, np.int64)),
        ("digests.npy", np.array([{}])),
        ("owners.npy", np.zeros(9, np.int64)),
        ("boxes.npy", np.zeros((9, 4))),
        ("grid_starts.npy", np.zeros(9, np.int32)),
        ("tree_levels.npy", np.zeros(0, np.int64)),
        ("pieces_coordinates.npy", np.zeros((2, 2))),
        ("shapes_shapes.npy", np.zeros(0, np.int64)),
        ("format.npy", np.array(7)),
        ("spans.npy", np.array(7)),
    ],
)
def test_a_folder_whose_files_do_not_fit_is_refused(tmp_path: Path, name: str, content: Any) -> None:
    opened(tmp_path / "index", {"a": SQUARES[0], "b": wheel(2)})
    spoil(tmp_path / "index", name, content)
    with pytest.raises(Corrupt, match=r"^(index does not|the index of places in index has)[^\n]*: build it anew$"):
        Index.open(tmp_path / "index")


def test_a_file_that_is_cut_short_or_missing_is_refused(tmp_path: Path) -> None:
    opened(tmp_path / "index", {"a": wheel(2)})
    for path in sorted((tmp_path / "index").iterdir()):
        whole = path.read_bytes()
        path.write_bytes(whole[:-1])
        with pytest.raises(Corrupt, match="does not hold a whole index of places: build it anew"):
            Index.open(tmp_path / "index")
        path.unlink()
        with pytest.raises(Corrupt, match="does not hold a whole index of places: build it anew"):
            Index.open(tmp_path / "index")
        path.write_bytes(whole)
    assert len(Index.open(tmp_path / "index")) == 1


def test_no_folder_a_file_and_an_empty_folder_are_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "empty").mkdir()
    for name in ("none", "file", "empty"):
        with pytest.raises(Corrupt, match=f"^{name} does not hold a whole index of places: build it anew$"):
            Index.open(tmp_path / name)


def test_another_version_of_the_format_is_refused_and_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(building, "FORMAT", index.FORMAT + 1)
        build(tmp_path / "index", [], never)
    with pytest.raises(Corrupt, match="the index of places in index has another version of the format: build it anew"):
        Index.open(tmp_path / "index")
    assert matches(opened(tmp_path / "index", {"a": SQUARES[0]}), 1, 1) == {"a": CONTAINS}


def test_the_index_loads_no_data_frames() -> None:
    program = "import geo.areas.building, sys; sys.exit(bool({'pandas', 'geopandas', 'pyogrio'} & set(sys.modules)))"
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)
