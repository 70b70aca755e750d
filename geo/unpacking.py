"""A vector file out of a zip archive: into a folder of its own, within a bound, and gone with whoever has it open.

GDAL could look into an archive itself, and would take what is in there for whatever it likes, and expand it without
end. So the one vector file in it is unpacked, a shapefile with its parts, and then it is a file like any other.
"""

from __future__ import annotations

import lzma
import shutil
import tempfile
import weakref
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from registers.errors import Invalid, TooLarge

MEGABYTE = 1_000_000
# All of it may expand to so many bytes, or to so many times the archive's size if that is more. Shapes written as text
# shrink to a tenth; what shrinks to less than a hundredth was made to fill a disk.
ALWAYS_ALLOWED = 200 * MEGABYTE
MOST_GROWTH = 100
CHUNK = 1 << 20  # bytes
READ = (".shp", ".geojson", ".json", ".topojson", ".gpkg", ".fgb")
PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
# What Python's readers of archives are known to raise for damaged bytes.
DAMAGED = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, RuntimeError, ValueError, OverflowError),
    *(LookupError, TypeError, MemoryError, OSError),
)


class Unpacked:
    """A file that was unpacked: `path`, in a folder that is removed when nobody has this any more."""

    def __init__(self, folder: Path, path: Path) -> None:
        self.path = path
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)


def unpack(path: Path) -> Unpacked:
    """The one vector file of an archive. Raises Invalid, in a sentence, where there is not one, or it is damaged.

    Raises TooLarge for what expands beyond all measure.
    """
    folder = Path(tempfile.mkdtemp(prefix="registers-"))
    try:
        with zipfile.ZipFile(path) as archive:
            return Unpacked(folder, _expand(archive, path, folder))
    except BaseException as error:
        shutil.rmtree(folder, ignore_errors=True)
        if isinstance(error, OSError) and error.errno is not None:
            raise Invalid(f"{path.name} cannot be unpacked: {error.strerror}") from None
        if isinstance(error, DAMAGED):
            raise Invalid(f"{path.name} is a zip file that cannot be read: it is damaged") from None
        raise


def _expand(archive: zipfile.ZipFile, path: Path, folder: Path) -> Path:
    """Write the vector file into the folder, and say where it is."""
    chosen = _chosen(archive, path.name)
    bound = max(ALWAYS_ALLOWED, MOST_GROWTH * path.stat().st_size)
    found = PurePosixPath(chosen.filename)
    members = _parts(archive, found) if found.suffix.lower() == ".shp" else [chosen]
    if any(member.flag_bits & 1 for member in members):
        raise Invalid(f"{path.name} is encrypted: unpack it with its password first")
    _check_size(sum(member.file_size for member in members), bound, path.name)
    written = 0
    for member in members:
        made = folder / (found.stem + PurePosixPath(member.filename).suffix.lower())
        written += _write(archive, member, made, bound - written, path.name)
    return folder / (found.stem + found.suffix.lower())


def _chosen(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    every = (each for each in archive.infolist() if not each.filename.startswith("__MACOSX/"))
    found = [each for each in every if each.filename.lower().endswith(READ)]
    if len(found) != 1:
        listed = f": {', '.join(each.filename for each in found[:10])}" if found else ""
        raise Invalid(f"{name} holds {len(found)} vector files{listed}: give a zip file that holds one")
    return found[0]


def _parts(archive: zipfile.ZipFile, shapes: PurePosixPath) -> Iterable[zipfile.ZipInfo]:
    """A shapefile's parts: those beside it that are called like it."""
    found: dict[str, zipfile.ZipInfo] = {}
    for member in archive.infolist():
        part = PurePosixPath(member.filename)
        if part.parent == shapes.parent and part.stem.lower() == shapes.stem.lower() and part.suffix.lower() in PARTS:
            found[part.suffix.lower()] = member
    return list(found.values())


def _write(archive: zipfile.ZipFile, member: zipfile.ZipInfo, made: Path, bound: int, name: str) -> int:
    written = 0
    with archive.open(member) as packed, made.open("xb") as file:
        while chunk := packed.read(CHUNK):
            written += len(chunk)
            _check_size(written, bound, name)
            file.write(chunk)
    return written


def _check_size(size: int, bound: int, name: str) -> None:
    if size > bound:
        raise TooLarge(
            f"{name} expands far beyond its own size: if it is to be trusted, unpack it and give the file itself"
        )
