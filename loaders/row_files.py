"""Which reader is for which file of rows, by its suffix."""

from __future__ import annotations

from pathlib import Path

from loaders.passing import Parquet, Rows, Text
from registers.errors import Invalid

KINDS = ".csv, .tsv, .parquet or .gpkg"


def open_rows(path: Path, layer: str = "", encoding: str | None = None, crs: str = "") -> Rows:
    """Open a file by its suffix. Raises Invalid for what cannot be passed on, and for what is said of another kind.

    `layer` is that of a GeoPackage, whose shapes are in `crs` whatever it says; `encoding` that of a text file, where
    it cannot be made out.
    """
    suffix = path.suffix.lower()
    if layer and suffix != ".gpkg":
        raise Invalid(f"{path.name} has no layers: only a .gpkg has")
    if encoding and suffix not in (".csv", ".tsv"):
        raise Invalid(f"{path.name} has no encoding to be told: only a .csv or .tsv has")
    if suffix in (".csv", ".tsv"):
        return Text(path, path.name, encoding)
    if suffix == ".parquet":
        return Parquet(path)
    if suffix == ".gpkg":
        from loaders.geopackages import GeoPackage  # GDAL, which nothing else needs

        return GeoPackage(path, layer, crs)
    raise Invalid(f"{path.name} is none of what can be linked: {KINDS}")
