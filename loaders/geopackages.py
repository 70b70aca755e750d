"""GeoPackages as rows that are passed on: their shapes are a column like the others, and say where each row is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyogrio  # type: ignore[import-untyped]
from pyogrio.errors import FieldError  # type: ignore[import-untyped]

from geo.files import open_file
from loaders.passing import MOST_ROWS, Passed
from loaders.tables.unpacking import in_a_line
from registers.errors import Invalid


class GeoPackage:
    """One layer of a GeoPackage; written again as a layer of the same name, kind of shape and system."""

    note = ""

    def __init__(self, path: Path, layer: str, crs: str = "") -> None:
        """Looks at the layer; `crs` is believed rather than what it says. Raises Invalid as `open_file` does."""
        self._file = open_file(path, layer, crs)
        self._told = pyogrio.read_info(self._file.source, layer=self._file.layer)
        with self._open() as (_, reader):
            self.names = list(reader.schema.names)
        self.shapes: tuple[str, str] | None = (self.names[-1], self._file.crs)

    def count(self) -> int:
        """The number of features."""
        return int(self._told["features"])

    def batches(self) -> Iterator[Passed]:
        """All features. Raises Invalid where the file cannot be read on."""
        try:
            with self._open() as (_, reader):
                for batch in reader:
                    yield Passed(batch, {})
        except (OSError, ValueError) as error:  # GDAL's, by way of PyArrow
            raise Invalid(f"{self._file.name} cannot be read on: {error}") from None

    def _open(self) -> pyogrio.raw.open_arrow:
        return pyogrio.raw.open_arrow(self._file.source, layer=self._file.layer, batch_size=MOST_ROWS, use_pyarrow=True)

    def write(self, path: Path, schema: pa.Schema, batches: Iterator[pa.RecordBatch]) -> None:
        """A GeoPackage of one layer. Raises Invalid where GDAL cannot write it, as on a full disk."""
        failures: list[Exception] = []
        try:
            pyogrio.write_arrow(
                pa.RecordBatchReader.from_batches(schema, _told(batches, failures)),
                path,
                layer=self._file.layer,
                driver="GPKG",
                geometry_name=self.names[-1],
                geometry_type=self._told["geometry_type"],
                crs=self._file.crs,
            )
        except (RuntimeError, FieldError) as error:  # also when GDAL was given no batch, for whatever reason
            if failures:
                raise failures[0] from None
            raise Invalid(f"the GeoPackage cannot be written: {in_a_line(error)}") from None


def _told(batches: Iterator[pa.RecordBatch], failures: list[Exception]) -> Iterator[pa.RecordBatch]:
    """The batches, and in `failures` why there are no more, which does not come through GDAL."""
    try:
        yield from batches
    except Exception as error:
        failures.append(error)
        raise
