"""Vector files: whose coordinates, which columns, and then the features one after another, as text and shape.

Read are GeoJSON, TopoJSON, GeoPackage, FlatGeobuf and shapefiles, also in a zip file. What a file is, its first bytes
say, not its name: GDAL would take much else for a vector file, some of it files that lead to other files and to other
hosts. So it is unpacked before it is looked at, and JSON is opened by the one driver that it is for.

    open_file(path) ──▶ VectorFile: layer, crs, columns, bounds ──▶ features(): row, values, shape

Features are read in batches, so that of most formats only a batch is in memory; of GeoJSON and TopoJSON GDAL keeps
the whole. GDAL's warnings are not passed on: what it cannot read arrives as a feature without a shape.
"""

from __future__ import annotations

import json
import mmap
import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyogrio  # type: ignore[import-untyped]
import shapely  # type: ignore[import-untyped]
from pyogrio.errors import DataLayerError, DataSourceError  # type: ignore[import-untyped]

from geo.unpacking import Unpacked, unpack
from registers.entry import shortened
from registers.errors import Invalid

CRS84 = "OGC:CRS84"
BATCH = 256  # features, whose shapes may be megabytes each
FORMATS = "GeoJSON, TopoJSON, GeoPackage, FlatGeobuf or a shapefile"

_DRIVERS = {"GeoJSON", "TopoJSON", "GPKG", "FlatGeobuf", "ESRI Shapefile"}
_IN_LON_LAT = {"GeoJSON", "TopoJSON"}  # unless they say otherwise (RFC 7946 §4)
_SHAPEFILE = b"\x00\x00\x27\x0a"
_FLATGEOBUF, _SQLITE = b"fgb\x03", b"SQLite format 3\x00"
_GEOPACKAGES = (b"GPKG", b"GP10", b"GP11")  # what kind of SQLite file it is, by its bytes from 68 on
_ZIP = b"PK\x03\x04"
_BEGINNING = 6000  # bytes, as many as GDAL looks at
_is_other_json = re.compile(r"Failed to read (?:Geo|Topo)JSON data\.?").fullmatch  # and no more: it parses
# As GDAL finds a member crs: in any case, in either quotes, and with letters that are escaped.
_crs_members = re.compile(
    rb"""(["'])(?:c|\\u00[46]3)(?:r|\\u00[57]2)(?:s|\\u00[57]3)\1\s*(.)""", re.IGNORECASE | re.DOTALL
).finditer
_LONGEST_CRS = 10_000  # bytes
_is_topology = re.compile(rb'"type"\s*:\s*"Topology"').search
_PARTS_OF_SHAPEFILE = {".dbf": "its columns", ".shx": "where its shapes are"}


class Feature(NamedTuple):
    """A feature: its number in the file, from 1; its values, blank where there is none; its shape, if it has one.

    `repaired` says what was done to have the shape at all.
    """

    row: int
    values: Mapping[str, str]
    shape: shapely.Geometry | None
    repaired: str = ""


@dataclass(frozen=True, slots=True)
class VectorFile:
    """One layer of a vector file, opened. `crs` is what its coordinates are in; `bounds` in the same, if it has any.

    `source` is what GDAL calls the file; `unpacked` keeps it, if it came out of an archive.
    """

    source: str
    name: str
    layer: str
    crs: str
    columns: tuple[str, ...]
    bounds: tuple[float, float, float, float] | None
    unpacked: Unpacked | None = field(default=None, repr=False, compare=False)

    def features(self) -> Iterator[Feature]:
        """The features, in the order of the file. Raises Invalid where the file cannot be read on."""
        row = 0
        for values, shapes in _batches(self):
            for told, wkb in zip(values, shapes, strict=True):
                row += 1
                shape, repaired = _shape(wkb)
                yield Feature(row, told, shape, repaired)


