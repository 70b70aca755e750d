"""Vector files of each format: what is read from them, and what is said of those that cannot be read."""

from __future__ import annotations

import json
import random
import socket
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pytest
import shapely

from geo import unpacking
from geo.files import BATCH, Feature, open_file
from registers.errors import Invalid, RegistersError, TooLarge

SHAPES = [shapely.box(400_000, 300_000, 410_000, 310_000), shapely.box(410_000, 300_000, 420_000, 310_000)]
NAMES = ["Ynys Môn", "Gŵyr"]
PART_NAMES = ("areas.shp", "areas.shx", "areas.dbf", "areas.prj", "areas.cpg")


def write(path: Path, names: list[str] = NAMES, **given: Any) -> Path:
    """A file of two areas with the columns `code`, `name` and `count`, in the format that its suffix names."""
    columns: list[Any] = [np.array(["A1", "A2"], object), np.array(names, object), np.array([7, 1_000_000])]
    given = {"crs": "EPSG:27700", "geometry_type": "Polygon", **given}
    fields = ["code", "name", "count"]
    pyogrio.raw.write(path, geometry=shapely.to_wkb(np.array(SHAPES)), field_data=columns, fields=fields, **given)
    return path


def geojson(path: Path, *features: tuple[dict[str, object], object], **members: object) -> Path:
    """A GeoJSON file of features, each its properties and its geometry."""
    listed = [{"type": "Feature", "properties": told, "geometry": shape} for told, shape in features]
    path.write_text(json.dumps({"type": "FeatureCollection", **members, "features": listed}), "utf-8")
    return path


def triangle(*more: object) -> dict[str, object]:
    """A GeoJSON polygon."""
    return {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0], *more]]}


def features(path: Path, **given: str) -> list[Feature]:
    """All features."""
    return list(open_file(path, **given).features())


def refusal(path: Path, **given: str) -> str:
    """The sentence in which a file is refused."""
    with pytest.raises(Invalid) as refused:
        features(path, **given)
    assert "\n" not in str(refused.value) and str(path.parent) not in str(refused.value)
    return str(refused.value)


# What is read


@pytest.mark.parametrize("name", ["areas.shp", "areas.gpkg", "areas.fgb", "areas.geojson"])
def test_every_format_gives_the_same(tmp_path: Path, name: str) -> None:
    file = open_file(write(tmp_path / name))
    assert (file.layer, file.crs, file.columns) == ("areas", "EPSG:27700", ("code", "name", "count"))
    assert file.bounds == (400_000, 300_000, 420_000, 310_000)
    found = sorted(file.features(), key=lambda feature: feature.values["code"])  # FlatGeobuf has an order of its own
    assert sorted(feature.row for feature in found) == [1, 2]
    assert [feature.values for feature in found] == [
        {"code": "A1", "name": "Ynys Môn", "count": "7"},
        {"code": "A2", "name": "Gŵyr", "count": "1000000"},
    ]
    assert [feature.shape.equals(shape) for feature, shape in zip(found, SHAPES, strict=True)] == [True, True]


def test_a_zipped_shapefile_is_read_wherever_in_the_zip_file_it_is(tmp_path: Path) -> None:
    write(tmp_path / "areas.shp")
    with zipfile.ZipFile(tmp_path / "download.zip", "w") as file:
        file.writestr("__MACOSX/sub/._areas.shp", "")
        for name in PART_NAMES:
            file.write(tmp_path / name, f"sub/{name}")
    assert [feature.values["code"] for feature in features(tmp_path / "download.zip")] == ["A1", "A2"]


def test_topojson_is_read_and_one_of_its_layers_can_be_chosen(tmp_path: Path) -> None:
    layers = {
        name: {
            "type": "GeometryCollection",
            "geometries": [{"type": "Polygon", "properties": {"code": name}, "arcs": [[0]]}],
        }
        for name in ("areas", "regions")
    }
    topology = {"type": "Topology", "objects": layers, "arcs": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}
    (tmp_path / "t.topojson").write_text(json.dumps(topology))
    assert refusal(tmp_path / "t.topojson").endswith("say which with --layer, one of areas, regions")
    assert refusal(tmp_path / "t.topojson", layer="x").endswith("has no layer 'x': its layers are areas, regions")
    file = open_file(tmp_path / "t.topojson", layer="regions")
    assert file.crs == "OGC:CRS84"
    assert [feature.values["code"] for feature in file.features()] == ["regions"]


