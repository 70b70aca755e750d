"""A file out of its wrapping: gzip, or a zip archive that holds exactly one file.

What is wrapped is expanded into a temporary file, since a table is gone through more than once. An archive can claim
to be small and expand without end; so there is a bound, and nothing is written beyond it.
"""

from __future__ import annotations

import gzip
import lzma
import os
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from registers.errors import Invalid, TooLarge

MEGABYTE = 1_000_000
# A file may expand to so many bytes, or to so many times its size if that is more. Tables of text shrink to between a
# third and a thirtieth; what shrinks to less than a hundredth was made to fill a disk.
ALWAYS_ALLOWED = 200 * MEGABYTE
MOST_GROWTH = 100
CHUNK = 1 << 20  # bytes

ZIP, EMPTY_ZIP, GZIP = b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b"
WORKBOOK = "xl/workbook.xml"  # a zip archive with this in it is an XLSX file
# What Python's readers of archives, and of what is in a workbook, are known to raise for damaged bytes.
DAMAGED = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, RuntimeError, OSError, MemoryError),
    *(ValueError, ArithmeticError, LookupError, TypeError, AttributeError, AssertionError, SyntaxError),
)


@dataclass(frozen=True, slots=True)
class Unpacked:
    """A file that can be read as it is. `name` is for people; `suffix` is in small letters, such as ".csv".

    Whoever unpacks calls `remove` in the end, which removes the file if it was made here. If we crash before, it
    stays in the system's folder for temporary files.
    """

    path: Path
    name: str
    suffix: str
    is_temporary: bool = False

    def remove(self) -> None:
        """Remove the file if it is a temporary one."""
        if self.is_temporary:
            self.path.unlink(missing_ok=True)


def unpack(path: Path) -> Unpacked:
    """The file, or what it wraps. Raises Invalid for what cannot be unpacked, TooLarge for what expands too far."""
    try:
        beginning = read_beginning(path)
        if beginning.startswith(GZIP):
            name = path.name[:-3] if path.name.lower().endswith(".gz") else path.name
            return _expand(lambda: gzip.GzipFile(path), name, _bound(path), path.name)
        if beginning.startswith((ZIP, EMPTY_ZIP)):
            return _unzip(path)
    except DAMAGED as error:
        raise Invalid(_fault(path.name, error)) from None
    return Unpacked(path, path.name, path.suffix.lower())


def _fault(name: str, error: Exception) -> str:
    if isinstance(error, OSError) and error.errno is not None:  # the system's, such as a disk that is full
        return f"{name} cannot be unpacked: {error.strerror}"
    return f"{name} is damaged, and cannot be unpacked: {in_a_line(error)}"


def in_a_line(error: Exception) -> str:
    """What an error says, in one line; what it is called, where it says nothing."""
    return " ".join(str(error).split()) or type(error).__name__


def read_beginning(path: Path, size: int = 8) -> bytes:
    """The first bytes of a file. Raises Invalid when there is none, or it cannot be read."""
    if path.exists() and not path.is_file():
        raise Invalid(f"{path} is not a file")
    try:
        with path.open("rb") as file:
            return file.read(size)
    except FileNotFoundError:
        raise Invalid(f"there is no file {path}") from None
    except OSError as error:
        raise Invalid(f"{path} cannot be read: {error.strerror}") from None


def _bound(path: Path) -> int:
    return max(ALWAYS_ALLOWED, MOST_GROWTH * path.stat().st_size)


def _unzip(path: Path) -> Unpacked:
    with zipfile.ZipFile(path) as archive:
        if WORKBOOK in archive.namelist():
            _check_size(sum(member.file_size for member in archive.infolist()), _bound(path), path.name)
            return Unpacked(path, path.name, ".xlsx")
        member = _only_member(archive, path.name)
        _check_size(member.file_size, _bound(path), path.name)
        return _expand(lambda: archive.open(member), Path(member.filename).name, _bound(path), path.name)


def _only_member(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    members = [each for each in archive.infolist() if not each.is_dir() and not _is_litter(each.filename)]
    if len(members) != 1:
        found = ", ".join(each.filename for each in members[:10]) or "none"
        raise Invalid(f"{name} is to hold exactly one file, and holds {len(members)}: {found}; unpack the right one")
    if members[0].flag_bits & 1:
        raise Invalid(f"{name} is encrypted; unpack it with its password first")
    return members[0]


def _is_litter(name: str) -> bool:
    return name.startswith("__MACOSX/") or Path(name).name in (".DS_Store", "Thumbs.db")


def _expand(open_it: Callable[[], gzip.GzipFile | IO[bytes]], name: str, bound: int, outer: str) -> Unpacked:
    suffix = Path(name).suffix.lower()
    descriptor, made = tempfile.mkstemp(prefix="registers-", suffix=suffix)
    unpacked, written = Unpacked(Path(made), name, suffix, is_temporary=True), 0
    try:
        with os.fdopen(descriptor, "wb") as file, open_it() as packed:
            while chunk := packed.read(CHUNK):
                written += len(chunk)
                _check_size(written, bound, outer)
                file.write(chunk)
        return _as_workbook(unpacked, outer)
    except BaseException:
        unpacked.remove()
        raise


def _as_workbook(unpacked: Unpacked, outer: str) -> Unpacked:
    """The file again, after a look at whether it is itself wrapped; a workbook is not, in that sense."""
    beginning = read_beginning(unpacked.path)
    if beginning.startswith(ZIP):
        with zipfile.ZipFile(unpacked.path) as archive:
            if WORKBOOK in archive.namelist():
                _check_size(sum(each.file_size for each in archive.infolist()), _bound(unpacked.path), outer)
                return Unpacked(unpacked.path, unpacked.name, ".xlsx", is_temporary=True)
    if beginning.startswith((ZIP, EMPTY_ZIP, GZIP)):
        raise Invalid(f"{outer} holds an archive, {unpacked.name}, in an archive; unpack the outer one first")
    return unpacked


def _check_size(size: int, bound: int, name: str) -> None:
    if size > bound:
        raise TooLarge(
            f"{name} expands to more than {bound // MEGABYTE:,} MB, far beyond its own size; if it is to be trusted, "
            "unpack it and give the file itself"
        )