def open_file(path: Path, layer: str = "", crs: str = "") -> VectorFile:
    """Open a vector file. `layer` chooses among several; `crs` is believed rather than what the file says.

    Raises Invalid, in one sentence: no vector file (a web page, say), layers to choose from, parts of a shapefile
    that are missing, no features, no coordinate reference system; TooLarge for an archive that expands without measure.
    """
    unpacked = unpack(path) if _start(path).startswith(_ZIP) else None
    source = _source(unpacked.path if unpacked else path)
    with _reading(path.name):
        layers = [str(name) for name, shapes in pyogrio.list_layers(source) if shapes is not None]
        chosen = _choose(layers, layer, path.name)
        told = pyogrio.read_info(source, layer=chosen, force_total_bounds=True)
    if told["driver"] not in _DRIVERS:
        raise Invalid(f"{path.name} is a {told['driver']} file: give {FORMATS}")
    if told["features"] == 0:
        raise Invalid(f"{path.name} has no features: its layer {chosen} is empty")
    declared = crs or told["crs"] or (CRS84 if told["driver"] in _IN_LON_LAT else "")
    if not declared:
        raise Invalid(
            f"{path.name} does not say what its coordinates are in: say in what with --crs, such as --crs EPSG:27700"
        )
    bounds = told["total_bounds"]
    known = bounds is not None and np.isfinite(bounds).all()
    columns = tuple(told["fields"])
    return VectorFile(source, path.name, chosen, declared, columns, tuple(bounds) if known else None, unpacked)


def _choose(layers: list[str], wanted: str, name: str) -> str:
    listed = ", ".join(layers)
    if not layers:
        raise Invalid(f"{name} has no layer of shapes")
    if wanted and wanted not in layers:
        raise Invalid(f"{name} has no layer {shortened(wanted)}: its layers are {listed}")
    if len(layers) > 1 and not wanted:
        raise Invalid(f"{name} has several layers: say which with --layer, one of {listed}")
    return wanted or layers[0]


# What a file is


def _start(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_BEGINNING)
    except OSError as error:
        raise Invalid(f"{path.name} cannot be read: {error.strerror}") from None


def _source(path: Path) -> str:
    """What GDAL calls the file. Raises Invalid unless its first bytes are those of a format that is read.

    JSON is given to a driver by name. There is another that takes JSON for a program, and reads what it says.
    """
    start = _start(path)
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    is_shapefile = start.startswith(_SHAPEFILE) and path.suffix.lower() == ".shp"  # a .shx begins alike
    is_geopackage = start.startswith(_SQLITE) and start[68:72] in _GEOPACKAGES
    if text.startswith(b"{"):
        _check_crs(path)
        return f"{'TOPOJSON' if _is_topology(text) else 'GEOJSON'}:{path.absolute()}"
    if not (is_shapefile or is_geopackage or start.startswith(_FLATGEOBUF)):
        raise Invalid(_not_vector_fault(path, text))
    if is_shapefile:
        _check_parts(path.name, {part.name.lower() for part in path.parent.iterdir()})
    return str(path.absolute())