def test_tables_without_shapes_are_no_layers_to_choose_from(tmp_path: Path) -> None:
    write(tmp_path / "a.gpkg", layer="areas")
    table: Any = [np.array(["x"], object)]
    pyogrio.raw.write(
        tmp_path / "a.gpkg", geometry=None, field_data=table, fields=["style"], layer="layer_styles", driver="GPKG"
    )
    assert open_file(tmp_path / "a.gpkg").layer == "areas"


def test_values_are_text_as_in_the_file(tmp_path: Path) -> None:
    told = {"a": 1, "b": 1.5, "c": True, "d": None, "e": "2020-01-31", "f": [1, "x"], "g": "007", "h": " ", "i": 2.0}
    path = geojson(tmp_path / "a.json", (told, triangle()))
    assert features(path)[0].values == {
        "a": "1",
        "b": "1.5",
        "c": "true",
        "d": "",
        "e": "2020-01-31",
        "f": '[ 1, "x" ]',
        "g": "007",
        "h": " ",
        "i": "2",
    }


def test_a_shapefile_that_does_not_say_its_encoding_is_read_as_utf_8_or_else_as_windows_1252(tmp_path: Path) -> None:
    for encoding, names in (("UTF-8", NAMES), ("ISO-8859-1", ["Ynys Môn", "Caffè"])):
        path = write(tmp_path / f"{encoding}.shp", names, encoding=encoding)
        path.with_suffix(".cpg").unlink()
        assert [feature.values["name"] for feature in features(path)] == names


def test_what_is_told_of_coordinates_is_believed_rather_than_the_file(tmp_path: Path) -> None:
    assert open_file(write(tmp_path / "a.gpkg"), crs="EPSG:3857").crs == "EPSG:3857"


def test_geojson_that_declares_a_system_is_believed(tmp_path: Path) -> None:
    declared = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::27700"}}
    assert open_file(geojson(tmp_path / "a.json", ({}, triangle()), crs=declared)).crs == "EPSG:27700"


def test_features_without_a_shape_and_more_than_a_batch_are_counted_on(tmp_path: Path) -> None:
    many = [({"n": n}, None if n % 2 else triangle()) for n in range(BATCH + 10)]
    found = features(geojson(tmp_path / "a.json", *many))
    assert [(feature.row, feature.values["n"]) for feature in found] == [(n + 1, str(n)) for n in range(BATCH + 10)]
    assert [feature.shape is None for feature in found] == [n % 2 == 1 for n in range(BATCH + 10)]


def test_a_ring_that_is_not_closed_is_closed_and_it_is_said(tmp_path: Path) -> None:
    (found,) = features(geojson(tmp_path / "a.json", ({}, triangle([0, 0.5]))))
    assert found.repaired == "ring that was not closed" and found.shape.exterior.is_closed


@pytest.mark.parametrize(
    "shape", [{"type": "Circle", "coordinates": [1, 2]}, {"type": "Polygon", "coordinates": [[["a", 0]]]}]
)
def test_a_shape_that_is_none_arrives_as_none(tmp_path: Path, shape: object) -> None:
    assert features(geojson(tmp_path / "a.json", ({}, shape)))[0].shape is None


# What is refused


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("\n<!DOCTYPE html><html><body>Sign in</body></html>", "is a web page, not a vector file"),
        ("", "is empty"),
        ("code,name\n1,2\n", "is not a vector file that is read here: give GeoJSON, TopoJSON,"),
        ('<OGRVRTDataSource><OGRVRTLayer name="x"/></OGRVRTDataSource>', "is not a vector file that is read here"),
        ('{"error": {"code": 400, "message": "Invalid token"}}', "is not a vector file that is read here"),
        ('{"type": "FeatureCollection", "features": [', "cannot be read: .*Unterminated array"),
        ('{"type": "FeatureCollection", "features": []}', "has no features"),
        ("PK\x03\x04 and no more", "is a zip file that cannot be read"),
        ("SQLite format 3\x00 and no more", "is not a vector file that is read here"),
    ],
)
def test_what_is_no_vector_file_is_refused(tmp_path: Path, content: str, sentence: str) -> None:
    (tmp_path / "areas.geojson").write_text(content)
    with pytest.raises(Invalid, match=f"areas.geojson {sentence}"):
        open_file(tmp_path / "areas.geojson")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path / "areas.gpkg") == "areas.gpkg cannot be read: No such file or directory"


