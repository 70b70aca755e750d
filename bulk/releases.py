"""Releases: for each state of a register a folder, with its files and a manifest that names those that are whole.

A file is written beside its place, put on the disk, renamed, and only then named by the manifest, which is replaced in
the same way. So a builder that is killed, or a full disk, leaves the files there were, and nothing half-written is ever
seen; what it left is removed by the next builder. Who builds in a release holds its folder (flock): another waits, and
finds the file made. What is open stays good when its release is taken away.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bulk.manifest import File, Manifest, described, parse
from bulk.source import State, States
from registers.disk import sync
from registers.errors import Unavailable
from registers.store.engine import Store

MANIFEST = "manifest.json"
ELSEWHERE = Path("var/files")  # where the database is no file that they could be beside
_PARTIAL = ".partial-"


def folder_beside(store: Store, given: str = "") -> Path:
    """Where a store's files are: the folder given, or one beside a SQLite file, or `var/files`."""
    if given:
        return Path(given)
    return Path(f"{store.url.database}.files") if store.is_sqlite else ELSEWHERE


@dataclass(frozen=True, slots=True)
class Release:
    """The files of a register at a state, or of all at theirs; the folder need not be there yet."""

    folder: Path
    state: State | States

    def manifest(self) -> Manifest:
        """Which files are whole; none where there is no manifest, or one that cannot be read."""
        try:
            return parse((self.folder / MANIFEST).read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError, ValueError, KeyError, TypeError):
            return Manifest(described(self.state), {})

    def find(self, name: str) -> tuple[Path, File] | None:
        """A whole file, and what the manifest says of it."""
        file = self.manifest().files.get(name)
        path = self.folder / name
        return (path, file) if file and path.is_file() else None

    def add(self, name: str, rows: int, write: Callable[[Path], None]) -> tuple[Path, File]:
        """Have a file written to a path and take it in, unless it is there. Raises Unavailable for a full disk."""
        try:
            with held(self.folder):
                return self.find(name) or self._add(name, rows, write)
        except OSError as error:
            raise Unavailable(f"the file {name} cannot be written: {error.strerror or error}") from error

    def _add(self, name: str, rows: int, write: Callable[[Path], None]) -> tuple[Path, File]:
        self._remove_left()
        try:
            return self._take_in(name, rows, write)
        finally:
            self._remove_left()

    def _take_in(self, name: str, rows: int, write: Callable[[Path], None]) -> tuple[Path, File]:
        partial, path = self.folder / f"{_PARTIAL}{name}", self.folder / name
        write(partial)
        file = File(name, partial.stat().st_size, rows, _sha256_synced(partial))
        partial.rename(path)
        # If we crash here, the file is there and unnamed, so it is not served; the next builder makes it again.
        self._write_manifest(self.manifest().with_file(file))
        return path, file

    def put_beside(self, texts: Mapping[str, str]) -> None:
        """Write small texts that the manifest does not name, for it says the same. Raises Unavailable."""
        if not texts:
            return
        with held(self.folder):
            try:
                for name, text in texts.items():
                    self._put(name, text)
            except OSError as error:
                raise Unavailable(f"the description {name} cannot be written: {error.strerror or error}") from error
            finally:
                self._remove_left()

    def _write_manifest(self, manifest: Manifest) -> None:
        self._put(MANIFEST, manifest.to_json())

    def _put(self, name: str, text: str) -> None:
        partial = self.folder / f"{_PARTIAL}{name}"
        partial.write_text(text, encoding="utf-8")
        sync(partial)
        partial.rename(self.folder / name)
        sync(self.folder)

    def _remove_left(self) -> None:
        for left in self.folder.glob(f"{_PARTIAL}*"):
            left.unlink(missing_ok=True)


def release_of(root: Path, owner: int | str, state: State | States) -> Release:
    """The release of a state below the folder of all files; its owner is a register's number, or `all`."""
    return Release(root / str(owner) / state.name, state)


def forget_old(root: Path, owner: int | str, kept: int, apart_from: State | States) -> None:
    """Take away all releases of an owner but one and the `kept` that were added to last."""
    keep = root / str(owner) / apart_from.name
    found = [path for path in (root / str(owner)).glob("*-*") if path != keep and path.is_dir()]
    for old in sorted(found, key=_last_written, reverse=True)[kept:]:
        try:
            with held(old, waiting=False):
                shutil.rmtree(old, ignore_errors=True)
        except OSError:
            continue  # somebody builds in it now


def forget_these(root: Path, owner: int | str, are_these: Callable[[dict[str, Any]], bool]) -> None:
    """Take away the releases of an owner whose state, as the manifest has it, is one of these; or that have none.

    Who is building in one is waited for. Raises Unavailable for what cannot be removed.
    """
    for folder in (root / str(owner)).glob("*-*"):
        try:
            if folder.is_dir() and are_these(_state_in(folder)):
                _remove(folder, are_these)
        except OSError as error:
            raise Unavailable(f"{folder} cannot be removed: {error.strerror or error}") from error


def _remove(folder: Path, are_these: Callable[[dict[str, Any]], bool]) -> None:
    """Take a release away once nobody builds in it, if it is still one of these then."""
    with held(folder):
        if are_these(_state_in(folder)):
            shutil.rmtree(folder)


def _state_in(folder: Path) -> dict[str, Any]:
    """The state that a release says it is of; empty when it does not say."""
    try:
        return parse((folder / MANIFEST).read_text(encoding="utf-8")).state
    except (FileNotFoundError, NotADirectoryError, ValueError, KeyError, TypeError):
        return {}


def _last_written(folder: Path) -> float:
    try:
        return folder.stat().st_mtime
    except FileNotFoundError:
        return 0.0


@contextmanager
def held(folder: Path, waiting: bool = True) -> Iterator[None]:
    """Hold a folder, made if need be, as long as this process lives. Without `waiting`, raises OSError when held."""
    while True:
        if waiting:
            folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if waiting else fcntl.LOCK_NB))
            if _is_still(folder, descriptor):
                yield
                return
        finally:
            os.close(descriptor)


def _is_still(folder: Path, descriptor: int) -> bool:
    """Whether the folder was not taken away while it was waited for."""
    try:
        return os.path.samestat(folder.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _sha256_synced(path: Path) -> str:
    with path.open("rb") as file:
        os.fsync(file.fileno())
        return hashlib.file_digest(file, "sha256").hexdigest()
