"""Coordinates: OSTN15 as Ordnance Survey publishes it, and everything else as pyproj has it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pyproj
import pytest

from geo import crs
from registers.errors import Invalid

ROOT = Path(__file__).resolve().parent.parent.parent

# Points that Ordnance Survey publishes: the worked example of its guide to coordinate systems, then three of its test
# points for OSTN15, at the Isles of Scilly, St Kilda and the Flannan Isles.
PUBLISHED = [
    (651409.804, 313177.450, 1.716073973, 52.658007833),
    (91492.146, 11318.804, -6.29977752014, 49.92226393730),
    (9587.909, 899448.993, -8.57854456076, 57.81351838410),
    (71713.132, 938516.405, -7.59255560556, 58.21262247180),
]
EASTINGS, NORTHINGS, LONGITUDES, LATITUDES = np.array(PUBLISHED).T
CENTIMETRE = 1e-7  # of a degree, about


def around_england() -> tuple[crs.Numbers, crs.Numbers]:
    """Points on land, where the seven parameters of the fallback are good to a few metres."""
    draw = np.random.default_rng(15)
    return draw.uniform(380_000, 500_000, 5_000), draw.uniform(150_000, 450_000, 5_000)


def test_published_points_come_out_to_the_centimetre_both_ways() -> None:
    longitudes, latitudes = crs.lon_lat_from_grid(EASTINGS, NORTHINGS)
    assert np.abs(longitudes - LONGITUDES).max() < CENTIMETRE
    assert np.abs(latitudes - LATITUDES).max() < CENTIMETRE
    eastings, northings = crs.grid_from_lon_lat(LONGITUDES, LATITUDES)
    assert np.hypot(eastings - EASTINGS, northings - NORTHINGS).max() < 0.005


@pytest.mark.parametrize("point", PUBLISHED)
def test_one_point_comes_out_like_an_array(point: tuple[float, float, float, float]) -> None:
    easting, northing, longitude, latitude = point
    assert crs.lon_lat_of_point(easting, northing) == pytest.approx((longitude, latitude), abs=CENTIMETRE)
    assert crs.grid_of_point(longitude, latitude) == pytest.approx((easting, northing), abs=0.005)


def test_going_there_and_back_loses_two_centimetres_at_most_anywhere_in_the_area() -> None:
    draw = np.random.default_rng(27700)
    eastings, northings = draw.uniform(1_000, 699_000, 20_000), draw.uniform(1_000, 1_249_000, 20_000)
    east, north = crs.grid_from_lon_lat(*crs.lon_lat_from_grid(eastings, northings))
    assert np.hypot(east - eastings, north - northings).max() < 0.02


def test_the_fallback_of_pyproj_is_within_five_metres_but_is_not_the_same() -> None:
    eastings, northings = around_england()
    helmert = pyproj.Transformer.from_crs(27700, 4326, always_xy=True).transform(eastings, northings)
    apart = pyproj.Geod(ellps="WGS84").inv(*helmert, *crs.lon_lat_from_grid(eastings, northings))[2]
    assert 0.5 < np.median(apart) < apart.max() < 5


def test_arrays_keep_their_shape() -> None:
    table = np.full((3, 2), 400_000.0)
    assert [each.shape for each in crs.lon_lat_from_grid(table, table)] == [(3, 2), (3, 2)]
    assert [each.shape for each in crs.grid_from_lon_lat(np.zeros((3, 2)) - 2, 52.0)] == [(3, 2), (3, 2)]
    assert [each.size for each in crs.lon_lat_from_grid([], [])] == [0, 0]


def test_outside_the_area_arrays_get_nan_where_it_is_outside() -> None:
    longitudes, latitudes = crs.lon_lat_from_grid([400_000, -116, 400_000], [400_000, 400_000, np.nan])
    assert np.isnan(longitudes).tolist() == np.isnan(latitudes).tolist() == [False, True, True]
    eastings, northings = crs.grid_from_lon_lat([-2, 30, -2], [52, 52, np.nan])
    assert np.isnan(eastings).tolist() == np.isnan(northings).tolist() == [False, True, True]


def test_outside_the_area_one_point_gets_an_error_that_says_the_area() -> None:
    with pytest.raises(Invalid, match="easting -116, northing 400000 is outside OSTN15's area .eastings 0 to 700,000"):
        crs.lon_lat_of_point(-116, 400_000)
    with pytest.raises(Invalid, match="longitude 30, latitude 52 is not on the National Grid"):
        crs.grid_of_point(30, 52)


@pytest.mark.parametrize(
    "text",
    [
        "EPSG:27700",
        "27700",
        "urn:ogc:def:crs:EPSG::27700",
        "EPSG:7405",  # with heights
        pyproj.CRS("EPSG:27700").to_wkt("WKT1_ESRI"),
        pyproj.CRS("EPSG:27700").to_wkt("WKT1_GDAL"),
        "+proj=tmerc +lat_0=49 +lon_0=-2 +k=0.9996012717 +x_0=400000 +y_0=-100000 +ellps=airy "
        "+towgs84=446.448,-125.157,542.06,0.15,0.247,0.842,-20.489 +units=m +no_defs",
    ],
)
def test_the_national_grid_is_known_however_it_is_written_and_goes_by_ostn15(text: str) -> None:
    system = crs.system(text)
    assert system.is_grid and not system.is_degrees
    longitudes, latitudes = system.to_lon_lat(EASTINGS, NORTHINGS)
    assert np.abs(longitudes - LONGITUDES).max() < CENTIMETRE
    assert np.abs(latitudes - LATITUDES).max() < CENTIMETRE


@pytest.mark.parametrize("text", ["EPSG:4326", "OGC:CRS84", "urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4258", "EPSG:4979"])
def test_longitude_and_latitude_are_left_as_they_are(text: str) -> None:
    system = crs.system(text)
    assert system.name == crs.LON_LAT and system.is_degrees
    assert system.to_lon_lat(LONGITUDES, LATITUDES) == (LONGITUDES, LATITUDES)


def test_other_systems_go_through_pyproj() -> None:
    mercator = crs.system("EPSG:3857").to_lon_lat(np.array([-334111.1714]), np.array([6800125.4544]))
    assert np.ravel(mercator) == pytest.approx([-3.0013812, 52.0], abs=2e-3)
    irish = crs.system("EPSG:29903").to_lon_lat(np.array([333_500.0]), np.array([374_000.0]))  # Belfast
    assert np.ravel(irish) == pytest.approx([-5.93, 54.60], abs=0.01)


@pytest.mark.parametrize("text", ["EPSG:999999", "no such grid", "EPSG:5701", "EPSG:4978"])
def test_what_is_no_system_of_places_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="is not a .* such as EPSG:27700"):
        crs.system(text)


def test_coordinates_load_no_data_frames() -> None:
    program = "import geo.crs, geo.shapes, sys; sys.exit(bool({'pandas', 'geopandas', 'pyogrio'} & set(sys.modules)))"
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)