@pytest.mark.parametrize(
    ("suffix", "sentence"),
    [
        (".dbf", "areas.shp lacks its .dbf file, which has its columns: put all parts in one folder or zip file"),
        (
            ".shx",
            "areas.shp lacks its .shx file, which has where its shapes are: put all parts in one folder or zip file",
        ),
        (
            ".prj",
            "areas.shp does not say what its coordinates are in: say in what with --crs, such as --crs EPSG:27700",
        ),
    ],
)
def test_a_part_of_a_shapefile_that_is_missing_is_named(tmp_path: Path, suffix: str, sentence: str) -> None:
    path = write(tmp_path / "areas.shp")
    path.with_suffix(suffix).unlink()
    assert refusal(path) == sentence
    with zipfile.ZipFile(tmp_path / "areas.zip", "w") as file:
        for name in PART_NAMES:
            if (tmp_path / name).exists():
                file.write(tmp_path / name, name)
    if suffix != ".prj":
        assert refusal(tmp_path / "areas.zip") == sentence


def test_a_shapefile_without_its_prj_is_read_when_it_is_said_what_it_is_in(tmp_path: Path) -> None:
    path = write(tmp_path / "areas.shp")
    path.with_suffix(".prj").unlink()
    assert open_file(path, crs="EPSG:27700").crs == "EPSG:27700"


@pytest.mark.parametrize("suffix", [".dbf", ".shx", ".prj"])
def test_another_part_of_a_shapefile_is_refused_with_the_right_one(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / "areas.shp").with_suffix(suffix)
    assert refusal(path).endswith(
        "is a part of a shapefile: give the part that ends in .shp, with the others beside it"
    )


def test_a_zip_file_without_a_vector_file_or_with_several_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("readme.txt", "nothing")
    assert refusal(path) == "a.zip holds 0 vector files: give a zip file that holds one"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("a.geojson", "{}")
        file.writestr("b.geojson", "{}")
    assert refusal(path) == "a.zip holds 2 vector files: a.geojson, b.geojson: give a zip file that holds one"


# What leads to other files and other hosts


