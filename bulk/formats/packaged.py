"""GeoPackage, which GDAL writes: in a process of its own, from a GeoParquet, so that nobody here loads GDAL.

python -m bulk.formats.packaged PARQUET GEOPACKAGE LAYER
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa

from bulk.formats.columnar import write_shapes
from bulk.source import Source
from registers.errors import Unavailable

ROWS = 1000  # that are handed over at once
_STEADY = {"OGR_CURRENT_DATE": "1970-01-01T00:00:00Z"}  # or the same state would give other bytes each day


def write(source: Source, what: str, path: Path) -> None:
    """A GeoPackage with one layer, named after the register. Raises Unavailable when GDAL could not write it."""
    between = path.with_name(f"{path.name}.parquet")
    target = path.with_name(f"{path.name}.gpkg")  # GDAL goes by the ending
    try:
        write_shapes(source, what, between)
        _convert(between, target, source.state.register)
        target.rename(path)
    finally:
        between.unlink(missing_ok=True)
        target.unlink(missing_ok=True)


def _convert(between: Path, target: Path, layer: str) -> None:
    command = [sys.executable, "-m", "bulk.formats.packaged", str(between), str(target), layer]
    done = subprocess.run(command, env=os.environ | _STEADY, capture_output=True, text=True)  # noqa: S603 - our own
    if done.returncode:
        said = done.stderr.strip().splitlines()[-1:] or ["it was killed"]
        raise Unavailable(f"GDAL could not write the GeoPackage: {said[0]}")


def _main(between: str, target: str, layer: str) -> None:
    import pyarrow.parquet as pq
    import pyogrio  # type: ignore[import-untyped]

    with pq.ParquetFile(between) as parquet:
        schema = parquet.schema_arrow
        pyogrio.write_arrow(
            pa.RecordBatchReader.from_batches(schema, parquet.iter_batches(ROWS)),
            target,
            layer=layer,
            driver="GPKG",
            geometry_name=json.loads(schema.metadata[b"geo"])["primary_column"],
            geometry_type="Unknown",
            layer_options={"FID": "_fid"},  # a field may be called fid, and none _fid
            crs="OGC:CRS84",
        )


if __name__ == "__main__":
    _main(*sys.argv[1:])
