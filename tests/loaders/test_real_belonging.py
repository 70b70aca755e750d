"""Real schools and real districts: what `registers check` tells of where they stand, against a scan without any index.

The scan reads the files themselves: it tries every district on every point, and joins codes as the lists spell them.
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely  # type: ignore[import-untyped]

from geo.areas.following import Areas
from loaders import belonging, loading, quality, sources
from loaders.loading import File
from registers import snapshot
from registers.opening import open_store
from registers.store.engine import Store
from tests.geo.test_areas import follow
from tests.loaders.given import quietly
from tests.makers import AUTHORITY

OPERATOR = "registers.example.org"
DISTRICTS = "local-authority-district"
SCHOOLS = "schools/schools_eng_2022-07-06_joined.csv"
BOUNDARIES = "boundaries/LAD_2025_UK_from_wards_BGC.geojson"
AUTHORITIES = "local-authorities/mysociety_uk_local_authorities_current.csv"
CODES = "local-authorities/drkane_la_all_codes.csv"


def bring(store: Store, name: str, path: Path, **options: str) -> None:
    loading.load(store, sources.find(name), File(path, "", options), AUTHORITY, OPERATOR, quietly)


@pytest.fixture
def report(shared_data: Path, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """What `registers check` finds of where schools stand."""
    folder = tmp_path_factory.mktemp("belonging")
    path = folder / "registers.db"
    path.write_bytes(sqlite_template.read_bytes())
    store = open_store(f"sqlite:///{path}")
    bring(store, "local-authorities", shared_data / AUTHORITIES, codes=str(shared_data / CODES))
    bring(store, "boundaries", shared_data / BOUNDARIES, preset="districts")
    schools = _with_point_and_authority(shared_data / SCHOOLS, folder / "schools.csv")
    bring(store, "school-types", schools)
    bring(store, "schools", schools)
    with store.reading() as tx:
        school = snapshot.find_register(tx, "school")
        definition = snapshot.read_definition(tx, school)
    areas = Areas(folder / "places")
    follow(store, areas, DISTRICTS)
    assert definition
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(belonging, "EXAMPLES", 1000)
        yield quality.report(store, school, definition, areas)
    store.close()


def _with_point_and_authority(path: Path, made: Path) -> Path:
    """The schools that can be held against anything; to load the others takes long."""
    with path.open(newline="", encoding="utf-8") as file, made.open("w", newline="", encoding="utf-8") as kept:
        rows = csv.DictReader(file)
        writer = csv.DictWriter(kept, rows.fieldnames or ())
        writer.writeheader()
        writer.writerows(row for row in rows if row["longitude"] and row["la_gss_2017"])
    return made


@pytest.fixture
def oracle(shared_data: Path) -> dict[str, tuple[set[str], set[str]]]:
    """Of each current school with a point and an authority whose code some district has: what is named, and found."""
    with (shared_data / SCHOOLS).open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["longitude"] and not _is_past(row["close_date"])]
    found = _scan(shared_data, np.array([[float(row["longitude"]), float(row["latitude"])] for row in rows]))
    named = _named(shared_data)
    keys = {key for each in found.values() for key in each}
    told = ((row["urn"], named[row["la_gss_2017"]] & keys, found[n]) for n, row in enumerate(rows))
    return {urn: (names, areas) for urn, names, areas in told if names}


def _is_past(day: str) -> bool:
    """Whether a day such as 31-08-2021 is over."""
    return day != "" and datetime.strptime(day, "%d-%m-%Y").replace(tzinfo=UTC).date() < datetime.now(UTC).date()


def _scan(shared_data: Path, points: Any) -> dict[int, set[str]]:
    found: dict[int, set[str]] = defaultdict(set)
    text = (shared_data / BOUNDARIES).read_text()
    codes = re.findall(r'"LAD25CD": "(\w+)"', text)
    for code, shape in zip(codes, shapely.get_parts(shapely.from_geojson(text)), strict=True):
        district = shapely.make_valid(shape)
        shapely.prepare(district)
        for number in np.flatnonzero(shapely.intersects_xy(district, *points.T)).tolist():
            found[number].add(code)
    return found


def _named(shared_data: Path) -> dict[str, set[str]]:
    """By any code of an authority: all its codes, present and former."""
    named: dict[str, set[str]] = defaultdict(set)
    with (shared_data / AUTHORITIES).open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            codes = {row["gss-code"], *row["former-gss-codes"].split(",")} - {""}
            for code in codes:
                named[code] |= codes
    with (shared_data / CODES).open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            old, new = row["LADCD"], row["LADCD_ACTIVE"]
            if new and old != new and row["LADNM"] == row["LADNM_ACTIVE"]:
                named[old] |= {old, new}
    return named


def test_schools_stand_where_a_full_scan_of_the_same_districts_has_them(
    report: dict[str, Any], oracle: dict[str, tuple[set[str], set[str]]]
) -> None:
    (found,) = report["declared-areas"]
    assert (found["field"], found["areas"]) == ("local-authority", DISTRICTS)
    assert found["agrees"] + found["on-boundary"] == sum(bool(named & areas) for named, areas in oracle.values())
    assert found["nowhere"] == sum(not areas for _, areas in oracle.values())
    elsewhere = {urn: (named, areas) for urn, (named, areas) in oracle.items() if areas and not named & areas}
    assert found["differs"] == len(elsewhere) > 0
    told = {each["key"]: (set(each["names"]), set(each["derived"])) for each in found["examples"]}
    assert told == elsewhere
    # Slough runs Arbour Vale School, which stands in Buckinghamshire: both are true.
    slough = {"key": "145741", "declared": "SLG", "names": ["E06000039"], "derived": ["E06000060"]}
    assert slough in found["examples"]