@pytest.fixture
def asked() -> Iterator[tuple[int, list[bytes]]]:
    """The port of a listener, and what it was asked."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.1)
        stop = threading.Event()

        def listen() -> None:
            while not stop.is_set():
                try:
                    connection, _ = listener.accept()
                except TimeoutError:
                    continue
                with connection:
                    heard.append(connection.recv(100))

        thread = threading.Thread(target=listen)
        thread.start()
        yield listener.getsockname()[1], heard
        stop.set()
        thread.join()


def leading(port: int, secret: Path) -> dict[str, str]:
    """Contents that GDAL takes for vector files, and that lead to another file or to the port."""
    vrt = (
        '<OGRVRTDataSource><OGRVRTLayer name="{0}"><SrcDataSource>{1}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>'
    )
    url = f"http://127.0.0.1:{port}/x.geojson"
    program = {
        "type": "gdal_streamed_alg",
        "command_line": f"gdal vector pipeline ! read {secret} ! write --of stream x",
    }
    remote = {**program, "command_line": program["command_line"].replace(str(secret), f"/vsicurl/{url}")}
    service = f"<OGRWFSDataSource><URL>{url}</URL></OGRWFSDataSource>"
    return {
        "a table of a file": vrt.format("secret", secret),
        "a table of a host": vrt.format("x", f"/vsicurl/{url}"),
        "a program on a file": json.dumps(program),
        "a program on a host": json.dumps(remote),
        "a service": service,
        "a service in JSON": json.dumps({"x": service}),
    }


@pytest.mark.parametrize("name", ["a.geojson", "a.json", "a.topojson", "a.gpkg", "a.fgb", "a.shp", "a.gdalg.json"])
def test_no_other_file_is_opened_and_no_host_is_asked(
    tmp_path: Path, asked: tuple[int, list[bytes]], name: str
) -> None:
    secret = geojson(tmp_path / "secret.geojson", ({"secret": "x"}, triangle()))
    for what, content in leading(asked[0], secret).items():
        (tmp_path / name).write_text(content)
        with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
            file.writestr(name, content)
            file.writestr("a.dbf", content)
            file.writestr("a.shx", content)
        for path in (tmp_path / name, tmp_path / "a.zip"):
            said = refusal(path)
            assert f"{name} is not a vector file" in said or "is not a vector file that is read here" in said, what
    assert asked[1] == []


@pytest.mark.parametrize(
    "member",
    [
        '"crs": {"type": "link", "properties": {"href": "URL"}}',
        '"crs":{"type":"URL","properties":{"url":"URL"}}',
        '"\\u0063RS"\n:\n{"type": "name", "TYPE": "l\\u0069nk", "properties": {"href": "URL", "name": "x"}}',
        '"crs": {"x": [' + "0, " * 9_000 + '0], "type": "link", "properties": {"href": "URL"}}',
        "'crs': {'type': 'link', 'properties': {'href': 'URL'}}",
        '"crs" /**/ : {"type": "link", "properties": {"href": "URL"}}',
        '"crs": /**/ {"type": "link", "properties": {"href": "URL"}}',
    ],
)
def test_a_link_to_a_reference_system_is_not_followed(
    tmp_path: Path, asked: tuple[int, list[bytes]], member: str
) -> None:
    content = geojson(tmp_path / "a.json", ({"crs": "crs"}, triangle())).read_text()
    member = member.replace("URL", f"http://127.0.0.1:{asked[0]}/crs")
    (tmp_path / "a.json").write_text(content.replace("{", "{" + member + ", ", 1))
    for path in (tmp_path / "a.json", zipped(tmp_path / "a.zip", zipfile.ZIP_DEFLATED, tmp_path / "a.json")):
        assert "a.json says what its coordinates are in by a link" in refusal(path)
    assert asked[1] == []


@pytest.mark.parametrize("name", ["areas.shp", "areas.gpkg", "areas.fgb", "areas.geojson"])
@pytest.mark.parametrize("packing", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_every_format_is_read_out_of_an_archive_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, packing: int
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(temporary := tmp_path / "temporary"))
    temporary.mkdir()
    write(tmp_path / name)
    path = zipped(tmp_path / "a.zip", packing, *tmp_path.glob("areas.*"))
    file = open_file(path)
    assert (file.layer, file.crs, len(list(file.features()))) == ("areas", "EPSG:27700", 2)
    assert len(list(temporary.iterdir())) == 1
    found = file.features()
    del file
    assert len(list(found)) == 2
    del found
    assert list(temporary.iterdir()) == []


def zipped(path: Path, packing: int, *files: Path) -> Path:
    """A zip file of files, under their names."""
    with zipfile.ZipFile(path, "w", packing) as archive:
        for file in files:
            archive.write(file, file.name)
    return path


def test_an_archive_that_expands_without_measure_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "ALWAYS_ALLOWED", 1_000_000)
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a.geojson", '{"type": "FeatureCollection", "features": []' + " " * 4_000_000 + "}")
    with pytest.raises(TooLarge, match="a.zip expands far beyond its own size"):
        open_file(path)
    content = path.read_bytes()
    small = (100).to_bytes(4, "little")
    path.write_bytes(content.replace((4_000_045).to_bytes(4, "little"), small))
    with pytest.raises(RegistersError):
        open_file(path)


@pytest.mark.parametrize("packing", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_damaged_archive_is_read_or_refused_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packing: int
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(temporary := tmp_path / "temporary"))
    temporary.mkdir()
    content = zipped(tmp_path / "a.zip", packing, write(tmp_path / "areas.fgb")).read_bytes()
    for seed in range(200):
        chance, damaged = random.Random(seed), bytearray(content)
        for _ in range(chance.randint(1, 5)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        (tmp_path / "b.zip").write_bytes(damaged)
        try:
            features(tmp_path / "b.zip")
        except RegistersError as error:
            assert "\n" not in str(error)
    assert list(temporary.iterdir()) == []


def test_an_encrypted_archive_is_refused(tmp_path: Path) -> None:
    content = bytearray(zipped(tmp_path / "a.zip", zipfile.ZIP_STORED, write(tmp_path / "a.fgb")).read_bytes())
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "a.zip").write_bytes(content)
    assert refusal(tmp_path / "a.zip") == "a.zip is encrypted: unpack it with its password first"


# Real files


@pytest.mark.parametrize(
    ("name", "count", "crs"),
    [
        ("LAD_2023-05_UK_BUC.geojson", 361, "EPSG:4326"),
        ("LSOA_2021_GreaterManchester_BGC.geojson", 1702, "EPSG:4326"),
        ("ons_geogLA2021UK.topojson", 374, "OGC:CRS84"),
    ],
)
def test_published_boundaries_are_read(shared_data: Path, name: str, count: int, crs: str) -> None:
    file = open_file(shared_data / "boundaries" / name)
    assert file.crs == crs and file.bounds is not None and -9 < file.bounds[0] < file.bounds[2] < 2
    assert sum(feature.shape is not None for feature in file.features()) == count