def _check_crs(path: Path) -> None:
    """Raise Invalid where JSON says what its coordinates are in by a link, which GDAL would follow to any host."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        for found in _crs_members(content):
            is_value = found[1] == b'"' and found[2] not in b":/"
            value = content[found.end() : found.end() + _LONGEST_CRS]
            if not is_value and (found[2] != b":" or not _is_named(value)):
                raise Invalid(
                    f"{path.name} says what its coordinates are in by a link, which is not followed, or in no way that "
                    "is read here: take its crs member out, and say in what with --crs, such as --crs EPSG:27700"
                )


def _is_named(value: bytes) -> bool:
    """Whether a crs member is of a kind that leads nowhere."""
    text = value.decode(errors="replace").lstrip()
    if not text.startswith("{"):
        return not text.startswith("/")  # GDAL knows comments
    try:
        members, _ = json.JSONDecoder(object_pairs_hook=list).raw_decode(text)
    except (ValueError, RecursionError):
        return False
    kinds = [kind for name, kind in members if name.casefold() == "type"]
    return all(isinstance(kind, str) and kind.casefold() in ("name", "epsg", "ogc") for kind in kinds)


def _not_vector_fault(path: Path, text: bytes) -> str:
    start = text.lower()
    if start.startswith((b"<!doctype html", b"<html")) or b"<html" in start:
        return f"{path.name} is a web page, not a vector file: download the file itself"
    if not text:
        return f"{path.name} is empty"
    if path.suffix.lower() in (".dbf", ".shx", ".prj", ".cpg"):
        return f"{path.name} is a part of a shapefile: give the part that ends in .shp, with the others beside it"
    return f"{path.name} is not a vector file that is read here: give {FORMATS}"


def _check_parts(name: str, beside: set[str]) -> None:
    """Raise Invalid unless a shapefile's other parts are there; a missing .prj is only a CRS that is not declared."""
    stem = name[: -len(".shp")].lower()
    for suffix, holds in _PARTS_OF_SHAPEFILE.items():
        if stem + suffix not in beside:
            raise Invalid(f"{name} lacks its {suffix} file, which has {holds}: put all parts in one folder or zip file")


# Reading


@contextmanager
def _reading(name: str) -> Iterator[None]:
    """GDAL's errors become Invalid, and its warnings are not passed on."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            yield
    except (DataSourceError, DataLayerError) as error:
        if "not recognized as" in str(error) or _is_other_json(str(error).strip()):
            raise Invalid(f"{name} is not a vector file that is read here: give {FORMATS}") from None
        raise Invalid(f"{name} cannot be read: {_first_sentence(error)}") from None


def _first_sentence(error: Exception) -> str:
    return str(error).strip().replace("; ", ": ").rstrip(".")


def _batches(file: VectorFile) -> Iterator[tuple[list[dict[str, str]], list[bytes | None]]]:
    """The values and the shapes (well-known binary) of some features at a time."""
    with ExitStack() as stack:
        with _reading(file.name):
            told, reader = stack.enter_context(
                pyogrio.raw.open_arrow(
                    file.source, layer=file.layer, batch_size=BATCH, use_pyarrow=True, datetime_as_string=True
                )
            )
        while (batch := _next(reader, file.name)) is not None:
            yield _table(list(told["fields"]), batch), batch.columns[-1].to_pylist()


def _next(reader: Any, name: str) -> Any:
    """The next batch, or None. Warnings are put off for no longer than that, because that is for the whole process."""
    with _reading(name):
        try:
            return reader.read_next_batch()
        except StopIteration:
            return None
        except (OSError, ValueError) as error:  # pyarrow's, by way of its C interface
            raise Invalid(f"{name} cannot be read on: {_first_sentence(error)}") from None


def _table(columns: list[str], batch: Any) -> list[dict[str, str]]:
    values = [_texts(batch.columns[index]) for index in range(len(columns))]
    if not columns:
        return [{} for _ in range(batch.num_rows)]
    return [dict(zip(columns, row, strict=True)) for row in zip(*values, strict=True)]


def _texts(column: Any) -> list[str]:
    """A column of an Arrow batch as text. Of a shapefile that does not say its encoding GDAL hands on the bytes."""
    if str(column.type) in ("string", "large_string"):
        return [_decoded(value) for value in column.cast("binary").to_pylist()]
    return [_text(value) for value in column.to_pylist()]


def _decoded(value: bytes | None) -> str:
    try:
        return (value or b"").decode()
    except UnicodeDecodeError:
        return (value or b"").decode("cp1252", "replace")


def _text(value: object) -> str:
    """A value as JSON would spell it, but for dates; whole numbers without a point, because GDAL makes them so."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, bool | list):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def _shape(wkb: bytes | None) -> tuple[shapely.Geometry | None, str]:
    if wkb is None:
        return None, ""
    try:
        return shapely.from_wkb(wkb), ""
    except shapely.errors.GEOSException:
        return shapely.from_wkb(wkb, on_invalid="fix"), "ring that was not closed"
